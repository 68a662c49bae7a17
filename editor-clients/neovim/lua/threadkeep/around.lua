--- Shows a message however far back it is: with a page of the history around it.
local chat = require("threadkeep.chat")
local client = require("threadkeep.client")
local config = require("threadkeep.config")
local current = require("threadkeep.current")
local notify = require("threadkeep.notify")
local paging = require("threadkeep.paging")
local view = require("threadkeep.view")

local M = {}

--- Shows a message of the session that is shown; on another branch that branch is shown first.
---@param id string
function M.show(id)
  local session = chat.session()
  if not session then
    return
  elseif chat.state().entries[id] then
    require("threadkeep.messages").go(id)
    return
  end
  M._load(session, id, function(problem, page)
    if page then
      M._show(page, id)
    elseif problem.kind == "messageNotFound" then
      M._of_another_branch(session, id)
    else
      notify.failed(problem)
    end
  end)
end

--- Fetches the page, with a sign while it comes.
function M._load(session, id, callback)
  local limit = config.get().history
  M._count(1)
  client.request(
    "session/history",
    { sessionId = session.id, around = id, limit = limit },
    function(problem, page)
      M._count(-1)
      if chat.session() and chat.session().id == session.id then
        callback(problem, page)
      end
    end
  )
end

function M._show(page, id)
  local before = current.state
  current.transcript:close()
  current.state = paging.around(before, page)
  current.transcript.state = current.state
  chat.apply({ { kind = "reset" } })
  require("threadkeep.messages").go(id)
end

function M._of_another_branch(session, id)
  M._count(1)
  client.request("chat/selectBranch", { sessionId = session.id, messageId = id }, function(problem)
    M._count(-1)
    if problem then
      notify.failed(problem)
    elseif chat.session() and chat.session().id == session.id then
      chat.reload(function()
        M._load(session, id, function(failure, page)
          if page then
            M._show(page, id)
          else
            notify.failed(failure)
          end
        end)
      end)
    end
  end)
end

function M._count(by)
  current.pages = current.pages + by
  view.look()
end

return M
