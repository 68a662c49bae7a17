--- The chat of this Neovim: which session it shows, and how that is loaded and changed.
local blank = require("threadkeep.blank")
local branch = require("threadkeep.branch")
local current = require("threadkeep.current")
local drafts = require("threadkeep.drafts")
local events = require("threadkeep.events")
local loader = require("threadkeep.loader")
local loads = require("threadkeep.loads")
local notify = require("threadkeep.notify")
local offers = require("threadkeep.offers")
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
  stage.set()
  if not view.open(options and options.layout) then
    return
  end
  vim.schedule(M._fill)
  local is_elsewhere = current.folder and current.folder ~= loader.folder() or branch.is_behind()
  if not current.state.session and not current.is_loading or is_elsewhere then
    M.load_current()
  end
  view.look()
  events.emit(
    "ThreadkeepChatOpened",
    { session = current.state.session, buf = current.buf, win = assert(view.windows()).chat }
  )
end

--- Shows the chat, or takes it off the screen.
function M.toggle()
  if view.is_here() then
    view.close()
  else
    M.open()
  end
end

--- Loads the session of the open folder.
---@param callback? fun()
---@param is_asked_for? boolean Whether a person wants it; else the branch changed, and who types is left alone.
---@param task? string The branch, if it is known.
function M.load_current(callback, is_asked_for, task)
  M._load(function(done)
    loader.current(done, task)
  end, callback, is_asked_for ~= false)
end

--- Loads any session.
---@param id string
---@param callback? fun()
function M.load(id, callback)
  M._load(function(done)
    if blank.is(id) then
      done(nil, { session = blank.session(id), created = false, messages = {}, seq = 0 })
    else
      loader.session(id, done)
    end
  end, function()
    branch.leave()
    if callback then
      callback()
    end
  end, true)
end

--- Shows a session that was begun just now; at once, so that what is typed next belongs to it.
---@param session threadkeep.Session
function M.begin(session)
  local waiting = loads.drop()
  M._show(current.state.session, { session = session, created = true, messages = {}, seq = 0 })
  branch.leave()
  for _, one in ipairs(waiting) do
    one.action(session)
  end
end

--- Calls `action` with the session that a person looks at; before one was loaded, with the first one, or `failed`
--- if none can be had. What is loaded meanwhile is another one, which was not meant.
---@param action fun(session: threadkeep.Session)
---@param failed? fun()
function M.with_session(action, failed)
  if current.state.session then
    action(current.state.session)
  else
    M.after_load(action, failed)
  end
end

--- Calls `action` with the session that a person asked for: the one that is being loaded, if that was asked for, else
--- the one that is shown.
---@param action fun(session: threadkeep.Session)
---@param failed? fun()
function M.after_load(action, failed)
  local is_awaited = current.is_loading and (current.is_asked_for or not current.state.session)
  if current.state.session and not is_awaited then
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
  if current.transcript then
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
  if session and not current.is_loading and not blank.is(session.id) then
    M._load(function(done)
      loader.session(session.id, done)
    end, callback, false)
  end
end

--- What goes along with the next message.
---@return threadkeep.Attachment[]
function M.enclosed()
  local session = current.state.session
  return drafts.enclosed(session and session.id)
end

--- The message of the session shown that is asked again.
---@return string? message_id
function M.editing()
  local session = current.state.session
  return session and drafts.editing(session.id)
end

--- Shows what a session's prompt holds, if the session is shown: it was changed from elsewhere.
---@param id string
function M.show_draft(id)
  local session, prompt = current.state.session, current.prompt
  if session and session.id == id and prompt then
    prompt:show(id, drafts.of(id).content)
    view.look()
  end
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

function M._load(fetch, callback, is_asked_for)
  local number = loads.begin(is_asked_for)
  fetch(function(problem, opened)
    if number ~= current.loads then
      return -- Another session was asked for meanwhile.
    end
    local waiting = loads.settle()
    if problem then
      M.set_problem(problem.message)
      notify.failed(problem)
      for _, one in ipairs(waiting) do
        (one.failed or function() end)()
      end
      return
    end
    local shown = current.state.session
    local is_other = shown ~= nil and shown.id ~= opened.session.id
    if is_other and not is_asked_for and current.prompt:is_being_written() then
      branch.put_off(opened.session)
      return
    end
    M._show(shown, opened)
    if callback then
      callback()
    end
    for _, one in ipairs(waiting) do
      one.action(current.state.session)
    end
  end)
end

---@param before? threadkeep.Session
---@param opened threadkeep.Loaded
function M._show(before, opened)
  stage.set()
  local id, prompt = opened.session.id, current.prompt --[[@as threadkeep.Prompt]]
  local is_other = before ~= nil and before.id ~= id
  if prompt.owner then
    prompt:save_now()
  elseif prompt:text() ~= "" then
    -- Typed before any session was there: it is for the first one.
    drafts.write(id, prompt:content())
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
  current.folder = opened.folder or current.folder
  branch.shown(opened)
  drafts.of(id).is_private = opened.session.isPrivate
  local content, older = drafts.received(id, opened.draft)
  prompt:show(id, content)
  offers.received(id, opened.otherDrafts, older)
  view.look()
  vim.schedule(M._fill)
  events.emit("ThreadkeepSessionChanged", { session = opened.session })
end

function M._fill()
  require("threadkeep.history").fill()
end

return M
