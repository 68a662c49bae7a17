--- What can be done with the session that is shown: pause it, name it, switch its agent, and so on.
local blank = require("threadkeep.blank")
local branch = require("threadkeep.branch")
local chat = require("threadkeep.chat")
local client = require("threadkeep.client")
local loader = require("threadkeep.loader")
local notify = require("threadkeep.notify")
local view = require("threadkeep.view")

local M = {}

--- Begins a new session in the open folder and shows it before the server has answered: what is typed next is for it,
--- and it is of the branch that was checked out then.
--- It is stored once it has a title or anything else.
---@param title? string
---@param is_private? boolean
function M.new(title, is_private)
  local folder = loader.folder()
  local place = branch.place(folder)
  local new = {
    uri = vim.uri_from_fname(folder),
    repository = place and place.repository or vim.fs.basename(folder),
    repository_id = place and place.repository_id,
    task = place and place.task,
    title = title,
    is_private = is_private,
  }
  local session = blank.new(new)
  chat.begin(session)
  chat.open()
  if not place then
    loader.place(new.uri, function(problem, found)
      if not problem then
        blank.settle(session.id, found)
        view.look()
      end
    end)
  end
  if title then
    blank.ensure(session.id, function(problem)
      if problem then
        notify.failed(problem)
      end
    end)
  end
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
      M.change_of(session, "session/end", { reason = reason })
    end
  end)
end

--- Names the session.
---@param title string
---@param session? threadkeep.Session
function M.rename(title, session)
  M._with(session, function(one)
    M.change_of(one, "session/update", { title = title })
  end)
end

--- Adds labels, and takes those away that begin with a minus.
---@param words string[]
---@param session? threadkeep.Session The one that is shown, unless another is meant.
function M.tag(words, session)
  M._with(session, function(one)
    M.change_of(one, "session/update", { tags = M.tags(one.tags, words) }, function(changed)
      notify.info(
        #changed.tags > 0 and ("tags: #%s."):format(table.concat(changed.tags, " #")) or "no tags now."
      )
    end)
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

---@param session? threadkeep.Session
function M.favourite(session)
  M._with(session, function(one)
    M.change_of(one, "session/update", { isFavourite = not one.isFavourite }, function(changed)
      local words = changed.isFavourite and "“%s” is a favourite now."
        or "“%s” is no favourite any more."
      notify.info(words:format(changed.title))
    end)
  end)
end

---@param note string An empty one removes it.
---@param session? threadkeep.Session
function M.note(note, session)
  M._with(session, function(one)
    M.change_of(one, "session/update", { note = note == "" and vim.NIL or note }, function(changed)
      local words = changed.note and ("the note of “%s” is: %s"):format(changed.title, changed.note)
        or ("“%s” has no note any more."):format(changed.title)
      notify.info(words)
    end)
  end)
end

--- Empties what is shown; it stays as a branch.
function M.clear()
  M._change("session/clear", {}, function(session)
    if M._is_shown(session) then
      chat.reload()
    end
  end)
end

---@param session? threadkeep.Session
---@param done? fun()
function M.archive(session, done)
  M._put_away("session/archive", session, "archived; `:Threadkeep sessions archived=only` lists it.", done)
end

--- Puts the session into the trash, from where `:Threadkeep restore` takes it back.
---@param session? threadkeep.Session
---@param done? fun()
function M.delete(session, done)
  M._put_away("session/delete", session, "in the trash; `:Threadkeep restore` takes it back.", done)
end

--- Makes a new session that begins as this one went, up to the message under the cursor if the cursor is in the chat.
function M.fork()
  local windows = view.windows()
  local is_in_chat = windows and vim.api.nvim_get_current_win() == windows.chat
  local entry = is_in_chat and chat.state().entries[require("threadkeep.messages").under_cursor() or ""]
  local message = entry and entry.message.role ~= "event" and entry.message
  chat.with_session(function(session)
    blank.request("session/fork", {
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
---@param session? threadkeep.Session
function M.set_agent(name, reason, session)
  M._with(session, function(one)
    M.change_of(one, "session/switchAgent", { agent = name, reason = reason })
  end)
end

---@param model string `provider:model`.
---@param session? threadkeep.Session
function M.set_model(model, session)
  M._with(session, function(one)
    M.change_of(one, "session/setModel", { model = model })
  end)
end

--- Lets a person choose an agent.
function M.choose_agent()
  M._choose("agent/list", "agents", "Agent", "name", function(agent)
    return ("%s — %s"):format(agent.name, #agent.problems > 0 and agent.problems[1] or agent.description)
  end, M.set_agent)
end

--- What is chosen is for the session that was shown when the list was asked for.
function M._choose(method, list, title, field, format, action)
  local session = chat.session()
  client.request(method, {}, function(problem, result)
    if problem then
      notify.failed(problem)
      return
    end
    vim.ui.select(result[list], { prompt = title, format_item = format }, function(choice)
      if choice then
        action(choice[field], nil, session)
      end
    end)
  end)
end

function M._with(session, action)
  if session then
    action(session)
  else
    chat.with_session(action)
  end
end

function M._is_shown(session)
  return chat.session() ~= nil and chat.session().id == session.id
end

function M._put_away(method, session, words, done)
  M._with(session, function(one)
    if blank.is(one.id) then
      notify.info("nothing was said here yet; it is not kept.")
      return
    end
    M.change_of(one, method, {}, function(changed)
      notify.info(words)
      if M._is_shown(changed) then
        chat.load_current()
      end
      if done then
        done()
      end
    end)
  end)
end

--- Sends a change of the session that is shown, and shows what comes of it.
function M._change(method, params, callback)
  chat.with_session(function(session)
    M.change_of(session, method, params, callback)
  end)
end

--- Sends a change of a session; if it is shown, so is what comes of it.
---@param session threadkeep.Session
---@param method string
---@param params table
---@param callback? fun(session: threadkeep.Session)
function M.change_of(session, method, params, callback)
  params.sessionId, params.idempotencyKey = session.id, loader.key()
  blank.request(method, params, function(problem, result)
    if problem then
      notify.failed(problem)
      return
    end
    chat.apply_session(result.session)
    if callback then
      callback(result.session)
    end
  end)
end

return M
