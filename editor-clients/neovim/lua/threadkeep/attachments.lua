--- Makes attachments of what is in the editor, and keeps the server's view of unsaved buffers up to date.
local client = require("threadkeep.client")

local M = {}

local SEVERITIES = { "Error", "Warning", "Information", "Hint" }

--- Whether a buffer holds a file that can be attached.
---@param buf integer
---@return boolean
function M.is_file(buf)
  return vim.api.nvim_buf_is_valid(buf)
    and vim.bo[buf].buftype == ""
    and vim.api.nvim_buf_get_name(buf) ~= ""
    and not vim.api.nvim_buf_get_name(buf):match("^%a[%w+.-]+://")
end

--- The whole of a buffer.
---@param buf integer
---@return threadkeep.Attachment? attachment
---@return string? problem
function M.file(buf)
  if not M.is_file(buf) then
    return nil, "This buffer is no file; save it first, or attach a selection."
  end
  return { type = "file", uri = vim.uri_from_bufnr(buf), languageId = M._language(buf) }
end

--- Lines of a buffer, with the text that stands there now.
---@param buf integer
---@param first integer 1-based.
---@param last integer
---@return threadkeep.Attachment
function M.selection(buf, first, last)
  local lines = vim.api.nvim_buf_get_lines(buf, first - 1, last, false)
  return {
    type = "selection",
    uri = M.is_file(buf) and vim.uri_from_bufnr(buf) or nil,
    range = M.is_file(buf) and {
      start = { line = first - 1, character = 0 },
      ["end"] = { line = first - 1 + #lines, character = 0 },
    } or nil,
    text = table.concat(lines, "\n") .. "\n",
    languageId = M._language(buf),
  }
end

--- The diagnostics of a buffer, or of some of its lines, with the lines they are about.
---@param buf integer
---@param first? integer 1-based.
---@param last? integer
---@return threadkeep.Attachment? attachment
---@return string? problem
function M.diagnostics(buf, first, last)
  local found = vim.tbl_filter(function(one)
    return not first or (one.lnum + 1 >= first and one.lnum + 1 <= last)
  end, vim.diagnostic.get(buf))
  if #found == 0 then
    return nil, "There are no diagnostics here."
  end
  table.sort(found, function(a, b)
    return a.lnum < b.lnum or a.lnum == b.lnum and a.severity < b.severity
  end)
  local name = vim.fn.fnamemodify(vim.api.nvim_buf_get_name(buf), ":.")
  local lines = { "Diagnostics of " .. (name == "" and "a buffer without a name" or name) .. ":" }
  for _, one in ipairs(found) do
    local source = one.source and (" (" .. one.source .. ")") or ""
    local text = vim.trim(vim.api.nvim_buf_get_lines(buf, one.lnum, one.lnum + 1, false)[1] or "")
    lines[#lines + 1] = ("%d: %s: %s%s"):format(one.lnum + 1, SEVERITIES[one.severity], one.message, source)
    lines[#lines + 1] = "    " .. text
  end
  return { type = "text", text = table.concat(lines, "\n") .. "\n" }
end

---@type table<string, {version: integer, tick: integer}> By URI: what the server knows of buffers.
local open = {}

--- Tells the server the text of the buffers that are attached, as `textDocument/did…` does, so that what is not saved
--- counts too. Buffers are told at each message, not at each key.
---@param attachments threadkeep.Attachment[]
function M.sync(attachments)
  for _, attachment in ipairs(attachments) do
    if attachment.uri and not open[attachment.uri] then
      open[attachment.uri] = { version = 0, tick = -1 }
    end
  end
  for uri, known in pairs(open) do
    local buf = vim.uri_to_bufnr(uri)
    if not vim.api.nvim_buf_is_loaded(buf) then
      open[uri] = nil
      if known.version > 0 then
        client.notify("textDocument/didClose", { textDocument = { uri = uri } })
      end
    elseif known.tick ~= vim.api.nvim_buf_get_changedtick(buf) then
      M._tell(uri, buf, known)
    end
  end
end

--- Forgets what a server was told: it ended.
function M.forget()
  for _, known in pairs(open) do
    known.version, known.tick = 0, -1
  end
end

function M._tell(uri, buf, known)
  local lines = vim.api.nvim_buf_get_lines(buf, 0, -1, false)
  local text = table.concat(lines, "\n") .. (vim.bo[buf].endofline and "\n" or "")
  known.version, known.tick = known.version + 1, vim.api.nvim_buf_get_changedtick(buf)
  if known.version == 1 then
    client.notify("textDocument/didOpen", {
      textDocument = { uri = uri, languageId = M._language(buf) or "", version = 1, text = text },
    })
  else
    client.notify("textDocument/didChange", {
      textDocument = { uri = uri, version = known.version },
      contentChanges = { { text = text } },
    })
  end
end

function M._language(buf)
  local filetype = vim.bo[buf].filetype
  return filetype ~= "" and filetype or nil
end

return M
