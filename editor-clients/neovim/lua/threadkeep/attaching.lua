--- Puts things from the editor beside the next message, or sends them with one.
local attachments = require("threadkeep.attachments")
local chat = require("threadkeep.chat")
local drafts = require("threadkeep.drafts")
local editing = require("threadkeep.editing")
local notify = require("threadkeep.notify")
local render = require("threadkeep.render")
local view = require("threadkeep.view")

local M = {}

--- Attaches the file that is being edited, or was last.
function M.file()
  local buf = editing.last_file()
  if not buf then
    notify.warn("there is no file to attach.")
    return
  end
  M.add(attachments.file(buf))
end

--- Attaches lines of the current buffer.
---@param first integer 1-based.
---@param last integer
function M.selection(first, last)
  M.add(attachments.selection(vim.api.nvim_get_current_buf(), first, last))
end

--- Attaches the diagnostics of the file that is being edited, or of lines of it.
---@param first? integer 1-based.
---@param last? integer
function M.diagnostics(first, last)
  local buf = editing.last_file()
  if not buf then
    notify.warn("there is no file whose diagnostics could be attached.")
    return
  end
  M.add(attachments.diagnostics(buf, first, last))
end

--- Attaches nothing any more.
function M.clear()
  chat.with_session(function(session)
    drafts.enclose(session.id, {})
    view.look()
  end)
end

---@param attachment? threadkeep.Attachment
---@param problem? string
function M.add(attachment, problem)
  if not attachment then
    notify.warn(problem or "there is nothing to attach.")
    return
  end
  chat.with_session(function(session)
    local all = vim.list_slice(drafts.enclosed(session.id))
    all[#all + 1] = attachment
    drafts.enclose(session.id, all)
    view.look()
    if not view.windows() then
      notify.info(render.place(attachment) .. " goes along with your next message.")
    end
  end)
end

return M
