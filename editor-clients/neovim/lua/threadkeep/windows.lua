--- Finds the windows of the chat by what they show. A window that the plugin opened carries a mark until it is somebody
--- else's: it may be closed; any other window that shows the chat belongs to the person.
local current = require("threadkeep.current")

local M = {}

---@alias threadkeep.Kind "chat"|"prompt"

---@class threadkeep.Windows
---@field layout threadkeep.Layout
---@field chat integer
---@field prompt? integer

---@class threadkeep.Mark
---@field kind threadkeep.Kind|"guest" What it is for; a guest is a window of the person's in which the chat is shown.
---@field layout? threadkeep.Layout

--- The buffer of the chat or of the prompt, if there is one.
---@param kind threadkeep.Kind
---@return integer?
function M.buf(kind)
  local buf = kind == "chat" and current.buf or kind == "prompt" and current.prompt and current.prompt.buf
  return buf and vim.api.nvim_buf_is_valid(buf) and buf or nil
end

--- What a buffer is to the chat.
---@param buf integer
---@return threadkeep.Kind?
function M.kind(buf)
  return buf == M.buf("chat") and "chat" or buf == M.buf("prompt") and "prompt" or nil
end

--- What a window shows of the chat.
---@param win integer
---@return threadkeep.Kind?
function M.shown(win)
  return M.kind(vim.api.nvim_win_get_buf(win))
end

--- The windows of a tab page that show the chat, or the prompt.
---@param kind threadkeep.Kind
---@param tab integer
---@return integer[]
function M.find(kind, tab)
  local buf = M.buf(kind)
  return buf
      and vim.tbl_filter(function(win)
        return vim.api.nvim_win_get_buf(win) == buf
      end, vim.api.nvim_tabpage_list_wins(tab))
    or {}
end

---@param win integer
---@return boolean
function M.is_floating(win)
  return vim.api.nvim_win_get_config(win).relative ~= ""
end

--- Whether a window is the only one of its tab page that does not float, while others do.
---@param win integer
---@return boolean
function M.is_last_below_floats(win)
  local all = vim.api.nvim_tabpage_list_wins(vim.api.nvim_win_get_tabpage(win))
  local others = vim.tbl_filter(function(other)
    return other ~= win and not M.is_floating(other)
  end, all)
  return #others == 0 and #all > 1 and not M.is_floating(win)
end

---@param win integer
---@return threadkeep.Mark?
function M.mark(win)
  return vim.w[win].threadkeep
end

---@param win integer
---@param mark? threadkeep.Mark
function M.set_mark(win, mark)
  vim.w[win].threadkeep = mark
end

--- Whether the plugin opened a window, or it was split off one that it opened.
---@param win integer
---@return boolean
function M.is_ours(win)
  local mark = M.mark(win)
  return not mark or mark.kind ~= "guest"
end

--- The chat and the prompt in a tab page. Of several the current window counts, then one that the plugin opened.
---@param tab integer
---@return threadkeep.Windows?
function M.pair(tab)
  local chat = M._best("chat", tab)
  if chat then
    local mark = M.mark(chat)
    local prompt = M._best("prompt", tab)
    return { chat = chat, prompt = prompt, layout = mark and mark.layout or M._layout(chat, prompt) }
  end
end

--- The window with the most lines of those in the tab page of `win` that show the same.
---@param kind threadkeep.Kind
---@param win integer
---@return integer
function M.tallest(kind, win)
  local best = win
  for _, other in ipairs(M.find(kind, vim.api.nvim_win_get_tabpage(win))) do
    if vim.api.nvim_win_get_height(other) > vim.api.nvim_win_get_height(best) then
      best = other
    end
  end
  return best
end

--- The chat and the prompt in this tab page, or else in another.
---@return threadkeep.Windows?
function M.anywhere()
  local here = M.pair(vim.api.nvim_get_current_tabpage())
  if here then
    return here
  end
  for _, tab in ipairs(vim.api.nvim_list_tabpages()) do
    local there = M.pair(tab)
    if there then
      return there
    end
  end
end

--- The chat in a tab page where it was opened with a layout.
---@param layout threadkeep.Layout
---@return threadkeep.Windows?
function M.of_layout(layout)
  for _, tab in ipairs(vim.api.nvim_list_tabpages()) do
    local pair = M.pair(tab)
    local mark = pair and M.mark(pair.chat)
    if mark and mark.layout == layout then
      return pair
    end
  end
end

--- The tab pages that show the chat or the prompt: this one, or else all others.
---@return integer[]
function M.tabs()
  local function shows(tab)
    return #M.find("chat", tab) + #M.find("prompt", tab) > 0
  end
  local here = vim.api.nvim_get_current_tabpage()
  return shows(here) and { here } or vim.tbl_filter(shows, vim.api.nvim_list_tabpages())
end

--- Marks windows that stand as the plugin opens them, as after a session of Neovim was restored.
---@param tab integer
function M.adopt(tab)
  for _, chat in ipairs(M.find("chat", tab)) do
    for _, prompt in ipairs(M.find("prompt", tab)) do
      if M._is_above(chat, prompt) then
        local layout = M._layout(chat, prompt)
        M.set_mark(chat, { kind = "chat", layout = layout })
        M.set_mark(prompt, { kind = "prompt", layout = layout })
      end
    end
  end
end

function M._best(kind, tab)
  local found = M.find(kind, tab)
  local now = vim.api.nvim_tabpage_get_win(tab)
  if vim.list_contains(found, now) then
    return now
  end
  for _, win in ipairs(found) do
    local mark = M.mark(win)
    if mark and mark.kind ~= "guest" then
      return win
    end
  end
  return found[1]
end

--- Where a window is, told by its place.
function M._layout(chat, prompt)
  if M.is_floating(chat) then
    return "float"
  end
  local tab = vim.api.nvim_win_get_tabpage(chat)
  local others = vim.tbl_filter(function(win)
    return win ~= chat and win ~= prompt and not M.is_floating(win)
  end, vim.api.nvim_tabpage_list_wins(tab))
  if #others == 0 then
    return "tab"
  elseif vim.api.nvim_win_get_width(chat) == vim.o.columns then
    return "bottom"
  end
  return vim.api.nvim_win_get_position(chat)[2] == 0 and "left" or "right"
end

function M._is_above(upper, lower)
  local top, bottom = vim.api.nvim_win_get_position(upper), vim.api.nvim_win_get_position(lower)
  return top[2] == bottom[2]
    and vim.api.nvim_win_get_width(upper) == vim.api.nvim_win_get_width(lower)
    and top[1] + vim.api.nvim_win_get_height(upper) + 1 == bottom[1]
end

return M
