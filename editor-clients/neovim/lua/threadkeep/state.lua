--- What a chat is, built from results and notifications; knows no window. Each change says what to draw anew.
local placeholders = require("threadkeep.placeholders")
local slots = require("threadkeep.slots")

local M = {}

---@alias threadkeep.TextKind "text"|"reasoning"

---A message and what has come of it so far.
---@class threadkeep.Entry
---@field message threadkeep.Message
---@field slots threadkeep.Slot[] Its parts in order.
---@field calls table<string, threadkeep.Slot> Its tool calls by id.
---@field units table<threadkeep.TextKind, integer> UTF-16 code units.
---@field saved table<threadkeep.TextKind, integer> Of those, how many are on disk.

---@class threadkeep.State
---@field session? threadkeep.Session
---@field order string[] Ids of the loaded messages, oldest first.
---@field entries table<string, threadkeep.Entry>
---@field before? string Set while older messages can be loaded.
---@field after? string Set while what is loaded ends before the newest message.
---@field turn? threadkeep.Turn The one that runs.
---@field retrying? threadkeep.TurnRetrying
---@field queued threadkeep.QueuedMessage[]
---@field seq integer Messages up to it are known, or belong to what is not shown.

---What a view has to do after a change.
---@class threadkeep.Change
---@field kind
---| "reset" Draw everything.
---| "prepend" Draw the first `count` messages, which are new.
---| "add" Draw the message `id` at the end.
---| "cut" The messages after the first `count` are gone.
---| "append" `text` was added to the reasoning or the text of `id`, in `slot`.
---| "output" The call in `slot` put something out.
---| "part" The part in `slot` came or changed.
---| "marks" All but the parts of `id` may have changed.
---| "body" The parts of `id` changed.
---| "session" The session or its turn changed.
---| "stale" What is shown is no longer known to be true: load it again.
---@field id? string
---@field count? integer
---@field part? threadkeep.TextKind
---@field text? string
---@field slot? threadkeep.Slot

---@return threadkeep.State
function M.new()
  return { order = {}, entries = {}, queued = {}, seq = 0 }
end

--- The state that a session is opened with.
---@param opened threadkeep.OpenSessionResult
---@return threadkeep.State
function M.opened(opened)
  local state = M.new()
  state.session, state.before, state.seq = opened.session, opened.beforeCursor, opened.seq or 0
  for _, message in ipairs(opened.messages) do
    state.order[#state.order + 1] = message.id
    state.entries[message.id] = M.entry(message)
    state.seq = math.max(state.seq, message.seq)
    if message.status == "streaming" then
      state.turn = placeholders.turn(message)
    end
  end
  return state
end

--- Older messages were loaded.
---@param state threadkeep.State
---@param page threadkeep.SessionHistoryResult
---@return threadkeep.Change[]
function M.older(state, page)
  state.before = page.beforeCursor
  local order = {}
  for _, message in ipairs(page.messages) do
    if not state.entries[message.id] then
      order[#order + 1] = message.id
      state.entries[message.id] = M.entry(message)
    end
  end
  local count = #order
  state.order = vim.list_extend(order, state.order)
  return count > 0 and { { kind = "prepend", count = count } } or {}
end

---@param state threadkeep.State
---@param session threadkeep.Session
---@return threadkeep.Change[]
function M.session_changed(state, session)
  if not state.session or session.id ~= state.session.id or session.seq < state.session.seq then
    return {}
  end
  state.session = session
  return { { kind = "session" } }
end

--- A message came, or one changed.
---@param state threadkeep.State
---@param message threadkeep.Message
---@return threadkeep.Change[]
function M.message(state, message)
  local entry = state.entries[message.id]
  if entry then
    return M._replace(state, entry, message)
  end
  if message.seq <= state.seq or state.after then
    return {} -- Of another branch, or older than what is loaded, or after it.
  end
  state.seq = message.seq
  return M._add(state, message)
end

---@param state threadkeep.State
---@param turn threadkeep.Turn
---@return threadkeep.Change[]
function M.turn_started(state, turn)
  state.turn, state.retrying = turn, nil
  state.queued = vim.tbl_filter(function(queued)
    return queued.turnId ~= turn.id
  end, state.queued)
  local entry = state.entries[turn.messageId]
  local changes
  if entry then
    entry.message.status, entry.message.error, entry.message.turnId = "streaming", nil, turn.id
    changes = { { kind = "marks", id = turn.messageId } }
  elseif state.after then
    changes = {}
  else
    changes = M._add(state, placeholders.message(turn, state.seq))
  end
  changes[#changes + 1] = { kind = "session" }
  return changes
end

---@param state threadkeep.State
---@param retrying threadkeep.TurnRetrying
---@return threadkeep.Change[]
function M.turn_retrying(state, retrying)
  state.retrying = retrying
  local id = state.turn and state.turn.messageId
  return { { kind = "session" }, id and state.entries[id] and { kind = "marks", id = id } or nil }
end

---@param state threadkeep.State
---@param turn threadkeep.Turn
---@param message threadkeep.Message
---@return threadkeep.Change[]
function M.turn_completed(state, turn, message)
  if state.turn and state.turn.id == turn.id then
    state.turn, state.retrying = nil, nil
  end
  local entry = state.entries[message.id]
  local changes = {}
  if entry then
    changes = M._replace(state, entry, message)
  end
  changes[#changes + 1] = { kind = "session" }
  return changes
end

--- The text of a message so far.
---@param entry threadkeep.Entry
---@param part threadkeep.TextKind
---@return string
function M.text(entry, part)
  return slots.joined(entry, part)
end

--- The newest message that is no entry of the timeline.
---@param state threadkeep.State
---@return threadkeep.Message?
function M.head(state)
  for index = #state.order, 1, -1 do
    local message = state.entries[state.order[index]].message
    if message.role ~= "event" then
      return message
    end
  end
end

--- A message as it is kept here.
---@param message threadkeep.Message
---@return threadkeep.Entry
function M.entry(message)
  local entry = { message = message, units = {}, saved = {} }
  slots.fill(entry)
  for _, part in ipairs({ "text", "reasoning" }) do
    entry.units[part] = slots.units(entry, part)
    entry.saved[part] = entry.units[part]
  end
  return entry
end

function M._replace(state, entry, message)
  message.siblings = message.siblings or entry.message.siblings -- Notifications do not tell them.
  local new = M.entry(message)
  local is_same, changed, has_other_words = true, {}, false
  if message.status == "streaming" and new.units.text < entry.units.text then
    new.slots, new.calls, new.units, new.saved = entry.slots, entry.calls, entry.units, entry.saved
  else
    is_same, changed = slots.adopt(new, entry)
  end
  state.entries[message.id] = new
  state.seq = math.max(state.seq, message.seq)
  local changes = {}
  for _, slot in ipairs(changed) do
    has_other_words = has_other_words or slot.chunks ~= nil
    changes[#changes + 1] = { kind = "part", id = message.id, slot = slot }
  end
  if not is_same or has_other_words then
    return { { kind = "body", id = message.id } }
  end
  changes[#changes + 1] = { kind = "marks", id = message.id }
  return changes
end

--- Puts a message after its parent: what stood there is on another branch now.
function M._add(state, message)
  local changes = {}
  local place = #state.order
  while place > 0 and state.order[place] ~= message.parentId do
    place = place - 1
  end
  if place == 0 and message.parentId and #state.order > 0 then
    return { { kind = "stale" } }
  end
  if place < #state.order then
    M._beside(state.entries[state.order[place + 1]].message, message)
    for index = #state.order, place + 1, -1 do
      state.entries[state.order[index]] = nil
      state.order[index] = nil
    end
    if place == 0 then
      state.before = nil
    end
    changes[1] = { kind = "cut", count = place }
  end
  state.order[#state.order + 1] = message.id
  state.entries[message.id] = M.entry(message)
  changes[#changes + 1] = { kind = "add", id = message.id }
  return changes
end

--- A message takes the place of another one, which stays beside it.
function M._beside(old, new)
  if old.role == new.role and not new.siblings then
    local count = (old.siblings and old.siblings.count or 1) + 1
    new.siblings = { index = count - 1, count = count }
  end
end

return M
