--- Draws the parts of a message, each where it belongs; a change touches the lines of its part and no others.
local decoration = require("threadkeep.decoration")
local lines_of = require("threadkeep.lines")
local steps = require("threadkeep.steps")
local text = require("threadkeep.text")

local M = {}

local marks = vim.api.nvim_create_namespace("threadkeep.segments")
local looks = vim.api.nvim_create_namespace("threadkeep.parts")

---How a part stands in the buffer. One that shows nothing has no lines, and no mark.
---@class threadkeep.Segment
---@field slot threadkeep.Slot
---@field style? "text"|"reasoning"|"step"
---@field mark? integer The extmark of its first line, which is empty if there is a gap.
---@field lines integer With the gap.
---@field gap integer 1 if an empty line stands before it, else 0.
---@field ends integer Bytes of its last line.
---@field targets table<integer, threadkeep.Target>
---@field fold? integer The extmark of reasoning that is complete.

---A message and where it is drawn.
---@class threadkeep.Place
---@field buf integer
---@field block threadkeep.Block
---@field entry threadkeep.Entry
---@field options {hide_reasoning?: boolean}
---@field on_fold fun(first: integer, last: integer)

--- Where the part at a place begins, 0-based: the next one that shows anything, or the end of the message.
local function row_of(place, at)
  local list = place.block.segments
  for index = at, #list do
    if list[index].mark then
      return vim.api.nvim_buf_get_extmark_by_id(place.buf, marks, list[index].mark, {})[1]
    end
  end
  local first = decoration.row(place.buf, place.block)
  return first + 1 + place.block.count
end

local function style_before(list, at)
  for index = at - 1, 1, -1 do
    if list[index].style then
      return list[index].style
    end
  end
end

--- Marks parts that have just been written, and colours them.
---@param place threadkeep.Place
---@param drawing threadkeep.Drawing
---@param row integer
---@param at? integer Where they come among the parts of the message.
---@param removed? integer How many others they replace there.
function M.mark(place, drawing, row, at, removed)
  at, removed = at or 1, removed or 0
  local list = place.block.segments
  local fresh = {}
  for _, part in ipairs(drawing.parts) do
    local segment = part.segment
    fresh[#fresh + 1], place.block.of[segment.slot] = segment, segment
    if segment.lines > 0 then
      segment.mark = vim.api.nvim_buf_set_extmark(place.buf, marks, row, 0, {})
      for _, span in ipairs(part.drawn.spans) do
        vim.api.nvim_buf_set_extmark(place.buf, looks, row + segment.gap + span[1], span[2], {
          end_col = span[3],
          hl_group = span[4],
          priority = span[4] == "ThreadkeepOutput" and 199 or 200,
        })
      end
    end
    row = row + segment.lines
  end
  if removed == #fresh then
    for index, segment in ipairs(fresh) do
      list[at + index - 1] = segment
    end
  else
    local after = vim.list_slice(list, at + removed)
    for index = #list, at, -1 do
      list[index] = nil
    end
    vim.list_extend(vim.list_extend(list, fresh), after)
  end
  for index = math.max(at - 1, 1), at + #fresh - 1 do
    M._fold(place, index)
  end
end

--- Replaces some parts by others.
local function splice(place, at, removed, some)
  local list, block = place.block.segments, place.block
  local drawing, above = steps.draw_all(some, place.options, style_before(list, at))
  -- What follows may need an empty line before it now, or no longer.
  local follower = at + removed
  while list[follower] and not list[follower].style do
    follower = follower + 1
  end
  local below = list[follower]
  if below and steps.gap(above, below.style) ~= below.gap then
    some = vim.list_slice(some)
    for index = at + removed, follower do
      some[#some + 1] = list[index].slot
    end
    removed = follower - at + 1
    drawing = steps.draw_all(some, place.options, style_before(list, at))
  end
  local first, last = row_of(place, at), row_of(place, at + removed)
  vim.api.nvim_buf_clear_namespace(place.buf, looks, first, last)
  for index = at, at + removed - 1 do
    M._drop(place, list[index])
  end
  if first ~= last or #drawing.lines > 0 then
    lines_of.set(place.buf, first, last, drawing.lines)
  end
  block.count = block.count + #drawing.lines - (last - first)
  M.mark(place, drawing, first, at, removed)
end

function M._drop(place, segment)
  place.block.of[segment.slot] = nil
  for _, mark in ipairs({ segment.mark or 0, segment.fold or 0 }) do
    vim.api.nvim_buf_del_extmark(place.buf, marks, mark)
  end
end

local function index_of(place, slot)
  local list = place.block.segments
  -- What changes is mostly among the last.
  for index = #list, 1, -1 do
    if list[index].slot == slot then
      return index
    end
  end
end

--- Draws one part anew.
---@param place threadkeep.Place
---@param slot threadkeep.Slot
function M.redraw(place, slot)
  splice(place, index_of(place, slot), 1, { slot })
end

--- Draws all parts anew.
---@param place threadkeep.Place
function M.redraw_all(place)
  splice(place, 1, #place.block.segments, place.entry.slots)
end

--- Draws parts that came after those which are drawn.
---@param place threadkeep.Place
---@return boolean is_done False if others came between them.
function M.add_new(place)
  local list, slots = place.block.segments, place.entry.slots
  local last = list[#list]
  if last and slots[#list] ~= last.slot then
    return false
  elseif #slots > #list then
    splice(place, #list + 1, 0, vim.list_slice(slots, #list + 1))
  end
  return true
end

--- Adds what came to a part.
---@param place threadkeep.Place
---@param slot threadkeep.Slot
---@param added string
function M.grow(place, slot, added)
  local segment = place.block.of[slot]
  if not segment then
    return
  elseif slot.kind == "toolCall" then
    if slot.is_open then
      M.redraw(place, slot)
    end
    return
  elseif segment.lines == 0 then
    M.redraw(place, slot)
    return
  end
  local lines = text.lines(added)
  for index = 2, slot.kind == "reasoning" and #lines or 0 do
    lines[index] = steps.QUOTE .. lines[index]
  end
  local mark = vim.api.nvim_buf_get_extmark_by_id(place.buf, marks, segment.mark, {})
  lines_of.append(place.buf, mark[1] + segment.lines - 1, segment.ends, lines)
  segment.lines = segment.lines + #lines - 1
  place.block.count = place.block.count + #lines - 1
  segment.ends = #lines == 1 and segment.ends + #lines[1] or #lines[#lines]
end

--- The part at a line.
---@param place threadkeep.Place
---@param row integer 0-based.
---@return threadkeep.Segment?
---@return integer? first Its first line that is not empty.
function M.at(place, row)
  local list = place.block.segments
  local low, high = 1, #list
  while low < high do
    local middle = math.ceil((low + high) / 2)
    if row_of(place, middle) <= row then
      low = middle
    else
      high = middle - 1
    end
  end
  while low > 1 and not list[low].mark do
    low = low - 1
  end
  local segment = list[low]
  if segment and segment.mark then
    local first = row_of(place, low)
    if row >= first + segment.gap and row < first + segment.lines then
      return segment, first + segment.gap
    end
  end
end

--- Folds the reasoning of a message that is complete.
---@param place threadkeep.Place
function M.fold(place)
  M._fold(place, #place.block.segments)
end

--- Reasoning is complete when something follows it, or the answer has ended.
function M._fold(place, index)
  local segment = place.block.segments[index]
  local is_last = index == #place.block.segments
  local is_streaming = place.entry.message.status == "streaming"
  if not segment or segment.style ~= "reasoning" or segment.fold or is_last and is_streaming then
    return
  end
  local row = row_of(place, index) + segment.gap
  local count = segment.lines - segment.gap
  segment.fold = vim.api.nvim_buf_set_extmark(place.buf, marks, row, 0, {
    end_row = row + count,
    hl_group = "ThreadkeepReasoning",
    hl_eol = true,
    priority = 200,
  })
  place.on_fold(row + 1, row + count)
  lines_of.show_end(place.buf)
end

--- The lines of reasoning that is complete, 1-based.
---@param buf integer
---@param block threadkeep.Block
---@return fun(): integer?, integer?
function M.folded(buf, block)
  local index = 0
  return function()
    repeat
      index = index + 1
    until not block.segments[index] or block.segments[index].fold
    local segment = block.segments[index]
    if segment then
      local row = vim.api.nvim_buf_get_extmark_by_id(buf, marks, segment.fold, {})[1]
      return row + 1, row + segment.lines - segment.gap
    end
  end
end

---@param place threadkeep.Place
function M.forget(place)
  local first = decoration.row(place.buf, place.block) or 0
  vim.api.nvim_buf_clear_namespace(place.buf, looks, first, first + place.block.count + 2)
  for _, segment in ipairs(place.block.segments) do
    M._drop(place, segment)
  end
end

---@param buf integer
function M.clear(buf)
  vim.api.nvim_buf_clear_namespace(buf, marks, 0, -1)
  vim.api.nvim_buf_clear_namespace(buf, looks, 0, -1)
end

return M
