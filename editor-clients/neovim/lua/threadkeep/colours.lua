--- Names the highlight groups of the colours of a terminal; made when they are first needed.
local M = {}

---Groups of each sort that are made at most: Neovim has no more than 20,000, and output can name 16 million colours.
M.MOST = 2000

local PALETTE = {
  [0] = "#000000",
  "#cd3131",
  "#0dbc79",
  "#b5a642",
  "#2472c8",
  "#bc3fbc",
  "#11a8cd",
  "#c0c0c0",
  "#767676",
  "#f14c4c",
  "#23d18b",
  "#e5d34a",
  "#3b8eea",
  "#d670d6",
  "#29b8db",
  "#ffffff",
}

local groups = {} ---@type table<string, threadkeep.Style>
local counts = { plain = 0, rich = 0 } -- So that rare colours leave room for the sixteen that everybody uses.

local function is_plain(name)
  return not name or (tonumber(name) or 16) < 16
end

--- The colour of a number of the palette; the first 16 are those of Neovim's own terminal, if it names any.
local function rgb(name)
  local number = tonumber(name)
  if not number then
    return name
  elseif number < 16 then
    local own = vim.g["terminal_color_" .. number]
    return type(own) == "string" and own:match("^#%x%x%x%x%x%x$") or PALETTE[number]
  elseif number >= 232 then
    return ("#%02x%02x%02x"):format(
      unpack({ (number - 232) * 10 + 8, (number - 232) * 10 + 8, (number - 232) * 10 + 8 })
    )
  end
  local function level(step)
    return step == 0 and 0 or step * 40 + 55
  end
  number = number - 16
  return ("#%02x%02x%02x"):format(
    level(math.floor(number / 36)),
    level(math.floor(number / 6) % 6),
    level(number % 6)
  )
end

local function define(name, style)
  local look = {
    fg = style.fg and rgb(style.fg),
    bg = style.bg and rgb(style.bg),
    ctermfg = tonumber(style.fg),
    ctermbg = tonumber(style.bg),
  }
  for _, flag in ipairs({ "bold", "italic", "underline", "strikethrough", "reverse" }) do
    look[flag] = style[flag]
  end
  vim.api.nvim_set_hl(0, name, look)
end

--- The highlight group of a style; none if there are too many already.
---@param style threadkeep.Style
---@return string?
function M.group(style)
  local name = "ThreadkeepAnsi"
  for _, member in ipairs({ "fg", "bg" }) do
    name = style[member] and name .. "_" .. member .. style[member]:gsub("#", "x") or name
  end
  for _, flag in ipairs({ "bold", "italic", "underline", "strikethrough", "reverse" }) do
    name = style[flag] and name .. "_" .. flag or name
  end
  if not groups[name] then
    local sort = is_plain(style.fg) and is_plain(style.bg) and "plain" or "rich"
    if counts[sort] >= M.MOST then
      return nil
    end
    groups[name], counts[sort] = style, counts[sort] + 1
    define(name, style)
  end
  return name
end

--- Makes the groups anew after a colour scheme took them away.
function M.define()
  for name, style in pairs(groups) do
    define(name, style)
  end
end

return M
