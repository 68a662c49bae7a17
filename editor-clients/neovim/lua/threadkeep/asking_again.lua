--- Puts a question into the prompt to be asked again in other words, and keeps what stood there.
local drafts = require("threadkeep.drafts")

local M = {}

--- What stood in the prompt before is stored under this name.
local BEFORE = "before"

--- Puts a question into the prompt to be asked again; what stood there comes back afterwards.
---@param id string
---@param message string
---@param text string
function M.begin(id, message, text)
  local kept = drafts.of(id)
  local before = kept.editing and kept.editing.before or kept.content
  kept.editing = { message = message, before = before }
  if not drafts.is_empty(before) then
    drafts.store_beside(id, BEFORE, before)
  end
  drafts.put(id, { text = text, attachments = {} })
end

--- Asks nothing again any more. What was being written is gone, unless `content` says what stands there now.
---@param id string
---@param content? threadkeep.Content
function M.stop(id, content)
  local kept = drafts.of(id)
  local editing = kept.editing
  if editing then
    kept.editing = nil
    if not drafts.is_empty(editing.before) then
      drafts.store_beside(id, BEFORE, drafts.empty())
    end
    drafts.put(id, content or editing.before)
  end
end

return M
