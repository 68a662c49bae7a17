--- Finds the code blocks of a Markdown text; pure.
local M = {}

---@class threadkeep.CodeBlock
---@field first integer The opening fence, 1-based.
---@field last integer The closing fence, or the last line if there is none.
---@field language string
---@field lines string[] What stands between.

--- All code blocks, in order. A fence ends at one of the same sign that is as long at least.
---@param lines string[]
---@return threadkeep.CodeBlock[]
function M.find(lines)
  local blocks, open = {}, nil
  for number, line in ipairs(lines) do
    local indent, fence, info = line:match("^(%s*)(```+)([^`]*)$")
    if not fence then
      indent, fence, info = line:match("^(%s*)(~~~+)(.*)$")
    end
    if open then
      if
        fence
        and fence:sub(1, 1) == open.fence:sub(1, 1)
        and #fence >= #open.fence
        and vim.trim(info) == ""
      then
        open.block.last = number
        blocks[#blocks + 1] = open.block
        open = nil
      else
        -- A block in a list is indented as a whole.
        table.insert(open.block.lines, (line:gsub("^" .. (" "):rep(#open.indent), "", 1)))
      end
    elseif fence then
      local language = vim.trim(info):match("^[^%s{,]*") or ""
      open = {
        fence = fence,
        indent = indent,
        block = { first = number, last = number, language = language, lines = {} },
      }
    end
  end
  if open then
    open.block.last = #lines
    blocks[#blocks + 1] = open.block
  end
  return blocks
end

--- The block at a line; else the last one before it; else the first one.
---@param blocks threadkeep.CodeBlock[]
---@param line integer 1-based.
---@return threadkeep.CodeBlock?
function M.near(blocks, line)
  local best = blocks[1]
  for _, block in ipairs(blocks) do
    if block.first <= line then
      best = block
    end
  end
  return best
end

--- Where lines stand in other lines: at `hint` if they do, else at the one place where they do.
---@param lines string[]
---@param wanted string[]
---@param hint? integer 1-based.
---@return integer? first
---@return integer? last
function M.locate(lines, wanted, hint)
  local function stands_at(place)
    for offset, line in ipairs(wanted) do
      if lines[place + offset - 1] ~= line then
        return false
      end
    end
    return true
  end
  if #wanted == 0 then
    return nil
  end
  if hint and stands_at(hint) then
    return hint, hint + #wanted - 1
  end
  local found
  for place = 1, #lines - #wanted + 1 do
    if stands_at(place) then
      if found then
        return nil
      end
      found = place
    end
  end
  if found then
    return found, found + #wanted - 1
  end
end

return M
