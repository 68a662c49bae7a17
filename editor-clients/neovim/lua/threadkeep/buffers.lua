--- Makes the buffers of the chat: their options, keys and autocommands.
local config = require("threadkeep.config")
local current = require("threadkeep.current")
local view = require("threadkeep.view")

local M = {}

--- The buffer that shows the chat. Nobody but the plugin writes to it, and it keeps no undo.
---@return integer buf
function M.transcript()
  local buf = vim.api.nvim_create_buf(false, true)
  local options = {
    bufhidden = "hide",
    modeline = false,
    modifiable = false,
    swapfile = false,
    undolevels = -1,
  }
  for name, value in pairs(options) do
    vim.bo[buf][name] = value
  end
  return buf
end

--- Gives both buffers their names, file types, keys and autocommands.
---@param chat integer
---@param prompt integer
function M.dress(chat, prompt)
  vim.treesitter.language.register("markdown", { "threadkeep", "threadkeep_prompt" })
  M._name(chat, "threadkeep://chat")
  M._name(prompt, "threadkeep://prompt")
  vim.bo[chat].filetype = "threadkeep"
  vim.bo[prompt].filetype = "threadkeep_prompt"
  M._highlight(chat)
  M._highlight(prompt)
  M._keys(chat, prompt)
  M._autocommands(chat, prompt)
end

--- A name may be taken by a buffer that was wiped out only half.
function M._name(buf, name)
  local number = 1
  while
    not pcall(vim.api.nvim_buf_set_name, buf, number == 1 and name or (name .. "-" .. number))
    and number < 100
  do
    number = number + 1
  end
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
  reasoning = { module = "folds", action = "toggle", where = "chat" },
  help = { module = "keys_help", action = "show", where = "both" },
}

function M._keys(chat, prompt)
  local docs = {}
  for _, option in ipairs(require("threadkeep.options").keymaps) do
    docs[option.name] = option.doc
  end
  local function map(buf, modes, lhs, key, name)
    vim.keymap.set(modes, lhs, function()
      require("threadkeep." .. key.module)[key.action]()
    end, { buffer = buf, nowait = true, silent = true, desc = "Threadkeep: " .. docs[name] })
  end
  for name, key in pairs(M.keys) do
    local lhs = config.get().keymaps[name]
    if lhs then
      local modes = key.modes or { "n" }
      if key.where ~= "prompt" then
        map(chat, modes, lhs, key, name)
      end
      if key.where ~= "chat" then
        map(prompt, modes, lhs, key, name)
      end
    end
  end
  if config.get().keymaps.send then
    map(prompt, { "n" }, "<CR>", M.keys.send, "send")
  end
  if config.get().keymaps.write then
    for _, lhs in ipairs({ "a", "o", "I", "A", "O" }) do
      map(chat, { "n" }, lhs, M.keys.write, "write")
    end
  end
end

function M._autocommands(chat, prompt)
  local group = vim.api.nvim_create_augroup("threadkeep.chat", { clear = true })
  vim.api.nvim_create_autocmd("WinClosed", {
    group = group,
    callback = function(event)
      local windows = view.windows()
      local closed = tonumber(event.match)
      if windows and (closed == windows.chat or closed == windows.prompt) then
        vim.schedule(view.close)
      end
    end,
  })
  vim.api.nvim_create_autocmd("WinScrolled", {
    group = group,
    callback = function()
      local windows = view.windows()
      if windows and vim.v.event[tostring(windows.chat)] then
        require("threadkeep.history").fill()
      end
    end,
  })
  vim.api.nvim_create_autocmd({ "WinResized", "VimResized" }, {
    group = group,
    callback = function()
      view.look()
    end,
  })
  vim.api.nvim_create_autocmd("BufEnter", {
    group = group,
    buffer = chat,
    callback = function()
      require("threadkeep.history").fill()
    end,
  })
  vim.api.nvim_create_autocmd({ "VimLeavePre", "FocusLost" }, {
    group = group,
    callback = function()
      local writer = current.prompt
      if writer and vim.api.nvim_buf_is_valid(prompt) then
        writer:save_now()
      end
    end,
  })
end

return M
