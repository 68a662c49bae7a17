--- What can be done about answers: stop one, carry on with one, ask for another.
local blank = require("threadkeep.blank")
local chat = require("threadkeep.chat")
local client = require("threadkeep.client")
local loader = require("threadkeep.loader")
local notify = require("threadkeep.notify")
local state_of = require("threadkeep.state")
local view = require("threadkeep.view")

local M = {}

--- Stops the answer that is being written, and keeps what came.
function M.cancel()
  chat.with_session(function(session)
    if blank.is(session.id) then
      notify.info("nothing is being written.")
      return
    end
    local turn = chat.state().turn
    local id = turn and turn.id ~= "" and turn.id or nil
    client.request("chat/cancel", { sessionId = session.id, turnId = id }, function(problem, result)
      if problem then
        notify.failed(problem)
      elseif not result.turn then
        notify.info("nothing is being written.")
      end
    end)
  end)
end

--- Carries on with an answer that was cut off: the newest one.
function M.continue()
  local head = not chat.state().after and state_of.head(chat.state())
  M._ask("chat/continue", { messageId = head and head.role == "assistant" and head.id or nil })
end

--- Carries on with the answer under the cursor, which has to be the newest.
function M.continue_here()
  local id = require("threadkeep.messages").under_cursor()
  local entry = id and chat.state().entries[id]
  local head = state_of.head(chat.state())
  if entry and entry.message.role == "assistant" and head and head.id ~= id then
    notify.warn("only the newest answer can be carried on with; :Threadkeep continue does.")
    return
  end
  M.continue()
end

--- Asks for another answer to the newest question that is shown.
function M.retry()
  local head = not chat.state().after and state_of.head(chat.state())
  M._ask("chat/retry", { messageId = head and head.role == "assistant" and head.id or nil })
end

--- Asks for another answer in the place of the one under the cursor.
function M.retry_here()
  local id = require("threadkeep.messages").under_cursor()
  local entry = id and chat.state().entries[id]
  M._ask("chat/retry", { messageId = entry and entry.message.role == "assistant" and id or nil })
end

--- Empties the queue; what waited is not sent.
function M.clear_queue()
  chat.with_session(function(session)
    if blank.is(session.id) then
      return
    end
    local turns = vim.tbl_map(function(queued)
      return queued.turnId
    end, chat.state().queued)
    client.request("chat/queue", { sessionId = session.id, clear = turns }, function(problem, result)
      if problem then
        notify.failed(problem)
      else
        if chat.session() and chat.session().id == session.id then
          chat.state().queued = result.queued
          view.look()
        end
      end
    end)
  end)
end

function M._ask(method, params)
  chat.with_session(function(session)
    if blank.is(session.id) then
      notify.failed(blank.nothing_yet())
      return
    end
    if chat.state().after and not params.messageId then
      chat.reload(view.to_end)
      notify.warn("this was a page of the past; here is the newest answer: do it again if you mean that.")
      return
    end
    params.sessionId, params.idempotencyKey = session.id, loader.key()
    client.request(method, params, function(problem)
      if problem then
        notify.failed(problem)
      elseif chat.session() and chat.session().id == session.id then
        view.to_end()
      end
    end)
  end)
end

return M
