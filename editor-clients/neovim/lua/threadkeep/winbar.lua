--- Writes the line above the chat and the statusline component; pure.
local text = require("threadkeep.text")

local M = {}

---@class threadkeep.ChatLook
---@field width integer
---@field model? string
---@field problem? string
---@field branch? {words: string, short: string} Where the chat does not follow the branch.
---@field loading? string

---@class threadkeep.PromptLook
---@field width integer
---@field attachments string[]
---@field queued threadkeep.QueuedMessage[]
---@field is_editing boolean
---@field is_sending boolean
---@field send_key string|false
---@field offered? integer Other drafts that are kept.
---@field left_behind? integer Sessions that a renamed folder or branch may have left behind.

---A piece of a line.
---@class threadkeep.BarPart
---@field text string
---@field group string Its highlight group.
---@field rank integer What is least wanted has the lowest, and goes first when there is not enough room.
---@field shorter? string[] Other words for it that take less room.
---@field least? integer Cells down to which it loses its middle before others go.

local SIGNS = {
  running = { "●", "ThreadkeepRunning" },
  stopping = { "●", "ThreadkeepRunning" },
  queued = { "◷", "ThreadkeepRunning" },
  interrupted = { "◌", "ThreadkeepWarning" },
  failed = { "✗", "ThreadkeepError" },
  paused = { "⏸", "ThreadkeepWarning" },
  ended = { "■", "ThreadkeepMeta" },
}

--- What a session does, in one word.
---@param session threadkeep.Session
---@return string
function M.status(session)
  if session.status ~= "active" then
    return session.status
  end
  return session.activity == "idle" and "ready" or session.activity
end

--- The winbar of a chat: repository · task · title · agent · model · status · tokens. What is least wanted goes first
--- when there is not enough room.
---@param session? threadkeep.Session
---@param options threadkeep.ChatLook
---@return string In the language of 'winbar'.
function M.chat(session, options)
  if options.problem then
    return "%#ThreadkeepError# " .. text.bar(text.middle(options.problem, options.width - 2)) .. "%*"
  end
  if not session then
    return "%#ThreadkeepMeta# Threadkeep …%*"
  end
  return M._bar(M._parts(session, options), options.width)
end

--- The line above the prompt: what goes along, what waits, and whether one can write.
---@param session? threadkeep.Session
---@param look threadkeep.PromptLook
---@return string In the language of 'winbar'.
function M.prompt(session, look)
  local parts = { M._writable(session, look) }
  local function add(words, group, rank, shorter)
    parts[#parts + 1] =
      { text = words, group = group, rank = rank, least = not shorter and 12 or nil, shorter = shorter }
  end
  if #look.attachments > 0 then
    add("⎘ " .. table.concat(look.attachments, ", "), "ThreadkeepAttachment", 5)
  end
  if #look.queued > 0 then
    local first = text.one_line(look.queued[1].text, 24)
    add(("◷ %d waiting: %s"):format(#look.queued, first), "ThreadkeepRunning", 5)
  end
  if (look.offered or 0) > 0 then
    local words = look.offered == 1 and "another draft" or ("%d other drafts"):format(look.offered)
    add("✎ " .. words .. ": :Threadkeep draft", "ThreadkeepWarning", 6, { "✎ :Threadkeep draft" })
  end
  if (look.left_behind or 0) > 0 then
    local words = look.left_behind == 1 and "1 session" or ("%d sessions"):format(look.left_behind)
    add(
      "⇢ " .. words .. " may belong here: :Threadkeep moved",
      "ThreadkeepWarning",
      5,
      { "⇢ :Threadkeep moved" }
    )
  end
  if look.is_sending then
    add("sending…", "ThreadkeepRunning", 7)
  end
  return M._bar(parts, look.width)
end

--- A component for a statusline.
---@param session? threadkeep.Session
---@return string
function M.statusline(session)
  if not session then
    return ""
  end
  local status = M.status(session)
  local sign = SIGNS[status] and SIGNS[status][1] or "○"
  return ("%s %s"):format(sign, text.bar(text.one_line(session.title, 30)))
end

function M._parts(session, options)
  local status = M.status(session)
  local sign = SIGNS[status] or { "○", "ThreadkeepMeta" }
  local usage = session.usage
  local tokens = usage.inputTokens + usage.outputTokens
  local cost = usage.cost and usage.cost > 0 and (" $%.2f"):format(usage.cost) or ""
  local model = session.model or options.model
  local parts = {
    { text = session.repository.name, group = "ThreadkeepMeta", rank = 3 },
    { text = session.task, group = "ThreadkeepMeta", rank = 5 },
    {
      text = options.branch and options.branch.words or "",
      shorter = options.branch and { text.one_line(options.branch.short) },
      group = "ThreadkeepWarning",
      rank = 6,
    },
    {
      text = (session.isFavourite and "★ " or "") .. session.title,
      group = "ThreadkeepTitle",
      rank = 8,
      least = 24,
    },
    { text = session.agent, group = "ThreadkeepMeta", rank = 4 },
    { text = model or "", group = "ThreadkeepMeta", rank = 2 },
    { text = options.loading or "", group = "ThreadkeepRunning", rank = 8 },
    { text = sign[1] .. " " .. status, group = sign[2], rank = 9 },
    {
      text = tokens > 0 and (text.count(tokens) .. " tokens" .. cost) or "",
      group = "ThreadkeepMeta",
      rank = 1,
    },
  }
  if session.isPrivate then
    table.insert(parts, 7, { text = "private", group = "ThreadkeepWarning", rank = 7 })
  end
  return vim.tbl_filter(function(part)
    part.text = text.one_line(part.text)
    return part.text ~= ""
  end, parts)
end

--- Whether one can write, and what to do.
---@return threadkeep.BarPart
function M._writable(session, look)
  if session and session.status == "paused" then
    return { text = "⏸ Paused — :Threadkeep resume", group = "ThreadkeepWarning", rank = 9 }
  elseif session and session.status == "ended" then
    return {
      text = "■ Ended, read only — :Threadkeep fork goes on, :Threadkeep new begins anew",
      shorter = { "■ Ended — :Threadkeep fork, :Threadkeep new", "■ Ended — :Threadkeep fork" },
      group = "ThreadkeepWarning",
      rank = 9,
    }
  end
  local words = look.is_editing and "Ask again in other words" or "Your message"
  local key = look.send_key
  return {
    text = key and ("%s (%s sends)"):format(words, key) or words,
    shorter = { words },
    group = "ThreadkeepPrompt",
    rank = look.is_editing and 8 or 5,
  }
end

---@param parts threadkeep.BarPart[]
---@param width integer
function M._bar(parts, width)
  local bar = {}
  for _, part in ipairs(M._fit(parts, width)) do
    bar[#bar + 1] = ("%%#%s#%s%%*"):format(part.group, text.bar(part.text))
  end
  return " " .. table.concat(bar, "%#ThreadkeepMeta# · %*")
end

--- The parts that fit. The least wanted ones are left out first; the task stands as long as any of the title does
--- beside it, as it says where one is. What has to give way loses its middle.
---@param parts threadkeep.BarPart[]
---@param width integer
function M._fit(parts, width)
  --- Cells that all take, if those that may lose their middle have no more than `least`.
  local function total(least)
    local sum = 1
    for index, part in ipairs(parts) do
      local cells = vim.fn.strdisplaywidth(part.text)
      local most = part.least and (least or part.least) or cells
      sum = sum + math.min(cells, most) + (index > 1 and 3 or 0)
    end
    return sum
  end
  local function least_wanted(limit)
    local least
    for index, part in ipairs(parts) do
      if part.rank < limit and (not least or part.rank < parts[least].rank) then
        least = index
      end
    end
    return least
  end
  local function shrink(part, least)
    local cells, excess = vim.fn.strdisplaywidth(part.text), total(math.huge) - width
    if excess > 0 and cells > least then
      part.text = text.middle(part.text, math.max(cells - excess, least))
    end
  end
  local index = least_wanted(8)
  while index and #parts > 1 and total(parts[index].rank >= 5 and 8 or nil) > width do
    if parts[index].rank < 5 or not M._shorten(parts) then
      table.remove(parts, index)
    end
    index = least_wanted(8)
  end
  while total(8) > width and (#parts > 1 or parts[1].shorter) do
    if not M._shorten(parts) then
      table.remove(parts, least_wanted(math.huge))
    end
  end
  for _, part in ipairs(parts) do
    if part.least then
      shrink(part, 8)
    end
  end
  shrink(parts[1], 1)
  return parts
end

--- Says what can be said in fewer words; whether there was any such.
function M._shorten(parts)
  for _, part in ipairs(parts) do
    if part.shorter then
      part.text = table.remove(part.shorter, 1)
      part.shorter = part.shorter[1] and part.shorter or nil
      return true
    end
  end
  return false
end

return M
