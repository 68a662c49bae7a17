--- What can be done with single messages: go to one, mark one, ask one again, show what stands beside it.
local asking_again = require("threadkeep.asking_again")
local blank = require("threadkeep.blank")
local chat = require("threadkeep.chat")
local client = require("threadkeep.client")
local history = require("threadkeep.history")
local loader = require("threadkeep.loader")
local notify = require("threadkeep.notify")
local state_of = require("threadkeep.state")
local view = require("threadkeep.view")

local M = {}

--- The message that the cursor of the chat is on.
---@return string? id
function M.under_cursor()
  local windows, transcript = view.windows(), chat.transcript()
  if windows and transcript then
    return transcript:message_at(vim.api.nvim_win_get_cursor(windows.chat)[1] - 1)
  end
end

--- Goes to the next message.
function M.next()
  M._jump(vim.v.count1)
end

--- Goes to the message before; to the beginning of this one first.
function M.previous()
  M._jump(-vim.v.count1)
end

--- Marks the message under the cursor as a favourite, or no longer.
function M.favourite()
  M._with_message(function(message)
    M._update({ messageId = message.id, isFavourite = not message.isFavourite })
  end)
end

--- Asks for a note on the message under the cursor; an empty one removes it.
function M.note()
  M._with_message(function(message)
    vim.ui.input({ prompt = "Note: ", default = message.note or "" }, function(words)
      if words then
        M._update({ messageId = message.id, note = vim.trim(words) == "" and vim.NIL or words })
      end
    end)
  end)
end

--- Puts the question under the cursor, or the last one, into the prompt to be asked again.
function M.edit()
  chat.with_session(function(session)
    local message = M._question()
    if not message then
      notify.warn("there is no question here.")
      return
    end
    if not view.windows() then
      chat.open()
    end
    asking_again.begin(session.id, message.id, message.content)
    chat.show_draft(session.id)
    view.write()
  end)
end

--- Shows the next branch: what was said after a retry or an edit.
function M.next_branch()
  M._branch(1)
end

--- Shows the branch before.
function M.previous_branch()
  M._branch(-1)
end

function M._with_message(action)
  local id = M.under_cursor()
  local entry = id and chat.state().entries[id]
  if entry and entry.message.role ~= "event" then
    action(entry.message)
  else
    notify.warn("there is no message under the cursor.")
  end
end

function M._update(params)
  params.idempotencyKey = loader.key()
  client.request("message/update", params, function(problem, result)
    if problem then
      notify.failed(problem)
    else
      chat.apply(state_of.message(chat.state(), result.message))
    end
  end)
end

function M._question()
  local state = chat.state()
  local id = M.under_cursor() or state.order[#state.order]
  for index = #state.order, 1, -1 do
    local message = state.entries[state.order[index]].message
    if message.id == id then
      id = nil
    end
    if not id and message.role == "user" then
      return message
    end
  end
end

function M._jump(by)
  local windows, transcript = view.windows(), chat.transcript()
  local id = M.under_cursor()
  if not windows or not transcript or not id then
    return
  end
  local order = chat.state().order
  local row = vim.api.nvim_win_get_cursor(windows.chat)[1] - 1
  local index = vim.iter(order):enumerate():find(function(_, one)
    return one == id
  end)
  if by < 0 and row > transcript:range(id) then
    by = by + 1
  end
  local wanted = index + by
  if wanted < 1 and chat.state().before then
    history.load_older(function(is_loaded)
      if is_loaded then
        M._jump(by)
      end
    end)
    return
  end
  if wanted > #order and chat.state().after then
    history.load_newer(function(is_loaded)
      if is_loaded then
        M._jump(by)
      end
    end)
    return
  elseif wanted > #order then
    view.to_end()
    return
  end
  vim.cmd("normal! m'")
  M.go(order[math.max(wanted, 1)])
end

--- Goes to a message that is loaded.
---@param id string
function M.go(id)
  local windows, transcript = view.windows(), chat.transcript()
  if windows and transcript then
    local row = transcript:range(id)
    vim.api.nvim_win_set_cursor(windows.chat, { row + 1, 0 })
    vim.api.nvim_win_call(windows.chat, function()
      vim.cmd("normal! zt")
    end)
  end
end

function M._branch(by)
  chat.with_session(function(session)
    if blank.is(session.id) then
      notify.info("nothing was said here yet.")
      return
    end
    client.request("chat/branches", { sessionId = session.id }, function(problem, result)
      if problem then
        notify.failed(problem)
        return
      end
      local branches = M._by_age(result.branches)
      local current = vim.iter(branches):enumerate():find(function(_, branch)
        return branch.isCurrent
      end)
      if #branches == 0 or #branches == 1 and current then
        notify.info("there is one branch only; retry and edit make others.")
        return
      end
      -- Of an empty chat none is the current one.
      local index = current and (current - 1 + by) % #branches + 1 or #branches
      M._select(branches[index].messageId, function()
        notify.info(("branch %d of %d: %s"):format(index, #branches, branches[index].preview))
      end)
    end)
  end)
end

--- The oldest first, so that a new one comes last.
function M._by_age(branches)
  local sorted = vim.list_slice(branches)
  table.sort(sorted, function(a, b)
    return a.at < b.at or a.at == b.at and a.messageId < b.messageId
  end)
  return sorted
end

function M._select(id, callback)
  local session = assert(chat.session())
  client.request("chat/selectBranch", { sessionId = session.id, messageId = id }, function(problem)
    if problem then
      notify.failed(problem)
    elseif chat.session() and chat.session().id == session.id then
      chat.reload(callback)
    end
  end)
end

return M
