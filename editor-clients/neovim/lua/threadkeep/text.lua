--- Measures, cuts and shows text; pure.
local M = {}

--- How many UTF-16 code units a text has, as the protocol's offsets count them.
---@param text string Valid UTF-8.
---@return integer
function M.units(text)
  local _, characters = text:gsub("[^\128-\191]", "")
  local _, astral = text:gsub("[\240-\247]", "")
  return characters + astral
end

--- What follows the first `units` UTF-16 code units of a text.
---@param text string
---@param units integer
---@return string
function M.after_units(text, units)
  local at, seen = 1, 0
  while seen < units and at <= #text do
    local byte = text:byte(at)
    local bytes = byte < 0x80 and 1 or byte < 0xE0 and 2 or byte < 0xF0 and 3 or 4
    seen = seen + (bytes == 4 and 2 or 1)
    at = at + bytes
  end
  return text:sub(at)
end

--- The lines of a text as a buffer can hold them.
---@param text string
---@return string[]
function M.lines(text)
  return vim.split((text:gsub("\r", "")), "\n", { plain = true })
end

--- A text on one line, without control characters, at most `width` cells wide.
---@param text string
---@param width? integer
---@return string
function M.one_line(text, width)
  if width and #text > width * 8 + 1024 then
    -- No more of a very long text can be seen, and measuring all of it takes seconds.
    text = text:sub(1, width * 8 + 1024):gsub("[\192-\255]?[\128-\191]*$", "")
  end
  text = vim.trim((text:gsub("[%z\1-\32\127]+", " ")))
  if not width or vim.fn.strdisplaywidth(text) <= width then
    return text
  end
  local cut = vim.fn.strcharpart(text, 0, math.max(width - 1, 0))
  while cut ~= "" and vim.fn.strdisplaywidth(cut) > width - 1 do
    cut = vim.fn.strcharpart(cut, 0, vim.fn.strchars(cut) - 1)
  end
  return cut .. "…"
end

--- A piece of a text on one line, at most `width` cells wide, with what stands at a place in it.
---@param text string
---@param units integer Where that is, in UTF-16 code units.
---@param width integer
---@return string
function M.around(text, units, width)
  local rest = M.after_units(text, units)
  local before = M.one_line(text:sub(1, #text - #rest))
  local line = M.one_line(text)
  if vim.fn.strdisplaywidth(line) <= width then
    return line
  end
  local room = math.floor(width / 3)
  local cut = vim.fn.strchars(before)
  while cut > 0 and vim.fn.strdisplaywidth(vim.fn.strcharpart(before, cut - 1)) < room do
    cut = cut - 1
  end
  local lead = cut > 0 and ("…" .. vim.fn.strcharpart(before, cut)) or before
  local gap = text:sub(1, #text - #rest):match("%s$") and " " or ""
  return M.one_line(lead .. (lead ~= "" and gap or "") .. rest, width)
end

--- A text on one line that loses its middle if it is wider than `width` cells: how it begins and ends tells most.
---@param text string
---@param width integer
---@return string
function M.middle(text, width)
  text = M.one_line(text)
  if vim.fn.strdisplaywidth(text) <= width then
    return text
  end
  local room = math.max(width - 1, 0)
  local head = M._cells(text, math.ceil(room / 2), 1)
  return head .. "…" .. M._cells(text, room - vim.fn.strdisplaywidth(head), -1)
end

--- So many cells of a text at most, from its beginning or its end.
function M._cells(text, width, direction)
  local characters = vim.fn.split(text, "\\zs")
  local first = direction > 0 and 1 or #characters
  local last = direction > 0 and #characters or 1
  local kept, used = {}, 0
  for index = first, last, direction do
    used = used + vim.fn.strdisplaywidth(characters[index])
    if used > width then
      break
    end
    table.insert(kept, direction > 0 and #kept + 1 or 1, characters[index])
  end
  return table.concat(kept)
end

--- A text for 'statusline' and 'winbar', where `%` has a meaning.
---@param text string
---@return string
function M.bar(text)
  return (M.one_line(text):gsub("%%", "%%%%"))
end

--- Words broken into lines of at most `width` cells.
---@param text string
---@param width integer
---@return string[]
function M.wrap(text, width)
  local lines, line = {}, ""
  for word in M.one_line(text):gmatch("%S+") do
    if line ~= "" and vim.fn.strdisplaywidth(line .. " " .. word) > width then
      lines[#lines + 1] = line
      line = word
    else
      line = line == "" and word or (line .. " " .. word)
    end
  end
  lines[#lines + 1] = line
  return lines
end

--- Whole numbers as people read them: 987, 12.3k, 4.5M.
---@param number integer
---@return string
function M.count(number)
  if number < 1000 then
    return tostring(number)
  end
  local unit, divisor = "k", 1000
  if number >= 999950 then
    unit, divisor = "M", 1000000
  end
  return ((("%.1f"):format(number / divisor)):gsub("%.0$", "")) .. unit
end

return M
