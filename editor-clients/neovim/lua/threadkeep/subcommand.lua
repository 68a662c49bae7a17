--- What the subcommands of `:Threadkeep` are made of: how they get their words, and the longer ones themselves.
local client = require("threadkeep.client")
local layout = require("threadkeep.layout")
local notify = require("threadkeep.notify")

local M = {}

---How a subcommand was called.
---@class threadkeep.Call
---@field words string[]
---@field rest string All words as they were typed.
---@field bang boolean
---@field range? [integer, integer] Lines, 1-based.

---@class threadkeep.Command
---@field name string
---@field args string As in the help.
---@field doc string
---@field run fun(call: threadkeep.Call)
---@field complete? fun(words: string[]): string[] Gets the words after the subcommand, the last one unfinished.

function M.list(...)
  local words = { ... }
  return function()
    return words
  end
end

function M.lazy(module, action)
  return function()
    require("threadkeep." .. module)[action]()
  end
end

--- Calls `action` with what was typed, or with what is asked for when nothing was; and with the session that was shown
--- when it was asked for.
---@param prompt string
---@param default? fun(): string
---@param action fun(words: string, session?: threadkeep.Session)
function M.with_words(prompt, default, action)
  return function(call)
    local session = require("threadkeep.chat").session()
    if call.rest ~= "" then
      action(call.rest, session)
      return
    end
    vim.ui.input({ prompt = prompt, default = default and default() or "" }, function(words)
      if words and vim.trim(words) ~= "" then
        action(vim.trim(words), session)
      end
    end)
  end
end

function M.title()
  local session = require("threadkeep.chat").session()
  return session and session.title or ""
end

--- The names that the server knows; waits a little, as completion cannot come later.
function M.names(method, members, field, params)
  return function()
    if client.status().state ~= "ready" then
      return {}
    end
    local result = client.request_now(method, params or {}, 500)
    return vim.tbl_map(function(one)
      return one[field]
    end, result and result[members] or {})
  end
end

--- The export formats that the server can write; nothing once a format stands there.
---@param words string[]
---@return string[]
function M.formats(words)
  if #words > 1 or client.status().state ~= "ready" then
    return {}
  end
  local result = client.request_now("format/list", {}, 500)
  local names = {}
  for _, exporter in ipairs(result and result.exporters or {}) do
    if not exporter.problem then
      names[#names + 1] = exporter.name
    end
  end
  return names
end

function M.open(call)
  local chat = require("threadkeep.chat")
  local place = call.words[1]
  if place and not vim.list_contains(layout.LAYOUTS, place) then
    notify.warn(("`%s` is no place; there are %s."):format(place, table.concat(layout.LAYOUTS, ", ")))
    return
  end
  if call.bang then
    chat.load_current()
  end
  chat.open({
    layout = place --[[@as threadkeep.Layout?]],
  })
end

function M.send(call)
  local enclosed = {}
  if call.range then
    local attachments = require("threadkeep.attachments")
    enclosed[1] = attachments.selection(vim.api.nvim_get_current_buf(), call.range[1], call.range[2])
  end
  if call.rest ~= "" then
    require("threadkeep.chat").open()
    require("threadkeep.sending").send(call.rest, enclosed)
  elseif call.range then
    require("threadkeep.attaching").add(enclosed[1])
    require("threadkeep.chat").open()
    require("threadkeep.view").write()
  else
    require("threadkeep.chat").open()
    require("threadkeep.sending").submit()
  end
end

function M.attach(call)
  local attaching = require("threadkeep.attaching")
  local what = call.words[1] or (call.range and "selection" or "file")
  local first, last = unpack(call.range or {})
  if what == "file" then
    attaching.file()
  elseif what == "diagnostics" then
    attaching.diagnostics(first, last)
  elseif what == "clear" then
    attaching.clear()
  elseif what == "selection" and first then
    attaching.selection(first, last)
  else
    notify.warn("attach what? file, diagnostics, clear, or with a range selection.")
  end
end

function M.choose(set, ask)
  return function(call)
    local sessions = require("threadkeep.sessions")
    if call.words[1] then
      local reason = table.concat(call.words, " ", 2)
      sessions[set](call.words[1], reason ~= "" and reason or nil)
    else
      sessions[ask]()
    end
  end
end

function M.model(call)
  if call.words[1] then
    require("threadkeep.sessions").set_model(call.words[1])
  else
    require("threadkeep.models").choose()
  end
end

function M.tag(call)
  local sessions = require("threadkeep.sessions")
  M.with_words("Tags (-name takes one away): ", nil, function(words, session)
    sessions.tag(vim.split(words, "%s+"), session)
  end)(call)
end

function M.export(call)
  require("threadkeep.transfer").export(
    call.words[1],
    call.words[2] and table.concat(call.words, " ", 2) or nil
  )
end

local SESSION_WORDS = {
  "status=active",
  "status=paused",
  "status=ended",
  "task=",
  "repository=all",
  "tag=",
  "agent=",
  "archived=only",
  "favourite=true",
  "title=",
}

--- What sessions are filtered by, and the filters that have a name.
function M.session_words()
  return vim.list_extend(vim.list_slice(SESSION_WORDS), require("threadkeep.filters").names())
end

function M.filter(call)
  local filters = require("threadkeep.filters")
  local what, name = call.words[1], call.words[2] and call.words[2]:gsub("^@", "")
  if not what then
    require("threadkeep.picker").sessions({ "@" })
  elseif what == "save" and name and call.words[3] then
    filters.save(name, vim.list_slice(call.words, 3))
  elseif what == "delete" and name and not call.words[3] then
    filters.delete(name)
  else
    notify.warn("write `filter save NAME words…` or `filter delete NAME`.")
  end
end

function M.filter_words(words)
  if #words <= 1 then
    return { "save", "delete" }
  elseif #words == 2 then
    return vim.tbl_keys((require("threadkeep.memory").filters()))
  end
  return words[1] == "save" and M.session_words() or {}
end

function M.sessions_with(action)
  return function(call)
    require("threadkeep.sessions")[action](call.rest ~= "" and call.rest or nil, call.bang)
  end
end

return M
