--- Loads long contents in pieces: into a buffer that nobody needs to keep, or as a text.
local ansi = require("threadkeep.ansi")
local client = require("threadkeep.client")
local colours = require("threadkeep.colours")
local notify = require("threadkeep.notify")
local text = require("threadkeep.text")

local M = {}

---Bytes of a piece.
M.PIECE = 262144

local namespace = vim.api.nvim_create_namespace("threadkeep.pieces")

--- Calls `on_piece` with each piece of a content until it returns false, then `on_end`.
---@param session_id string
---@param blob threadkeep.Blob
---@param on_piece fun(piece: string): boolean?
---@param on_end fun(problem?: threadkeep.Error)
function M.each(session_id, blob, on_piece, on_end)
  local function get(offset)
    local params =
      { sessionId = session_id, sha256 = blob.sha256, offset = offset, limit = M.PIECE, encoding = "utf-8" }
    client.request("blob/get", params, function(problem, result)
      if problem then
        on_end(problem)
      elseif on_piece(result.data) == false then
        return
      elseif result.next then
        get(result.next)
      else
        on_end()
      end
    end)
  end
  get(0)
end

--- A whole content, as text. One that still grows, or has none, is what is known of it.
---@param session_id string
---@param blob? threadkeep.Blob
---@param known? string
---@param callback fun(all: string)
function M.whole(session_id, blob, known, callback)
  if not blob or blob.sha256 == "" then
    callback(known or blob and blob.tail or "")
    return
  end
  local all = {}
  M.each(session_id, blob, function(piece)
    all[#all + 1] = piece
  end, function(problem)
    if problem then
      notify.failed(problem)
    else
      callback(table.concat(all))
    end
  end)
end

--- A buffer that nobody needs to keep, in which nothing is run.
---@return integer buf
function M.scratch()
  local buf = vim.api.nvim_create_buf(false, true)
  for name, value in pairs({ bufhidden = "wipe", modeline = false, swapfile = false, undolevels = -1 }) do
    vim.bo[buf][name] = value
  end
  return buf
end

--- Shows all of an output in a tab page of its own; it fills while it is loaded, and `q` closes it.
---@param session_id string
---@param target threadkeep.Target
---@return integer buf
function M.show(session_id, target)
  local buf = M.scratch()
  vim.cmd("tab split")
  vim.api.nvim_win_set_buf(0, buf)
  vim.wo[0][0].winbar = "%#ThreadkeepMeta# " .. text.bar(text.one_line(target.name or "output", 100)) .. "%*"
  vim.keymap.set("n", "q", "<Cmd>close<CR>", { buffer = buf, nowait = true, desc = "Close" })
  local style, rest, is_first = nil, "", true
  local function put(source)
    local lines
    lines, style = ansi.shown(source, target.is_terminal, style)
    local row = is_first and 0 or vim.api.nvim_buf_line_count(buf)
    vim.bo[buf].modifiable = true
    vim.api.nvim_buf_set_lines(
      buf,
      is_first and 0 or -1,
      -1,
      false,
      vim.tbl_map(function(line)
        return line.text
      end, lines)
    )
    vim.bo[buf].modifiable = false
    is_first = false
    for index, line in ipairs(lines) do
      for _, span in ipairs(line.spans) do
        local group = colours.group(span[3])
        if group then
          local at = { end_col = span[2], hl_group = group }
          vim.api.nvim_buf_set_extmark(buf, namespace, row + index - 1, span[1], at)
        end
      end
    end
  end
  local function came(piece)
    if not vim.api.nvim_buf_is_valid(buf) then
      return false
    end
    -- A line, and a sequence for a terminal, may be cut in two between pieces.
    local whole, last = piece:match("^(.*)\n(.-)$")
    if whole then
      put(rest .. whole)
      rest = last
    else
      rest = rest .. piece
    end
  end
  local function ended(problem)
    if problem then
      notify.failed(problem)
    end
    if rest ~= "" and vim.api.nvim_buf_is_valid(buf) then
      put(rest)
    end
  end
  if target.item.blob then
    M.each(session_id, target.item.blob, came, ended)
  else
    came(target.item.text or "")
    ended()
  end
  return buf
end

--- Shows what a tool call changed, as two buffers side by side in a tab page of its own; `q` closes it.
---@param session_id string
---@param item threadkeep.OutputItem
function M.show_diff(session_id, item)
  M.whole(session_id, item.oldBlob, item.oldText, function(old)
    M.whole(session_id, item.newBlob, item.newText, function(new)
      vim.cmd("tab split")
      local name = text.one_line(item.uri or "", 200)
      local before = M._side(0, old, "before: " .. name, item.uri)
      local win = vim.api.nvim_open_win(before, true, { split = "right", win = 0 })
      M._side(win, new, "after: " .. name, item.uri)
    end)
  end)
end

--- Fills a window with one side of a diff.
function M._side(win, all, name, uri)
  local buf = M.scratch()
  local lines = text.lines((all:gsub("\n$", "")))
  vim.api.nvim_buf_set_lines(buf, 0, -1, false, lines)
  vim.bo[buf].modifiable = false
  vim.api.nvim_win_set_buf(win, buf)
  local filetype = vim.filetype.match({ filename = vim.fs.basename(text.one_line(uri or "", 200)) })
  if filetype then
    vim.bo[buf].filetype = filetype
  end
  vim.keymap.set("n", "q", "<Cmd>tabclose<CR>", { buffer = buf, nowait = true, desc = "Close" })
  vim.api.nvim_win_call(win, function()
    vim.cmd("diffthis")
    vim.wo[0][0].winbar = "%#ThreadkeepMeta# " .. text.bar(name) .. "%*"
  end)
  return buf
end

return M
