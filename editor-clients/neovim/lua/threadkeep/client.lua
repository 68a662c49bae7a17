--- Runs the server and talks to it: starts it when it is needed, and again when it crashes.
local compat = require("threadkeep.compat")
local config = require("threadkeep.config")
local events = require("threadkeep.events")
local folder_of = require("threadkeep.folder")
local listeners = require("threadkeep.listeners")
local memory = require("threadkeep.memory")
local notify = require("threadkeep.notify")
local problems = require("threadkeep.problems")
local server = require("threadkeep.server")
local taking_over = require("threadkeep.taking_over")

local M = {}

---@class threadkeep.ServerState
---@field state "stopped"|"starting"|"ready"|"waiting"
---@field version? string
---@field problem? string Why there is no server.
---@field id? integer Of the language client.
---@field capability? threadkeep.ThreadkeepCapability

---@alias threadkeep.Callback fun(problem?: threadkeep.Error, result?: any)

---@class threadkeep.Request
---@field method string
---@field params table
---@field callback threadkeep.Callback
---@field number integer In the order they were made.

---A server that lived so long, in seconds, did not crash at once: the pauses begin anew.
local STEADY = 30

local run = {
  state = "stopped", ---@type "stopped"|"starting"|"ready"|"waiting"
  id = nil, ---@type integer?
  generation = 0,
  requests = 0,
  crashes = 0,
  ready_at = 0,
  waiting = {}, ---@type threadkeep.Request[] Sent as soon as the server is ready.
  in_flight = {}, ---@type table<threadkeep.Request, true>
  capability = nil, ---@type threadkeep.ThreadkeepCapability?
  version = nil, ---@type string?
  problem = nil, ---@type string? Why there is no server.
}

---How the server is.
---@return threadkeep.ServerState
function M.status()
  return {
    state = run.state,
    version = run.version,
    problem = run.problem,
    id = run.id,
    capability = run.capability,
  }
end

--- Whether the running server answers a method; true while none runs, as nothing is known then.
---@param method string
---@return boolean
function M.supports(method)
  return not run.capability or vim.list_contains(run.capability.methods, method)
end

--- Sends a request; starts the server if need be. The callback is always called, once.
---@param method string
---@param params table
---@param callback? threadkeep.Callback
function M.request(method, params, callback)
  run.requests = run.requests + 1
  local request = {
    number = run.requests,
    method = method,
    params = params,
    callback = callback or function(problem)
      if problem then
        notify.failed(problem)
      end
    end,
  }
  if run.state == "ready" then
    M._send(request)
    return
  end
  table.insert(run.waiting, request)
  if run.state == "stopped" then
    run.crashes = 0
    M._start()
  end
end

--- Sends a request and waits for the answer, at most `timeout` milliseconds.
---@param method string
---@param params table
---@param timeout integer
---@return any? result
---@return threadkeep.Error? problem
function M.request_now(method, params, timeout)
  local answer
  M.request(method, params, function(problem, result)
    answer = { problem = problem, result = result }
  end)
  vim.wait(timeout, function()
    return answer ~= nil
  end, 10)
  if not answer then
    return nil, problems.new("serverSlow", "The server has not answered " .. method .. " in time.")
  end
  return answer.result, answer.problem
end

--- Sends a notification, if a server runs.
---@param method string
---@param params table
function M.notify(method, params)
  local client = run.state == "ready" and vim.lsp.get_client_by_id(run.id)
  if client then
    compat.notify(client, method, params)
  end
end

--- Stops the server; the next request starts it again.
function M.stop()
  local client = run.id and vim.lsp.get_client_by_id(run.id)
  run.generation = run.generation + 1
  run.state, run.id, run.capability = "stopped", nil, nil
  if client then
    compat.stop(client)
  end
  M._fail(problems.new("serverGone", "The server was stopped."))
end

--- Stops the server and starts it again.
function M.restart()
  M.stop()
  run.crashes = 0
  M._start()
end

---@param request threadkeep.Request
function M._send(request)
  if not M.supports(request.method) then
    local words = ("This server (%s) does not have `%s` yet: update Threadkeep."):format(
      run.version or "?",
      request.method
    )
    vim.schedule(function()
      request.callback(problems.new("methodMissing", words))
    end)
    return
  end
  local client = assert(vim.lsp.get_client_by_id(run.id))
  local params = next(request.params) == nil and vim.empty_dict() or request.params
  run.in_flight[request] = true
  -- One that cannot be sent, because the server is ending, stays in flight until that is known.
  compat.request(client, request.method, params, function(failure, result)
    if run.in_flight[request] then
      run.in_flight[request] = nil
      local problem = failure and problems.failure(failure)
      if not taking_over.met(request, problem, M.request) then
        request.callback(problem, result)
      end
    end
  end)
end

function M._start()
  local folder = folder_of.open() or memory.folder()
  local options = config.get()
  local command, problem = server.command(options.cmd, folder)
  if not command then
    M._give_up(problems.new("serverMissing", problem --[[@as string]]))
    return
  end
  run.state, run.problem = "starting", nil
  run.generation = run.generation + 1
  local generation = run.generation
  local trust = options.trust_workspace
  local settings = vim.tbl_extend("force", vim.deepcopy(options.settings), {
    trustedWorkspace = type(trust) == "function" and trust(folder) == true or trust == true,
  })
  run.id = compat.start({
    name = "threadkeep",
    cmd = command,
    -- Not the open folder: nothing of it may be imported or run.
    cmd_cwd = memory.folder(),
    root_dir = folder,
    workspace_folders = { { uri = vim.uri_from_fname(folder), name = vim.fs.basename(folder) } },
    init_options = settings,
    offset_encoding = "utf-16",
    handlers = listeners.handlers(),
    on_init = function(client, result)
      if generation == run.generation then
        M._initialized(client, result)
      end
    end,
    on_exit = vim.schedule_wrap(function(code, signal)
      if generation == run.generation then
        M._exited(code, signal)
      end
    end),
  })
  if not run.id then
    M._give_up(
      problems.new(
        "serverMissing",
        ("`%s` could not be started; see :Threadkeep! log."):format(table.concat(command, " "))
      )
    )
  end
end

function M._initialized(client, result)
  local experimental = result.capabilities.experimental
  local capability = type(experimental) == "table" and experimental.threadkeep
  local problem = problems.mismatch(capability)
  if problem then
    run.generation = run.generation + 1
    compat.stop(client)
    M._give_up(problems.new("serverMissing", problem))
    return
  end
  run.state, run.capability, run.ready_at = "ready", capability, vim.uv.now()
  run.version = result.serverInfo and result.serverInfo.version
  vim.schedule(function()
    if run.state ~= "ready" then
      return
    end
    local was_crash = run.crashes > 0
    local waiting = run.waiting
    run.waiting = {}
    listeners.tell("started", { was_crash = was_crash })
    vim.iter(waiting):each(M._send)
    events.emit("ThreadkeepServerStarted", { version = run.version })
  end)
end

function M._exited(code, signal)
  local was = run.state
  run.state, run.id, run.capability = "waiting", nil, nil
  events.emit("ThreadkeepServerStopped", { code = code, signal = signal })
  listeners.tell("stopped", {})
  M._sort_out()
  if was == "ready" and vim.uv.now() - run.ready_at > STEADY * 1000 then
    run.crashes = 0
  end
  run.crashes = run.crashes + 1
  local limit = config.get().restarts
  if run.crashes > limit or vim.v.exiting ~= vim.NIL then
    local words = ("The server ended %d times (code %d); see :Threadkeep! log. "):format(run.crashes, code)
    M._give_up(problems.new("serverGone", words .. "`:Threadkeep restart` tries again."))
    return
  end
  local generation = run.generation
  vim.defer_fn(function()
    if generation == run.generation and run.state == "waiting" then
      M._start()
    end
  end, problems.pause(run.crashes))
end

--- What may be repeated is sent again; of the rest nobody knows whether it was done.
function M._sort_out()
  for request in pairs(run.in_flight) do
    run.in_flight[request] = nil
    if problems.is_repeatable(request) then
      table.insert(run.waiting, request)
    else
      request.callback(
        problems.new("serverGone", "The server ended before it answered; look whether it was done.")
      )
    end
  end
  table.sort(run.waiting, function(a, b)
    return a.number < b.number
  end)
end

---@param problem threadkeep.Error
function M._give_up(problem)
  run.state, run.id, run.problem = "stopped", nil, problem.message
  M._fail(problem)
  listeners.tell("stopped", { problem = problem.message })
end

function M._fail(problem)
  local failed = run.waiting
  run.waiting = {}
  for request in pairs(run.in_flight) do
    failed[#failed + 1] = request
    run.in_flight[request] = nil
  end
  for _, request in ipairs(failed) do
    request.callback(problem)
  end
end

return M
