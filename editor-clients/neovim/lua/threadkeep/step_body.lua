--- Draws what a step holds: the input of a tool call, its places, and what came of it; pure.
local ansi = require("threadkeep.ansi")
local colours = require("threadkeep.colours")
local text = require("threadkeep.text")

local M = {}

---What a line of the chat leads to.
---@class threadkeep.Target
---@field kind "toggle"|"omitted"|"place"|"link"|"whole"|"diff"
---@field uri? string Of a place and a link.
---@field line? integer Of a place, 0-based.
---@field item? table Of `diff`, and of `whole`: has `text` or `blob`.
---@field is_terminal? boolean Of `whole`.
---@field name? string

---Lines of an output that are shown at most; the newest ones.
M.TAIL = 200
---Bytes of a line and coloured pieces of an output that are shown at most in the chat.
local WIDTH, PIECES = 2000, 5000
local BAR = "│ "

local function add(drawn, indent, line, group, target)
  local prefix = indent .. BAR
  table.insert(drawn.spans, { #drawn.lines, 0, #prefix, "ThreadkeepMeta" })
  if line ~= "" then
    table.insert(drawn.spans, { #drawn.lines, #prefix, #prefix + #line, group or "ThreadkeepOutput" })
  end
  drawn.targets[#drawn.lines] = target
  drawn.lines[#drawn.lines + 1] = prefix .. line
end

--- A line that is not too long, with control characters as signs.
local function short(line)
  line = ansi.caret(line)
  return #line > WIDTH and line:sub(1, WIDTH):gsub("[\192-\255]?[\128-\191]*$", "") .. "…" or line
end

local function size(bytes)
  return text.count(bytes) .. (bytes == 1 and " byte" or " bytes")
end

--- A path as people read it. Neovim's functions take no text with a NUL in it.
local function path(name)
  return text.one_line(vim.fn.fnamemodify(text.one_line(name, 1000), ":~:."), 200)
end

--- A path or an address as people read it.
local function shown(uri)
  local is_file, name = pcall(vim.uri_to_fname, uri:sub(1, 4096))
  return is_file and uri:find("^file://") and path(name) or text.one_line(uri, 200)
end

--- Lines after a bar.
---@param drawn threadkeep.Drawn
---@param lines string[]
---@param indent string
---@param group? string
function M.quote(drawn, lines, indent, group)
  for _, line in ipairs(lines) do
    add(drawn, indent, short(line), group)
  end
end

--- A picture, a sound or a file in words.
---@return threadkeep.Chunk[]
function M.media(kind, name, mime, bytes)
  local what = (name or "") ~= "" and ("%s %s"):format(kind, text.one_line(name, 120)) or kind
  local more = { text.one_line(mime or "", 80), bytes and size(bytes) or "" }
  more = vim.tbl_filter(function(one)
    return one ~= ""
  end, more)
  return {
    { "  ▣ " .. what, "ThreadkeepAttachment" },
    { " · " .. table.concat(more, " · "), "ThreadkeepMeta" },
  }
end

--- What a call was given: a line a member.
local function input(part)
  local given = part.input
  if part.inputBlob then
    return vim.list_extend(
      text.lines(part.inputBlob.head),
      { ("… %s of input"):format(size(part.inputBlob.size)) }
    )
  elseif given == nil or given == vim.NIL then
    return {}
  elseif type(given) ~= "table" or vim.islist(given) and #given > 0 then
    return text.lines(type(given) == "string" and given or vim.json.encode(given))
  end
  local names, lines = vim.tbl_keys(given), {}
  table.sort(names)
  for _, name in ipairs(names) do
    local value = given[name]
    local all = text.lines(type(value) == "string" and value or vim.json.encode(value))
    lines[#lines + 1] = name .. ":" .. (#all == 1 and " " .. all[1] or "")
    for _, line in ipairs(#all > 1 and all or {}) do
      lines[#lines + 1] = "  " .. line
    end
  end
  return lines
end

--- The newest lines of an output, and a line that leads to all of it.
local function newest(drawn, item, indent, is_terminal)
  local source, blob = item.text or "", item.blob
  if blob then
    source = blob.tail ~= "" and blob.tail or blob.head
  end
  local lines, hidden = ansi.newest((source:gsub("\n$", "")), is_terminal, M.TAIL)
  if blob or hidden > 0 then
    local before = blob and blob.sha256 == "" and ("… the newest of %s so far"):format(size(blob.size))
      or blob and ("… the end of %s — <CR> shows all"):format(size(blob.size))
      or ("… %d earlier lines — <CR> shows all"):format(hidden)
    local is_growing = blob and blob.sha256 == ""
    add(drawn, indent, before, "ThreadkeepHint", not is_growing and {
      kind = "whole",
      item = item,
      is_terminal = is_terminal,
      name = item.command or "output",
    } or nil)
  end
  local pieces = 0
  for _, shown_line in ipairs(source ~= "" and lines or {}) do
    local line = short(shown_line.text)
    add(drawn, indent, line)
    for _, span in ipairs(shown_line.spans) do
      local group = pieces < PIECES and span[1] < #line and colours.group(span[3])
      if group then
        pieces = pieces + 1
        local start = #indent + #BAR
        local last = math.min(span[2], #line)
        table.insert(drawn.spans, { #drawn.lines - 1, start + span[1], start + last, group })
      end
    end
  end
  if item.isTruncated then
    add(drawn, indent, "… more came than was kept", "ThreadkeepWarning")
  end
end

local function terminal(drawn, item, indent)
  if item.command then
    for index, line in ipairs(text.lines(item.command)) do
      add(drawn, indent, (index == 1 and "$ " or "  ") .. short(line), "ThreadkeepTool")
    end
  end
  if item.cwd then
    add(drawn, indent, "in " .. path(item.cwd), "ThreadkeepMeta")
  end
  newest(drawn, item, indent, true)
  if item.signal then
    add(drawn, indent, "ended by " .. text.one_line(item.signal, 40), "ThreadkeepWarning")
  elseif item.exitCode then
    local group = item.exitCode == 0 and "ThreadkeepMeta" or "ThreadkeepError"
    add(drawn, indent, ("exit code %d"):format(item.exitCode), group)
  end
end

--- The lines of a unified diff.
---@param old string
---@param new string
---@return string[]
function M.diff_lines(old, new)
  local function ended(all)
    return all == "" and all or (all:gsub("\n?$", "\n", 1))
  end
  local compare = vim.text and vim.text.diff or vim.diff
  local found = compare(ended(old), ended(new), { result_type = "unified", ctxlen = 3 })
  local lines = text.lines(tostring(found))
  lines[#lines] = lines[#lines] ~= "" and lines[#lines] or nil
  return lines
end

local function diff(drawn, item, indent)
  local target = { kind = "diff", item = item }
  local is_new = not item.oldText and not item.oldBlob
  local name = shown(item.uri or "")
  add(drawn, indent, is_new and name .. " (new)" or name, "ThreadkeepAttachment", target)
  if item.oldBlob or item.newBlob then
    local bytes = (item.newBlob or { size = #(item.newText or "") }).size
    local words = ("… a file of %s — <CR> shows the diff"):format(size(bytes))
    add(drawn, indent, words, "ThreadkeepHint", target)
    return
  end
  local lines = M.diff_lines(item.oldText or "", item.newText or "")
  local fence = "```"
  for _, line in ipairs(lines) do
    for run in line:gmatch("```+") do
      fence = #run >= #fence and run .. "`" or fence
    end
  end
  local function put(line, group)
    if group and line ~= "" then
      table.insert(drawn.spans, { #drawn.lines, 0, #line, group })
    end
    drawn.targets[#drawn.lines] = target
    drawn.lines[#drawn.lines + 1] = line
  end
  put(fence .. "diff")
  for _, line in ipairs(lines) do
    local sign = line:sub(1, 1)
    put(
      short(line),
      sign == "+" and "ThreadkeepAdded"
        or sign == "-" and "ThreadkeepRemoved"
        or sign == "@" and "ThreadkeepMeta"
    )
  end
  put(fence)
end

local function link(drawn, item, indent)
  local words = { item.name or "", shown(item.uri or ""), text.one_line(item.mimeType or "", 80) }
  words = vim.tbl_filter(function(one)
    return one ~= ""
  end, words)
  local line = "↗ " .. text.one_line(table.concat(words, " · "), 300)
  add(drawn, indent, line, "ThreadkeepAttachment", { kind = "link", uri = item.uri })
end

local ITEMS = {
  text = newest,
  terminal = terminal,
  diff = diff,
  resourceLink = link,
  resource = function(drawn, item, indent)
    link(drawn, item, indent)
    if item.text or item.blob and item.blob.head ~= "" then
      newest(drawn, item, indent)
    end
  end,
}

local function other(drawn, item, indent)
  if item.type == "image" or item.type == "audio" then
    local chunks = M.media(item.type, item.name, item.mimeType, item.blob and item.blob.size)
    add(drawn, indent, vim.trim(chunks[1][1]) .. chunks[2][1], "ThreadkeepAttachment")
  else
    add(drawn, indent, ("? %s"):format(text.one_line(tostring(item.type), 40)), "ThreadkeepMeta")
  end
end

--- What a tool call holds, below its line.
---@param drawn threadkeep.Drawn
---@param part threadkeep.ToolCallPart
---@param indent string
function M.call(drawn, part, indent)
  local before = #drawn.lines
  indent = indent .. "  "
  if part.title ~= "" and part.name ~= "" and part.name ~= part.title then
    add(drawn, indent, text.one_line(part.name, 200), "ThreadkeepMeta")
  end
  M.quote(drawn, input(part), indent)
  for _, location in ipairs(part.locations or {}) do
    local line = location.line and ":" .. (location.line + 1) or ""
    local target = { kind = "place", uri = location.uri, line = location.line }
    add(drawn, indent, "→ " .. shown(location.uri) .. line, "ThreadkeepAttachment", target)
  end
  for _, item in ipairs(part.output or {}) do
    (ITEMS[item.type] or other)(drawn, item, indent)
  end
  if (part.error or "") ~= "" then
    M.quote(drawn, text.lines(part.error), indent, "ThreadkeepError")
  end
  if #drawn.lines == before then
    add(drawn, indent, "nothing came of it so far", "ThreadkeepMeta")
  end
end

return M
