--- Ends the answer of a window that does not react, if the person wants that.
local M = {}

--- Turns that the person is being asked about, each with the requests that wait for the answer.
local asking = {} ---@type table<string, fun(agrees: boolean)[]>

--- Whether a request failed because of a window that does not react and can be taken over; pure.
---@param problem? threadkeep.Error
---@return boolean
function M.is_possible(problem)
  local data = problem and problem.kind == "sessionBusy" and problem.data or {}
  return data.isUnresponsive == true and data.canTakeOver == true and type(data.turnId) == "string"
end

--- What a person is asked; pure.
---@param holder? threadkeep.Holder
---@return string
function M.question(holder)
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
function M.ask(data, decided)
  local waiting = asking[data.turnId]
  if waiting then
    table.insert(waiting, decided)
    return
  end
  asking[data.turnId] = { decided }
  vim.schedule(function()
    local shown, choice =
      pcall(vim.fn.confirm, M.question(data.holder), "&Take over\n&Leave it alone", 2, "Warning")
    waiting, asking[data.turnId] = asking[data.turnId], nil
    for _, each in ipairs(waiting) do
      each(shown and choice == 1)
    end
  end)
end

return M
