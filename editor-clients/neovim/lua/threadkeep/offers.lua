--- Drafts of a session besides the one in its prompt: each is offered until the person takes it or drops it.
local blank = require("threadkeep.blank")
local current = require("threadkeep.current")
local drafts = require("threadkeep.drafts")
local notify = require("threadkeep.notify")
local text = require("threadkeep.text")
local time = require("threadkeep.time")

local M = {}

local offered = {} ---@type table<string, threadkeep.Draft[]>

--- What is offered beside the prompt of a session.
---@param id? string
---@return threadkeep.Draft[]
function M.of(id)
  return id and offered[id] or {}
end

--- The server told which drafts there are. One that stood where this window has stored another by now is kept beside.
---@param id string
---@param others? threadkeep.Draft[]
---@param older? threadkeep.Draft
function M.received(id, others, older)
  local shown = drafts.of(id).content.text
  local list = vim.tbl_filter(function(draft)
    return draft.text ~= shown and vim.trim(draft.text) ~= ""
  end, others or {})
  if older then
    older.windowId = ("%s/%d"):format(drafts.window(id), vim.uv.hrtime())
    M._store(id, older)
    table.insert(list, 1, older)
  end
  local is_new = #list > #M.of(id)
  offered[id] = list
  if is_new then
    notify.info(("%s; `:Threadkeep draft` shows it."):format(M._words(list)))
  end
end

--- Lets a person take a draft that is offered, or drop it.
function M.choose()
  local session = current.state.session
  local list = M.of(session and session.id)
  if not session or #list == 0 then
    notify.info("there is no other draft of this session.")
    return
  end
  local choices = {}
  for _, draft in ipairs(list) do
    choices[#choices + 1] = { draft = draft, verb = "Take" }
    choices[#choices + 1] = { draft = draft, verb = "Drop" }
  end
  vim.ui.select(choices, {
    prompt = "Another draft of this session",
    format_item = function(choice)
      local age = choice.draft.updatedAt and (" · " .. time.ago(choice.draft.updatedAt, os.time())) or ""
      return ("%s it: %s%s"):format(choice.verb, text.one_line(choice.draft.text, 60), age)
    end,
  }, function(choice)
    if choice then
      M._settle(session.id, choice.draft, choice.verb == "Take")
    end
  end)
end

--- What stood in the prompt is offered in its place.
function M._settle(id, draft, is_taken)
  local kept = drafts.of(id)
  local before = kept.content
  local list = vim.tbl_filter(function(one)
    return one ~= draft
  end, M.of(id))
  if is_taken then
    if vim.trim(before.text) ~= "" then
      local mine = {
        text = before.text,
        attachments = before.attachments,
        windowId = ("%s/%d"):format(drafts.window(id), vim.uv.hrtime()),
      }
      M._store(id, mine)
      table.insert(list, mine)
    end
    drafts.put(id, { text = draft.text, cursor = draft.cursor, attachments = draft.attachments or {} })
    require("threadkeep.chat").show_draft(id)
  end
  offered[id] = list
  drafts.replace(id, draft.windowId or "")
  require("threadkeep.view").look()
end

function M._store(id, draft)
  blank.request("draft/set", {
    sessionId = id,
    windowId = draft.windowId,
    text = draft.text,
    cursor = draft.cursor,
    attachments = draft.attachments,
  }, function(problem)
    if problem then
      notify.failed(problem)
    end
  end)
end

function M._words(list)
  return #list == 1 and ("another draft was kept: “%s”"):format(text.one_line(list[1].text, 40))
    or ("%d other drafts were kept"):format(#list)
end

return M
