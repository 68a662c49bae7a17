--- Sessions that are shown and not stored yet: a branch that is merely visited leaves nothing behind. The first thing
--- that is said, typed, named or marked in one makes it, under the id that it has been shown with.
local client = require("threadkeep.client")
local current = require("threadkeep.current")
local problems = require("threadkeep.problems")

local M = {}

---@class threadkeep.Blank
---@field session threadkeep.Session What is shown of it.
---@field uri string The folder.
---@field is_of_place? boolean
---@field waiting? fun(problem?: threadkeep.Error)[] Set while it is being made.

---@class threadkeep.NewPlace
---@field uri string
---@field repository string Its name.
---@field repository_id? string
---@field task? string
---@field title? string
---@field is_private? boolean
---@field is_of_place? boolean Whether it is what the place shows, and not one that somebody began.

local places = {} ---@type table<string, string> The id that is shown where nothing is stored, by folder and task.

local blanks = {} ---@type table<string, threadkeep.Blank>

--- A session that the server does not know.
---@param place threadkeep.NewPlace
---@return threadkeep.Session
function M.new(place)
  local now = os.date("!%Y-%m-%dT%H:%M:%S.000Z") --[[@as string]]
  local session = {
    id = M.id(),
    repository = { id = place.repository_id or "", name = place.repository, roots = {} },
    task = place.task or "",
    links = {},
    title = place.title or "New session",
    titleSource = place.title and "user" or "default",
    status = "active",
    isPrivate = place.is_private == true,
    activity = "idle",
    agent = current.default_agent or "",
    agentSwitchCount = 0,
    tags = {},
    isFavourite = false,
    metadata = {},
    messageCount = 0,
    usage = { inputTokens = 0, outputTokens = 0, cachedTokens = 0, reasoningTokens = 0 },
    createdAt = now,
    updatedAt = now,
    lastActivityAt = now,
    revision = 0,
    seq = 0,
  }
  blanks[session.id] = { session = session, uri = place.uri, is_of_place = place.is_of_place }
  return session
end

--- The one that is shown for a folder and a task while nothing is stored there; the same one each time.
---@param place threadkeep.NewPlace
---@return threadkeep.Session
function M.at(place)
  local key = place.uri .. "\n" .. place.task
  local known = places[key]
  if not known or not blanks[known] then
    places[key] = M.new(place).id
  end
  return blanks[places[key]].session
end

---@param id string
---@return boolean
function M.is(id)
  return blanks[id] ~= nil
end

---@param id string
---@return threadkeep.Session?
function M.session(id)
  return blanks[id] and blanks[id].session
end

--- The folder that it is of.
---@param id string
---@return string?
function M.uri(id)
  return blanks[id] and blanks[id].uri
end

--- Tells where a session belongs that was shown before that was known.
---@param id string
---@param place threadkeep.WhatIsThere
function M.settle(id, place)
  local blank = blanks[id]
  if blank then
    blank.session.task = place.task
    blank.session.repository.name = place.repository
    blank.session.repository.id = place.repository_id or ""
    local key = blank.uri .. "\n" .. place.task
    if blank.is_of_place and not blanks[places[key]] then
      places[key] = id
    end
  end
end

--- Sends a request about a session, which is made first if it is not stored yet.
---@param method string
---@param params {sessionId: string}
---@param callback fun(problem?: threadkeep.Error, result?: any)
function M.request(method, params, callback)
  M.ensure(params.sessionId, function(problem)
    if problem then
      callback(problem)
    else
      client.request(method, params, callback)
    end
  end)
end

--- Calls back once a session is stored; at once if it is.
---@param id string
---@param callback fun(problem?: threadkeep.Error)
function M.ensure(id, callback)
  local blank = blanks[id]
  if not blank then
    callback()
    return
  end
  if blank.waiting then
    table.insert(blank.waiting, callback)
    return
  end
  blank.waiting = { callback }
  M._make(id, blank)
end

function M._make(id, blank)
  client.request("session/create", {
    id = id,
    repository = { uri = blank.uri },
    -- Nobody has seen yet which one it is, unless it is known.
    task = blank.session.task ~= "" and blank.session.task or nil,
    title = blank.session.titleSource == "user" and blank.session.title or nil,
    isPrivate = blank.session.isPrivate or nil,
    idempotencyKey = id,
  }, function(problem, result)
    -- A repeat whose first try was stored after all.
    if problem and problem.kind ~= "alreadyExists" then
      M._made(blank, problem)
      return
    end
    blanks[id] = nil
    local window = require("threadkeep.loader").window_id()
    client.request("session/activate", { sessionId = id, windowId = window }, function() end)
    if result then
      require("threadkeep.chat").apply_session(result.session)
    end
    M._made(blank)
  end)
end

function M._made(blank, problem)
  local waiting = blank.waiting or {}
  blank.waiting = nil
  for _, callback in ipairs(waiting) do
    callback(problem)
  end
end

--- The failure of a request that makes no sense before anything was said.
---@return threadkeep.Error
function M.nothing_yet()
  return problems.new("nothingYet", "Nothing was said here yet.")
end

--- A uuid of version 7, as the server makes them.
function M.id()
  local seconds, micros = vim.uv.gettimeofday()
  local milliseconds = seconds * 1000 + math.floor(micros / 1000)
  local bytes = { assert(vim.uv.random(10)):byte(1, 10) }
  local hex = ("%012x"):format(milliseconds)
    .. ("7%01x%02x"):format(bytes[1] % 16, bytes[2])
    .. ("%02x%02x"):format(128 + bytes[3] % 64, bytes[4])
    .. ("%02x"):rep(6):format(unpack(bytes, 5, 10))
  return ("%s-%s-%s-%s-%s"):format(
    hex:sub(1, 8),
    hex:sub(9, 12),
    hex:sub(13, 16),
    hex:sub(17, 20),
    hex:sub(21)
  )
end

return M
