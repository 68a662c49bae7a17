--- Fetches a session with its newest messages.
local blank = require("threadkeep.blank")
local client = require("threadkeep.client")
local config = require("threadkeep.config")
local memory = require("threadkeep.memory")
local notify = require("threadkeep.notify")

local M = {}

--- The open folder.
---@return string
function M.folder()
  return vim.fn.getcwd(-1, -1)
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
--- The branch is asked for first, so that nothing goes to another one than what is shown.
---@param callback fun(problem?: threadkeep.Error, opened?: threadkeep.Loaded)
function M.current(callback)
  local folder = M.folder()
  local uri = vim.uri_from_fname(folder)
  M.place(uri, function(problem, place)
    if not place then
      callback(problem)
      return
    end
    client.request("session/open", {
      repository = { uri = uri },
      task = place.task,
      windowId = M.window_id(),
      limit = config.get().history,
      createIfMissing = false,
    }, function(failure, opened)
      if failure then
        callback(failure)
        return
      end
      M._tell_problems(opened)
      opened.task, opened.folder = place.task, folder
      if opened.session then
        local window = { sessionId = opened.session.id, windowId = M.window_id() }
        client.request("session/activate", window, function() end)
      else
        opened.session = blank.at(vim.tbl_extend("error", place, { uri = uri }))
      end
      callback(nil, opened)
    end)
  end)
end

--- Which repository and task a folder stands for now.
---@param uri string
---@param callback fun(problem?: threadkeep.Error, place?: {repository: string, repository_id?: string, task: string})
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
