--- `:checkhealth threadkeep`.
local client = require("threadkeep.client")
local config = require("threadkeep.config")
local filters = require("threadkeep.filters")
local notify = require("threadkeep.notify")
local picker = require("threadkeep.picker")
local protocol = require("threadkeep.protocol")
local server = require("threadkeep.server")

local M = {}

--- How long the server may take to start, in milliseconds.
local PATIENCE = 15000

function M.check()
  local health = vim.health
  health.start("Editor")
  if vim.fn.has("nvim-0.10") == 1 then
    health.ok("Neovim " .. tostring(vim.version()))
  else
    health.error("Neovim 0.10 or later is needed, this is " .. tostring(vim.version()))
  end
  if pcall(vim.treesitter.get_string_parser, "", "markdown") then
    health.ok("Markdown is highlighted by tree-sitter")
  else
    health.warn(
      "There is no tree-sitter parser for Markdown",
      { "The syntax file is used; `:TSInstall markdown` gives more." }
    )
  end
  health.info("Sessions are listed with " .. picker.backend())
  M._options(health)

  health.start("Server")
  local command, problem = server.command(config.get().cmd, vim.fn.getcwd(-1, -1))
  if not command then
    health.error(problem --[[@as string]], { server.INSTALL })
    return
  end
  health.ok("Found: " .. table.concat(command, " "))
  local status, failure = client.request_now("server/status", {}, PATIENCE)
  if not status then
    health.error("It does not answer: " .. failure.message, { ":Threadkeep! log may tell more." })
    return
  end
  M._server(health, status)
  M._store(health)
  M._providers(health)
end

function M._options(health)
  for _, words in ipairs(config.problems()) do
    health.warn("setup(): " .. words)
  end
  local _, problems = filters.all()
  for _, words in ipairs(problems) do
    health.warn(words)
  end
  local names = filters.names()
  if #names > 0 then
    health.ok("Filters of sessions: " .. table.concat(names, ", "))
  end
end

function M._server(health, status)
  health.ok("Threadkeep " .. status.version)
  if status.protocolVersion == protocol.version then
    health.ok(("Protocol %d, as this plugin speaks it"):format(status.protocolVersion))
  else
    health.error(("Protocol %d, this plugin speaks %d"):format(status.protocolVersion, protocol.version), {
      "Update the older one of the two.",
    })
  end
  local missing = vim.tbl_filter(function(method)
    return not client.supports(method)
  end, protocol.requests)
  if #missing > 0 then
    health.warn("This server lacks " .. table.concat(missing, ", "), { "Update the server." })
  end
  for _, words in ipairs(status.problems) do
    health.warn("Settings: " .. words)
  end
  health.info("Log: " .. (status.log or "none"))
  local last = notify.last_error()
  if last then
    health.warn("Last error: " .. last)
  else
    health.ok("No error since Neovim started")
  end
end

function M._store(health)
  health.start("Store")
  local store, failure = client.request_now("store/info", {}, PATIENCE)
  if not store then
    health.error(failure.message, { "threadkeep store doctor" })
    return
  end
  health.ok(
    ("%s: %d sessions, %d messages (%s)"):format(store.path, store.sessions, store.messages, store.engine)
  )
end

function M._providers(health)
  health.start("Providers")
  local result, failure = client.request_now("provider/list", {}, PATIENCE)
  if not result then
    health.error(failure.message)
    return
  end
  for _, provider in ipairs(result.providers) do
    local words = ("%s (%s)"):format(provider.name, provider.kind)
    if not provider.keyPresent then
      health.info(words .. ": no key")
    elseif provider.reachable == false then
      health.warn(words .. ": does not answer")
    else
      health.ok(words .. (provider.keySource and (", key from " .. provider.keySource) or ""))
    end
  end
end

return M
