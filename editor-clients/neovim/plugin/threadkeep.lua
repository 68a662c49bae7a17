-- Defines the command, the mappings and the highlight groups; everything else is loaded when it is first used.
if vim.g.loaded_threadkeep then
  return
end
vim.g.loaded_threadkeep = true

if vim.fn.has("nvim-0.10") == 0 then
  vim.notify("Threadkeep needs Neovim 0.10 or later.", vim.log.levels.ERROR)
  return
end

vim.api.nvim_create_user_command("Threadkeep", function(options)
  require("threadkeep.commands").run(options)
end, {
  nargs = "*",
  bang = true,
  range = true,
  desc = "Chat sessions by repository and task",
  complete = function(lead, line)
    return require("threadkeep.commands").complete(lead, line)
  end,
})

for _, map in ipairs(require("threadkeep.plugs")) do
  vim.keymap.set(
    map.modes,
    ("<Plug>(threadkeep-%s)"):format(map.name),
    map.keys,
    { silent = true, desc = map.doc }
  )
end

require("threadkeep.highlights").define()
vim.api.nvim_create_autocmd("ColorScheme", {
  group = vim.api.nvim_create_augroup("threadkeep.highlights", { clear = true }),
  callback = function()
    require("threadkeep.highlights").define()
    if package.loaded["threadkeep.colours"] then
      require("threadkeep.colours").define()
    end
  end,
})

-- The chat comes back by its name: with a session of Neovim, by `:edit`, and after its buffer was deleted.
vim.api.nvim_create_autocmd("BufReadCmd", {
  group = vim.api.nvim_create_augroup("threadkeep.names", { clear = true }),
  pattern = "threadkeep://*",
  nested = true,
  callback = function(event)
    require("threadkeep.lifetime").read(event.buf, event.match)
  end,
})
