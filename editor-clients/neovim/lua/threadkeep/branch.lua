--- Follows the branch that is checked out: the chat shows its session, until a person picks another one.
local blank = require("threadkeep.blank")
local config = require("threadkeep.config")
local current = require("threadkeep.current")
local drafts = require("threadkeep.drafts")
local events = require("threadkeep.events")
local loader = require("threadkeep.loader")
local loads = require("threadkeep.loads")
local notify = require("threadkeep.notify")

local M = {}

---@class threadkeep.Branch
---@field repository string Its id; empty for one without sessions.
---@field task string
---@field folder string

local now ---@type threadkeep.Branch? What is checked out in the folder of the chat, as far as is known.
local is_put_off = false -- The chat shall change once the person has left the prompt.
local is_switching = false -- The session of the new branch is being loaded.

---@return table
local function chat()
  return require("threadkeep.chat")
end

--- Whether the chat goes where the branch goes.
---@return boolean
function M.is_followed()
  return current.folder ~= nil and config.get().on_branch_change == "switch"
end

--- Whether the chat shows another branch than the one it follows.
---@return boolean
function M.is_behind()
  local session = current.state.session
  return session ~= nil
    and now ~= nil
    and M.is_followed()
    and session.task ~= now.task
    and not current.is_loading
end

--- What is known to be checked out in a folder.
---@param folder string
---@return threadkeep.WhatIsThere?
function M.place(folder)
  if not now or now.folder ~= folder then
    return nil
  end
  local session = current.state.session
  local is_known = session and session.repository.id == now.repository
  return {
    repository = is_known and session.repository.name or vim.fs.basename(folder),
    repository_id = now.repository ~= "" and now.repository or nil,
    task = now.task,
  }
end

--- A session is shown.
---@param opened threadkeep.Loaded
function M.shown(opened)
  is_put_off, is_switching = false, false
  if opened.task then
    now = { repository = opened.session.repository.id, task = opened.task, folder = opened.folder }
  end
end

--- It is known by now where an empty chat is.
---@param session threadkeep.Session
---@param place threadkeep.WhatIsThere
function M.settled(session, place)
  local shown = current.state.session
  if shown and shown.id == session.id and current.folder then
    now = { repository = place.repository_id or "", task = place.task, folder = current.folder }
    require("threadkeep.view").look()
  end
end

--- A person picked a session: the chat stays with it.
function M.leave()
  is_put_off = false
  if current.folder then
    current.folder = nil
    require("threadkeep.view").look()
    notify.info("this session stays here whatever branch is checked out; `:Threadkeep follow` follows again.")
  end
end

--- Shows the session of the branch, and follows it again.
function M.follow()
  chat().open()
  chat().load_current(function()
    local session = current.state.session
    notify.info(("this chat follows the branch; it is `%s` now."):format(session and session.task or "?"))
  end)
end

--- Another branch was checked out.
---@param params threadkeep.TaskChanged
function M.changed(params)
  events.emit("ThreadkeepTaskChanged", params)
  local is_here = now
    and (now.repository == params.repository.id or now.repository == "" and M._is_open(params.repository))
  if current.state.session and is_here then
    M._checked_out(params)
  end
end

--- The folder of the chat is on a branch that may be another one than before.
---@param params {repository: {id: string}, task: string}
function M._checked_out(params)
  local session = current.state.session
  now = { repository = params.repository.id, task = params.task, folder = now.folder }
  require("threadkeep.view").look()
  if not current.folder or config.get().on_branch_change == "ignore" then
    return
  elseif session.task == params.task then
    is_put_off = false
    if is_switching then
      -- What is being loaded is no longer wanted.
      loads.drop()
    end
    is_switching = false
  elseif not M.is_followed() or chat().state().turn then
    notify.info(("the branch is `%s` now; :Threadkeep follow shows its session."):format(params.task))
  elseif current.prompt:is_being_written() then
    M.put_off(params)
  else
    M._switch()
  end
end

--- Leaves the chat as it is for as long as the person writes.
---@param to {task: string}
function M.put_off(to)
  is_put_off = true
  require("threadkeep.view").look()
  notify.info(
    ("the branch is `%s` now; what you write stays with `%s`. The chat follows when you leave the prompt."):format(
      to.task,
      current.state.session.task
    )
  )
end

--- The person left the prompt, or stopped typing there.
function M.left_prompt()
  if is_put_off then
    vim.schedule(function()
      local prompt = current.prompt
      if
        is_put_off
        and prompt
        and vim.api.nvim_get_current_buf() ~= prompt.buf
        and not current.state.turn
      then
        M._switch()
      end
    end)
  end
end

--- A session of this place was begun elsewhere, where nothing is shown yet that anything was done with: it is shown.
---@param session threadkeep.Session
function M.begun(session)
  local shown = current.state.session
  if
    shown
    and current.folder
    and not current.is_loading
    and blank.is(shown.id)
    and session.task == shown.task
    and not session.workflow
    and session.status ~= "ended"
    and M._is_open(session.repository)
    and drafts.is_empty(drafts.of(shown.id).content)
    and not current.prompt:is_being_written()
  then
    chat().load_current(nil, false)
  end
end

--- The server was away: another branch may be there now.
function M.look_again()
  if not (current.folder and current.state.session) then
    return
  end
  local folder = current.folder
  loader.place(vim.uri_from_fname(folder), function(problem, place)
    local is_shown = current.folder == folder and current.state.session
    if not problem and is_shown and now and place.task ~= now.task then
      local params =
        { repository = { id = place.repository_id or now.repository, roots = {} }, task = place.task }
      events.emit("ThreadkeepTaskChanged", params)
      M._checked_out(params)
    end
  end)
end

--- What is said of the branch beside the task of the session that is shown.
---@return {words: string, short: string}?
function M.words()
  local session = current.state.session
  if not session or not now then
    return nil
  end
  local is_other = now.repository ~= ""
    and session.repository.id ~= ""
    and session.repository.id ~= now.repository
  local is_elsewhere = is_other or session.task ~= now.task
  local short = is_elsewhere and ("≠ " .. now.task) or "pinned"
  if current.folder then
    return is_elsewhere and { words = "branch is " .. now.task, short = short } or nil
  end
  return { words = is_elsewhere and ("not following " .. now.task) or "not following", short = short }
end

function M._switch()
  is_put_off, is_switching = false, true
  chat().load_current(function()
    notify.info(("this is the session of `%s` now."):format(current.state.session.task))
  end, false, now and now.task)
end

--- Whether the folder of the chat is of a repository.
function M._is_open(repository)
  for _, root in ipairs(repository.roots or {}) do
    local path = vim.uri_to_fname(root.uri)
    if now and (now.folder .. "/"):find((path:gsub("/$", "")) .. "/", 1, true) == 1 then
      return true
    end
  end
  return false
end

return M
