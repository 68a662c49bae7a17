--- Writes to a buffer that only the plugin writes to; windows at its end follow, all others stay where they are.
local M = {}

--- Replaces lines.
---@param buf integer
---@param first integer 0-based.
---@param last integer Exclusive; -1 is the end.
---@param lines string[]
function M.set(buf, first, last, lines)
  M._write(buf, function()
    vim.api.nvim_buf_set_lines(buf, first, last, false, lines)
  end)
end

--- Adds to a line.
---@param buf integer
---@param row integer 0-based.
---@param column integer Its length in bytes.
---@param lines string[] The first one joins the line.
function M.append(buf, row, column, lines)
  M._write(buf, function()
    vim.api.nvim_buf_set_text(buf, row, column, row, column, lines)
  end)
end

--- Shows the end again in windows that follow it: lines that are no text push it away unnoticed.
---@param buf integer
function M.show_end(buf)
  for _, win in ipairs(M._following(buf)) do
    vim.api.nvim_win_call(win, function()
      vim.cmd("normal! zb")
    end)
  end
end

function M._following(buf)
  local last = vim.api.nvim_buf_line_count(buf)
  return vim.tbl_filter(function(win)
    return vim.api.nvim_win_get_cursor(win)[1] == last
  end, vim.fn.win_findbuf(buf))
end

function M._write(buf, change)
  local following = M._following(buf)
  vim.bo[buf].modifiable = true
  change()
  vim.bo[buf].modifiable = false
  local now = vim.api.nvim_buf_line_count(buf)
  for _, win in ipairs(following) do
    vim.api.nvim_win_set_cursor(win, { now, 0 })
  end
end

return M
