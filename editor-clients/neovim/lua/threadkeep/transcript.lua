--- Draws a chat into its buffer: each change touches the lines that it is about and no others.
local decoration = require("threadkeep.decoration")
local lines_of = require("threadkeep.lines")
local render = require("threadkeep.render")
local text = require("threadkeep.text")
local timer = require("threadkeep.timer")
local wholeness = require("threadkeep.wholeness")

local M = {}

---@class threadkeep.Transcript
---@field buf integer
---@field state threadkeep.State
---@field blocks table<string, threadkeep.Block>
---@field order string[] The messages that are drawn.
---@field pending table<string, table<threadkeep.TextKind, string[]>> Text that came and is not drawn yet.
---@field clock threadkeep.Timer
---@field options fun(): {hide_reasoning: boolean, width: integer}
---@field on_fold fun(first: integer, last: integer) Called with 1-based lines that shall be folded.
local Transcript = {}
Transcript.__index = Transcript

local function text_offset(block)
  return 1 + block.reasoning + (block.reasoning > 0 and block.text > 0 and 1 or 0)
end

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
    if change.kind == "append" then
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
  return first, first + text_offset(block) + block.text + 1
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
    for _, part in ipairs({ "reasoning", "text" }) do
      if parts[part] and self.blocks[id] then
        self:_append(id, part, table.concat(parts[part]))
      end
    end
    if self.blocks[id] then
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
  parts[change.part] = parts[change.part] or {}
  table.insert(parts[change.part], change.text)
  self.clock:start()
end

--- Adds text to the end of a message's reasoning or text.
function Transcript:_append(id, part, added)
  local block = self.blocks[id]
  if part == "reasoning" and self.options().hide_reasoning then
    return
  end
  local lines = text.lines(added)
  if part == "reasoning" then
    for index = 2, #lines do
      lines[index] = render.QUOTE .. lines[index]
    end
  end
  if block[part] == 0 then
    self:_begin(id, part, lines)
    return
  end
  local head = self:_row(id)
  local row = part == "reasoning" and head + block.reasoning or head + text_offset(block) + block.text - 1
  local column = block.ends[part]
  lines_of.append(self.buf, row, column, lines)
  block[part] = block[part] + #lines - 1
  block.ends[part] = #lines == 1 and column + #lines[1] or #lines[#lines]
end

--- Writes the first text of a kind.
function Transcript:_begin(id, part, lines)
  local block = self.blocks[id]
  local row = self:_row(id) + 1
  local count = #lines
  if part == "reasoning" then
    lines[1] = render.QUOTE .. lines[1]
    if block.text > 0 then
      lines[#lines + 1] = ""
    end
  else
    row = row + block.reasoning
    if block.reasoning > 0 then
      table.insert(lines, 1, "")
    end
  end
  block.ends[part] = #lines[part == "reasoning" and count or #lines]
  lines_of.set(self.buf, row, row, lines)
  block[part] = count
  if part == "text" then
    self:_fold(id)
  end
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
    local body = render.body(self.state.entries[id], self.options())
    starts[#starts + 1] = { id = id, row = row + #lines, body = body }
    lines[#lines + 1] = ""
    vim.list_extend(lines, body.lines)
    lines[#lines + 1] = ""
  end
  -- The line of a buffer that shows nothing gives way.
  lines_of.set(self.buf, row, #self.order == 0 and row + 1 or row, lines)
  local order = vim.list_slice(self.order, 1, place)
  vim.list_extend(order, ids)
  self.order = vim.list_extend(order, self.order, place + 1)
  for _, start in ipairs(starts) do
    self:_place(start.id, start.row, start.body)
  end
end

--- Notes where a message stands that has just been written.
function Transcript:_place(id, row, body)
  local lines = body.lines
  local block = decoration.new(self.buf, row, row + #lines + 1) --[[@as threadkeep.Block]]
  block.reasoning, block.text = body.reasoning, body.text
  block.ends = { reasoning = #(lines[body.reasoning] or ""), text = #(lines[#lines] or "") }
  self.blocks[id] = block
  self:_decorate(id)
  if body.text > 0 and not block.fold then
    self:_fold(id)
  end
end

--- Draws a message anew whose text changed.
function Transcript:_redraw(id)
  local block = self.blocks[id]
  if not block then
    return
  end
  local first, last = self:range(id)
  local body = render.body(self.state.entries[id], self.options())
  lines_of.set(self.buf, first + 1, last - 1, body.lines)
  decoration.forget(self.buf, block)
  self:_place(id, first, body)
end

function Transcript:_cut(count)
  if count >= #self.order then
    return
  end
  local first = self:_row(self.order[count + 1])
  for index = #self.order, count + 1, -1 do
    local id = self.order[index]
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
  if entry.message.status ~= "streaming" and not block.fold then
    self:_fold(id)
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

function Transcript:_fold(id)
  local block = self.blocks[id]
  if block.reasoning > 0 then
    local row = self:_row(id)
    decoration.reasoning(self.buf, block, row + 1)
    self.on_fold(row + 2, row + 1 + block.reasoning)
    lines_of.show_end(self.buf)
  end
end

function Transcript:_row(id)
  return decoration.row(self.buf, self.blocks[id]) or 0
end

return M
