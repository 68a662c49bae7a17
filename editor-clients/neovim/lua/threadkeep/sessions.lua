--- What can be done with the session that is shown: pause it, name it, switch its agent, and so on.
local chat = require("threadkeep.chat")
local client = require("threadkeep.client")
local loader = require("threadkeep.loader")
local notify = require("threadkeep.notify")
local view = require("threadkeep.view")

local M = {}

--- Begins a new session in the open folder and shows it.
---@param title? string
---@param is_private? boolean
function M.new(title, is_private)
  loader.create({ title = title, isPrivate = is_private or nil }, function(problem, session)
    if problem then
      notify.failed(problem)
    else
      chat.load(session.id, chat.open)
    end
  end)
end

---@param reason? string
function M.pause(reason)
  M._change("session/pause", { reason = reason })
end

function M.resume()
  M._change("session/resume", {})
end

--- Ends the session for good; that is asked once more.
---@param reason? string
---@param is_sure? boolean
function M.finish(reason, is_sure)
  chat.with_session(function(session)
    local question = ("End “%s” for good? It can be read, exported and forked then."):format(
      session.title
    )
    if is_sure or vim.fn.confirm(question, "&End it\n&Keep it open", 2) == 1 then
      M._change("session/end", { reason = reason })
    end
  end)
end

--- Names the session.
---@param title string
function M.rename(title)
  M._change("session/update", { title = title })
end

--- Adds labels, and takes those away that begin with a minus.
---@param words string[]
function M.tag(words)
  chat.with_session(function(session)
    M._change("session/update", { tags = M.tags(session.tags, words) })
  end)
end

--- The labels after `words` were added and those with a minus taken away; pure.
---@param tags string[]
---@param words string[]
---@return string[]
function M.tags(tags, words)
  local set = {}
  for _, tag in ipairs(tags) do
    set[tag] = true
  end
  for _, word in ipairs(words) do
    set[(word:gsub("^[+-]", ""))] = word:sub(1, 1) ~= "-" or nil
  end
  set[""] = nil
  local all = vim.tbl_keys(set)
  table.sort(all)
  return all
end

function M.favourite()
  chat.with_session(function(session)
    M._change("session/update", { isFavourite = not session.isFavourite })
  end)
end

---@param note string An empty one removes it.
function M.note(note)
  M._change("session/update", { note = note == "" and vim.NIL or note })
end

--- Empties what is shown; it stays as a branch.
function M.clear()
  M._change("session/clear", {}, function()
    chat.reload()
  end)
end

function M.archive()
  M._change("session/archive", {}, function()
    notify.info("archived; `:Threadkeep sessions archived=only` lists it.")
    chat.load_current()
  end)
end

--- Puts the session into the trash, from where `:Threadkeep restore` takes it back.
function M.delete()
  M._change("session/delete", {}, function()
    notify.info("in the trash; `:Threadkeep restore` takes it back.")
    chat.load_current()
  end)
end

--- Makes a new session that begins as this one went, up to the message under the cursor if the cursor is in the chat.
function M.fork()
  local windows = view.windows()
  local is_in_chat = windows and vim.api.nvim_get_current_win() == windows.chat
  local entry = is_in_chat and chat.state().entries[require("threadkeep.messages").under_cursor() or ""]
  local message = entry and entry.message.role ~= "event" and entry.message
  chat.with_session(function(session)
    client.request("session/fork", {
      sessionId = session.id,
      messageId = message and message.id or nil,
      idempotencyKey = loader.key(),
    }, function(problem, result)
      if problem then
        notify.failed(problem)
        return
      end
      chat.load(result.session.id, function()
        notify.info("this is the fork; the other session stays as it is.")
      end)
    end)
  end)
end

--- Switches who answers.
---@param name string
---@param reason? string
function M.set_agent(name, reason)
  M._change("session/switchAgent", { agent = name, reason = reason })
end

---@param model string `provider:model`.
function M.set_model(model)
  M._change("session/setModel", { model = model })
end

--- Lets a person choose an agent.
function M.choose_agent()
  M._choose("agent/list", "agents", "Agent", "name", function(agent)
    return ("%s — %s"):format(agent.name, #agent.problems > 0 and agent.problems[1] or agent.description)
  end, M.set_agent)
end

--- Lets a person choose a model.
function M.choose_model()
  M._choose("model/list", "models", "Model", "id", function(model)
    return model.id .. (model.available and "" or "  (its key is missing)")
  end, M.set_model)
end

function M._choose(method, list, title, field, format, action)
  client.request(method, {}, function(problem, result)
    if problem then
      notify.failed(problem)
      return
    end
    vim.ui.select(result[list], { prompt = title, format_item = format }, function(choice)
      if choice then
        action(choice[field])
      end
    end)
  end)
end

--- Sends a change of the session, and shows the session that comes of it.
function M._change(method, params, callback)
  chat.with_session(function(session)
    params.sessionId, params.idempotencyKey = session.id, loader.key()
    client.request(method, params, function(problem, result)
      if problem then
        notify.failed(problem)
        return
      end
      chat.apply_session(result.session)
      if callback then
        callback()
      end
    end)
  end)
end

return M
