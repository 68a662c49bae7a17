--- Lists sessions and what was found in them, in whatever picker is there.
local chat = require("threadkeep.chat")
local client = require("threadkeep.client")
local config = require("threadkeep.config")
local loader = require("threadkeep.loader")
local notify = require("threadkeep.notify")
local state_of = require("threadkeep.state")
local text = require("threadkeep.text")
local time = require("threadkeep.time")
local winbar = require("threadkeep.winbar")

local M = {}

---Something that can be picked.
---@class threadkeep.Item
---@field label string One line.
---@field session_id string
---@field message_id? string

---What a picker is asked to do.
---@class threadkeep.Pick
---@field title string
---@field items threadkeep.Item[]
---@field preview fun(item: threadkeep.Item, callback: fun(lines: string[])) Fetches what is shown beside an item.
---@field choose fun(item: threadkeep.Item)

--- The modules that can pick, the first one present is used with `auto`: its name here, and what must be installed.
M.BACKENDS = {
  { name = "snacks", module = "snacks.picker" },
  { name = "telescope", module = "telescope" },
  { name = "fzf-lua", module = "fzf-lua" },
  { name = "mini", module = "mini.pick" },
}

M.FILTERS = { "status", "task", "repository", "agent", "tag", "archived", "favourite" }

--- Lists sessions: `status=paused task=main repository=all tag=x words of the title`. Without `repository` those of the
--- open folder.
---@param words string[]
function M.sessions(words)
  local filter, problem = M.filter(words)
  if not filter then
    notify.warn(problem --[[@as string]])
    return
  end
  local params = { filter = filter, limit = 200 }
  M._list(params, "Sessions", function(item)
    chat.load(item.session_id, chat.open)
  end)
end

--- Lists the trash, to take a session back.
function M.trash()
  M._list({ filter = { trashed = "only" }, limit = 200 }, "Trash: choose what to take back", function(item)
    local params = { sessionId = item.session_id, idempotencyKey = loader.key() }
    client.request("session/restore", params, function(problem)
      if problem then
        notify.failed(problem)
      else
        chat.load(item.session_id, chat.open)
      end
    end)
  end)
end

--- Lists the places where words were said, in all sessions.
---@param query string
function M.search(query)
  client.request("session/search", { query = query, limit = 100 }, function(problem, result)
    if problem then
      notify.failed(problem)
      return
    end
    M._pick("Found: " .. query, vim.tbl_map(M.hit, result.hits), function(item)
      chat.load(item.session_id, function()
        chat.open()
        if item.message_id then
          require("threadkeep.messages").show(item.message_id)
        end
      end)
    end)
  end)
end

--- A filter from words such as `status=paused`; other words are looked for in titles.
---@param words string[]
---@return threadkeep.SessionFilter? filter
---@return string? problem
function M.filter(words)
  local filter = { repository = { uri = vim.uri_from_fname(loader.folder()) } } ---@type threadkeep.SessionFilter
  local title = {}
  for _, word in ipairs(words) do
    local name, value = word:match("^(%a+)=(.+)$")
    if not name then
      title[#title + 1] = word
    elseif name == "status" then
      filter.status = vim.split(value, ",")
    elseif name == "repository" then
      filter.repository = value ~= "all" and M._repository(value) or nil
    elseif name == "tag" then
      filter.tags = vim.split(value, ",")
    elseif name == "favourite" then
      filter.isFavourite = value == "true"
    elseif vim.list_contains(M.FILTERS, name) then
      filter[name] = value
    else
      return nil, ("`%s` is no filter; there are %s."):format(name, table.concat(M.FILTERS, ", "))
    end
  end
  if #title > 0 then
    filter.title = table.concat(title, " ")
  end
  return filter
end

--- A session in one line.
---@param session threadkeep.Session
---@return threadkeep.Item
function M.item(session)
  local star = session.isFavourite and "★ " or ""
  local place = ("%s · %s"):format(session.repository.name, session.task)
  local counts = ("%d messages · %s"):format(
    session.messageCount,
    time.ago(session.lastActivityAt, os.time())
  )
  local tags = #session.tags > 0 and (" · #" .. table.concat(session.tags, " #")) or ""
  local label = ("%s%s — %s · %s · %s%s"):format(
    star,
    session.title,
    place,
    winbar.status(session),
    counts,
    tags
  )
  return { label = text.one_line(label), session_id = session.id }
end

--- A place where words were found, in one line.
---@param hit threadkeep.Hit
---@return threadkeep.Item
function M.hit(hit)
  local label = ("%s — %s · %s"):format(hit.snippet, hit.session.title, time.ago(hit.at, os.time()))
  return { label = text.one_line(label), session_id = hit.session.id, message_id = hit.messageId }
end

--- The newest messages of a session, as lines.
---@param item threadkeep.Item
---@param callback fun(lines: string[])
function M.preview(item, callback)
  client.request("session/history", { sessionId = item.session_id, limit = 20 }, function(problem, page)
    if problem then
      callback({ problem.message })
      return
    end
    local lines = {}
    local state = state_of.opened({ messages = page.messages, created = false, seq = 0 })
    local render = require("threadkeep.render")
    for _, id in ipairs(state.order) do
      local message = state.entries[id].message
      lines[#lines + 1] = message.role == "event" and render.header(message, os.time())[1][1]
        or ("# " .. render.author(message))
      vim.list_extend(lines, render.body(state.entries[id], { hide_reasoning = true }).lines)
      lines[#lines + 1] = ""
    end
    callback(#lines > 0 and lines or { "Nothing was said yet." })
  end)
end

--- The picker that is used: the chosen one, or the first one that is installed.
---@return string name
function M.backend()
  local choice = config.get().picker
  for _, backend in ipairs(M.BACKENDS) do
    if choice == backend.name or choice == "auto" then
      local is_present = package.loaded[backend.module] ~= nil or pcall(require, backend.module)
      if is_present then
        return backend.name
      end
    end
  end
  return "select"
end

function M._list(params, title, choose)
  client.request("session/list", params, function(problem, result)
    if problem then
      notify.failed(problem)
    else
      M._pick(title, vim.tbl_map(M.item, result.sessions), choose)
    end
  end)
end

function M._pick(title, items, choose)
  if #items == 0 then
    notify.info("nothing matches.")
    return
  end
  local module = "threadkeep.pickers." .. M.backend():gsub("-", "_")
  require(module).pick({ title = title, items = items, preview = M.preview, choose = choose })
end

--- A folder, or the name of a repository without one.
function M._repository(value)
  local path = vim.fn.fnamemodify(vim.fn.expand(value), ":p")
  return vim.fn.isdirectory(path) == 1 and { uri = vim.uri_from_fname((path:gsub("(.)/$", "%1"))) }
    or { name = value }
end

return M
