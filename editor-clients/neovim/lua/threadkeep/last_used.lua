--- Says why the session that is shown is not the one that was used last in its place: this window had its own.
local client = require("threadkeep.client")
local notify = require("threadkeep.notify")
local text = require("threadkeep.text")
local time = require("threadkeep.time")

local M = {}

local is_told = false

--- Looks once, at what is opened first.
---@param session threadkeep.Session
function M.look(session)
  if is_told then
    return
  end
  is_told = true
  local filter = { repository = { id = session.repository.id }, task = session.task }
  client.request("session/list", { filter = filter, limit = 20 }, function(problem, result)
    local last
    for _, one in ipairs(not problem and result.sessions or {}) do
      local is_open = one.status ~= "ended" and one.workflow == session.workflow
      if is_open and (not last or one.lastActivityAt > last.lastActivityAt) then
        last = one
      end
    end
    if last and last.id ~= session.id and last.lastActivityAt > session.lastActivityAt then
      notify.info(
        ("this window had this session; “%s” was used last here (%s), `:Threadkeep sessions` lists it."):format(
          text.one_line(last.title, 40),
          time.ago(last.lastActivityAt, os.time())
        )
      )
    end
  end)
end

return M
