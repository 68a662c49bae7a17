--- Tells a person that an answer ended while they look at something else; once a turn.
local chat = require("threadkeep.chat")
local config = require("threadkeep.config")
local notify = require("threadkeep.notify")
local text = require("threadkeep.text")
local view = require("threadkeep.view")

local M = {}

local has_focus = true
local told = {} ---@type table<string, true> Turns, by id.

--- What is said of a turn by how it ended; of one that a person stopped, nothing.
local WORDS = {
  completed = "“%s” has its answer: %s",
  interrupted = "the answer in “%s” was cut off; `:Threadkeep continue` carries on.",
  failed = "an answer failed in “%s”: %s",
}

--- Notes whether Neovim has the focus, where the terminal tells that.
function M.start()
  local group = vim.api.nvim_create_augroup("threadkeep.notices", { clear = true })
  for event, focus in pairs({ FocusGained = true, FocusLost = false }) do
    vim.api.nvim_create_autocmd(event, {
      group = group,
      callback = function()
        has_focus = focus
      end,
    })
  end
end

--- Whether the person can see what happens in a session.
---@param session_id string
---@return boolean
function M.is_in_view(session_id)
  local session, windows = chat.session(), view.windows()
  return has_focus
    and session ~= nil
    and session.id == session_id
    and windows ~= nil
    and vim.api.nvim_win_get_tabpage(windows.chat) == vim.api.nvim_get_current_tabpage()
end

--- A turn ended.
---@param params threadkeep.TurnCompleted
function M.ended(params)
  local turn = params.turn
  local words = WORDS[turn.status]
  local choice = config.get().notices
  if not words or told[turn.id] or choice == "never" then
    return
  elseif choice == "hidden" and M.is_in_view(params.sessionId) then
    return
  end
  told[turn.id] = true
  M._title(params.sessionId, function(title)
    local rest = turn.status == "failed" and (turn.error and turn.error.message or "see :Threadkeep log")
      or text.one_line(params.message.content, 60)
    local say = turn.status == "failed" and notify.error or notify.info
    say(words:format(text.one_line(title, 40), rest))
  end)
end

function M._title(id, callback)
  local session = chat.session()
  if session and session.id == id then
    callback(session.title)
    return
  end
  require("threadkeep.client").request("session/get", { sessionId = id }, function(problem, result)
    callback(problem and "a session" or result.session.title)
  end)
end

return M
