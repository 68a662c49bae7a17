--- Turns a part of a message into lines, what is coloured in them, and what they lead to; pure.
local body = require("threadkeep.step_body")
local outputs = require("threadkeep.outputs")
local slots = require("threadkeep.slots")
local text = require("threadkeep.text")
local time = require("threadkeep.time")

local M = {}

---How a part stands in the buffer.
---@class threadkeep.Drawn
---@field style? "text"|"reasoning"|"step" None if it shows nothing.
---@field lines string[]
---@field spans [integer, integer, integer, string][] Line (0-based), first byte, the byte after the last, group.
---@field targets table<integer, threadkeep.Target> What a line leads to; 0-based.

---Parts that are about to be written.
---@class threadkeep.Drawing
---@field lines string[]
---@field parts {segment: threadkeep.Segment, drawn: threadkeep.Drawn}[]

M.QUOTE = "> "

local SIGNS = {
  read = "≡",
  edit = "✎",
  delete = "⌫",
  move = "⇄",
  search = "⌕",
  execute = "❯",
  think = "∴",
  fetch = "↓",
  switchMode = "⚙",
}

---What a state is called, and its look.
local STATES = {
  pending = { "to come", "ThreadkeepMeta" },
  waiting = { "waits for your approval", "ThreadkeepWarning" },
  running = { "running", "ThreadkeepRunning" },
  completed = { "done", "ThreadkeepMeta" },
  failed = { "failed", "ThreadkeepError" },
  rejected = { "rejected", "ThreadkeepWarning" },
  cancelled = { "cancelled", "ThreadkeepWarning" },
  interrupted = { "interrupted", "ThreadkeepWarning" },
}

local TICKS = { pending = "☐", inProgress = "◐", completed = "☑" }

local function new(style)
  return { style = style, lines = {}, spans = {}, targets = {} }
end

--- Adds a line made of words with their looks.
local function add(drawn, chunks, target)
  local line, last = "", nil
  for _, chunk in ipairs(chunks) do
    local start = #line
    line = line .. chunk[1]
    if last and last[4] == chunk[2] then
      last[3] = #line
    elseif chunk[2] and chunk[1] ~= "" then
      last = { #drawn.lines, start, #line, chunk[2] }
      table.insert(drawn.spans, last)
    elseif chunk[1] ~= "" then
      last = nil
    end
  end
  drawn.targets[#drawn.lines] = target
  drawn.lines[#drawn.lines + 1] = line
end

--- A part as it is shown.
---@param slot threadkeep.Slot
---@param options? {hide_reasoning?: boolean}
---@return threadkeep.Drawn
function M.draw(slot, options)
  local draw = M._kinds[slot.kind]
  if draw then
    return draw(slot, options or {})
  end
  local drawn = new("step")
  local name = text.one_line(tostring(slot.kind), 40)
  add(drawn, { { ("? %s: this version of the plugin cannot show it"):format(name), "ThreadkeepMeta" } })
  return drawn
end

--- The words of a text or of reasoning as lines.
local function words(style, all, prefix)
  if all == "" then
    return new()
  end
  local drawn = new(style)
  drawn.lines = text.lines(all)
  for index, line in ipairs(prefix and drawn.lines or {}) do
    drawn.lines[index] = prefix .. line
  end
  return drawn
end

--- How long something took, in words.
---@param from? string
---@param to? string
---@return string
function M.took(from, to)
  local first, last = from and time.epoch(from), to and time.epoch(to)
  if not first or not last then
    return ""
  end
  local function fraction(at)
    return tonumber("0." .. (at:match("%.(%d+)") or "0"))
  end
  local seconds = last + fraction(to) - first - fraction(from)
  if seconds < 0 then
    return ""
  elseif seconds < 1 then
    return (" · %d ms"):format(math.floor(seconds * 1000 + 0.5))
  elseif seconds < 60 then
    return (" · %.1f s"):format(seconds)
  end
  return (" · %d min %d s"):format(math.floor(seconds / 60), math.floor(seconds % 60))
end

local function call(slot)
  local part, drawn = slot.part, new("step")
  local state = STATES[part.state] or { text.one_line(tostring(part.state), 40), "ThreadkeepMeta" }
  local name = text.one_line((part.title or "") ~= "" and part.title or part.name or "", 120)
  local indent = ("  "):rep(slot.depth)
  local problem = text.one_line(part.error or "", 160)
  add(drawn, {
    { indent .. (slot.is_open and "▾ " or "▸ "), "ThreadkeepMeta" },
    { (SIGNS[part.kind] or "•") .. " ", "ThreadkeepTool" },
    { name ~= "" and name or "a tool call", "ThreadkeepTool" },
    { " · ", "ThreadkeepMeta" },
    state,
    { M.took(part.startedAt, part.endedAt), "ThreadkeepMeta" },
    { problem ~= "" and " — " .. problem or "", "ThreadkeepError" },
  }, { kind = "toggle" })
  if slot.is_open then
    outputs.settle(slot)
    body.call(drawn, part, indent)
  end
  return drawn
end

local function plan(slot)
  local drawn, done = new("step"), 0
  local entries = slot.part.entries or {}
  for _, entry in ipairs(entries) do
    done = done + (entry.status == "completed" and 1 or 0)
  end
  add(drawn, { { ("  Plan, %d of %d done"):format(done, #entries), "ThreadkeepTool" } })
  for _, entry in ipairs(entries) do
    local look = entry.status == "completed" and "ThreadkeepMeta"
      or entry.status == "inProgress" and "ThreadkeepRunning"
      or nil
    local priority = entry.priority == "high" and "  (important)" or ""
    local line = ("  %s %s"):format(TICKS[entry.status] or "☐", text.one_line(entry.content, 500))
    add(drawn, { { line, look }, { priority, "ThreadkeepMeta" } })
  end
  return drawn
end

local function media(slot)
  local part, drawn = slot.part, new("step")
  add(drawn, body.media(part.type, part.name, part.mimeType, part.size))
  return drawn
end

--- Whether an empty line stands between two parts: not between steps.
---@param above? string
---@param below? string
---@return 0|1
function M.gap(above, below)
  return above and below and not (above == "step" and below == "step") and 1 or 0
end

--- The lines of some parts.
---@param some threadkeep.Slot[]
---@param options? {hide_reasoning?: boolean}
---@param above? string The style of the part before them.
---@return threadkeep.Drawing
---@return string? style That of the last.
function M.draw_all(some, options, above)
  local drawing = { lines = {}, parts = {} }
  for _, slot in ipairs(some) do
    local drawn = M.draw(slot, options)
    local space = drawn.style and M.gap(above, drawn.style) or 0
    above = drawn.style or above
    if space == 1 then
      drawing.lines[#drawing.lines + 1] = ""
    end
    vim.list_extend(drawing.lines, drawn.lines)
    local segment = {
      slot = slot,
      style = drawn.style,
      lines = #drawn.lines + space,
      gap = space,
      ends = #(drawn.lines[#drawn.lines] or ""),
      targets = drawn.targets,
    }
    drawing.parts[#drawing.parts + 1] = { segment = segment, drawn = drawn }
  end
  return drawing, above
end

M._kinds = {
  text = function(slot)
    return words("text", slots.words(slot))
  end,
  reasoning = function(slot, options)
    return options.hide_reasoning and new() or words("reasoning", slots.words(slot), M.QUOTE)
  end,
  toolCall = call,
  plan = plan,
  image = media,
  audio = media,
  file = media,
  compaction = function(slot)
    local drawn = new("step")
    local sign = slot.is_open and "▾ " or "▸ "
    add(drawn, { { sign .. "Summary of earlier turns", "ThreadkeepReasoning" } }, { kind = "toggle" })
    if slot.is_open then
      body.quote(drawn, text.lines(slot.part.text), "")
    end
    return drawn
  end,
  omitted = function(slot)
    local drawn = new("step")
    local steps = slot.count == 1 and "step" or "steps"
    add(drawn, {
      { ("  ⋯ %d earlier %s"):format(slot.count, steps), "ThreadkeepMeta" },
      { " — <CR> shows them", "ThreadkeepHint" },
    }, { kind = "omitted" })
    return drawn
  end,
  -- What was sent along stands under the header; what a vendor wants back is for nobody to read.
  attachment = function()
    return new()
  end,
  providerBlock = function()
    return new()
  end,
}

return M
