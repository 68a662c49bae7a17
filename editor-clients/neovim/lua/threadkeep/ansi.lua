--- Turns what a terminal would show into lines and their colours; all but colours is left out; pure.
local text_of = require("threadkeep.text")

local M = {}

---@class threadkeep.Style
---@field fg? string A number of the palette, or `#rrggbb`.
---@field bg? string
---@field bold? boolean
---@field italic? boolean
---@field underline? boolean
---@field strikethrough? boolean
---@field reverse? boolean

---@class threadkeep.Coloured
---@field text string
---@field spans [integer, integer, threadkeep.Style][] First byte, the byte after the last, style.

---A sequence that is longer is none, and what follows it is shown.
local LONGEST = 4096

local FLAGS = { [1] = "bold", [3] = "italic", [4] = "underline", [7] = "reverse", [9] = "strikethrough" }
local ENDS = { [22] = "bold", [23] = "italic", [24] = "underline", [27] = "reverse", [29] = "strikethrough" }

--- Shows control characters as Vim does: `^[`.
---@param text string
---@return string
function M.caret(text)
  return (
    text:gsub("[%z\1-\8\10-\31\127]", function(sign)
      return "^" .. string.char((sign:byte() + 64) % 128)
    end)
  )
end

--- The colour that `38` or `48` names, and how many numbers that takes.
local function colour(numbers, at)
  if numbers[at + 1] == 5 and (numbers[at + 2] or 256) < 256 then
    return tostring(numbers[at + 2]), 2
  elseif numbers[at + 1] == 2 then
    local red, green, blue = numbers[at + 2] or 0, numbers[at + 3] or 0, numbers[at + 4] or 0
    if math.max(red, green, blue) < 256 then
      return ("#%02x%02x%02x"):format(red, green, blue), 4
    end
    return nil, 4
  end
  return nil, 2
end

--- What a style is after a sequence of numbers.
local function styled(style, parameters)
  local new = vim.tbl_extend("force", {}, style)
  -- With colons true colour has a colour space, which is mostly left out.
  parameters = parameters:gsub("([34]8:2):%d*:(%d*:%d*:%d*)", "%1:%2")
  local numbers = {}
  for number in (parameters:gsub(":", ";") .. ";"):gmatch("(%d*);") do
    numbers[#numbers + 1] = tonumber(number) or 0
  end
  local at = 1
  while at <= math.min(#numbers, 64) do
    local number = numbers[at]
    if number == 0 then
      new = {}
    elseif FLAGS[number] then
      new[FLAGS[number]] = true
    elseif ENDS[number] then
      new[ENDS[number]] = nil
    elseif number == 38 or number == 48 then
      local found, taken = colour(numbers, at)
      new[number == 38 and "fg" or "bg"] = found
      at = at + taken
    elseif number == 39 then
      new.fg = nil
    elseif number == 49 then
      new.bg = nil
    elseif number >= 30 and number <= 37 or number >= 90 and number <= 97 then
      new.fg = tostring(number >= 90 and number - 82 or number - 30)
    elseif number >= 40 and number <= 47 or number >= 100 and number <= 107 then
      new.bg = tostring(number >= 100 and number - 92 or number - 40)
    end
    at = at + 1
  end
  return new
end

--- Where a sequence at a place ends, and the numbers of one that sets a style.
local function sequence(line, at)
  local second = line:sub(at + 1, at + 1)
  if second == "[" then
    local _, last, parameters, final = line:find("^%[([0-?]*)[ -/]*([@-~]?)", at + 1)
    local is_style = final == "m" and not parameters:find("[<-?]")
    return last, is_style and #parameters < LONGEST and parameters or nil
  elseif second:find("[%]PX^_]") then
    -- Titles, links and other words for the terminal end at a bell, an escape, or with the line.
    local _, last = line:find("^[^\7\27]*[\7]?", at + 2)
    return line:sub(last + 1, last + 2) == "\27\\" and last + 2 or last
  end
  local _, last = line:find("^[ -/]*[0-~]?", at + 1)
  return last
end

--- One line of output.
local function coloured(line, style)
  local pieces, spans, length, at = {}, {}, 0, 1
  local function put(words)
    if words ~= "" then
      local shown = M.caret(words)
      if next(style) then
        spans[#spans + 1] = { length, length + #shown, style }
      end
      pieces[#pieces + 1], length = shown, length + #shown
    end
  end
  while true do
    local escape = line:find("\27", at, true)
    put(line:sub(at, (escape or 0) - 1))
    if not escape then
      return { text = table.concat(pieces), spans = spans }, style
    end
    local last, parameters = sequence(line, escape)
    if parameters then
      style = styled(style, parameters)
    end
    at = last + 1
  end
end

--- The lines of a text as a terminal would show them. What a carriage return wrote over is gone.
---@param source string
---@param style? threadkeep.Style What it begins with.
---@return threadkeep.Coloured[]
---@return threadkeep.Style style What it ends with.
function M.lines(source, style)
  local lines, now = {}, style or {}
  for line in (source .. "\n"):gmatch("(.-)\n") do
    line = line:gsub("\r+$", "")
    local visible = line:match("^.*\r(.*)$")
    if visible then
      -- The colours that the hidden words set hold on.
      local _, after = coloured(line:sub(1, #line - #visible - 1):gsub("\r", ""), now)
      now = after
    end
    lines[#lines + 1], now = coloured(visible or line, now)
  end
  return lines, now
end

--- The lines of an output: only those of a terminal have colours.
---@param source string
---@param is_terminal? boolean
---@param style? threadkeep.Style
---@return threadkeep.Coloured[]
---@return threadkeep.Style? style
function M.shown(source, is_terminal, style)
  if is_terminal then
    return M.lines(source, style)
  end
  return vim.tbl_map(function(line)
    return { text = M.caret(line), spans = {} }
  end, text_of.lines(source))
end

--- The newest lines of an output, and how many others there are. Only what may bear on them is looked at closely.
---@param source string
---@param is_terminal? boolean
---@param most integer
---@return threadkeep.Coloured[]
---@return integer hidden
function M.newest(source, is_terminal, most)
  local _, hidden = source:gsub("\n", "")
  hidden = math.max(hidden + 1 - most, 0)
  local first = 1
  for _ = 1, hidden do
    first = source:find("\n", first, true) + 1
  end
  if not is_terminal or hidden == 0 then
    return M.shown(source:sub(first), is_terminal), hidden
  end
  -- Colours that were set before, and not taken back, hold on.
  local reset, at = nil, source:find("\27%[0?m")
  while at and at < first do
    reset, at = at, source:find("\27%[0?m", at + 1)
  end
  local _, style = M.shown(source:sub(math.max(reset or 1, first - 65536), first - 1), true)
  return M.shown(source:sub(first), true, style), hidden
end

return M
