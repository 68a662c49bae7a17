--- Runs `:Threadkeep`, and completes it.
local folder = require("threadkeep.folder")
local notify = require("threadkeep.notify")

local M = {}

---@type threadkeep.Command[]
M.commands = require("threadkeep.subcommands")

---@param name string
---@return threadkeep.Command?
function M.find(name)
  return vim.iter(M.commands):find(function(command)
    return command.name == name
  end)
end

--- Runs `:Threadkeep …`; without a word it is `open`.
---@param options {fargs: string[], args: string, bang: boolean, range: integer, line1: integer, line2: integer}
function M.run(options)
  if not folder.open() then
    notify.warn(folder.GONE)
    return
  end
  require("threadkeep.following").start()
  -- `:Threadkeep new! title` is what the fingers write; `:Threadkeep! new title` is what Neovim means.
  local word = options.fargs[1] or "open"
  local name = word:gsub("!$", "")
  local command = M.find(name)
  if not command then
    local known = vim.tbl_map(function(one)
      return one.name
    end, M.commands)
    local close = require("threadkeep.config").closest(name, known)
    notify.warn(
      ("`%s` is no subcommand%s"):format(
        name,
        close and ("; did you mean `" .. close .. "`?") or "; see :help :Threadkeep"
      )
    )
    return
  end
  command.run({
    words = vim.list_slice(options.fargs, 2),
    rest = vim.trim(options.args:sub(#word + 1)),
    bang = options.bang or word ~= name,
    range = options.range > 0 and { options.line1, options.line2 } or nil,
  })
end

--- What may follow on the command line.
---@param lead string
---@param line string
---@return string[]
function M.complete(lead, line)
  local words = vim.split(line:gsub("^.-Threadkeep!?%s+", "", 1), "%s+")
  local candidates
  if #words <= 1 then
    candidates = vim.tbl_map(function(one)
      return one.name
    end, M.commands)
  else
    local command = M.find(words[1])
    if words[1] == "import" or words[1] == "export" and #words > 2 then
      return vim.fn.getcompletion(lead, "file")
    end
    candidates = command and command.complete and command.complete(vim.list_slice(words, 2)) or {}
  end
  return vim.tbl_filter(function(candidate)
    return vim.startswith(candidate, lead)
  end, candidates)
end

return M
