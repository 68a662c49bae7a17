--- Turns a message into lines and what stands around them; pure.
local text = require("threadkeep.text")
local time = require("threadkeep.time")

local M = {}

---@alias threadkeep.Chunk [string, string] A text and its highlight group.

--- What to do about a failure, by its kind.
local REMEDIES = {
  providerAuth = "check the key (:checkhealth threadkeep), then",
  providerRateLimited = "wait a little, then",
  contextTooLong = "choose another model (:Threadkeep model), or start anew (:Threadkeep new); else",
  providerNotFound = "choose another model (:Threadkeep model), then",
}

--- Why a complete answer is less than it might be, and what can be done.
local STOPPED = {
  maxTokens = { "cut off by the token limit", " — :Threadkeep continue carries on" },
  contentFilter = { "stopped by a content filter", " — :Threadkeep retry asks again" },
  refusal = { "the model refused to go on", " — :Threadkeep retry asks again" },
  toolCalls = { "the model asked for a tool that it was not offered", " — :Threadkeep retry asks again" },
}

local EVENTS = {
  paused = "Paused",
  resumed = "Resumed",
  ended = "Ended",
  cleared = "Cleared",
  agentSwitched = "Agent",
  modelChanged = "Model",
}

--- What stands in the line above a message.
---@param message threadkeep.Message
---@param now integer Seconds since 1970.
---@return threadkeep.Chunk[]
function M.header(message, now)
  local at = time.clock(message.createdAt, now)
  if message.role == "event" then
    return { { "── " .. M.event(message.event) .. " · " .. at .. " ──", "ThreadkeepEvent" } }
  end
  local is_user = message.role == "user"
  local group = is_user and "ThreadkeepUser" or "ThreadkeepAssistant"
  local chunks = { { "▌ " .. M.author(message), group } }
  if not is_user and message.model then
    chunks[#chunks + 1] = { "  " .. text.one_line(message.model), "ThreadkeepMeta" }
  end
  chunks[#chunks + 1] = { "  " .. at, "ThreadkeepMeta" }
  if message.siblings then
    local place = ("  ‹%d/%d›"):format(message.siblings.index + 1, message.siblings.count)
    chunks[#chunks + 1] = { place, "ThreadkeepMeta" }
  end
  if message.isFavourite then
    chunks[#chunks + 1] = { "  ★", "ThreadkeepFavourite" }
  end
  return chunks
end

--- Who speaks.
---@param message threadkeep.Message
---@return string
function M.author(message)
  if message.role == "user" then
    return "You"
  elseif message.role == "assistant" then
    return text.one_line(message.agent or "Assistant")
  end
  return text.one_line(message.role)
end

--- What a person did, in words.
---@param event? threadkeep.TimelineEvent
---@return string
function M.event(event)
  if not event then
    return "…"
  end
  local words = EVENTS[event.kind] or event.kind
  local is_switch = event.kind == "agentSwitched" or event.kind == "modelChanged"
  if is_switch then
    words = ("%s: %s → %s"):format(words, event.from or "default", event.to or "default")
  end
  return text.one_line(event.reason and (words .. " — " .. event.reason) or words)
end

--- Lines under the header: what was sent along, and a person's note.
---@param message threadkeep.Message
---@return threadkeep.Chunk[][]
function M.enclosures(message)
  local lines = {}
  for _, part in ipairs(message.parts) do
    if part.type == "attachment" then
      local line = { { "  ⎘ " .. M.place(part), "ThreadkeepAttachment" } }
      if part.stale then
        line[2] =
          { part.stale == "missing" and "  no longer there" or "  changed since", "ThreadkeepWarning" }
      end
      lines[#lines + 1] = line
    end
  end
  if message.note then
    lines[#lines + 1] = { { "  ✎ " .. text.one_line(message.note), "ThreadkeepNote" } }
  end
  return lines
end

--- Where an attachment was taken from: `lua/a.lua:3-9`.
---@param part {uri?: string, kind?: string, type?: string, range?: threadkeep.Range, text?: string}
---@return string
function M.place(part)
  local kind = part.kind or part.type or ""
  if not part.uri then
    local _, count = (part.text or ""):gsub("\n", "")
    return ("%s, %d lines"):format(kind, count + 1)
  end
  local name = vim.fn.fnamemodify(vim.uri_to_fname(part.uri), ":~:.")
  local range = part.range
  if range then
    local last = range["end"].character == 0 and range["end"].line or range["end"].line + 1
    name = ("%s:%d-%d"):format(name, range.start.line + 1, math.max(last, range.start.line + 1))
  end
  return text.one_line(kind == "diff" and ("diff of " .. name) or name)
end

--- What stands after the text of a message: its state, and what can be done about it.
---@param entry threadkeep.Entry
---@param retrying? threadkeep.TurnRetrying
---@return threadkeep.Chunk[]
function M.footer(entry, retrying)
  local message = entry.message
  if message.role == "event" then
    return {}
  end
  if message.status == "streaming" then
    if retrying then
      local wait = ("↻ %s; attempt %d in %d s"):format(
        retrying.kind,
        retrying.attempt,
        math.ceil(retrying.retryAfterMs / 1000)
      )
      return { { text.one_line(wait), "ThreadkeepWarning" } }
    end
    local all = entry.units.text + entry.units.reasoning
    if all == 0 then
      if #entry.slots > 0 then
        return { { "● working", "ThreadkeepRunning" } }
      end
      return { { "● waiting for the first words", "ThreadkeepRunning" } }
    end
    local saved = ("%s of %s saved"):format(
      text.count(entry.saved.text + entry.saved.reasoning),
      text.count(all)
    )
    return { { "● writing", "ThreadkeepRunning" }, { " · " .. saved, "ThreadkeepHint" } }
  elseif message.status == "failed" then
    local kind = message.error and message.error.kind or "failed"
    return {
      { "✗ " .. text.one_line(kind) .. " — ", "ThreadkeepError" },
      { M._remedy(kind, entry.units.text > 0), "ThreadkeepHint" },
    }
  elseif message.status == "interrupted" or message.status == "cancelled" then
    local is_user = message.role == "user"
    local words = is_user and "was never sent" or message.status
    local hint = is_user and "" or " — :Threadkeep continue carries on, retry asks again"
    return { { "◌ " .. words, "ThreadkeepWarning" }, { hint, "ThreadkeepHint" } }
  end
  local stopped = STOPPED[message.stopReason or ""]
  if stopped then
    return { { "◌ " .. stopped[1], "ThreadkeepWarning" }, { stopped[2], "ThreadkeepHint" } }
  end
  return {}
end

--- The sources that a model named, and what was left out of its request: a line each.
---@param message threadkeep.Message
---@return threadkeep.Chunk[][]
function M.beside(message)
  local metadata, lines = message.metadata or {}, {}
  local links = type(metadata.links) == "table" and metadata.links or {}
  for index, link in ipairs(links) do
    if type(link) == "table" and type(link.uri) == "string" then
      local title = type(link.title) == "string" and (link.title .. " ") or ""
      local line = ("(%d) %s%s"):format(index, title, link.uri)
      lines[#lines + 1] = { { "  " .. text.one_line(line), "ThreadkeepMeta" } }
    end
  end
  for _, notice in ipairs(type(metadata.notices) == "table" and metadata.notices or {}) do
    lines[#lines + 1] = { { "  " .. text.one_line(tostring(notice)), "ThreadkeepHint" } }
  end
  return lines
end

--- The reason of a failure, in lines.
---@param message threadkeep.Message
---@param width integer
---@return threadkeep.Chunk[][]
function M.reason(message, width)
  if message.status ~= "failed" or not message.error then
    return {}
  end
  return vim.tbl_map(function(line)
    return { { line, "ThreadkeepError" } }
  end, text.wrap(message.error.message, math.max(width - 2, 20)))
end

--- What to do about a failure; an answer of which some came can be carried on with.
function M._remedy(kind, has_text)
  local first = REMEDIES[kind]
  return (first and (first .. " ") or "")
    .. (has_text and ":Threadkeep continue carries on, retry asks again" or ":Threadkeep retry")
end

return M
