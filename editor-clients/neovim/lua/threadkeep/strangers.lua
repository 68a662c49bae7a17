--- Sends files that were opened in the windows of the chat to where files are edited, and gives up windows that are
--- not the chat's any more.
local layout = require("threadkeep.layout")
local ordinary = require("threadkeep.ordinary")
local windows = require("threadkeep.windows")

local M = {}

--- Leaves a window to whatever it shows.
---@param win integer
function M.release(win)
  local mark = windows.mark(win)
  windows.set_mark(win, nil)
  if mark and mark.kind ~= "guest" then
    vim.wo[win].winfixwidth = false
    vim.wo[win].winfixheight = false
  end
end

--- Leaves all windows of a tab page that show neither the chat nor the prompt.
---@param tab integer
function M.release_all(tab)
  for _, win in ipairs(vim.api.nvim_tabpage_list_wins(tab)) do
    if windows.mark(win) and not windows.shown(win) then
      M.release(win)
    end
  end
end

--- Notes that a window shows the chat or the prompt now: it is what it was opened for, or a guest.
---@param win integer
---@param kind threadkeep.Kind
function M.welcome(win, kind)
  local mark = windows.mark(win) or { kind = "guest" }
  if mark.kind ~= "guest" then
    mark.kind = kind
  end
  windows.set_mark(win, mark)
end

--- Looks at all windows that were opened for the chat, and puts right what they show. Called a moment after a buffer
--- came into one: whoever opened a file has gone to its place by then.
function M.settle()
  for _, tab in ipairs(vim.api.nvim_list_tabpages()) do
    for _, win in ipairs(vim.api.nvim_tabpage_list_wins(tab)) do
      local mark = vim.api.nvim_win_is_valid(win) and windows.mark(win)
      if mark and not windows.shown(win) then
        M._settle(win, tab, mark)
      end
    end
  end
end

function M._settle(win, tab, mark)
  local buf = mark.kind ~= "guest" and windows.buf(mark.kind)
  if not buf or not vim.api.nvim_buf_is_loaded(buf) then
    -- It is the person's own, or its buffer was deleted: another one is wanted here.
    M.release(win)
  elseif vim.bo[vim.api.nvim_win_get_buf(win)].buftype == "" then
    M._send_away(win, tab, mark, buf)
  end
  -- What a plugin put here, a picker say, stays for as long as it likes.
end

function M._send_away(win, tab, mark, buf)
  local stranger = vim.api.nvim_win_get_buf(win)
  local is_current = win == vim.api.nvim_get_current_win()
  local view = vim.api.nvim_win_call(win, vim.fn.winsaveview)
  local target = ordinary.show(stranger, tab, mark.layout)
  vim.api.nvim_win_set_buf(win, buf)
  vim.api.nvim_win_call(target, function()
    vim.fn.winrestview(view)
  end)
  if is_current then
    vim.api.nvim_set_current_win(target)
    vim.cmd.stopinsert()
  end
  if mark.layout == "float" then
    -- It would cover the file.
    require("threadkeep.view").close()
  else
    layout.arrange(tab)
  end
end

return M
