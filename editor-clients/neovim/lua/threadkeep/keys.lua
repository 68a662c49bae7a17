--- Takes the key of a provider from a person. It goes to the system's keyring, or stays in this Neovim's memory; never
--- into a file of settings, a history or a message.
local client = require("threadkeep.client")
local notify = require("threadkeep.notify")
local text = require("threadkeep.text")

local M = {}

--- Keys that the keyring would not keep, for a server that is started again.
local held = {} ---@type table<string, string>

--- Asks for a key, and has it kept.
---@param provider threadkeep.Provider
---@param callback fun() Called once the server has it.
function M.enter(provider, callback)
  local label = text.one_line(provider.label or provider.name)
  local page = provider.keyPage and (" (from " .. text.one_line(provider.keyPage) .. ")") or ""
  local ok, entered = pcall(vim.fn.inputsecret, ("Key for %s%s: "):format(label, page))
  local key = ok and vim.trim(entered) or ""
  if key == "" then
    notify.info("no key was entered.")
    return
  end
  M._keep(provider.name, key, "keyring", function(problem)
    if not problem then
      held[provider.name] = nil
      notify.info(("the key for %s is in the system's keyring."):format(label))
      callback()
      return
    end
    M._keep(provider.name, key, "window", function(failure)
      if failure then
        notify.failed(failure)
        return
      end
      held[provider.name] = key
      notify.warn(
        ("the key for %s holds until Neovim ends: %s :help threadkeep-model-keys tells how it stays."):format(
          label,
          problem.message
        )
      )
      callback()
    end)
  end)
end

--- A server was started that has not been told them.
function M.give_again()
  for provider, key in pairs(held) do
    M._keep(provider, key, "window", function(problem)
      if problem then
        notify.failed(problem)
      end
    end)
  end
end

function M._keep(provider, key, where, callback)
  client.request("provider/setKey", { provider = provider, key = key, keep = where }, callback)
end

return M
