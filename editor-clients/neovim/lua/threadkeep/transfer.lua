--- Takes sessions out and in: exports to a buffer or a file, imports from a file.
local blank = require("threadkeep.blank")
local chat = require("threadkeep.chat")
local client = require("threadkeep.client")
local editing = require("threadkeep.editing")
local loader = require("threadkeep.loader")
local notify = require("threadkeep.notify")
local paths = require("threadkeep.paths")

local M = {}

--- Calls `done` with what the server says of an export format; with nothing where it has none of that name.
---@param format string
---@param done fun(exporter?: threadkeep.Exporter)
local function look_up(format, done)
  client.request("format/list", {}, function(problem, result)
    if problem then
      notify.failed(problem)
      return
    end
    done(vim.iter(result.exporters):find(function(exporter)
      return exporter.name == format and not exporter.problem
    end))
  end)
end

--- Shows an exported text in a buffer of its own, with the filetype that a file of that format has.
---@param content string
---@param exporter? threadkeep.Exporter
local function show(content, exporter)
  local buf = vim.api.nvim_create_buf(true, false)
  vim.bo[buf].modeline = false
  vim.api.nvim_buf_set_lines(buf, 0, -1, false, vim.split(content, "\n", { plain = true }))
  local name = exporter and "export" .. exporter.extensions[1]
  vim.bo[buf].filetype = name and vim.filetype.match({ filename = name, buf = buf }) or "text"
  editing.show(buf)
end

--- Exports the session: into a new buffer, or into a file that must not be there yet.
---@param format? string
---@param path? string
function M.export(format, path)
  format = format or "markdown"
  local file = path and paths.absolute(path) or nil
  chat.with_session(function(session)
    look_up(format, function(exporter)
      if exporter and exporter.needsPath and not file then
        local example = "~/talk" .. exporter.extensions[1]
        notify.warn(("%s needs a file: :Threadkeep export %s %s"):format(exporter.label, format, example))
        return
      end
      local params = { sessionId = session.id, format = format, path = file }
      blank.request("session/export", params, function(problem, result)
        if problem then
          notify.failed(problem)
        elseif result.path then
          notify.info("written: " .. result.path)
        else
          show(result.content, exporter)
        end
      end)
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
