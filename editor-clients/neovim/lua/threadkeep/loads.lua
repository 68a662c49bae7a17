--- Counts what is being loaded, and keeps what waits for it.
local current = require("threadkeep.current")

local M = {}

--- Something else is loaded from now on; what is under way is not wanted any more.
---@param is_asked_for boolean Whether a person wants it; else the branch changed, or the server was away.
---@return integer number
function M.begin(is_asked_for)
  current.is_loading, current.is_asked_for = true, is_asked_for
  current.loads = current.loads + 1
  return current.loads
end

--- Nothing is being loaded any more. What waited for it.
---@return threadkeep.Waiting[]
function M.settle()
  local waiting = current.waiting
  current.is_loading, current.is_asked_for, current.waiting = false, false, {}
  return waiting
end

--- What is being loaded is not wanted any more.
---@return threadkeep.Waiting[]
function M.drop()
  current.loads = current.loads + 1
  return M.settle()
end

return M
