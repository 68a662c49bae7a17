--- Notices what people and plugins do to the windows and buffers of the chat.
local buffers = require("threadkeep.buffers")
local current = require("threadkeep.current")
local dressing = require("threadkeep.dressing")
local layout = require("threadkeep.layout")
local ordinary = require("threadkeep.ordinary")
local strangers = require("threadkeep.strangers")
local view = require("threadkeep.view")
local windows = require("threadkeep.windows")

local M = {}

local is_watching = false
local is_settling = false

--- Begins to watch; once.
function M.start()
  if is_watching then
    return
  end
  is_watching = true
  local group = vim.api.nvim_create_augroup("threadkeep.chat", { clear = true })
  for events, action in pairs(M._actions) do
    vim.api.nvim_create_autocmd(vim.split(events, " "), { group = group, callback = action })
  end
end

--- Puts windows right a moment later, when whoever changes them has finished.
function M.settle_soon()
  if is_settling then
    return
  end
  is_settling = true
  vim.schedule(function()
    is_settling = false
    -- The command-line window lets nobody change windows; it is asked again when that closes.
    if vim.fn.getcmdwintype() == "" and vim.v.exiting == vim.NIL then
      strangers.settle()
      view.look()
    end
  end)
end

local function entered(event)
  local win = vim.api.nvim_get_current_win()
  local kind = windows.kind(event.buf)
  if kind then
    strangers.welcome(win, kind)
    dressing.appeared(win, kind)
    M.settle_soon()
    return
  end
  dressing.left(win)
  if windows.mark(win) then
    M.settle_soon()
  end
end

local function closed(event)
  local win = tonumber(event.match) --[[@as integer]]
  ordinary.forget(win)
  layout.forget(win)
  local kind = vim.api.nvim_win_is_valid(win) and windows.shown(win)
  if not kind then
    return
  end
  local is_own_doing = win == vim.api.nvim_get_current_win()
  local tab = vim.api.nvim_win_get_tabpage(win)
  vim.schedule(function()
    view.lost(kind, tab, is_own_doing)
  end)
end

local function unloaded(event)
  local kind = windows.kind(event.buf)
  if kind and vim.v.exiting == vim.NIL then
    current.transcript:close()
    vim.schedule(function()
      if vim.v.exiting == vim.NIL and vim.fn.getcmdwintype() == "" then
        strangers.settle()
        require("threadkeep.lifetime").restore()
      end
    end)
  end
end

--- A window that was split off one of the chat's inherits what keeps that one's size.
local function split_off()
  local from = vim.fn.win_getid(vim.fn.winnr("#"))
  local win = vim.api.nvim_get_current_win()
  if from ~= 0 and windows.mark(from) and not windows.mark(win) then
    vim.wo[win].winfixwidth = false
    vim.wo[win].winfixheight = false
  end
end

--- `:file` gave a buffer another name, by which it could not be found any more.
local function renamed(event)
  local kind = windows.kind(event.buf)
  if kind then
    vim.schedule(function()
      buffers.name(kind, event.buf)
    end)
  end
end

M._actions = {
  ["BufFilePost"] = renamed,
  ["WinNew"] = split_off,
  ["BufWinEnter"] = entered,
  ["WinClosed"] = closed,
  ["BufUnload BufWipeout"] = unloaded,
  ["WinEnter"] = function()
    ordinary.entered(vim.api.nvim_get_current_win())
  end,
  ["WinResized"] = function()
    layout.resized(vim.api.nvim_get_current_tabpage())
    view.look()
  end,
  ["TabLeave"] = view.close_floats,
  ["VimResized TabEnter"] = function()
    layout.screen_changed(vim.api.nvim_get_current_tabpage())
    view.look()
  end,
  ["CmdwinLeave"] = function()
    M.settle_soon()
  end,
  ["WinScrolled"] = function()
    local pair = view.windows()
    if pair and vim.v.event[tostring(pair.chat)] then
      require("threadkeep.history").fill()
    end
  end,
  ["BufEnter"] = function(event)
    if windows.kind(event.buf) == "chat" then
      require("threadkeep.history").fill()
    end
  end,
  ["VimLeavePre FocusLost"] = function()
    require("threadkeep.sizes").save()
    local writer = current.prompt
    if writer and windows.buf("prompt") then
      writer:save_now()
    end
  end,
}

return M
