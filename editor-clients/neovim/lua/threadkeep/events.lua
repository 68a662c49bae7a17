--- Tells a person's configuration what happens, as `User` autocommands.
local M = {}

---@type {name: string, data: string, doc: string}[]
M.events = {
  { name = "ThreadkeepServerStarted", data = "{version}", doc = "The server is ready." },
  { name = "ThreadkeepServerStopped", data = "{code}", doc = "The server ended, or crashed." },
  { name = "ThreadkeepChatOpened", data = "{session, buf, win}", doc = "The chat is on the screen." },
  { name = "ThreadkeepSessionChanged", data = "{session}", doc = "The session shown changed." },
  { name = "ThreadkeepTurnStarted", data = "{sessionId, turn}", doc = "An answer begins." },
  {
    name = "ThreadkeepTurnCompleted",
    data = "{sessionId, turn, message}",
    doc = "An answer ended; `turn.status` tells how.",
  },
  { name = "ThreadkeepTaskChanged", data = "{repository, task}", doc = "Another branch was checked out." },
}

---@param name string
---@param data table
function M.emit(name, data)
  vim.api.nvim_exec_autocmds("User", { pattern = name, modeline = false, data = data })
end

return M
