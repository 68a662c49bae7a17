--- What a running call puts out: it is gathered, and of much the end is kept; pure.
local M = {}

---Bytes of a running call's output that are kept here; of more the end is.
M.KEPT = 262144
local TAIL, HEAD = 131072, 1024

--- A call put something out.
---@param slot? threadkeep.Slot
---@param delta threadkeep.Delta
---@return "known"|"missing"|"changed"
function M.put(slot, delta)
  if slot and slot.kind == "omitted" then
    return "known"
  end
  local item = slot and slot.kind == "toolCall" and M.grown_item(slot.part)
  if not item then
    return "missing"
  end
  local known = M.size(item) + (slot.fresh and slot.fresh.size or 0)
  if delta.offset > known then
    return "missing"
  end
  local added = delta.text:sub(known - delta.offset + 1)
  if added == "" then
    return "known"
  end
  slot.fresh = slot.fresh or { size = 0 }
  table.insert(slot.fresh, added)
  slot.fresh.size = slot.fresh.size + #added
  if slot.fresh.size > M.KEPT then
    M.settle(slot)
  end
  return "changed"
end

--- What grows of a call.
---@param part threadkeep.ToolCallPart
---@return threadkeep.OutputItem?
function M.grown_item(part)
  for place = #(part.output or {}), 1, -1 do
    local item = part.output[place]
    if item.type == "text" or item.type == "terminal" then
      return item
    end
  end
end

--- Bytes of a text so far.
---@param item threadkeep.OutputItem
---@return integer
function M.size(item)
  return item.blob and item.blob.size or #(item.text or "")
end

--- Adds the output that has come to that of the call, and keeps the end of what is long.
---@param slot threadkeep.Slot
function M.settle(slot)
  local item = slot.fresh and M.grown_item(slot.part)
  if not item then
    return
  end
  local added = table.concat(slot.fresh)
  local known, size = M.size(item), M.size(item) + #added
  slot.fresh = nil
  local blob = item.blob
  local all = (blob and blob.tail or item.text or "") .. added
  if blob or #all > M.KEPT then
    local head = blob and blob.head or all:sub(1, HEAD):gsub("[\192-\255]?[\128-\191]*$", "")
    local tail = #all > TAIL and all:sub(-TAIL):gsub("^[\128-\191]+", "") or all
    item.text, item.blob = nil, { sha256 = "", size = size, head = head, tail = tail }
  else
    item.text = all
  end
  assert(known + #added == size)
end

return M
