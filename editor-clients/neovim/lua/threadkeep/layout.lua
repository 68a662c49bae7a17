--- Puts the chat and its prompt on the screen, and remembers where.
local config = require("threadkeep.config")
local memory = require("threadkeep.memory")

local M = {}

---@alias threadkeep.Layout "right"|"left"|"bottom"|"float"|"tab"

M.LAYOUTS = { "right", "left", "bottom", "float", "tab" }

---@class threadkeep.Windows
---@field layout threadkeep.Layout
---@field chat integer
---@field prompt integer

--- Which layout is used if none is named.
---@return threadkeep.Layout
function M.preferred()
  local options = config.get()
  local last = options.remember_layout and memory.place().layout
  return vim.list_contains(M.LAYOUTS, last) and last or options.layout
end

--- Opens both windows; the prompt is the current one then.
---@param chat integer The buffer of the chat.
---@param prompt integer The buffer of the prompt.
---@param layout threadkeep.Layout
---@return threadkeep.Windows
function M.open(chat, prompt, layout)
  local options = config.get()
  local place = options.remember_layout and memory.place() or {}
  local chat_win, prompt_win
  if layout == "float" then
    chat_win, prompt_win = M._float(chat, prompt, options)
  else
    chat_win = layout == "tab" and M._tab(chat) or M._split(chat, layout, options, place)
    prompt_win = vim.api.nvim_open_win(prompt, true, {
      split = "below",
      win = chat_win,
      height = math.min(options.prompt_height, math.max(vim.api.nvim_win_get_height(chat_win) - 2, 1)),
    })
  end
  M._dress(chat_win, prompt_win)
  return { layout = layout, chat = chat_win, prompt = prompt_win }
end

--- Notes where the chat is and how large.
---@param windows threadkeep.Windows
function M.remember(windows)
  if not config.get().remember_layout then
    return
  end
  local place = memory.place()
  place.layout = windows.layout
  if windows.layout == "right" or windows.layout == "left" then
    place.width = vim.api.nvim_win_get_width(windows.chat)
  elseif windows.layout == "bottom" then
    place.height = vim.api.nvim_win_get_height(windows.chat) + vim.api.nvim_win_get_height(windows.prompt) + 1
  end
  memory.set_place(place)
end

--- Gives the prompt as many lines as its text needs, within bounds.
---@param windows threadkeep.Windows
---@param lines integer
function M.fit_prompt(windows, lines)
  local options = config.get()
  local wanted = math.max(options.prompt_height, math.min(lines, options.prompt_max_height))
  local now = vim.api.nvim_win_get_height(windows.prompt)
  if wanted == now or windows.layout == "float" then
    return
  end
  local both = now + vim.api.nvim_win_get_height(windows.chat)
  vim.api.nvim_win_set_height(windows.prompt, math.max(math.min(wanted, both - 3), 1))
end

--- A share of the screen, or so many cells.
---@param size number
---@param all integer
---@param least integer
---@return integer
function M.cells(size, all, least)
  local cells = math.floor(size < 1 and all * size or size)
  return math.max(math.min(cells, all - least), math.min(least, all))
end

function M._split(buf, layout, options, place)
  if layout == "bottom" then
    local height = M.cells(place.height or options.height, vim.o.lines, 8)
    return vim.api.nvim_open_win(buf, true, { split = "below", win = -1, height = height })
  end
  local width = M.cells(place.width or options.width, vim.o.columns, 20)
  return vim.api.nvim_open_win(buf, true, { split = layout, win = -1, width = width })
end

function M._tab(buf)
  vim.cmd("tab split")
  local win = vim.api.nvim_get_current_win()
  vim.api.nvim_win_set_buf(win, buf)
  return win
end

function M._float(chat, prompt, options)
  local width = M.cells(0.8, vim.o.columns, 20)
  local height = M.cells(0.8, vim.o.lines - 4, 6)
  local lines = options.prompt_height
  local config_of = {
    relative = "editor",
    col = math.floor((vim.o.columns - width) / 2) - 1,
    row = math.max(math.floor((vim.o.lines - height) / 2) - 2, 0),
    width = width,
    height = math.max(height - lines - 2, 2),
    border = options.border,
  }
  local chat_win = vim.api.nvim_open_win(chat, true, config_of)
  local prompt_win = vim.api.nvim_open_win(
    prompt,
    true,
    vim.tbl_extend("force", config_of, { row = config_of.row + config_of.height + 2, height = lines })
  )
  return chat_win, prompt_win
end

--- Sets options that hold for these buffers in these windows only.
function M._dress(chat, prompt)
  local common = {
    number = false,
    relativenumber = false,
    signcolumn = "no",
    foldcolumn = "0",
    cursorline = false,
    cursorcolumn = false,
    colorcolumn = "",
    list = false,
    spell = false,
    wrap = true,
    linebreak = true,
    breakindent = true,
    scrolloff = 0,
    statuscolumn = "",
  }
  local folding = {
    foldmethod = "manual",
    foldenable = true,
    foldminlines = 0,
    foldtext = "v:lua.require'threadkeep.folds'.text()",
    fillchars = "fold: ,eob: ",
  }
  for name, value in pairs(vim.tbl_extend("force", common, folding)) do
    vim.wo[chat][0][name] = value
  end
  for name, value in pairs(vim.tbl_extend("force", common, { winfixheight = true, fillchars = "eob: " })) do
    vim.wo[prompt][0][name] = value
  end
end

return M
