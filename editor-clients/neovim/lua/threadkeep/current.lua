--- Holds what the chat of this Neovim is made of; one session is shown at a time.
local state_of = require("threadkeep.state")

---@alias threadkeep.Waiting {action: fun(session: threadkeep.Session), failed?: fun()}

---@class threadkeep.Current
---@field state threadkeep.State
---@field buf? integer
---@field transcript? threadkeep.Transcript
---@field prompt? threadkeep.Prompt
---@field windows? threadkeep.Windows Where the chat is on the screen now.
---@field folder? string The folder whose session it is, unless another one was chosen.
---@field sending integer Messages that are on their way.
---@field is_loading boolean
---@field is_asked_for boolean Whether a person asked for what is being loaded; else the branch changed.
---@field loads integer How many sessions were asked for.
---@field waiting threadkeep.Waiting[] For once a session is there.
---@field is_loading_older boolean
---@field is_loading_newer boolean
---@field pages integer Pages around a message that are being loaded.
---@field problem? string Why nothing works.
---@field default_model? string
---@field default_agent? string

---@type threadkeep.Current
local M = {
  state = state_of.new(),
  sending = 0,
  is_loading = false,
  is_asked_for = false,
  loads = 0,
  waiting = {},
  is_loading_older = false,
  is_loading_newer = false,
  pages = 0,
}

return setmetatable(M, {
  __index = function(_, key)
    return key == "windows" and require("threadkeep.windows").anywhere() or nil
  end,
})
