--- Fetches a session with its newest messages.
local blank = require("threadkeep.blank")
local client = require("threadkeep.client")
local config = require("threadkeep.config")
local folder_of = require("threadkeep.folder")
local memory = require("threadkeep.memory")
local notify = require("threadkeep.notify")
local problems = require("threadkeep.problems")

local M = {}

---Milliseconds that an empty chat waits to be told where it is.
local PATIENCE = 300

--- The open folder; where there is none, nothing is loaded, and no command does anything.
---@return string
function M.folder()
  return folder_of.open() or vim.fn.stdpath("state") --[[@as string]]
end

--- How this Neovim is known to the server.
---@return string
function M.window_id()
  return memory.window_id(M.folder())
end

local told = {} ---@type table<string, true>

--- What is shown of a place, and where it is.
---@class threadkeep.Loaded : threadkeep.OpenSessionResult
---@field task? string The task of the open folder, as it was when this was asked for.
---@field folder? string That folder, if it is its session.

--- The session of the open folder and its branch; where there is none one is shown that is made when it is first used.
---@param callback fun(problem?: threadkeep.Error, opened?: threadkeep.Loaded)
---@param task? string The branch, if it is known; else the one that is checked out now.
function M.current(callback, task)
  if not folder_of.open() then
    callback(problems.new("folderGone", folder_of.GONE))
    return
  end
  local folder = M.folder()
  local uri = vim.uri_from_fname(folder)
  client.request("session/open", {
    repository = { uri = uri },
    task = task,
    windowId = M.window_id(),
    limit = config.get().history,
    createIfMissing = false,
  }, function(problem, opened)
    if problem then
      callback(problem)
      return
    end
    M._tell_problems(opened)
    require("threadkeep.hints").received(opened.hint)
    opened.folder = folder
    if opened.session then
      opened.task = opened.session.task
      local window = { sessionId = opened.session.id, windowId = M.window_id() }
      client.request("session/activate", window, function() end)
      callback(nil, opened)
      require("threadkeep.last_used").look(opened.session)
    else
      M._blank(uri, task, function(session)
        opened.session, opened.task = session, session.task ~= "" and session.task or nil
        callback(nil, opened)
      end)
    end
  end)
end

--- A session to show where none is. The server may have to ask `git` where the folder belongs: if that takes long,
--- it is shown before it is known.
function M._blank(uri, task, callback)
  local shown ---@type threadkeep.Session?
  local function show(session)
    shown = session
    callback(session)
  end
  local unknown = { uri = uri, repository = vim.fs.basename(vim.uri_to_fname(uri)), is_of_place = true }
  if task then
    show(blank.at(vim.tbl_extend("error", unknown, { task = task })))
  end
  M.place(uri, function(problem, place)
    if problem then
      return shown or show(blank.new(unknown))
    end
    place.task = task or place.task
    if not shown then
      show(blank.at(vim.tbl_extend("force", unknown, place)))
    end
    blank.settle(shown.id, place)
    require("threadkeep.branch").settled(shown, place)
    require("threadkeep.hints").resolved(uri, place.alike)
  end)
  vim.defer_fn(function()
    if not shown then
      show(blank.new(unknown))
    end
  end, PATIENCE)
end

--- Which repository and task a folder stands for now.
---@class threadkeep.WhatIsThere
---@field repository string Its name.
---@field repository_id? string Absent for one that is not stored yet.
---@field task string
---@field alike? threadkeep.Repository[] Others that began with the same commit.

---@param uri string
---@param callback fun(problem?: threadkeep.Error, place?: threadkeep.WhatIsThere)
function M.place(uri, callback)
  client.request("repository/resolve", { uri = uri }, function(problem, found)
    if problem then
      callback(problem)
      return
    end
    local repository, checkout = found.repository, found.checkout
    local root = checkout and vim.uri_to_fname(checkout.root) or vim.uri_to_fname(uri)
    callback(nil, {
      repository = repository and repository.name or vim.fs.basename((root:gsub("(.)/$", "%1"))),
      repository_id = repository and repository.id or nil,
      task = checkout and checkout.task or "default",
      alike = not repository and found.hint and found.hint.repositories or nil,
    })
  end)
end

function M._tell_problems(opened)
  for _, words in ipairs(opened.problems or {}) do
    if not told[words] then
      told[words] = true
      notify.warn("settings: " .. words)
    end
  end
end

--- Any session, also one that is ended, archived or in the trash. From now on it is this window's, if it can be.
---@param id string
---@param callback fun(problem?: threadkeep.Error, opened?: threadkeep.OpenSessionResult)
function M.session(id, callback)
  client.request("session/get", { sessionId = id }, function(problem, result)
    if problem then
      callback(problem)
      return
    end
    local session = result.session ---@type threadkeep.Session
    if session.status == "ended" or session.archivedAt or session.trashedAt then
      M._read(session, callback)
    else
      M._activate(session, callback)
    end
  end)
end

--- A page of older messages.
---@param state threadkeep.State
---@param callback fun(problem?: threadkeep.Error, page?: threadkeep.SessionHistoryResult)
function M.older(state, callback)
  client.request("session/history", {
    sessionId = state.session.id,
    before = state.before,
    limit = config.get().history,
  }, callback)
end

--- A key that makes a request safe to repeat.
---@return string
function M.key()
  return (assert(vim.uv.random(16)):gsub(".", function(byte)
    return ("%02x"):format(byte:byte())
  end))
end

--- For other editors it becomes the session of its repository and task, for this one that of the window.
function M._activate(session, callback)
  client.request("session/activate", { sessionId = session.id }, function(problem)
    if problem then
      callback(problem)
      return
    end
    client.request("session/activate", { sessionId = session.id, windowId = M.window_id() }, function() end)
    client.request("session/open", {
      repository = { id = session.repository.id },
      task = session.task,
      workflow = session.workflow,
      windowId = M.window_id(),
      limit = config.get().history,
    }, function(failure, opened)
      if not failure and opened.session.id ~= session.id then
        M._read(session, callback)
      else
        callback(failure, opened)
      end
    end)
  end)
end

function M._read(session, callback)
  client.request(
    "session/history",
    { sessionId = session.id, limit = config.get().history },
    function(problem, page)
      callback(problem, page and {
        session = session,
        created = false,
        messages = page.messages,
        beforeCursor = page.beforeCursor,
        seq = session.seq,
      })
    end
  )
end

return M
