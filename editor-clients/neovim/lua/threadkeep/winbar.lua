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
---@field attachments string[]
---@field queued threadkeep.QueuedMessage[]
---@field is_editing boolean
---@field is_sending boolean
---@field send_key string|false
---@field offered? integer Other drafts that are kept.
---@field left_behind? integer Sessions that a renamed folder or branch may have left behind.

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
    return "%#ThreadkeepError# " .. text.bar(text.one_line(options.problem, options.width - 2)) .. "%*"
  end
  if not session then
    return "%#ThreadkeepMeta# Threadkeep …%*"
  end
  local parts = M._parts(session, options)
  local kept = M._fit(parts, options.width)
  local bar = {}
  for _, part in ipairs(kept) do
    bar[#bar + 1] = ("%%#%s#%s%%*"):format(part.group, text.bar(part.text))
  end
  return " " .. table.concat(bar, "%#ThreadkeepMeta# · %*")
end

--- The line above the prompt: what goes along, what waits, and whether one can write.
---@param session? threadkeep.Session
---@param look threadkeep.PromptLook
---@return string In the language of 'winbar'.
function M.prompt(session, look)
  local notes = {}
  if session and session.status == "paused" then
    notes[1] = "%#ThreadkeepWarning#⏸ Paused — :Threadkeep resume%*"
  elseif session and session.status == "ended" then
    notes[1] =
      "%#ThreadkeepWarning#■ Ended, read only — :Threadkeep fork goes on, :Threadkeep new begins anew%*"
  else
    local key = look.send_key and (" (" .. text.bar(look.send_key) .. " sends)") or ""
    notes[1] = "%#ThreadkeepPrompt#"
      .. (look.is_editing and "Ask again in other words" or "Your message")
      .. key
      .. "%*"
  end
  if #look.attachments > 0 then
    notes[#notes + 1] = "%#ThreadkeepAttachment#⎘ "
      .. text.bar(table.concat(look.attachments, ", "))
      .. "%*"
  end
  if #look.queued > 0 then
    local first = text.one_line(look.queued[1].text, 24)
    notes[#notes + 1] = ("%%#ThreadkeepRunning#◷ %d waiting: %s%%*"):format(#look.queued, text.bar(first))
  end
  if (look.offered or 0) > 0 then
    local words = look.offered == 1 and "another draft" or ("%d other drafts"):format(look.offered)
    notes[#notes + 1] = "%#ThreadkeepWarning#✎ " .. words .. ": :Threadkeep draft%*"
  end
  if (look.left_behind or 0) > 0 then
    local words = look.left_behind == 1 and "1 session" or ("%d sessions"):format(look.left_behind)
    notes[#notes + 1] = "%#ThreadkeepWarning#⇢ " .. words .. " may belong here: :Threadkeep moved%*"
  end
  if look.is_sending then
    notes[#notes + 1] = "%#ThreadkeepRunning#sending…%*"
  end
  return " " .. table.concat(notes, "%#ThreadkeepMeta# · %*")
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
      short = options.branch and text.one_line(options.branch.short),
      group = "ThreadkeepWarning",
      rank = 6,
    },
    {
      text = (session.isFavourite and "★ " or "") .. session.title,
      group = "ThreadkeepTitle",
      rank = 8,
      shrinks = true,
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

--- The parts that fit. The least wanted ones are left out first; the task stands as long as any of the title does
--- beside it, as it says where one is.
function M._fit(parts, width)
  local function total(least)
    local sum = 1
    for index, part in ipairs(parts) do
      local cells = vim.fn.strdisplaywidth(part.text)
      sum = sum + (part.shrinks and math.min(cells, least) or cells) + (index > 1 and 3 or 0)
    end
    return sum
  end
  local function least_wanted()
    local least
    for index, part in ipairs(parts) do
      if part.rank < 8 and (not least or part.rank < parts[least].rank) then
        least = index
      end
    end
    return least
  end
  while true do
    local index = least_wanted()
    local is_spare = index ~= nil and parts[index].rank < 5
    if not index or total(is_spare and 24 or 8) <= width then
      break
    elseif not is_spare and M._shorten(parts) then
      index = nil
    end
    if index then
      table.remove(parts, index)
    end
  end
  for _, part in ipairs(parts) do
    local cells = vim.fn.strdisplaywidth(part.text)
    if part.shrinks and total(cells) > width then
      part.text = text.one_line(part.text, math.max(cells - (total(cells) - width), 8))
    end
  end
  return parts
end

--- Says what can be said in fewer words; whether there was any such.
function M._shorten(parts)
  for _, part in ipairs(parts) do
    if part.short then
      part.text, part.short = part.short, nil
      return true
    end
  end
  return false
end

return M
