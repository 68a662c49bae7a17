--- Draws a chat into its buffer: each change touches the lines that it is about and no others.
local decoration = require("threadkeep.decoration")
local lines_of = require("threadkeep.lines")
local segments = require("threadkeep.segments")
local steps = require("threadkeep.steps")
local timer = require("threadkeep.timer")
local wholeness = require("threadkeep.wholeness")

local M = {}

---@class threadkeep.Transcript
---@field buf integer
---@field state threadkeep.State
---@field blocks table<string, threadkeep.Block>
---@field order string[] The messages that are drawn.
---@field pending table<string, table<threadkeep.Slot, string[]>> What came of parts and is not drawn yet.
---@field clock threadkeep.Timer
---@field options fun(): {hide_reasoning: boolean, width: integer}
---@field on_fold fun(first: integer, last: integer) Called with 1-based lines that shall be folded.
local Transcript = {}
Transcript.__index = Transcript

---Milliseconds that text is gathered before it is drawn: a screen cannot show more.
M.GATHER = 25

---@param buf integer
---@param state threadkeep.State
---@param hooks {options: fun(): table, on_fold: fun(first: integer, last: integer)}
---@return threadkeep.Transcript
function M.new(buf, state, hooks)
  local fields = { buf = buf, state = state, blocks = {}, order = {}, pending = {} }
  local transcript = setmetatable(vim.tbl_extend("error", fields, hooks), Transcript)
  transcript.clock = timer.new(M.GATHER, function()
    transcript:flush()
  end)
  return transcript
end

---@param changes threadkeep.Change[]
function Transcript:apply(changes)
  if not wholeness.restore(self) then
    return
  end
  for _, change in ipairs(changes) do
    if change.kind == "append" or change.kind == "output" then
      self:_gather(change)
    elseif change.kind == "reset" then
      self:reset()
    elseif change.kind ~= "session" and change.kind ~= "stale" then
      self:flush()
      self:_apply(change)
    end
  end
end

function Transcript:_apply(change)
  if change.kind == "marks" then
    self:_decorate(change.id)
  elseif change.kind == "body" then
    self:_redraw(change.id)
  elseif change.kind == "part" then
    self:_draw_part(change.id, change.slot)
  elseif change.kind == "add" then
    self:_insert(#self.order, { change.id })
  elseif change.kind == "prepend" then
    self:_insert(0, vim.list_slice(self.state.order, 1, change.count))
  elseif change.kind == "cut" then
    self:_cut(change.count)
  end
end

--- Draws everything anew.
function Transcript:reset()
  self.pending, self.blocks, self.order = {}, {}, {}
  decoration.clear(self.buf)
  segments.clear(self.buf)
  lines_of.set(self.buf, 0, -1, { "" })
  self:_insert(0, self.state.order)
end

--- The message at a line.
---@param row integer 0-based.
---@return string? id
function Transcript:message_at(row)
  local low, high = 1, #self.order
  while low < high do
    local middle = math.ceil((low + high) / 2)
    if self:_row(self.order[middle]) <= row then
      low = middle
    else
      high = middle - 1
    end
  end
  return self.order[low]
end

--- The lines of a message, 0-based: its header, and what follows its last.
---@param id string
---@return integer first, integer last
function Transcript:range(id)
  local block, first = self.blocks[id], self:_row(id)
  return first, first + block.count + 2
end

--- Draws the text that has been gathered.
function Transcript:flush()
  self.clock:stop()
  if not wholeness.restore(self) then
    return
  end
  local pending = self.pending
  self.pending = {}
  for id, parts in pairs(pending) do
    local block = self.blocks[id]
    if block then
      local drawn = vim.tbl_filter(function(slot)
        return block.of[slot] ~= nil
      end, vim.tbl_keys(parts))
      local is_redrawn = self:_draw_new(id)
      for _, slot in ipairs(is_redrawn and {} or drawn) do
        segments.grow(self:_place_of(id), slot, table.concat(parts[slot]))
      end
      self:_decorate_footer(id)
    end
  end
end

--- Draws nothing of what is still to come.
function Transcript:close()
  self.pending = {}
  self.clock:stop()
end

function Transcript:_gather(change)
  local parts = self.pending[change.id] or {}
  self.pending[change.id] = parts
  parts[change.slot] = parts[change.slot] or {}
  table.insert(parts[change.slot], change.text or "")
  self.clock:start()
end

--- A message and where it is drawn.
---@return threadkeep.Place
function Transcript:_place_of(id)
  return {
    buf = self.buf,
    block = self.blocks[id],
    entry = self.state.entries[id],
    options = self.options(),
    on_fold = self.on_fold,
  }
end

--- Draws the parts of a message that were not there before; all of them, if they are not the last.
---@return boolean is_redrawn
function Transcript:_draw_new(id)
  local is_done = segments.add_new(self:_place_of(id))
  if not is_done then
    self:_redraw(id)
  end
  return not is_done
end

--- Draws one part.
function Transcript:_draw_part(id, slot)
  local block = self.blocks[id]
  if not block then
    return
  elseif block.of[slot] then
    segments.redraw(self:_place_of(id), slot)
  else
    self:_draw_new(id)
  end
  self:_decorate_footer(id)
end

--- Opens what a part holds, or closes it.
---@param id string
---@param slot threadkeep.Slot
function Transcript:toggle(id, slot)
  self:flush()
  if self.blocks[id] and self.blocks[id].of[slot] then
    slot.is_open = not slot.is_open
    segments.redraw(self:_place_of(id), slot)
  end
end

--- The part at a line, and what the line leads to.
---@param row integer 0-based.
---@return string? id
---@return threadkeep.Slot? slot
---@return threadkeep.Target? target
---@return integer? first The line of the part, 0-based.
function Transcript:part_at(row)
  local id = self:message_at(row)
  if not id then
    return nil
  end
  local segment, first = segments.at(self:_place_of(id), row)
  if segment then
    return id, segment.slot, segment.targets[row - first], first
  end
  return id
end

--- Draws messages after the first `place` ones.
---@param place integer
---@param ids string[]
function Transcript:_insert(place, ids)
  if #ids == 0 then
    return
  end
  local row = place == 0 and 0 or select(2, self:range(self.order[place]))
  local lines, starts = {}, {}
  for _, id in ipairs(ids) do
    local drawn = steps.draw_all(self.state.entries[id].slots, self.options())
    starts[#starts + 1] = { id = id, row = row + #lines, drawn = drawn }
    lines[#lines + 1] = ""
    vim.list_extend(lines, drawn.lines)
    lines[#lines + 1] = ""
  end
  -- The line of a buffer that shows nothing gives way.
  lines_of.set(self.buf, row, #self.order == 0 and row + 1 or row, lines)
  local order = vim.list_slice(self.order, 1, place)
  vim.list_extend(order, ids)
  self.order = vim.list_extend(order, self.order, place + 1)
  for _, start in ipairs(starts) do
    self:_place(start.id, start.row, start.drawn)
  end
end

--- Notes where a message stands that has just been written.
function Transcript:_place(id, row, drawn)
  local block = decoration.new(self.buf, row, row + #drawn.lines + 1) --[[@as threadkeep.Block]]
  block.count, block.segments, block.of = #drawn.lines, {}, {}
  self.blocks[id] = block
  segments.mark(self:_place_of(id), drawn, row + 1)
  self:_decorate(id)
end

--- Draws a message anew whose parts changed.
function Transcript:_redraw(id)
  if not self.blocks[id] then
    return
  end
  self.pending[id] = nil
  segments.redraw_all(self:_place_of(id))
  self:_decorate(id)
end

function Transcript:_cut(count)
  if count >= #self.order then
    return
  end
  local first = self:_row(self.order[count + 1])
  for index = #self.order, count + 1, -1 do
    local id = self.order[index]
    segments.forget(self:_place_of(id))
    decoration.forget(self.buf, self.blocks[id])
    self.blocks[id], self.order[index] = nil, nil
  end
  lines_of.set(self.buf, first, -1, count == 0 and { "" } or {})
end

--- Shows a message's author, marks and state.
function Transcript:_decorate(id)
  local block, entry = self.blocks[id], self.state.entries[id]
  if not block or not entry then
    return
  end
  decoration.header(self.buf, block, entry, self:_row(id))
  if entry.message.status ~= "streaming" then
    segments.fold(self:_place_of(id))
  end
  self:_decorate_footer(id)
  if decoration.has_lines(entry) then
    lines_of.show_end(self.buf)
  end
end

function Transcript:_decorate_footer(id)
  local _, last = self:range(id)
  local look = { width = self.options().width, retrying = self.state.retrying }
  decoration.footer(self.buf, self.blocks[id], self.state.entries[id], last - 1, look)
end

function Transcript:_row(id)
  return decoration.row(self.buf, self.blocks[id]) or 0
end

return M
