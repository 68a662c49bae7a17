--- Takes sessions out and in: exports to a buffer or a file, imports from a file.
local blank = require("threadkeep.blank")
local chat = require("threadkeep.chat")
local client = require("threadkeep.client")
local editing = require("threadkeep.editing")
local loader = require("threadkeep.loader")
local notify = require("threadkeep.notify")
local paths = require("threadkeep.paths")

local M = {}

M.FORMATS = { "markdown", "json", "jsonl", "csv", "text", "html", "pdf" }

local FILETYPES =
  { markdown = "markdown", json = "json", jsonl = "json", csv = "csv", text = "text", html = "html" }

--- Exports the session: into a new buffer, or into a file that must not be there yet.
---@param format? string
---@param path? string
function M.export(format, path)
  format = format or "markdown"
  if format == "pdf" and not path then
    notify.warn("a PDF needs a file: :Threadkeep export pdf ~/talk.pdf")
    return
  end
  local file = path and paths.absolute(path) or nil
  chat.with_session(function(session)
    local params = { sessionId = session.id, format = format, path = file }
    blank.request("session/export", params, function(problem, result)
      if problem then
        notify.failed(problem)
      elseif result.path then
        notify.info("written: " .. result.path)
      else
        local buf = vim.api.nvim_create_buf(true, false)
        vim.bo[buf].modeline = false
        vim.api.nvim_buf_set_lines(buf, 0, -1, false, vim.split(result.content, "\n", { plain = true }))
        vim.bo[buf].filetype = FILETYPES[format] or "text"
        editing.show(buf)
      end
    end)
  end)
end

--- Imports the sessions of a file, or of another tool's history.
---@param path string
function M.import(path)
  local file = paths.absolute(path)
  client.request("session/import", { path = file, idempotencyKey = loader.key() }, function(problem, result)
    if problem then
      notify.failed(problem)
      return
    end
    local words = ("%d imported, %d were there already"):format(result.imported, result.skipped)
    local first = result.problems[1]
    if first then
      notify.warn(("%s; %d problems, the first: %s"):format(words, #result.problems, first.message))
    else
      notify.info(words .. "; :Threadkeep sessions repository=all lists them.")
    end
  end)
end

return M
