--- What is loaded of a long session where that is not its end: a page of the past, and what follows it; pure.
local state_of = require("threadkeep.state")

local M = {}

--- Newer messages were loaded, after a page of the past.
---@param state threadkeep.State
---@param page threadkeep.SessionHistoryResult
---@return threadkeep.Change[]
function M.newer(state, page)
  state.after = page.afterCursor
  local changes = {}
  for _, message in ipairs(page.messages) do
    if not state.entries[message.id] then
      state.order[#state.order + 1] = message.id
      state.entries[message.id] = state_of.entry(message)
      changes[#changes + 1] = { kind = "add", id = message.id }
    end
    state.seq = math.max(state.seq, message.seq)
  end
  return changes
end

--- A page of the past in place of what was loaded.
---@param state threadkeep.State
---@param page threadkeep.SessionHistoryResult
---@return threadkeep.State
function M.around(state, page)
  local new = state_of.opened({ session = state.session, messages = page.messages, seq = state.seq })
  new.before, new.after = page.beforeCursor, page.afterCursor
  new.turn, new.retrying, new.queued = state.turn, state.retrying, state.queued
  return new
end

return M
