--- What comes of an answer while it is written, and of its parts later; each change says what to draw anew.
local outputs = require("threadkeep.outputs")
local slots = require("threadkeep.slots")
local text = require("threadkeep.text")

local M = {}

--- Text, reasoning or the output of a call grew.
---@param state threadkeep.State
---@param delta threadkeep.Delta
---@return threadkeep.Change[]
function M.delta(state, delta)
  local entry = state.entries[delta.messageId]
  if entry and delta.kind == "toolOutput" then
    local slot = delta.index and slots.find(entry, delta.index) or entry.calls[delta.toolCallId]
    return M._came(state, delta.messageId, "output", outputs.put(slot, delta), slot)
  end
  local known = entry and entry.units[delta.kind]
  if not entry or not known then
    return {} -- Not shown, or a kind of text from a later version.
  end
  entry.saved[delta.kind] = delta.savedOffset
  if delta.offset > known then
    return { { kind = "stale" } }
  end
  local added = delta.offset == known and delta.text or text.after_units(delta.text, known - delta.offset)
  if added == "" then
    return {}
  end
  local slot = slots.growing(entry, delta.kind, delta.index)
  if not slot then
    return { { kind = "stale" } }
  end
  table.insert(slot.chunks, added)
  entry.units[delta.kind] = known + text.units(added)
  local changes = { { kind = "append", id = delta.messageId, part = delta.kind, text = added, slot = slot } }
  return M._going_on(state, changes)
end

--- A tool call, a plan or the like came or changed.
---@param state threadkeep.State
---@param notice threadkeep.PartNotice
---@return threadkeep.Change[]
function M.part(state, notice)
  local entry = state.entries[notice.messageId]
  if not entry then
    return {}
  end
  local came, slot = slots.put(entry, notice)
  if slot and slot.chunks then
    entry.units[slot.kind] = slots.units(entry, slot.kind)
  end
  return M._came(state, notice.messageId, "part", came, slot)
end

--- Parts that were left out were loaded.
---@param state threadkeep.State
---@param id string
---@param from integer
---@param parts threadkeep.Part[]
---@return threadkeep.Change[]
---@return integer to The index after the last.
function M.loaded(state, id, from, parts)
  local entry = state.entries[id]
  if not entry then
    return {}, from
  end
  local to = slots.insert(entry, from, parts)
  return { { kind = "body", id = id } }, to
end

function M._came(state, id, kind, came, slot)
  if came == "missing" then
    return { { kind = "stale" } }
  elseif came == "known" then
    return {}
  end
  return M._going_on(state, { { kind = kind, id = id, slot = slot } })
end

--- What comes of an answer ends the waiting for another attempt.
function M._going_on(state, changes)
  if state.retrying then
    state.retrying = nil
    changes[#changes + 1] = { kind = "session" }
  end
  return changes
end

return M
