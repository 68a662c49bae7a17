--- The chat on the screen: its windows, and the lines above them.
local config = require("threadkeep.config")
local current = require("threadkeep.current")
local drafts = require("threadkeep.drafts")
local layout = require("threadkeep.layout")
local notify = require("threadkeep.notify")
local render = require("threadkeep.render")
local sizes = require("threadkeep.sizes")
local strangers = require("threadkeep.strangers")
local winbar = require("threadkeep.winbar")
local windows = require("threadkeep.windows")

local M = {}

--- The windows of the chat while it is on the screen: those of this tab page, or else of another.
---@return threadkeep.Windows?
function M.windows()
  return windows.anywhere()
end

--- Whether this tab page shows the chat, or only the prompt.
---@return boolean
function M.is_here()
  local here = vim.api.nvim_get_current_tabpage()
  return #windows.find("chat", here) + #windows.find("prompt", here) > 0
end

--- Puts the chat and the prompt on the screen, or what is missing of them; the prompt is the current window then.
---@param wanted? threadkeep.Layout
---@return boolean is_open
function M.open(wanted)
  if wanted then
    sizes.name(wanted)
  end
  if vim.fn.getcmdwintype() ~= "" then
    notify.warn("close the command-line window first.")
    return false
  end
  local ok, problem = pcall(M._open, wanted)
  if not ok then
    if not tostring(problem):find("E36:", 1, true) then
      error(problem, 0)
    end
    -- There is no room for another window; one that floats needs none.
    M.close()
    layout.open(current.buf, current.prompt.buf, "float")
    M.to_end()
  end
  return true
end

--- Takes the chat off the screen; everything goes on. Windows that the plugin did not open stay.
function M.close()
  for _, tab in ipairs(windows.tabs()) do
    M.close_in(tab)
  end
end

---@param tab integer
function M.close_in(tab)
  for _, kind in ipairs({ "prompt", "chat" }) do
    for _, win in ipairs(vim.api.nvim_tabpage_is_valid(tab) and windows.find(kind, tab) or {}) do
      M._close(win)
    end
  end
end

--- Closes what floats over this tab page, which is being left. Until Neovim 0.12 much of what may happen to the
--- windows of another tab page is a crash ("segmentation fault") if anything floats there.
function M.close_floats()
  for _, win in ipairs(vim.api.nvim_tabpage_list_wins(0)) do
    if windows.is_floating(win) and windows.shown(win) then
      M._close(win)
    end
  end
end

--- A window with the chat or the prompt was closed. Whoever closes the window that they are in closes the chat; a
--- prompt alone is of no use, but the chat can be read without one.
---@param kind threadkeep.Kind
---@param tab integer
---@param is_own_doing boolean Whether it was the window that somebody was in.
function M.lost(kind, tab, is_own_doing)
  local is_gone = vim.api.nvim_tabpage_is_valid(tab) and #windows.find(kind, tab) == 0
  if not is_gone or vim.fn.getcmdwintype() ~= "" or kind == "prompt" and not is_own_doing then
    return
  end
  for _, win in ipairs(windows.find(kind == "chat" and "prompt" or "chat", tab)) do
    if windows.is_ours(win) and (is_own_doing or win ~= vim.api.nvim_get_current_win()) then
      M._close(win)
    end
  end
end

--- Goes to the prompt, to write.
function M.write()
  local pair = M.windows()
  if pair and not pair.prompt then
    vim.api.nvim_set_current_win(pair.chat)
    M.open()
    pair = M.windows()
  end
  if pair and pair.prompt then
    vim.api.nvim_set_current_win(pair.prompt)
    if vim.bo[current.prompt.buf].modifiable then
      vim.cmd.startinsert({ bang = true })
    end
  end
end

--- Gives the prompt as much room as its text needs; in another tab page once one goes there.
function M.fit()
  layout.fit_prompt(vim.api.nvim_get_current_tabpage())
end

--- Brings the lines above the chat and the prompt up to date, and lets one write or not.
function M.look()
  local session = current.state.session
  if windows.buf("prompt") and vim.api.nvim_buf_is_loaded(current.prompt.buf) then
    local is_locked = session ~= nil and session.status ~= "active"
    local key = config.get().keymaps.send
    local hint = is_locked and "" or ("Ask something" .. (key and ("; " .. key .. " sends it") or ""))
    if not is_locked and current.default_model == "offline" and not (session and session.model) then
      hint = hint .. ". :Threadkeep model chooses who answers"
    end
    current.prompt:lock(is_locked, hint)
  end
  for _, win in ipairs(vim.fn.win_findbuf(windows.buf("chat") or -1)) do
    M._set_bar(
      win,
      winbar.chat(session, {
        width = vim.api.nvim_win_get_width(win),
        model = current.default_model,
        problem = current.problem,
        branch = require("threadkeep.branch").words(),
        loading = current.pages > 0 and "loading …" or current.state.after and "not the newest" or nil,
      })
    )
  end
  for _, win in ipairs(vim.fn.win_findbuf(windows.buf("prompt") or -1)) do
    M._set_bar(
      win,
      winbar.prompt(session, {
        width = vim.api.nvim_win_get_width(win),
        attachments = vim.tbl_map(render.place, drafts.enclosed(session and session.id)),
        queued = current.state.queued,
        is_editing = session ~= nil and drafts.editing(session.id) ~= nil,
        is_sending = current.sending > 0,
        offered = #require("threadkeep.offers").of(session and session.id),
        left_behind = require("threadkeep.hints").count(),
        send_key = config.get().keymaps.send,
      })
    )
  end
  M.fit()
end

--- The newest message is visible, and stays so while it grows.
function M.to_end()
  local pair = M.windows()
  if pair then
    vim.api.nvim_win_set_cursor(pair.chat, { vim.api.nvim_buf_line_count(current.buf), 0 })
  end
end

--- Whether the first line that is loaded is on the screen.
---@return boolean
function M.is_at_top()
  local pair = M.windows()
  return pair ~= nil and vim.fn.line("w0", pair.chat) == 1
end

--- Draws everything anew by `change`; who was not at the end is at the same line of the same message afterwards.
---@param change fun()
function M.keeping_place(change)
  local pair, transcript = M.windows(), current.transcript
  local row = pair and vim.api.nvim_win_get_cursor(pair.chat)[1] - 1
  local id = row and row + 1 < vim.api.nvim_buf_line_count(current.buf) and transcript:message_at(row)
  local offset = id and row - transcript:range(id)
  change()
  if pair and id and transcript.blocks[id] then
    local first, last = transcript:range(id)
    vim.api.nvim_win_set_cursor(pair.chat, { math.min(first + offset, last - 1) + 1, 0 })
  else
    M.to_end()
  end
end

--- Lines that come at the top during `change` push nothing away.
---@param change fun()
function M.keeping_views(change)
  if not windows.buf("chat") then
    return change()
  end
  local views = {}
  for _, win in ipairs(vim.fn.win_findbuf(current.buf)) do
    vim.api.nvim_win_call(win, function()
      views[win] = vim.fn.winsaveview()
    end)
  end
  local before = vim.api.nvim_buf_line_count(current.buf)
  change()
  local added = vim.api.nvim_buf_line_count(current.buf) - before
  for win, view in pairs(views) do
    view.lnum, view.topline = view.lnum + added, view.topline + added
    vim.api.nvim_win_call(win, function()
      vim.fn.winrestview(view)
    end)
  end
end

--- In a window of one line there is no room for another.
function M._set_bar(win, bar)
  if vim.wo[win].winbar ~= bar and vim.api.nvim_win_get_height(win) > 1 then
    vim.wo[win][0].winbar = bar
  end
end

function M._open(wanted)
  local tab = vim.api.nvim_get_current_tabpage()
  local pair = windows.pair(tab)
  if pair and wanted and wanted ~= pair.layout then
    M.close()
    tab, pair = vim.api.nvim_get_current_tabpage(), nil
  end
  wanted = wanted or layout.preferred()
  if not pair and wanted == "tab" then
    pair = windows.of_layout("tab")
  end
  if pair and pair.prompt then
    vim.api.nvim_set_current_win(pair.prompt)
    return
  elseif pair then
    layout.add_prompt(windows.tallest("chat", pair.chat), current.prompt.buf)
  else
    strangers.release_all(tab)
    for _, win in ipairs(windows.find("prompt", tab)) do
      if windows.is_ours(win) and #vim.api.nvim_tabpage_list_wins(tab) > 1 then
        M._close(win)
      end
    end
    layout.open(current.buf, current.prompt.buf, wanted)
  end
  M.to_end()
end

function M._close(win)
  local buf = vim.api.nvim_win_get_buf(win)
  local is_closable = windows.is_ours(win) and not windows.is_last_below_floats(win)
  if is_closable and pcall(vim.api.nvim_win_close, win, true) then
    return
  end
  -- It is the person's own, or the last window, which cannot be closed: it shows what it did before, or nothing.
  strangers.release(win)
  local before = vim.api.nvim_win_call(win, function()
    return vim.fn.bufnr("#")
  end)
  if before <= 0 or not vim.api.nvim_buf_is_loaded(before) or windows.kind(before) then
    before = vim.api.nvim_create_buf(true, false)
  end
  if vim.api.nvim_win_get_buf(win) == buf then
    vim.api.nvim_win_set_buf(win, before)
  end
end

return M
