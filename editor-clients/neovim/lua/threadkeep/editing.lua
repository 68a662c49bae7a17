--- Knows where a person edits files, beside the chat.
local attachments = require("threadkeep.attachments")

local M = {}

--- The file that is being edited, or was last.
---@return integer? buf
function M.last_file()
  local current = vim.api.nvim_get_current_buf()
  if attachments.is_file(current) then
    return current
  end
  local best, newest = nil, -1
  for _, info in ipairs(vim.fn.getbufinfo({ buflisted = 1 })) do
    if info.lastused >= newest and attachments.is_file(info.bufnr) then
      local is_visible = #info.windows > 0
      if info.lastused > newest or is_visible then
        best, newest = info.bufnr, info.lastused
      end
    end
  end
  return best
end

--- Shows a buffer where files are edited.
---@param buf integer
function M.show(buf)
  local win = M._window()
  if win then
    vim.api.nvim_set_current_win(win)
    vim.api.nvim_win_set_buf(win, buf)
  else
    vim.cmd("tab split")
    vim.api.nvim_win_set_buf(0, buf)
  end
end

--- Shows lines that nobody needs to keep, in a window of their own; `q` closes it.
---@param name string
---@param lines string[]
---@param filetype? string
---@return integer buf
function M.show_notes(name, lines, filetype)
  local buf = vim.api.nvim_create_buf(false, true)
  vim.bo[buf].bufhidden = "wipe"
  vim.bo[buf].modeline = false
  vim.api.nvim_buf_set_lines(buf, 0, -1, false, lines)
  vim.bo[buf].filetype = filetype or "markdown"
  vim.bo[buf].modifiable = false
  local width = 20
  for _, line in ipairs(lines) do
    width = math.max(width, vim.fn.strdisplaywidth(line) + 2)
  end
  width = math.min(width, vim.o.columns - 4)
  local height = math.max(math.min(#lines, vim.o.lines - 6), 1)
  vim.api.nvim_open_win(buf, true, {
    relative = "editor",
    row = math.max(math.floor((vim.o.lines - height) / 2) - 1, 0),
    col = math.max(math.floor((vim.o.columns - width) / 2), 0),
    width = width,
    height = height,
    border = require("threadkeep.config").get().border,
    title = " " .. name .. " ",
    style = "minimal",
  })
  vim.keymap.set("n", "q", "<Cmd>close<CR>", { buffer = buf, nowait = true, desc = "Close" })
  return buf
end

function M._window()
  for _, win in ipairs(vim.api.nvim_tabpage_list_wins(0)) do
    local is_floating = vim.api.nvim_win_get_config(win).relative ~= ""
    if not is_floating and vim.bo[vim.api.nvim_win_get_buf(win)].buftype == "" then
      return win
    end
  end
end

return M
