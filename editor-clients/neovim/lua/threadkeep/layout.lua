--- Puts the chat and its prompt on the screen, and lays them out again when the screen changes.
local config = require("threadkeep.config")
local sizes = require("threadkeep.sizes")
local windows = require("threadkeep.windows")

local M = {}

---@alias threadkeep.Layout "right"|"left"|"bottom"|"float"|"tab"

M.LAYOUTS = { "right", "left", "bottom", "float", "tab" }

---How the windows of a tab page stood when they were last looked at, by the window of the chat.
---@class threadkeep.Laid
---@field screen string
---@field frame string What else decides about sizes: the screen, and which windows there are.
---@field width integer
---@field height integer Of both.
---@field prompt integer
---@field current integer The window that one was in.

---@type table<integer, threadkeep.Laid>
local laid = {}

--- Which layout is used if none is named.
---@return threadkeep.Layout
function M.preferred()
  local last = sizes.load()
  return vim.list_contains(M.LAYOUTS, last) and last --[[@as threadkeep.Layout]] or config.get().layout
end

--- Opens both windows; the prompt is the current one then.
---@param chat integer The buffer of the chat.
---@param prompt integer The buffer of the prompt.
---@param layout threadkeep.Layout
function M.open(chat, prompt, layout)
  local win
  if layout == "float" then
    win = vim.api.nvim_open_win(chat, true, (M._boxes(sizes.cells("prompt"))))
  elseif layout == "tab" then
    win = M._tab(chat)
  else
    win = M._split(chat, layout)
  end
  windows.set_mark(win, { kind = "chat", layout = layout })
  M.add_prompt(win, prompt)
  M.arrange(vim.api.nvim_get_current_tabpage())
end

--- Opens the prompt below a chat.
---@param chat integer The window.
---@param buf integer
function M.add_prompt(chat, buf)
  local mark = windows.mark(chat)
  local layout = mark and mark.layout
  local win
  if windows.is_floating(chat) then
    win = vim.api.nvim_open_win(buf, true, (select(2, M._boxes(sizes.cells("prompt")))))
  else
    local room = math.max(vim.api.nvim_win_get_height(chat) - 2, 2)
    local height = math.min(sizes.cells("prompt"), room)
    win = vim.api.nvim_open_win(buf, true, { split = "below", win = chat, height = height })
    vim.wo[win].winfixheight = true
    vim.wo[win].winfixwidth = vim.wo[chat].winfixwidth
  end
  windows.set_mark(win, { kind = "prompt", layout = layout })
end

--- Gives the prompt as many lines as its text needs, within bounds.
---@param tab integer
function M.fit_prompt(tab)
  local pair = windows.pair(tab)
  if not pair or not pair.prompt then
    return
  end
  local wanted, now = M._rows(pair.prompt), vim.api.nvim_win_get_height(pair.prompt)
  if pair.layout == "float" then
    M._arrange_float(pair)
  elseif wanted ~= now and windows.is_ours(pair.prompt) then
    local both = now + vim.api.nvim_win_get_height(pair.chat)
    vim.api.nvim_win_set_height(pair.prompt, math.max(math.min(wanted, both - 3), 2))
    -- Where there are windows above, they give nothing.
    vim.api.nvim_win_set_height(pair.chat, both - vim.api.nvim_win_get_height(pair.prompt))
  end
  local before = laid[pair.chat]
  if before then
    local rows = vim.api.nvim_win_get_height(pair.prompt)
    before.prompt, before.height = rows, vim.api.nvim_win_get_height(pair.chat) + rows
  end
end

--- Gives both windows the sizes that they shall have on this screen.
---@param tab integer
function M.arrange(tab)
  local pair = windows.pair(tab)
  local mark = pair and windows.mark(pair.chat)
  if not pair or not mark or mark.kind == "guest" then
    return
  end
  if pair.layout == "float" then
    M._arrange_float(pair)
  elseif pair.layout == "bottom" then
    local below = 0
    if pair.prompt then
      vim.api.nvim_win_set_height(pair.prompt, M._rows(pair.prompt))
      below = vim.api.nvim_win_get_height(pair.prompt) + 1
    end
    vim.api.nvim_win_set_height(pair.chat, math.max(sizes.cells("height") - below, 1))
  elseif pair.layout ~= "tab" and vim.api.nvim_win_get_width(pair.chat) < vim.o.columns then
    vim.api.nvim_win_set_width(pair.chat, sizes.cells("width"))
  end
  M.fit_prompt(tab)
  M._note(tab, pair)
end

--- Lays out anew what is in a tab page, if the screen is another than when that was last done.
---@param tab integer
function M.screen_changed(tab)
  local pair = windows.pair(tab)
  local before = pair and laid[pair.chat]
  if pair and before and before.screen ~= M._screen() then
    M.arrange(tab)
  end
end

--- Looks whether a person resized the windows, and takes that over. A size that comes of another screen, or of windows
--- that came or went, was nobody's wish.
---@param tab integer
function M.resized(tab)
  M.screen_changed(tab)
  local pair = windows.pair(tab)
  if not pair then
    return
  end
  local before = laid[pair.chat]
  local now = M._note(tab, pair)
  if not before or before.frame ~= now.frame or not windows.mark(pair.chat) then
    return
  elseif before.current ~= now.current and M._has_grown(now.current) then
    return
  end
  local is_float = pair.layout == "float"
  if before.width ~= now.width and now.width < vim.o.columns then
    sizes.choose(is_float and "float_width" or "width", now.width)
  end
  if before.prompt ~= now.prompt then
    sizes.choose("prompt", now.prompt)
  end
  if before.height ~= now.height and (is_float or pair.layout == "bottom") then
    sizes.choose(is_float and "float_height" or "height", now.height + (is_float and M._edge() or 1))
  end
  if is_float and not vim.deep_equal(before, now) then
    M._arrange_float(pair)
    M._note(tab, pair)
  end
end

--- Forgets a window that is closed.
---@param win integer
function M.forget(win)
  laid[win] = nil
end

function M._split(buf, layout)
  local is_below = layout == "bottom"
  local size = sizes.cells(is_below and "height" or "width")
  local win = vim.api.nvim_open_win(buf, true, {
    split = is_below and "below" or layout,
    win = -1,
    [is_below and "height" or "width"] = size,
  })
  vim.wo[win][is_below and "winfixheight" or "winfixwidth"] = true
  return win
end

function M._tab(buf)
  vim.cmd("tab split")
  local win = vim.api.nvim_get_current_win()
  vim.wo[win].winfixbuf = false
  vim.api.nvim_win_set_buf(win, buf)
  return win
end

--- How many lines the prompt needs, with the line above it.
function M._rows(win)
  local base, most = sizes.cells("prompt"), config.get().prompt_max_height
  local last = math.min(vim.api.nvim_buf_line_count(vim.api.nvim_win_get_buf(win)), most)
  local rows = vim.api.nvim_win_text_height(win, { start_row = 0, end_row = last - 1 }).all
  return math.max(base, math.min(rows + 1, most))
end

--- Rows that the border of one float takes.
function M._edge()
  local border = config.get().border
  return border == "none" and 0 or border == "shadow" and 1 or 2
end

--- Where the two floats stand: the more the prompt takes, the less the chat has.
---@param rows integer
---@return table chat, table prompt
function M._boxes(rows)
  local width, height = sizes.cells("float_width"), sizes.cells("float_height")
  local edge = M._edge()
  local prompt_rows = math.max(math.min(rows, height - edge - 3), 2)
  local chat = {
    relative = "editor",
    col = math.max(math.floor((vim.o.columns - width) / 2) - 1, 0),
    row = math.max(math.floor((vim.o.lines - height) / 2) - 2, 0),
    width = width,
    height = math.max(height - prompt_rows - edge, 2),
    border = config.get().border,
  }
  local row = chat.row + chat.height + edge
  return chat, vim.tbl_extend("force", chat, { row = row, height = prompt_rows })
end

function M._arrange_float(pair)
  local rows = pair.prompt and M._rows(pair.prompt) or sizes.cells("prompt")
  for win, box in pairs({ [pair.chat] = 1, [pair.prompt or 0] = 2 }) do
    local wanted = select(box, M._boxes(rows))
    local now = win ~= 0 and vim.api.nvim_win_get_config(win)
    if now and (now.height ~= wanted.height or now.width ~= wanted.width or now.row ~= wanted.row) then
      vim.api.nvim_win_set_config(win, wanted)
    end
  end
end

function M._screen()
  return ("%d %d"):format(vim.o.columns, vim.o.lines)
end

--- Whether a window may have grown just because somebody went there: 'winwidth' and 'winheight' do that.
function M._has_grown(win)
  return vim.api.nvim_win_get_width(win) <= vim.o.winwidth
    or vim.api.nvim_win_get_height(win) <= vim.o.winheight
end

function M._note(tab, pair)
  local number = vim.api.nvim_tabpage_get_number(tab)
  local rows = pair.prompt and vim.api.nvim_win_get_height(pair.prompt) or 0
  local around =
    { vim.fn.winlayout(number), vim.o.cmdheight, vim.o.laststatus, vim.o.showtabline, pair.prompt }
  laid[pair.chat] = {
    screen = M._screen(),
    frame = M._screen() .. vim.json.encode(around) .. #vim.api.nvim_list_tabpages(),
    width = vim.api.nvim_win_get_width(pair.chat),
    height = vim.api.nvim_win_get_height(pair.chat) + rows,
    prompt = rows,
    current = vim.api.nvim_tabpage_get_win(tab),
  }
  return laid[pair.chat]
end

return M
