--- Fetches a session with its newest messages.
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

--- The session of the open folder and its branch; a new one if there is none.
---@param callback fun(problem?: threadkeep.Error, opened?: threadkeep.OpenSessionResult)
function M.current(callback)
  client.request("session/open", {
    repository = { uri = vim.uri_from_fname(M.folder()) },
    windowId = M.window_id(),
    limit = config.get().history,
  }, function(problem, opened)
    callback(problem, opened)
    for _, words in ipairs(opened and opened.problems or {}) do
      if not told[words] then
        told[words] = true
        notify.warn("settings: " .. words)
      end
    end
  end)
end

--- A new session of the open folder.
---@param params threadkeep.CreateSessionParams
---@param callback fun(problem?: threadkeep.Error, session?: threadkeep.Session)
function M.create(params, callback)
  params.repository = params.repository or { uri = vim.uri_from_fname(M.folder()) }
  params.idempotencyKey = M.key()
  client.request("session/create", params, function(problem, result)
    callback(problem, result and result.session)
  end)
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
