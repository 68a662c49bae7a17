--- Finds the window where a person edits files, beside the chat.
local windows = require("threadkeep.windows")

local M = {}

local entered = {} ---@type table<integer, integer> When a window was entered last.
local count = 0

--- Notes that a person went to a window.
---@param win integer
function M.entered(win)
  count = count + 1
  entered[win] = count
end

---@param win integer
function M.forget(win)
  entered[win] = nil
end

--- Whether files are edited in a window: it floats not, and shows neither the chat nor what a plugin put there.
---@param win integer
---@return boolean
function M.is_ordinary(win)
  local buf = vim.api.nvim_win_get_buf(win)
  return not windows.is_floating(win)
    and vim.bo[buf].buftype == ""
    and not windows.kind(buf)
    and not windows.mark(win)
    and not vim.wo[win].winfixbuf
    and not vim.wo[win].previewwindow
end

--- The ordinary window of a tab page that was used last.
---@param tab integer
---@return integer?
function M.last(tab)
  local previous = vim.fn.win_getid(vim.fn.winnr("#"))
  local best, newest
  for _, win in ipairs(vim.api.nvim_tabpage_list_wins(tab)) do
    local age = entered[win] or (win == previous and 0.5) or 0
    if M.is_ordinary(win) and (not best or age > newest) then
      best, newest = win, age
    end
  end
  return best
end

--- Shows a buffer in the last ordinary window of a tab page, or in a new one beside the chat.
---@param buf integer
---@param tab integer
---@param layout? threadkeep.Layout
---@return integer win
function M.show(buf, tab, layout)
  local win = M.last(tab)
  if not win and layout == "tab" then
    local previous = vim.fn.tabpagenr("#")
    local there = previous > 0 and vim.api.nvim_list_tabpages()[previous]
    win = there and M.last(there) or nil
  end
  if win and pcall(vim.api.nvim_win_set_buf, win, buf) then
    return win
  end
  vim.api.nvim_set_current_tabpage(tab)
  return vim.api.nvim_open_win(buf, true, { split = layout == "left" and "right" or "left", win = -1 })
end

return M
