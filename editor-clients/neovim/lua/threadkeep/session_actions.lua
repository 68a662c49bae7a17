--- What can be done with a session in a list of them, without opening it.
local client = require("threadkeep.client")
local notify = require("threadkeep.notify")
local sessions = require("threadkeep.sessions")

local M = {}

---@class threadkeep.SessionAction
---@field name string
---@field key string The letter that is pressed with Alt.
---@field doc string
---@field run fun(session: threadkeep.Session, done: fun())

---@type threadkeep.SessionAction[]
M.list = {
  {
    name = "rename",
    key = "r",
    doc = "Rename",
    run = function(session, done)
      M._ask("Title: ", session.title, done, function(words)
        sessions.change_of(session, "session/update", { title = words }, done)
      end)
    end,
  },
  {
    name = "tag",
    key = "t",
    doc = "Tag",
    run = function(session, done)
      M._ask("Tags (-name takes one away): ", "", done, function(words)
        local tags = sessions.tags(session.tags, vim.split(words, "%s+"))
        sessions.change_of(session, "session/update", { tags = tags }, done)
      end)
    end,
  },
  {
    name = "archive",
    key = "a",
    doc = "Archive",
    run = function(session, done)
      sessions.archive(session, done)
    end,
  },
  {
    name = "delete",
    key = "x",
    doc = "Delete (into the trash)",
    run = function(session, done)
      sessions.delete(session, done)
    end,
  },
}

--- Does something with the session of an item, as it is now.
---@param action threadkeep.SessionAction
---@param item threadkeep.Item
---@param done fun() Called when it is done, or was left.
function M.run(action, item, done)
  client.request("session/get", { sessionId = item.session_id }, function(problem, result)
    if problem then
      notify.failed(problem)
      done()
    else
      action.run(result.session, done)
    end
  end)
end

--- Lets a person choose what to do, where no keys can be given.
---@param item threadkeep.Item
---@param open fun()
---@param done fun()
function M.choose(item, open, done)
  local choices = vim.list_extend({ { doc = "Open" } }, M.list)
  vim.ui.select(choices, {
    prompt = item.label,
    format_item = function(choice)
      return choice.doc
    end,
  }, function(choice)
    if choice and choice.run then
      M.run(choice, item, done)
    elseif choice then
      open()
    end
  end)
end

function M._ask(prompt, default, done, action)
  vim.ui.input({ prompt = prompt, default = default }, function(words)
    if words and vim.trim(words) ~= "" then
      action(vim.trim(words))
    else
      done()
    end
  end)
end

return M
