--- What a person's configuration calls.
local M = {}

--- Sets options; all have defaults, and calling this is optional.
---@param options? table See |threadkeep-options|.
function M.setup(options)
  local problems = require("threadkeep.config").set(options)
  if #problems > 0 then
    local words = "in setup():\n  "
      .. table.concat(problems, "\n  ")
      .. "\nThese are left out, or have their defaults."
    -- Later, so that plugins that show messages are there.
    vim.schedule(function()
      require("threadkeep.notify").error(words)
    end)
  end
end

--- Shows the chat.
---@param options? {layout?: threadkeep.Layout}
function M.open(options)
  require("threadkeep.following").start()
  require("threadkeep.chat").open(options)
end

--- Takes the chat off the screen.
function M.close()
  require("threadkeep.view").close()
end

--- Shows the chat, or takes it off the screen.
function M.toggle()
  require("threadkeep.following").start()
  require("threadkeep.chat").toggle()
end

--- Sends a message.
---@param text string
---@param attachments? threadkeep.Attachment[]
function M.send(text, attachments)
  M.open()
  require("threadkeep.sending").send(text, attachments or {})
end

--- The session that is shown, if any.
---@return threadkeep.Session?
function M.session()
  return require("threadkeep.chat").session()
end

--- A component for a statusline: what the session does, and its title; empty without one.
---@return string
function M.statusline()
  if not package.loaded["threadkeep.chat"] then
    return ""
  end
  return require("threadkeep.winbar").statusline(require("threadkeep.chat").session())
end

--- Sends a request of the protocol to the server.
---@param method string
---@param params table
---@param callback fun(problem?: threadkeep.Error, result?: any)
function M.request(method, params, callback)
  require("threadkeep.following").start()
  local id = type(params) == "table" and params.sessionId
  local module = id and require("threadkeep.blank").is(id) and "threadkeep.blank" or "threadkeep.client"
  require(module).request(method, params, callback)
end

return M
