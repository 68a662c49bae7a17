--- The chat of this Neovim: which session it shows, and how that is loaded and changed.
local current = require("threadkeep.current")
local events = require("threadkeep.events")
local loader = require("threadkeep.loader")
local notify = require("threadkeep.notify")
local stage = require("threadkeep.stage")
local state_of = require("threadkeep.state")
local view = require("threadkeep.view")

local M = {}

---@return threadkeep.State
function M.state()
  return current.state
end

---@return threadkeep.Session?
function M.session()
  return current.state.session
end

---@return threadkeep.Transcript?
function M.transcript()
  return current.transcript
end

---@return threadkeep.Prompt?
function M.prompt()
  return current.prompt
end

--- Shows the chat; with the cursor in the prompt.
---@param options? {layout?: threadkeep.Layout}
function M.open(options)
  local wanted = options and options.layout
  local windows = view.windows()
  if windows and wanted and wanted ~= windows.layout then
    view.close()
    windows = nil
  end
  if not windows then
    stage.set()
    view.open(wanted)
    vim.schedule(M._fill)
  else
    vim.api.nvim_set_current_win(windows.prompt)
  end
  if not current.state.session or current.folder and current.folder ~= loader.folder() then
    M.load_current()
  end
  view.look()
  events.emit(
    "ThreadkeepChatOpened",
    { session = current.state.session, buf = current.buf, win = current.windows.chat }
  )
end

--- Shows the chat, or takes it off the screen.
function M.toggle()
  if view.windows() then
    view.close()
  else
    M.open()
  end
end

--- Whether what is shown is the session of the open folder, and not one that somebody chose.
---@return boolean
function M.is_automatic()
  return current.folder ~= nil
end

--- Loads the session of the open folder.
---@param callback? fun()
function M.load_current(callback)
  current.folder = loader.folder()
  M._load(loader.current, callback)
end

--- Loads any session.
---@param id string
---@param callback? fun()
function M.load(id, callback)
  current.folder = nil
  M._load(function(done)
    loader.session(id, done)
  end, callback)
end

--- Calls `action` with the session, once there is one, or `failed` if none can be had.
---@param action fun(session: threadkeep.Session)
---@param failed? fun()
function M.with_session(action, failed)
  if current.state.session and not current.is_loading then
    action(current.state.session)
    return
  end
  table.insert(current.waiting, { action = action, failed = failed })
  if not current.is_loading then
    M.load_current()
  end
end

--- Applies what came of a request or a notification.
---@param changes threadkeep.Change[]
function M.apply(changes)
  if current.transcript and vim.api.nvim_buf_is_valid(current.transcript.buf) then
    current.transcript:apply(changes)
  end
  for _, change in ipairs(changes) do
    if change.kind == "session" or change.kind == "reset" then
      view.look()
    elseif change.kind == "stale" then
      M.reload()
    end
  end
end

--- The session changed. What a person did to it stands in its history, and perhaps another branch is shown now: that
--- is told by its revision alone.
---@param session threadkeep.Session
function M.apply_session(session)
  local before = current.state.session
  M.apply(state_of.session_changed(current.state, session))
  if before and session.id == before.id and session.revision > before.revision and not current.state.turn then
    require("threadkeep.history").catch_up(current.state)
  end
end

--- Loads what is shown once more; what is being written stays.
---@param callback? fun()
function M.reload(callback)
  local session = current.state.session
  if session and not current.is_loading then
    M._load(function(done)
      loader.session(session.id, done)
    end, callback)
  end
end

--- What goes along with the next message.
---@return threadkeep.Attachment[]
function M.enclosed()
  local session = current.state.session
  if not session then
    return {}
  end
  current.enclosed[session.id] = current.enclosed[session.id] or {}
  return current.enclosed[session.id]
end

---@param all threadkeep.Attachment[]
function M.set_enclosed(all)
  M.with_session(function(session)
    current.enclosed[session.id] = all
    view.look()
  end)
end

--- Begins to ask a question again, or stops that.
---@param id? string
function M.set_editing(id)
  current.editing = id
  view.look()
end

---@return string? message_id
function M.editing()
  return current.editing
end

---@param by 1|-1
function M.count_sending(by)
  current.sending = current.sending + by
  view.look()
end

--- Shows why nothing works, until something does.
---@param problem? string
function M.set_problem(problem)
  current.problem = problem
  view.look()
end

---@param model? string
function M.set_default_model(model)
  current.default_model = model
  view.look()
end

function M._load(fetch, callback)
  current.is_loading = true
  current.loads = current.loads + 1
  local number = current.loads
  fetch(function(problem, opened)
    if number ~= current.loads then
      return -- Another session was asked for meanwhile.
    end
    current.is_loading = false
    local waiting = current.waiting
    current.waiting = {}
    if problem then
      M.set_problem(problem.message)
      notify.failed(problem)
      for _, one in ipairs(waiting) do
        (one.failed or function() end)()
      end
      return
    end
    M._show(current.state.session, opened)
    if callback then
      callback()
    end
    for _, one in ipairs(waiting) do
      M.with_session(one.action, one.failed)
    end
  end)
end

---@param before? threadkeep.Session
---@param opened threadkeep.OpenSessionResult
function M._show(before, opened)
  stage.set()
  local is_other = before ~= nil and before.id ~= opened.session.id
  if is_other then
    current.prompt:save_now()
    current.prompt:set("")
    current.editing = nil
  end
  local queued = current.state.queued
  current.problem = nil
  current.state = state_of.opened(opened)
  current.state.queued = is_other and {} or queued
  current.transcript:close()
  local function draw()
    current.transcript.state = current.state
    M.apply({ { kind = "reset" } })
  end
  if is_other then
    draw()
    view.to_end()
  else
    view.keeping_place(draw)
  end
  current.prompt:restore(opened.draft and opened.draft.text or "")
  vim.schedule(M._fill)
  events.emit("ThreadkeepSessionChanged", { session = opened.session })
end

function M._fill()
  require("threadkeep.history").fill()
end

return M
