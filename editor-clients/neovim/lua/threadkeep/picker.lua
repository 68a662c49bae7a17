--- Lists sessions and what was found in them, in whatever picker is there.
local chat = require("threadkeep.chat")
local client = require("threadkeep.client")
local config = require("threadkeep.config")
local filter_of = require("threadkeep.filter")
local filters = require("threadkeep.filters")
local loader = require("threadkeep.loader")
local notify = require("threadkeep.notify")
local paths = require("threadkeep.paths")
local session_actions = require("threadkeep.session_actions")
local state_of = require("threadkeep.state")
local steps = require("threadkeep.steps")
local text = require("threadkeep.text")
local time = require("threadkeep.time")
local winbar = require("threadkeep.winbar")

local M = {}

---Something that can be picked.
---@class threadkeep.Item
---@field label string One line, as wide as the list.
---@field text string All of it, to be searched in.
---@field session_id string
---@field message_id? string

---What a picker is asked to do.
---@class threadkeep.Pick
---@field title string
---@field items threadkeep.Item[]
---@field preview fun(item: threadkeep.Item, callback: fun(lines: string[])) Fetches what is shown beside an item.
---@field choose fun(item: threadkeep.Item)
---@field actions threadkeep.SessionAction[] What else can be done with an item, by keys.
---@field act fun(action: threadkeep.SessionAction, item: threadkeep.Item) Called once the picker is closed.

--- The modules that can pick, the first one present is used with `auto`: its name here, and what must be installed.
--- `share` is how much of the screen its list is wide, beside a preview.
M.BACKENDS = {
  { name = "snacks", module = "snacks.picker", share = 0.38 },
  { name = "telescope", module = "telescope", share = 0.38 },
  { name = "fzf-lua", module = "fzf-lua", share = 0.3 },
  { name = "mini", module = "mini.pick", share = 0.55 },
}

--- How many pages are looked through for words of a title.
local MAX_PAGES = 20

--- Lists sessions: `status=paused task=main repository=all tag=x words of the title`. Without `repository` those of the
--- open folder. `@name` stands for the words of a filter, `@` for one that is asked for.
---@param words string[]
---@param is_asked? boolean Whether a person is asked what to do with the session that is chosen.
function M.sessions(words, is_asked)
  if vim.list_contains(words, "@") then
    filters.choose(function(name)
      M.sessions(
        vim.tbl_map(function(word)
          return word == "@" and "@" .. name or word
        end, words),
        is_asked
      )
    end)
    return
  end
  local filter, problem, others = M.filter(words)
  if not filter then
    notify.warn(problem --[[@as string]])
    return
  end
  local params = { filter = filter, limit = 200 }
  local title = #words > 0 and "Sessions: " .. text.one_line(table.concat(words, " "), 60) or "Sessions"
  local function open(item)
    chat.load(item.session_id, chat.open)
  end
  local function again()
    vim.schedule(function()
      M.sessions(words)
    end)
  end
  M._list(params, title, {
    choose = not is_asked and open or function(item)
      session_actions.choose(item, function()
        open(item)
      end, again)
    end,
    actions = session_actions.list,
    act = function(action, item)
      session_actions.run(action, item, again)
    end,
  }, others)
end

--- Lists the trash, to take a session back.
function M.trash()
  local function restore(item)
    local params = { sessionId = item.session_id, idempotencyKey = loader.key() }
    client.request("session/restore", params, function(problem)
      if problem then
        notify.failed(problem)
      else
        chat.load(item.session_id, chat.open)
      end
    end)
  end
  local params = { filter = { trashed = "only" }, limit = 200 }
  M._list(params, "Trash: choose what to take back", { choose = restore })
end

--- Lists the places where words were said, in all sessions.
---@param query string
function M.search(query)
  client.request("session/search", { query = query, limit = 100 }, function(problem, result)
    if problem then
      notify.failed(problem)
      return
    end
    M._pick("Found: " .. query, vim.tbl_map(M.hit, result.hits), {
      choose = function(item)
        chat.load(item.session_id, function()
          chat.open()
          if item.message_id then
            require("threadkeep.around").show(item.message_id)
          end
        end)
      end,
    })
  end)
end

--- A filter from words such as `status=paused` and `@name`; other words are looked for in titles.
---@param words string[]
---@return threadkeep.SessionFilter? filter
---@return string? problem
---@return string[]? others Words of the title that the filter cannot hold.
function M.filter(words)
  local expanded, problem = filters.expand(words)
  if not expanded then
    return nil, problem
  end
  return filter_of.parse(expanded, M._repository)
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
  local all = text.one_line(label)
  return { label = text.one_line(all, M._width()), text = all, session_id = session.id }
end

--- A place where words were found, in one line: the words, and where they stand.
---@param hit threadkeep.Hit
---@return threadkeep.Item
function M.hit(hit)
  local width = M._width()
  local place = (" — %s · %s"):format(
    text.one_line(hit.session.title, math.max(math.floor(width / 3), 8)),
    time.ago(hit.at, os.time())
  )
  local found = hit.ranges[1] and math.max(hit.ranges[1].start - hit.snippetStart, 0) or 0
  local room = math.max(width - vim.fn.strdisplaywidth(place), 12)
  return {
    label = text.around(hit.snippet, found, room) .. place,
    text = text.one_line(hit.snippet) .. place,
    session_id = hit.session.id,
    message_id = hit.messageId,
  }
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
      vim.list_extend(lines, steps.draw_all(state.entries[id].slots, { hide_reasoning = true }).lines)
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

--- How wide the lines of the list may be, so that none needs two.
function M._width()
  local name = M.backend()
  for _, backend in ipairs(M.BACKENDS) do
    if backend.name == name then
      return math.max(math.floor(vim.o.columns * backend.share), 24)
    end
  end
  -- With a number in front.
  return math.max(vim.o.columns - 8, 24)
end

--- Lists the first sessions that match, of a few pages if titles are to have more words than the server looks for.
function M._list(params, title, can, words)
  local found, pages = {}, 0
  local function ask()
    client.request("session/list", params, function(problem, result)
      if problem then
        notify.failed(problem)
        return
      end
      pages = pages + 1
      for _, session in ipairs(result.sessions) do
        if #found < params.limit and filter_of.matches(session.title, words or {}) then
          found[#found + 1] = M.item(session)
        end
      end
      params.cursor = words and #words > 0 and #found < params.limit and result.nextCursor or nil
      if params.cursor and pages < MAX_PAGES then
        ask()
        return
      elseif params.cursor then
        notify.info("only the newest sessions were looked at; more filters narrow it.")
      end
      M._pick(title, found, can)
    end)
  end
  ask()
end

function M._pick(title, items, can)
  if #items == 0 then
    notify.info("nothing matches.")
    return
  end
  local module = "threadkeep.pickers." .. M.backend():gsub("-", "_")
  local none = { actions = {}, act = function() end }
  local pick = { title = title, items = items, preview = M.preview }
  require(module).pick(vim.tbl_extend("force", none, pick, can))
end

--- All, a folder, or the name of a repository without one; the open folder if nothing is said.
function M._repository(value)
  if not value then
    return { uri = vim.uri_from_fname(loader.folder()) }
  elseif value == "all" then
    return nil
  end
  local path = paths.absolute(value)
  return vim.fn.isdirectory(path) == 1 and { uri = vim.uri_from_fname((path:gsub("(.)/$", "%1"))) }
    or { name = value }
end

return M
