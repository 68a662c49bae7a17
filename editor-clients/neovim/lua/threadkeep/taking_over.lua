--- Ends the answer of a window that does not react, if the person wants that.
local M = {}

--- Turns that the person is being asked about, each with the requests that wait for the answer.
local asking = {} ---@type table<string, fun(agrees: boolean)[]>

--- Sees to a request that failed because of a window that does not react: asks the person, ends what is in the
--- way, and makes the request once more. Whether it was one.
---@param request threadkeep.Request
---@param problem? threadkeep.Error
---@param ask fun(method: string, params: table, callback: threadkeep.Callback)
---@return boolean
function M.met(request, problem, ask)
  if not problem or request.method == "chat/takeOver" or not M._is_possible(problem) then
    return false
  end
  M._decide(problem.data, function(agrees)
    if not agrees then
      request.callback(problem)
      return
    end
    local turn = { sessionId = request.params.sessionId, turnId = problem.data.turnId }
    ask("chat/takeOver", turn, function(refused, result)
      if refused or request.method == "chat/cancel" then
        request.callback(refused, result)
      else
        ask(request.method, request.params, request.callback)
      end
    end)
  end)
  return true
end

---@param problem threadkeep.Error
---@return boolean
function M._is_possible(problem)
  local data = problem.kind == "sessionBusy" and problem.data or {}
  return data.isUnresponsive == true and data.canTakeOver == true and type(data.turnId) == "string"
end

---@param holder? threadkeep.Holder
---@return string
function M._question(holder)
  local who = holder
      and ("%s (process %d on %s)"):format(holder.client or "Another window", holder.pid, holder.host)
    or "Another process"
  return who
    .. " writes an answer in this session and does not react: it may be stopped, or hang."
    .. " What it has not stored yet of the answer is lost. Take over?"
end

--- Asks the person, once for all requests that meet the same turn.
---@param data table Of the error.
---@param decided fun(agrees: boolean)
function M._decide(data, decided)
  local waiting = asking[data.turnId]
  if waiting then
    table.insert(waiting, decided)
    return
  end
  asking[data.turnId] = { decided }
  vim.schedule(function()
    local shown, choice =
      pcall(vim.fn.confirm, M._question(data.holder), "&Take over\n&Leave it alone", 2, "Warning")
    waiting, asking[data.turnId] = asking[data.turnId], nil
    for _, each in ipairs(waiting) do
      each(shown and choice == 1)
    end
  end)
end

return M
