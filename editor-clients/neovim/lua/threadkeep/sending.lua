--- Sends what is written, so that no word is lost whatever becomes of the server.
local attachments = require("threadkeep.attachments")
local chat = require("threadkeep.chat")
local client = require("threadkeep.client")
local config = require("threadkeep.config")
local loader = require("threadkeep.loader")
local notify = require("threadkeep.notify")
local state_of = require("threadkeep.state")
local view = require("threadkeep.view")

local M = {}

--- Sends what stands in the prompt, with what is attached.
function M.submit()
  local prompt = assert(chat.prompt())
  local words = prompt:text()
  if vim.trim(words) == "" then
    return
  end
  local session = chat.session()
  if not session then
    notify.warn("there is no session yet; your text stays.")
    return
  end
  local enclosed, editing = chat.enclosed(), chat.editing()
  prompt:set("")
  chat.set_enclosed({})
  chat.set_editing(nil)
  local function give_back()
    prompt:give_back(words)
    chat.set_enclosed(vim.list_extend(enclosed, chat.enclosed()))
    chat.set_editing(editing)
  end
  if editing then
    M._send("chat/edit", { sessionId = session.id, messageId = editing, text = words }, enclosed, give_back)
  else
    M._send("chat/send", M._params(session, words), enclosed, give_back)
  end
end

--- Sends words that were not written in the prompt; if that fails they stand there.
---@param words string
---@param enclosed threadkeep.Attachment[]
function M.send(words, enclosed)
  local function give_back()
    assert(chat.prompt()):give_back(words)
  end
  chat.with_session(function(session)
    local all = vim.list_extend(vim.deepcopy(chat.enclosed()), enclosed)
    chat.set_enclosed({})
    M._send("chat/send", M._params(session, words), all, function()
      give_back()
      chat.set_enclosed(all)
    end)
  end, give_back)
end

--- What waits for its turn.
function M.refresh_queue()
  local session = chat.session()
  if not session then
    return
  end
  client.request("chat/queue", { sessionId = session.id }, function(problem, result)
    if not problem and chat.session() and chat.session().id == session.id then
      chat.state().queued = result.queued
      view.look()
    end
  end)
end

function M._params(session, words)
  return { sessionId = session.id, text = words, whenBusy = config.get().when_busy }
end

function M._send(method, params, enclosed, give_back)
  params.idempotencyKey = loader.key()
  if #enclosed > 0 then
    params.attachments = enclosed
  end
  attachments.sync(enclosed)
  chat.count_sending(1)
  client.request(method, params, function(problem, sent)
    chat.count_sending(-1)
    if problem then
      give_back()
      notify.failed(problem)
      return
    end
    assert(chat.prompt()):save_now()
    if sent.isQueued then
      M.refresh_queue()
    elseif chat.session() and chat.session().id == params.sessionId then
      chat.apply(state_of.message(chat.state(), sent.userMessage))
      view.to_end()
    end
  end)
end

return M
