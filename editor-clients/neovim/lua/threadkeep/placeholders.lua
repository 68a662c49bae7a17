--- Stands in for what the server has not told yet; pure.
local M = {}

--- The message that a turn is about to write.
---@param turn threadkeep.Turn
---@param seq integer
---@return threadkeep.Message
function M.message(turn, seq)
  return {
    id = turn.messageId,
    sessionId = turn.sessionId,
    seq = seq,
    turnId = turn.id,
    parentId = turn.userMessageId,
    role = "assistant",
    content = "",
    parts = {},
    status = "streaming",
    agent = turn.agent,
    model = turn.model,
    provider = turn.provider,
    isFavourite = false,
    metadata = {},
    createdAt = turn.startedAt,
  }
end

--- The turn that a message is being written by.
---@param message threadkeep.Message
---@return threadkeep.Turn
function M.turn(message)
  return {
    id = message.turnId or "",
    sessionId = message.sessionId,
    status = "running",
    userMessageId = message.parentId,
    messageId = message.id,
    agent = message.agent or "",
    model = message.model or "",
    provider = message.provider or "",
    startedAt = message.createdAt,
  }
end

return M
