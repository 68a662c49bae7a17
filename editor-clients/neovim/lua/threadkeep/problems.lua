--- Says what can go wrong between the plugin and the server; pure.
local protocol = require("threadkeep.protocol")

local M = {}

---What a request failed with.
---@class threadkeep.Error
---@field kind string As in the protocol, or `serverGone`, `serverMissing`, `serverSlow`, `methodMissing`.
---@field message string
---@field retryable boolean
---@field data? table

---Seconds.
local LONGEST_PAUSE = 30

---Requests that do no harm when they are sent twice, because they only read or set a state.
local REPEATABLE = {
  ["session/open"] = true,
  ["session/get"] = true,
  ["session/history"] = true,
  ["session/list"] = true,
  ["session/search"] = true,
  ["session/activate"] = true,
  ["chat/branches"] = true,
  ["draft/get"] = true,
  ["draft/set"] = true,
  ["repository/resolve"] = true,
  ["agent/list"] = true,
  ["model/list"] = true,
  ["server/status"] = true,
  ["store/info"] = true,
}

--- Whether a request may be sent again when nobody knows what became of it.
---@param request {method: string, params: table}
---@return boolean
function M.is_repeatable(request)
  return request.params.idempotencyKey ~= nil or REPEATABLE[request.method] == true
end

---@param kind string
---@param message string
---@return threadkeep.Error
function M.new(kind, message)
  return { kind = kind, message = message, retryable = kind == "serverGone" }
end

--- What the server answered instead of a result.
---@param failure lsp.ResponseError
---@return threadkeep.Error
function M.failure(failure)
  local data = type(failure.data) == "table" and failure.data or {}
  local kind = data.kind or "error"
  return { kind = kind, message = failure.message, retryable = data.retryable == true, data = data }
end

--- What is wrong with a server's protocol, in words, and what to do; nil if nothing is.
---@param capability any
---@return string?
function M.mismatch(capability)
  if type(capability) ~= "table" then
    return "The program that was started is no Threadkeep server: check `cmd` (:help threadkeep-options)."
  end
  local theirs, ours = capability.protocolVersion, protocol.version
  if theirs > ours then
    return ("The server speaks version %d of the protocol, this plugin %d: update the plugin."):format(
      theirs,
      ours
    )
  elseif theirs < ours then
    return ("The server speaks version %d of the protocol, this plugin %d: update the server, e.g. "):format(
      theirs,
      ours
    ) .. "`pipx upgrade threadkeep`."
  end
end

--- How long to wait before a restart, in milliseconds.
---@param crashes integer How many there were, 1 at least.
---@return integer
function M.pause(crashes)
  return math.min(100 * 2 ^ (crashes - 1), LONGEST_PAUSE * 1000)
end

return M
