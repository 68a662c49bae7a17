--- Keeps what stands in the prompt, whole and by session: text, cursor, scroll and what is attached. The server stores
--- it; what it has not confirmed yet is kept here and sent again when a server is back.
local blank = require("threadkeep.blank")
local current = require("threadkeep.current")
local loader = require("threadkeep.loader")
local notify = require("threadkeep.notify")
local timer = require("threadkeep.timer")

local M = {}

---Milliseconds between a key and its draft being stored; keys that follow do not put it off.
M.PAUSE = 300

---What one has in the prompt.
---@class threadkeep.Content
---@field text string
---@field cursor? integer UTF-16 code units before it.
---@field scroll? string The first line on the screen.
---@field attachments threadkeep.Attachment[]

---@class threadkeep.Kept
---@field content threadkeep.Content
---@field saved threadkeep.Content What the server has.
---@field in_flight boolean
---@field sending integer Messages on their way; until they are answered the server keeps their words as the draft.
---@field sent threadkeep.Content[] What they say.
---@field editing? {message: string, before: threadkeep.Content} What is asked again, and what stood in the prompt.
---@field timer threadkeep.Timer
---@field is_closed boolean It takes no draft any more.
---@field window? string As which window it was opened.
---@field is_private? boolean No word of it is for the disk.

local all = {} ---@type table<string, threadkeep.Kept>

---@return threadkeep.Content
function M.empty()
  return { text = "", attachments = {} }
end

---@param content threadkeep.Content
---@return boolean
function M.is_empty(content)
  return content.text == "" and #content.attachments == 0
end

---@param id string Of a session.
---@return threadkeep.Kept
function M.of(id)
  local kept = all[id]
  if not kept then
    kept =
      { content = M.empty(), saved = M.empty(), in_flight = false, sending = 0, sent = {}, is_closed = false }
    kept.timer = timer.new(M.PAUSE, function()
      M.save(id)
    end)
    all[id] = kept
  end
  return kept
end

--- Notes what stands in the prompt; it is stored a moment later.
---@param id string
---@param written {text: string, cursor?: integer, scroll?: string}
function M.write(id, written)
  M._set(id, vim.tbl_extend("force", written, { attachments = M.of(id).content.attachments }))
end

--- What goes along with the next message.
---@param id? string
---@return threadkeep.Attachment[]
function M.enclosed(id)
  return id and all[id] and all[id].content.attachments or {}
end

---@param id string
---@param attachments threadkeep.Attachment[]
function M.enclose(id, attachments)
  M._set(id, vim.tbl_extend("force", M.of(id).content, { attachments = attachments }))
end

--- The message that is asked again in other words.
---@param id string
---@return string? message_id
function M.editing(id)
  return all[id] and all[id].editing and all[id].editing.message
end

--- Puts something else into a prompt.
---@param id string
---@param content threadkeep.Content
function M.put(id, content)
  M._set(id, content)
end

--- Stores what stands there, and forgets what is stored under another name: it was taken or dropped.
---@param id string
---@param window string Empty for the session's own.
function M.replace(id, window)
  local kept = M.of(id)
  local content = kept.content
  local params = M._params(id, content)
  params.replaces = { window }
  blank.request("draft/set", params, function(problem)
    if problem then
      notify.failed(problem)
    else
      kept.saved = content
    end
  end)
end

function M._set(id, content)
  local kept = M.of(id)
  kept.content = content
  if not M._is_saved(kept) then
    kept.timer:start()
    M._touched()
  end
end

---@param id string
---@return boolean Whether the server has all of it.
function M.is_saved(id)
  local kept = all[id]
  return not kept or (M._is_saved(kept) and not kept.in_flight)
end

--- Stores it now, if it is another than the stored one.
---@param id string
function M.save(id)
  local kept = M.of(id)
  kept.timer:stop()
  local content = kept.content
  if kept.in_flight or kept.is_closed or M._is_saved(kept) or kept.sending > 0 and M.is_empty(content) then
    return
  end
  if blank.is(id) and M.is_empty(content) then
    kept.saved = content
    return
  end
  kept.in_flight = true
  local prompt = current.prompt
  if prompt and prompt.owner == id then
    prompt.saved = content.text
  end
  blank.request("draft/set", M._params(id, content), function(problem)
    kept.in_flight = false
    M._touched()
    if not problem then
      kept.saved = content
      M.save(id)
    elseif problem.kind == "sessionNotFound" then
      kept.is_closed = true
    elseif problem.kind ~= "serverGone" and problem.kind ~= "serverMissing" then
      notify.failed(problem)
    end
  end)
end

--- Stores all that is not stored yet: a server is back, or Neovim leaves.
function M.save_all()
  for id in pairs(all) do
    M.save(id)
  end
end

--- All that is kept, by session.
---@return table<string, threadkeep.Kept>
function M.all()
  return all
end

--- What a session's prompt is to hold, now that the server has told what it keeps. What was typed here and is not
--- stored yet is the newest; else what the server says.
---@param id string
---@param draft? threadkeep.Draft
---@return threadkeep.Content content
---@return threadkeep.Draft? older The server's, where it is not what is shown.
function M.received(id, draft)
  local kept = M.of(id)
  kept.is_closed, kept.window = false, kept.window or loader.window_id()
  local theirs = draft and M._content(draft, kept) or M.empty()
  if kept.editing then
    return kept.content
  end
  if M._is_saved(kept) and kept.sending == 0 then
    kept.content, kept.saved = theirs, theirs
    return theirs
  end
  local known = kept.saved.text
  if kept.sending == 0 then
    kept.saved = theirs
  end
  M.save(id)
  local is_other = draft and draft.text ~= "" and draft.text ~= kept.content.text and draft.text ~= known
  return kept.content, is_other and draft or nil
end

--- Words go to the server; the draft that holds them is left there until it has answered.
---@param id string
---@param content threadkeep.Content
function M.sending(id, content)
  local kept = M.of(id)
  kept.sending = kept.sending + 1
  table.insert(kept.sent, content)
  M._touched()
end

--- The answer came. What was not taken stands in front of what was typed meanwhile.
---@param id string
---@param content threadkeep.Content
---@param back? threadkeep.Content
function M.sent(id, content, back)
  local kept = M.of(id)
  kept.sending = kept.sending - 1
  kept.sent = vim.tbl_filter(function(one)
    return one ~= content
  end, kept.sent)
  M._touched()
  if back then
    local now = kept.content
    kept.content = {
      text = now.text == "" and back.text or back.text .. "\n" .. now.text,
      attachments = vim.list_extend(vim.list_slice(back.attachments), now.attachments),
    }
  end
  M.save(id)
end

--- As which window drafts of a session are stored here.
---@param id string
---@return string
function M.window(id)
  return M.of(id).window or loader.window_id()
end

--- A server has told all there is of attachments and cursor; one that does not know them leaves those of the same text.
function M._content(draft, kept)
  local is_same = draft.text == kept.content.text
  return {
    text = draft.text,
    cursor = draft.cursor or is_same and kept.content.cursor or nil,
    scroll = draft.scroll,
    attachments = draft.attachments or is_same and kept.content.attachments or {},
  }
end

function M._is_saved(kept)
  local content, saved = kept.content, kept.saved
  if content == saved then
    return true
  end
  return content.text == saved.text
    and vim.deep_equal(content.attachments, saved.attachments)
    and (M.is_empty(content) or content.cursor == saved.cursor and content.scroll == saved.scroll)
end

function M._touched()
  require("threadkeep.unsent").touch()
end

--- Stores something under another name, so that it is offered if this window ends before it needs it again.
---@param id string
---@param name string
---@param content threadkeep.Content Nothing removes it.
function M.store_beside(id, name, content)
  local params = M._params(id, content)
  params.windowId = params.windowId .. "/" .. name
  blank.request("draft/set", params, function() end)
end

function M._params(id, content)
  return {
    sessionId = id,
    windowId = M.window(id),
    text = content.text,
    cursor = content.cursor,
    scroll = content.scroll,
    attachments = #content.attachments > 0 and content.attachments or nil,
  }
end

return M
