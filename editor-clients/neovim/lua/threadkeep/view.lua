--- The chat on the screen: its windows, and the lines above them.
local config = require("threadkeep.config")
local current = require("threadkeep.current")
local drafts = require("threadkeep.drafts")
local folds = require("threadkeep.folds")
local layout = require("threadkeep.layout")
local render = require("threadkeep.render")
local winbar = require("threadkeep.winbar")

local M = {}

--- The windows of the chat while it is on the screen.
---@return threadkeep.Windows?
function M.windows()
  local windows = current.windows
  if windows and vim.api.nvim_win_is_valid(windows.chat) and vim.api.nvim_win_is_valid(windows.prompt) then
    return windows
  end
end

--- Puts the chat on the screen.
---@param wanted? threadkeep.Layout
function M.open(wanted)
  current.windows = layout.open(current.buf, current.prompt.buf, wanted or layout.preferred())
  layout.remember(current.windows)
  for _, range in ipairs(current.transcript:folds()) do
    folds.close_in(current.windows.chat, range[1], range[2])
  end
  M.to_end()
end

--- Takes the chat off the screen; everything goes on.
function M.close()
  local windows = current.windows
  if not windows then
    return
  end
  current.windows = nil
  if vim.api.nvim_win_is_valid(windows.chat) and vim.api.nvim_win_is_valid(windows.prompt) then
    layout.remember(windows)
  end
  for _, win in ipairs({ windows.prompt, windows.chat }) do
    if vim.api.nvim_win_is_valid(win) and not pcall(vim.api.nvim_win_close, win, true) then
      -- The last window cannot be closed; it shows an empty buffer instead.
      vim.api.nvim_win_set_buf(win, vim.api.nvim_create_buf(true, false))
    end
  end
end

--- Goes to the prompt, to write.
function M.write()
  local windows = M.windows()
  if windows then
    vim.api.nvim_set_current_win(windows.prompt)
    if vim.bo[current.prompt.buf].modifiable then
      vim.cmd.startinsert({ bang = true })
    end
  end
end

--- Gives the prompt as much room as its text needs.
function M.fit()
  local windows = M.windows()
  if windows then
    layout.fit_prompt(windows, vim.api.nvim_buf_line_count(current.prompt.buf))
  end
end

--- Brings the lines above the chat and the prompt up to date, and lets one write or not.
function M.look()
  local session = current.state.session
  if current.prompt then
    local is_locked = session ~= nil and session.status ~= "active"
    local key = config.get().keymaps.send
    local hint = is_locked and "" or ("Ask something" .. (key and ("; " .. key .. " sends it") or ""))
    if not is_locked and current.default_model == "offline" and not (session and session.model) then
      hint = hint .. ". :Threadkeep model chooses who answers"
    end
    current.prompt:lock(is_locked, hint)
  end
  local windows = M.windows()
  if not windows then
    return
  end
  vim.wo[windows.chat][0].winbar = winbar.chat(session, {
    width = vim.api.nvim_win_get_width(windows.chat),
    model = current.default_model,
    problem = current.problem,
    branch = require("threadkeep.branch").words(),
    loading = current.pages > 0 and "loading …" or current.state.after and "not the newest" or nil,
  })
  vim.wo[windows.prompt][0].winbar = winbar.prompt(session, {
    attachments = vim.tbl_map(render.place, drafts.enclosed(session and session.id)),
    queued = current.state.queued,
    is_editing = session ~= nil and drafts.editing(session.id) ~= nil,
    is_sending = current.sending > 0,
    offered = #require("threadkeep.offers").of(session and session.id),
    left_behind = require("threadkeep.hints").count(),
    send_key = config.get().keymaps.send,
  })
  M.fit()
end

--- The newest message is visible, and stays so while it grows.
function M.to_end()
  local windows = M.windows()
  if windows then
    vim.api.nvim_win_set_cursor(windows.chat, { vim.api.nvim_buf_line_count(current.buf), 0 })
  end
end

--- Whether the first line that is loaded is on the screen.
---@return boolean
function M.is_at_top()
  local windows = M.windows()
  return windows ~= nil and vim.fn.line("w0", windows.chat) == 1
end

--- Draws everything anew by `change`; who was not at the end is at the same line of the same message afterwards.
---@param change fun()
function M.keeping_place(change)
  local windows, transcript = M.windows(), current.transcript
  local row = windows and vim.api.nvim_win_get_cursor(windows.chat)[1] - 1
  local id = row and row + 1 < vim.api.nvim_buf_line_count(current.buf) and transcript:message_at(row)
  local offset = id and row - transcript:range(id)
  change()
  if id and transcript.blocks[id] then
    local first, last = transcript:range(id)
    vim.api.nvim_win_set_cursor(windows.chat, { math.min(first + offset, last - 1) + 1, 0 })
  else
    M.to_end()
  end
end

--- Lines that come at the top during `change` push nothing away.
---@param change fun()
function M.keeping_views(change)
  local views = {}
  for _, win in ipairs(vim.fn.win_findbuf(current.buf or -1)) do
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

return M
