--- Keeps what is shown complete: older messages when they are wanted, newer ones that were not told.
local chat = require("threadkeep.chat")
local client = require("threadkeep.client")
local config = require("threadkeep.config")
local current = require("threadkeep.current")
local loader = require("threadkeep.loader")
local notify = require("threadkeep.notify")
local paging = require("threadkeep.paging")
local state_of = require("threadkeep.state")
local view = require("threadkeep.view")

local M = {}

--- Loads older messages, if there are any.
---@param callback? fun(is_loaded: boolean)
function M.load_older(callback)
  local state = current.state
  if not state.before or current.is_loading_older then
    return callback and callback(false)
  end
  current.is_loading_older = true
  loader.older(state, function(problem, page)
    current.is_loading_older = false
    if problem then
      notify.failed(problem)
    elseif state == current.state then
      view.keeping_views(function()
        chat.apply(state_of.older(state, page))
      end)
    end
    if callback then
      callback(problem == nil)
    end
  end)
end

--- Loads newer messages, if what is loaded ends before the newest one.
---@param callback? fun(is_loaded: boolean)
function M.load_newer(callback)
  local state = current.state
  if not state.after or current.is_loading_newer then
    return callback and callback(false)
  end
  current.is_loading_newer = true
  local params = { sessionId = state.session.id, after = state.after, limit = config.get().history }
  client.request("session/history", params, function(problem, page)
    current.is_loading_newer = false
    if problem then
      notify.failed(problem)
    elseif state == current.state then
      chat.apply(paging.newer(state, page))
    end
    if callback then
      callback(problem == nil)
    end
  end)
end

--- Loads older messages while the first line is on the screen, and newer ones while the last is.
function M.fill()
  if current.state.after and M._is_at_bottom() then
    M.load_newer(function(is_loaded)
      if is_loaded then
        vim.schedule(M.fill)
      end
    end)
  end
  if current.state.before and view.is_at_top() then
    M.load_older(function(is_loaded)
      if is_loaded then
        vim.schedule(M.fill)
      end
    end)
  end
end

--- Adds the newest entries of the history; if they do not follow on what is shown, all is loaded again.
---@param state threadkeep.State
function M.catch_up(state)
  client.request("session/history", { sessionId = state.session.id, limit = 10 }, function(problem, page)
    if problem or state ~= current.state or state.turn or state.after then
      return
    end
    for _, message in ipairs(page.messages) do
      if message.seq > state.seq then
        chat.apply(state_of.message(state, message))
      end
    end
    local newest = page.messages[#page.messages]
    if (newest and newest.id) ~= state.order[#state.order] then
      chat.reload()
    end
  end)
end

function M._is_at_bottom()
  local windows = view.windows()
  return windows ~= nil and vim.fn.line("w$", windows.chat) == vim.api.nvim_buf_line_count(current.buf)
end

return M
