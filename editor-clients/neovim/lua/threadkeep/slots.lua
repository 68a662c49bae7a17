--- Keeps the parts of a message in their order while they come, grow and change; knows no window.
local outputs = require("threadkeep.outputs")
local text = require("threadkeep.text")

local M = {}

---A part of a message, or a run of parts that were not sent.
---@class threadkeep.Slot
---@field index integer Of the part in its message, 0-based.
---@field count integer How many parts it stands for: 1, unless they are omitted.
---@field kind string The type of the part.
---@field part threadkeep.Part
---@field chunks? string[] Of a text and of reasoning: what came of it.
---@field fresh? string[] Of a call: output that has come since it was last looked at.
---@field seq integer Of the last change that was told.
---@field depth integer Calls that it was made in.
---@field is_open? boolean Whether a person looks at what it holds.

local function is_words(kind)
  return kind == "text" or kind == "reasoning"
end

local function slot_of(part, index, seq)
  local slot = { index = index, count = 1, kind = part.type, part = part, seq = seq or 0, depth = 0 }
  if is_words(part.type) then
    slot.chunks = part.text ~= "" and { part.text } or {}
  elseif part.type == "omitted" then
    slot.count = math.max(part.count, 1)
  end
  return slot
end

--- Notes a call, and how deep it lies: its parent came before it.
local function note(entry, slot)
  if slot.kind == "toolCall" then
    entry.calls[slot.part.toolCallId] = entry.calls[slot.part.toolCallId] or slot
    local parent = slot.part.parentToolCallId
    local above = parent and entry.calls[parent]
    slot.depth = parent and above ~= slot and math.min((above and above.depth or 0) + 1, 4) or 0
  end
end

--- Fills in the parts of a message. What has no parts, as an answer of an older server, has its text.
---@param entry threadkeep.Entry
function M.fill(entry)
  local message = entry.message
  entry.slots, entry.calls = {}, {}
  if message.role == "event" then
    return
  end
  local index, words, last = 0, {}, nil
  for _, part in ipairs(message.parts) do
    local slot = slot_of(part, index)
    entry.slots[#entry.slots + 1] = slot
    note(entry, slot)
    index = index + slot.count
    if slot.kind == "text" then
      words[#words + 1] = part.text
      last = #words == 1 and slot or nil
    end
  end
  if table.concat(words) == message.content then
    return
  elseif last then
    last.chunks = { message.content }
  elseif #words == 0 then
    entry.slots[#entry.slots + 1] = slot_of({ type = "text", text = message.content }, index)
  end
end

--- The index of the next part.
---@param entry threadkeep.Entry
---@return integer
function M.next_index(entry)
  local last = entry.slots[#entry.slots]
  return last and last.index + last.count or 0
end

--- The slot that a part is in.
---@param entry threadkeep.Entry
---@param index integer
---@return threadkeep.Slot? slot
---@return integer? place
function M.find(entry, index)
  local slots = entry.slots
  local low, high = 1, #slots
  while low <= high do
    local middle = math.floor((low + high) / 2)
    local slot = slots[middle]
    if index < slot.index then
      high = middle - 1
    elseif index >= slot.index + slot.count then
      low = middle + 1
    else
      return slot, middle
    end
  end
end

--- What text or reasoning is added to; older servers name no index.
---@param entry threadkeep.Entry
---@param kind threadkeep.TextKind
---@param index? integer
---@return threadkeep.Slot? slot None if something is missing here.
function M.growing(entry, kind, index)
  if index then
    local slot = M.find(entry, index)
    if slot then
      return slot.kind == kind and slot or nil
    elseif index > M.next_index(entry) then
      return nil
    end
  else
    for place = #entry.slots, 1, -1 do
      if entry.slots[place].kind == kind then
        return entry.slots[place]
      end
    end
  end
  local slot = slot_of({ type = kind, text = "" }, index or M.next_index(entry))
  if kind == "reasoning" and not index and #entry.slots > 0 then
    slot.index = 0
    table.insert(entry.slots, 1, slot)
    for place = 2, #entry.slots do
      entry.slots[place].index = entry.slots[place].index + 1
    end
  else
    entry.slots[#entry.slots + 1] = slot
  end
  return slot
end

--- A part came or changed.
---@param entry threadkeep.Entry
---@param notice threadkeep.PartNotice
---@return "known"|"missing"|"changed"
---@return threadkeep.Slot? slot
function M.put(entry, notice)
  local slot = M.find(entry, notice.index)
  if not slot then
    if notice.index > M.next_index(entry) then
      return "missing"
    end
    slot = slot_of(notice.part, notice.index, notice.seq)
    entry.slots[#entry.slots + 1] = slot
    note(entry, slot)
    return "changed", slot
  elseif slot.kind == "omitted" or notice.seq < slot.seq then
    return "known"
  end
  M._take(slot, notice.part)
  slot.seq = notice.seq
  note(entry, slot)
  return "changed", slot
end

--- Parts that were omitted were loaded.
---@param entry threadkeep.Entry
---@param from integer The index of the first.
---@param parts threadkeep.Part[]
---@return integer to The index after the last.
function M.insert(entry, from, parts)
  local index, fresh = from, {}
  for _, part in ipairs(parts) do
    fresh[#fresh + 1] = slot_of(part, index)
    index = index + fresh[#fresh].count
  end
  local slots = {}
  for _, slot in ipairs(entry.slots) do
    local last = slot.index + slot.count
    if slot.kind ~= "omitted" or last <= from or slot.index >= index then
      slots[#slots + 1] = slot
    else
      if slot.index < from then
        slots[#slots + 1] = slot_of({ type = "omitted", count = from - slot.index }, slot.index)
      end
      for _, one in ipairs(fresh) do
        if one.index >= slot.index and one.index + one.count <= last then
          slots[#slots + 1] = one
          note(entry, one)
        end
      end
      if last > index then
        slots[#slots + 1] = slot_of({ type = "omitted", count = last - index }, index)
      end
    end
  end
  entry.slots = slots
  return index
end

--- Takes over what is known of the same message: parts that are the same, and those that are not sent now.
---@param entry threadkeep.Entry
---@param old threadkeep.Entry
---@return boolean is_same Whether there are the same parts in the same places.
---@return threadkeep.Slot[] changed Those of which something changed.
function M.adopt(entry, old)
  local slots, changed, was = {}, {}, {}
  for _, slot in ipairs(old.slots) do
    was[slot.index] = slot
  end
  for _, slot in ipairs(entry.slots) do
    local before = was[slot.index]
    if slot.kind == "omitted" then
      local known, index = {}, slot.index
      while was[index] and index < slot.index + slot.count do
        known[#known + 1] = was[index]
        index = index + was[index].count
      end
      vim.list_extend(slots, index == slot.index + slot.count and known or { slot })
    elseif before and before.kind == slot.kind then
      outputs.settle(before)
      local is_same = before.chunks and table.concat(before.chunks) == table.concat(slot.chunks)
        or not before.chunks and vim.deep_equal(before.part, slot.part)
      if not is_same then
        M._take(before, slot.part)
        before.chunks = slot.chunks
        changed[#changed + 1] = before
      end
      slots[#slots + 1] = before
    else
      slots[#slots + 1] = slot
    end
  end
  entry.slots, entry.calls = slots, {}
  for _, slot in ipairs(slots) do
    note(entry, slot)
  end
  local is_same = #slots == #old.slots
  for place, slot in ipairs(slots) do
    is_same = is_same and old.slots[place] == slot
  end
  return is_same, changed
end

function M._take(slot, part)
  slot.kind, slot.part, slot.fresh = part.type, part, nil
  slot.chunks = is_words(part.type) and { part.text } or nil
end

--- The text or the reasoning of a message, joined.
---@param entry threadkeep.Entry
---@param kind threadkeep.TextKind
---@return string
function M.joined(entry, kind)
  local all = {}
  for _, slot in ipairs(entry.slots) do
    if slot.kind == kind then
      all[#all + 1] = M.words(slot)
    end
  end
  return table.concat(all)
end

--- What a text or reasoning says so far.
---@param slot threadkeep.Slot
---@return string
function M.words(slot)
  if #slot.chunks > 1 then
    slot.chunks = { table.concat(slot.chunks) }
  end
  return slot.chunks[1] or ""
end

--- UTF-16 code units of the text or the reasoning of a message.
---@param entry threadkeep.Entry
---@param kind threadkeep.TextKind
---@return integer
function M.units(entry, kind)
  return text.units(M.joined(entry, kind))
end

return M
