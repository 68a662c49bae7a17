--- Dresses the buffers of the chat: their names, options and keys.
local config = require("threadkeep.config")

local M = {}

M.NAMES = { chat = "threadkeep://chat", prompt = "threadkeep://prompt" }
M.FILETYPES = { chat = "threadkeep", prompt = "threadkeep_prompt" }

--- What a name stands for.
---@param name string
---@return threadkeep.Kind?
function M.kind(name)
  for kind, known in pairs(M.NAMES) do
    if name == known then
      return kind
    end
  end
end

--- The buffer that has the name of the chat or the prompt; a new one if there is none.
---@param kind threadkeep.Kind
---@return integer buf
function M.find(kind)
  return vim.fn.bufadd(M.NAMES[kind])
end

--- Gives a buffer its name back; what `:file` left behind under that name goes.
---@param kind threadkeep.Kind
---@param buf integer
function M.name(kind, buf)
  local other = vim.fn.bufnr("^" .. M.NAMES[kind] .. "$")
  if not vim.api.nvim_buf_is_valid(buf) or other == buf then
    return
  end
  if other > 0 and not vim.api.nvim_buf_is_loaded(other) then
    vim.api.nvim_buf_delete(other, { force = true })
  end
  if other < 0 or not vim.api.nvim_buf_is_valid(other) then
    vim.api.nvim_buf_set_name(buf, M.NAMES[kind])
  end
end

--- Whether a buffer has its options and keys; `:bdelete` takes them away.
---@param buf integer
---@return boolean
function M.is_dressed(buf)
  return vim.b[buf].threadkeep == true and vim.bo[buf].buftype == "nowrite" and not vim.bo[buf].buflisted
end

--- Gives a buffer its options, file type and keys. 'buftype' is "nowrite", since a session of Neovim leaves out what
--- is "nofile". Nobody but the plugin writes to the chat, which keeps no undo.
---@param kind threadkeep.Kind
---@param buf integer
function M.dress(kind, buf)
  vim.treesitter.language.register("markdown", { "threadkeep", "threadkeep_prompt" })
  local options =
    { buftype = "nowrite", bufhidden = "hide", buflisted = false, modeline = false, swapfile = false }
  if kind == "chat" then
    options.modifiable = false
    options.undolevels = -1
  end
  for name, value in pairs(options) do
    vim.bo[buf][name] = value
  end
  vim.bo[buf].filetype = M.FILETYPES[kind]
  M._highlight(buf)
  M._keys(kind, buf)
  vim.b[buf].threadkeep = true
end

function M._highlight(buf)
  if not pcall(vim.treesitter.start, buf, "markdown") then
    vim.bo[buf].syntax = "markdown"
  end
end

---What each key of the chat does: the module and the function, and where it is mapped.
---@type table<string, {module: string, action: string, where: "chat"|"prompt"|"both", modes?: string[]}>
M.keys = {
  send = { module = "sending", action = "submit", where = "prompt", modes = { "n", "i" } },
  attach_file = { module = "attaching", action = "file", where = "prompt", modes = { "n", "i" } },
  close = { module = "view", action = "close", where = "both" },
  cancel = { module = "turns", action = "cancel", where = "both" },
  next_message = { module = "messages", action = "next", where = "chat" },
  previous_message = { module = "messages", action = "previous", where = "chat" },
  next_branch = { module = "messages", action = "next_branch", where = "chat" },
  previous_branch = { module = "messages", action = "previous_branch", where = "chat" },
  write = { module = "view", action = "write", where = "chat" },
  yank_block = { module = "code", action = "yank", where = "chat" },
  apply_block = { module = "code", action = "apply", where = "chat" },
  open_block = { module = "code", action = "open", where = "chat" },
  favourite = { module = "messages", action = "favourite", where = "chat" },
  note = { module = "messages", action = "note", where = "chat" },
  edit = { module = "messages", action = "edit", where = "chat" },
  retry = { module = "turns", action = "retry_here", where = "chat" },
  continue = { module = "turns", action = "continue_here", where = "chat" },
  reasoning = { module = "parts", action = "toggle", where = "chat" },
  enter = { module = "parts", action = "enter", where = "chat" },
  open_file = { module = "parts", action = "open_file", where = "chat" },
  diff = { module = "parts", action = "diff", where = "chat" },
  help = { module = "keys_help", action = "show", where = "both" },
}

function M._keys(kind, buf)
  local docs = {}
  for _, option in ipairs(require("threadkeep.options").keymaps) do
    docs[option.name] = option.doc
  end
  local keymaps = config.get().keymaps
  local function map(modes, lhs, key, name)
    vim.keymap.set(modes, lhs, function()
      require("threadkeep." .. key.module)[key.action]()
    end, { buffer = buf, nowait = true, silent = true, desc = "Threadkeep: " .. docs[name] })
  end
  for name, key in pairs(M.keys) do
    if keymaps[name] and (key.where == "both" or key.where == kind) then
      map(key.modes or { "n" }, keymaps[name], key, name)
    end
  end
  if kind == "prompt" and keymaps.send then
    map({ "n" }, "<CR>", M.keys.send, "send")
  elseif kind == "chat" and keymaps.write then
    for _, lhs in ipairs({ "a", "o", "I", "A", "O" }) do
      map({ "n" }, lhs, M.keys.write, "write")
    end
  end
  if kind == "chat" and keymaps.reasoning then
    map({ "n" }, "za", M.keys.reasoning, "reasoning")
  end
end

return M
