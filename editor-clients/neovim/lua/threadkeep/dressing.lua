--- Gives windows the options that they have while they show the chat or the prompt, and takes them back.
local current = require("threadkeep.current")
local folds = require("threadkeep.folds")

local M = {}

---Options of every window that shows the chat or the prompt, for as long as it does.
local OPTIONS = {
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

local OPTIONS_OF = {
  chat = {
    foldmethod = "manual",
    foldenable = true,
    foldminlines = 0,
    foldtext = "v:lua.require'threadkeep.folds'.text()",
    fillchars = "fold: ,eob: ",
  },
  prompt = { fillchars = "eob: " },
}

--- A window shows the chat or the prompt now.
---@param win integer
---@param kind threadkeep.Kind
function M.appeared(win, kind)
  for name, value in pairs(vim.tbl_extend("force", OPTIONS, OPTIONS_OF[kind])) do
    vim.wo[win][0][name] = value
  end
  if kind == "chat" then
    folds.close_all_in(win, current.transcript)
  end
end

--- A window shows something else. Neovim takes the options along when `:help` splits a window of the chat.
---@param win integer
function M.left(win)
  if vim.wo[win].winbar:find("%#Threadkeep", 1, true) then
    for name in pairs(vim.tbl_extend("force", { winbar = "" }, OPTIONS, OPTIONS_OF.chat)) do
      vim.wo[win][0][name] = vim.go[name]
    end
  end
end

return M
