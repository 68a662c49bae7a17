--- Listens to the server for the chat: answers as they grow, changes of other windows, restarts.
local attachments = require("threadkeep.attachments")
local blank = require("threadkeep.blank")
local branch = require("threadkeep.branch")
local chat = require("threadkeep.chat")
local client = require("threadkeep.client")
local current = require("threadkeep.current")
local drafts = require("threadkeep.drafts")
local events = require("threadkeep.events")
local growth = require("threadkeep.growth")
local hints = require("threadkeep.hints")
local keys = require("threadkeep.keys")
local listeners = require("threadkeep.listeners")
local loader = require("threadkeep.loader")
local notices = require("threadkeep.notices")
local notify = require("threadkeep.notify")
local state_of = require("threadkeep.state")
local unsent = require("threadkeep.unsent")
local view = require("threadkeep.view")

local M = {}

local is_listening = false

--- Begins to listen; once.
function M.start()
  if is_listening then
    return
  end
  is_listening = true
  for method, listener in pairs(M._listeners) do
    listeners.on(method, listener)
  end
  M._folder = loader.folder()
  notices.start()
  vim.api.nvim_create_autocmd("VimLeavePre", {
    group = vim.api.nvim_create_augroup("threadkeep.unsent", { clear = true }),
    callback = unsent.write,
  })
  vim.api.nvim_create_autocmd("DirChanged", {
    group = vim.api.nvim_create_augroup("threadkeep.following", { clear = true }),
    callback = M._folder_changed,
  })
end

--- The server watches the branch of the open folder, which is another one now.
function M._folder_changed()
  local folder = loader.folder()
  if folder ~= M._folder then
    local function item(path)
      return { uri = vim.uri_from_fname(path), name = vim.fs.basename(path) }
    end
    local event = { added = { item(folder) }, removed = { item(M._folder) } }
    M._folder = folder
    client.notify("workspace/didChangeWorkspaceFolders", { event = event })
  end
end

local function is_shown(session_id)
  local session = chat.session()
  return session ~= nil and session.id == session_id
end

local function session_changed(params)
  if is_shown(params.session.id) then
    chat.apply_session(params.session)
    events.emit("ThreadkeepSessionChanged", { session = params.session })
  else
    branch.begun(params.session)
  end
end

local function turn_started(params)
  if is_shown(params.sessionId) then
    chat.apply(state_of.turn_started(chat.state(), params.turn))
  end
  events.emit("ThreadkeepTurnStarted", params)
end

local function message(params)
  if is_shown(params.sessionId) then
    chat.apply(state_of.message(chat.state(), params.message))
  end
end

local function delta(params)
  if is_shown(params.sessionId) then
    chat.apply(growth.delta(chat.state(), params))
  end
end

local function part(params)
  if is_shown(params.sessionId) then
    chat.apply(growth.part(chat.state(), params))
  end
end

local function turn_retrying(params)
  if is_shown(params.sessionId) then
    chat.apply(state_of.turn_retrying(chat.state(), params))
  end
end

local function turn_completed(params)
  if is_shown(params.sessionId) then
    chat.apply(state_of.turn_completed(chat.state(), params.turn, params.message))
  end
  events.emit("ThreadkeepTurnCompleted", params)
  notices.ended(params)
end

local function removed(params)
  if is_shown(params.sessionId) then
    notify.warn("this session was removed for good; here is another.")
    chat.load_current()
  end
end

--- Whom a session that is not stored yet will ask.
local function set_default_agent(agent)
  current.default_agent = agent
  local session = chat.session()
  if session and blank.is(session.id) then
    session.agent = agent
    view.look()
  end
end

local function started(params)
  attachments.forget()
  chat.set_problem(nil)
  keys.give_again()
  require("threadkeep.models").refresh()
  client.request("server/status", {}, function(problem, status)
    for _, setting in ipairs(not problem and status.settings or {}) do
      if setting.name == "defaultAgent" then
        set_default_agent(setting.value)
      end
    end
  end)
  unsent.recover()
  drafts.save_all()
  if params.was_crash and chat.session() then
    branch.look_again()
    chat.reload(function()
      local head = state_of.head(chat.state())
      local is_cut = head and (head.status == "interrupted" or head.stopReason == "maxTokens")
      notify.info(
        "the server was started again; "
          .. (is_cut and "the answer was cut off: :Threadkeep continue" or "all is here.")
      )
    end)
  end
end

local function stopped(params)
  attachments.forget()
  unsent.touch()
  local problem = params.problem or "The server ended; it is being started again …"
  if chat.session() or params.problem then
    chat.set_problem(problem)
  end
end

M._listeners = {
  ["session/changed"] = session_changed,
  ["session/removed"] = removed,
  ["task/changed"] = branch.changed,
  ["chat/turnStarted"] = turn_started,
  ["chat/message"] = message,
  ["chat/delta"] = delta,
  ["chat/part"] = part,
  ["chat/turnRetrying"] = turn_retrying,
  ["chat/turnCompleted"] = turn_completed,
  ["repository/hint"] = function(params)
    hints.received(params.hint)
  end,
  ["store/warning"] = function(params)
    notify.warn(params.message)
  end,
  started = started,
  stopped = stopped,
}

return M
