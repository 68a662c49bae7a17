--- Sends what is written, so that no word is lost whatever becomes of the server, and none goes where it was not meant.
local asking_again = require("threadkeep.asking_again")
local attachments = require("threadkeep.attachments")
local blank = require("threadkeep.blank")
local chat = require("threadkeep.chat")
local client = require("threadkeep.client")
local config = require("threadkeep.config")
local drafts = require("threadkeep.drafts")
local loader = require("threadkeep.loader")
local notify = require("threadkeep.notify")
local state_of = require("threadkeep.state")
local unsent = require("threadkeep.unsent")
local view = require("threadkeep.view")

local M = {}

--- Sends what stands in the prompt, with what is attached, to the session that it was written for. Before any session
--- was loaded it waits for the first one.
function M.submit()
  local prompt = assert(chat.prompt())
  local words, id = prompt:text(), prompt.owner
  if vim.trim(words) == "" then
    if id and drafts.editing(id) then
      M.stop_editing()
    end
    return
  end
  local session = chat.session()
  if not id then
    prompt:set("")
    M._wait(words, {}, function(back)
      prompt:set(prompt:text() == "" and back or back .. "\n" .. prompt:text())
    end)
  elseif not session or session.id ~= id then
    M._ask_where(words, id, session)
  else
    M._submit(id, words)
  end
end

--- Sends words that were not written in the prompt; if that fails they stand there.
---@param words string
---@param enclosed threadkeep.Attachment[]
function M.send(words, enclosed)
  M._wait(words, enclosed, function(back)
    local prompt = assert(chat.prompt())
    prompt:set(prompt:text() == "" and back or back .. "\n" .. prompt:text())
  end)
end

--- Asks nothing again any more; what stood in the prompt before comes back.
function M.stop_editing()
  local session = chat.session()
  if session then
    asking_again.stop(session.id)
    chat.show_draft(session.id)
  end
end

--- What waits for its turn.
function M.refresh_queue()
  local session = chat.session()
  if not session or blank.is(session.id) then
    return
  end
  client.request("chat/queue", { sessionId = session.id }, function(problem, result)
    if not problem and chat.session() and chat.session().id == session.id then
      chat.state().queued = result.queued
      view.look()
    end
  end)
end

--- Sends words once the session is there that is being loaded.
function M._wait(words, enclosed, failed)
  local done = unsent.wait({ text = words, attachments = enclosed })
  chat.count_sending(1)
  chat.after_load(function(session)
    chat.count_sending(-1)
    done()
    local all = vim.list_extend(vim.list_slice(drafts.enclosed(session.id)), enclosed)
    drafts.enclose(session.id, {})
    M._send("chat/send", M._params(session.id, words), { text = words, attachments = all })
  end, function()
    chat.count_sending(-1)
    done()
    failed(words)
  end)
end

function M._submit(id, words)
  local content = { text = words, attachments = drafts.enclosed(id) }
  local message = drafts.editing(id)
  assert(chat.prompt()):set("")
  drafts.enclose(id, {})
  if message then
    asking_again.stop(id)
    chat.show_draft(id)
    M._send("chat/edit", { sessionId = id, messageId = message, text = words }, content)
  else
    M._send("chat/send", M._params(id, words), content)
  end
end

--- What stands in the prompt was written for another session than the one that is shown.
function M._ask_where(words, id, session)
  local choice = vim.fn.confirm(
    ("This was written for another session than “%s”, which is shown."):format(
      session and session.title or "?"
    ),
    "&Send it where it was written\n&Keep it",
    2
  )
  if choice == 1 then
    M._submit(id, words)
  end
end

function M._params(id, words)
  return { sessionId = id, text = words, whenBusy = config.get().when_busy }
end

---@param content threadkeep.Content What goes back into the prompt of the session if it is not taken.
function M._send(method, params, content)
  local id = params.sessionId
  params.idempotencyKey = loader.key()
  if #content.attachments > 0 then
    params.attachments = content.attachments
  end
  attachments.sync(content.attachments)
  chat.count_sending(1)
  drafts.sending(id, content)
  blank.request(method, params, function(problem, sent)
    chat.count_sending(-1)
    drafts.sent(id, content, problem and M._back(method, params, content) or nil)
    chat.show_draft(id)
    if problem then
      notify.failed(problem)
      return
    end
    if sent.isQueued then
      M.refresh_queue()
    elseif chat.session() and chat.session().id == id then
      if chat.state().after then
        chat.reload(view.to_end)
        return
      end
      chat.apply(state_of.message(chat.state(), sent.userMessage))
      view.to_end()
    end
  end)
end

--- What was to be asked again is so again, unless something else is by now.
function M._back(method, params, content)
  local id = params.sessionId
  if method == "chat/edit" and not drafts.editing(id) then
    asking_again.begin(id, params.messageId, "")
  end
  return content
end

return M
