--- Tells a person what happened, and what to do about an error.
local M = {}

--- What to do, by the error's kind.
local HINTS = {
  sessionPaused = ":Threadkeep resume",
  sessionEnded = ":Threadkeep fork goes on from here, :Threadkeep new begins anew",
  sessionBusy = ":Threadkeep cancel stops the answer",
  nothingToContinue = ":Threadkeep retry asks again",
  agentNotFound = ":Threadkeep agent lists those there are",
  modelNotFound = ":Threadkeep model lists those there are",
  providerNotFound = ":Threadkeep model lists those there are",
  settingsInvalid = ":Threadkeep model names one for this session",
  providerAuth = ":checkhealth threadkeep tells which keys are there",
  revisionConflict = "it changed in another window; look at it and do it again",
  internalError = ":Threadkeep log",
  storeUnavailable = ":checkhealth threadkeep",
  storeCorrupt = "threadkeep store doctor",
}

local last ---@type string?

--- The last error of this Neovim, with its time.
---@return string?
function M.last_error()
  return last
end

---@param message string
function M.info(message)
  vim.notify("Threadkeep: " .. message, vim.log.levels.INFO)
end

---@param message string
function M.warn(message)
  vim.notify("Threadkeep: " .. message, vim.log.levels.WARN)
end

---@param message string
function M.error(message)
  last = os.date("%Y-%m-%d %H:%M:%S") .. " " .. message
  vim.notify("Threadkeep: " .. message, vim.log.levels.ERROR)
end

--- A request failed.
---@param problem threadkeep.Error
function M.failed(problem)
  M.error(M.words(problem))
end

--- An error in words, with what to do.
---@param problem threadkeep.Error
---@return string
function M.words(problem)
  local words = problem.message
  local fields = {}
  for _, one in ipairs(problem.data and problem.data.problems or {}) do
    if type(one) == "table" and one.message then
      fields[#fields + 1] = (one.field and one.field ~= "" and (one.field .. ": ") or "") .. one.message
    end
  end
  if #fields > 0 then
    words = words .. " (" .. table.concat(fields, "; ") .. ")"
  end
  local hint = HINTS[problem.kind]
  return hint and not words:find(hint, 1, true) and ("%s [%s]"):format(words, hint) or words
end

return M
