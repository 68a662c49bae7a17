--- Passes on what the server tells, and that it started or stopped.
local protocol = require("threadkeep.protocol")

local M = {}

---@type table<string, fun(params: table)[]>
local listeners = {}

--- Calls `listener` for a notification of the server, or for `started` and `stopped`.
---@param method string
---@param listener fun(params: table)
function M.on(method, listener)
  listeners[method] = listeners[method] or {}
  table.insert(listeners[method], listener)
end

---@param method string
---@param params table
function M.tell(method, params)
  for _, listener in ipairs(listeners[method] or {}) do
    listener(params)
  end
end

--- The handlers of a language client.
---@return table<string, fun(problem: any, params: table)>
function M.handlers()
  local handlers = {}
  for _, method in ipairs(protocol.notifications) do
    handlers[method] = function(_, params)
      M.tell(method, params)
    end
  end
  return handlers
end

return M
