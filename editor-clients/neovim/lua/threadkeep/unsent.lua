--- Keeps on disk what no server could take, for as long as none can, so that words outlive a Neovim that is killed
--- meanwhile. The next one gives them to its server as drafts; nothing is sent without a person.
local blank = require("threadkeep.blank")
local client = require("threadkeep.client")
local current = require("threadkeep.current")
local drafts = require("threadkeep.drafts")
local loader = require("threadkeep.loader")
local memory = require("threadkeep.memory")
local timer = require("threadkeep.timer")

local M = {}

---What is left of a session's prompt, and of what was sent from it.
---@class threadkeep.Unsent
---@field id string
---@field window string
---@field text string
---@field attachments threadkeep.Attachment[]
---@field place? {uri: string, task: string} Of a session that is not stored yet.
---@field is_early? boolean It was not known whether there is one.

---Milliseconds between a change and the file.
local PAUSE = 200

local path ---@type string?
local is_written = false

---What was sent before any session was there.
local early = {} ---@type threadkeep.Content[]
local early_id ---@type string? The session that it becomes if this Neovim ends before one is there.

local clock = timer.new(PAUSE, function()
  M.write()
end)

--- Something changed of what no server has.
function M.touch()
  if is_written or client.status().state ~= "ready" then
    clock:start()
  end
end

--- Keeps what waits for the first session.
---@param content threadkeep.Content
---@return fun() done It is with a session, or stands in the prompt again.
function M.wait(content)
  table.insert(early, content)
  M.touch()
  return function()
    early = vim.tbl_filter(function(one)
      return one ~= content
    end, early)
    M.touch()
  end
end

--- Brings the file up to date; takes it away once nothing is left.
function M.write()
  clock:stop()
  local entries, file = M._entries(), M._path()
  if client.status().state == "ready" and #entries > 0 then
    if is_written then
      clock:start() -- It is on its way; the file stays until it has arrived.
    end
    return
  end
  if #entries == 0 then
    if is_written then
      vim.uv.fs_unlink(file)
      is_written = false
    end
    return
  end
  is_written = memory.write_private(file, vim.json.encode({ address = vim.v.servername, entries = entries }))
end

--- Gives the server what Neovims that are gone could not; before any session is opened, so that it is there then.
function M.recover()
  for name in vim.fs.dir(M._folder()) do
    local file = vim.fs.joinpath(M._folder(), name)
    if file ~= path then
      M._recover(file)
    end
  end
end

function M._recover(file)
  local handle = io.open(file, "r")
  local content = handle and handle:read("*a")
  if handle then
    handle:close()
  end
  local ok, left = pcall(vim.json.decode, content or "")
  if not ok or type(left) ~= "table" or type(left.entries) ~= "table" or memory.is_alive(left.address) then
    return
  end
  local open, is_lost = #left.entries, false
  for _, entry in ipairs(left.entries) do
    M._give(entry, function(problem)
      open, is_lost = open - 1, is_lost or (problem ~= nil and problem.kind ~= "sessionNotFound")
      if open == 0 and not is_lost then
        vim.uv.fs_unlink(file)
      end
    end)
  end
end

---@param entry threadkeep.Unsent
function M._give(entry, callback)
  if not entry.is_early then
    M._store(entry, callback)
    return
  end
  local place = { repository = { uri = entry.place.uri }, windowId = entry.window }
  local params = vim.tbl_extend("error", place, { createIfMissing = false, limit = 1 })
  client.request("session/open", params, function(problem, opened)
    if problem then
      callback(problem)
    elseif opened.session then
      M._offer(entry, opened.session.id, callback)
    else
      M._store(entry, callback)
    end
  end)
end

--- Written before the session was there: offered beside what stands in its prompt.
function M._offer(entry, id, callback)
  client.request("draft/set", {
    sessionId = id,
    windowId = entry.window .. "/" .. entry.id,
    text = entry.text,
    attachments = #entry.attachments > 0 and entry.attachments or nil,
  }, function(problem)
    callback(problem)
    local shown = current.state.session
    if problem or not shown or shown.id ~= id then
      return -- It is offered with the session.
    end
    local params = { sessionId = id, windowId = drafts.window(id) }
    client.request("draft/get", params, function(failed, found)
      if not failed then
        require("threadkeep.offers").received(id, found.others)
        require("threadkeep.view").look()
      end
    end)
  end)
end

function M._store(entry, callback)
  local made ---@type threadkeep.Session?
  if entry.place then
    client.request("session/create", {
      id = entry.id,
      repository = { uri = entry.place.uri },
      task = entry.place.task ~= "" and entry.place.task or nil,
      idempotencyKey = entry.id,
    }, function(problem, result)
      made = not problem and result.session or nil
    end)
  end
  client.request("draft/set", {
    sessionId = entry.id,
    windowId = entry.window,
    text = entry.text,
    attachments = #entry.attachments > 0 and entry.attachments or nil,
  }, function(problem)
    callback(problem)
    local is_open = current.is_loading or current.state.session ~= nil
    if made and not problem and is_open then
      -- The chat may have been opened before there was a session to show.
      require("threadkeep.chat").after_load(function()
        require("threadkeep.branch").begun(made)
      end, function() end)
    end
  end)
end

--- What the server has not confirmed of each session: what was sent, and what stands in the prompt after it. Of private
--- sessions nothing is ever on disk.
---@return threadkeep.Unsent[]
function M._entries()
  local entries = {}
  for id, kept in pairs(drafts.all()) do
    local is_left = kept.sending > 0 or not drafts.is_saved(id)
    if is_left and not kept.is_private and not kept.is_closed then
      entries[#entries + 1] = M._entry(id, kept)
    end
  end
  entries[#entries + 1] = M._early()
  return entries
end

--- What was written before any session was there: it is for the one of the open folder, or becomes one.
function M._early()
  local prompt, all = current.prompt, vim.list_slice(early)
  if prompt and not prompt.owner then
    all[#all + 1] = { text = prompt.words, attachments = {} }
  end
  local text, attachments = M._joined(all)
  if text == "" and #attachments == 0 then
    return nil
  end
  early_id = early_id or blank.id()
  local place = { uri = vim.uri_from_fname(loader.folder()), task = "" }
  return {
    id = early_id,
    window = loader.window_id(),
    text = text,
    attachments = attachments,
    place = place,
    is_early = true,
  }
end

---@param contents threadkeep.Content[]
function M._joined(contents)
  local texts, attachments = {}, {}
  for _, content in ipairs(contents) do
    texts[#texts + 1] = content.text ~= "" and content.text or nil
    vim.list_extend(attachments, content.attachments)
  end
  return table.concat(texts, "\n"), attachments
end

function M._entry(id, kept)
  local text, attachments = M._joined(vim.list_extend(vim.list_slice(kept.sent), { kept.content }))
  local session = blank.session(id)
  return {
    id = id,
    window = drafts.window(id),
    text = text,
    attachments = attachments,
    place = session and { uri = blank.uri(id), task = session.task } or nil,
  }
end

function M._folder()
  local folder = vim.fs.joinpath(memory.folder(), "unsent")
  vim.fn.mkdir(folder, "p", 448)
  return folder
end

function M._path()
  path = path
    or vim.fs.joinpath(M._folder(), ("%d-%x.json"):format(vim.uv.os_getpid(), vim.uv.hrtime() % 2 ^ 32))
  return path
end

return M
