--- Checks what `setup` was given and keeps it, with the default of everything that was not.
local options = require("threadkeep.options")

local M = {}

---@class threadkeep.Config
---@field cmd? string[]
---@field settings threadkeep.ServerSettings
---@field trust_workspace boolean|fun(folder: string): boolean
---@field layout threadkeep.Layout
---@field remember_layout boolean
---@field width number
---@field height number
---@field border string
---@field prompt_height integer
---@field prompt_max_height integer
---@field reasoning "folded"|"open"|"hidden"
---@field when_busy threadkeep.WhenBusy
---@field on_branch_change "switch"|"notify"|"ignore"
---@field notices "hidden"|"always"|"never"
---@field history integer
---@field picker string
---@field restarts integer
---@field filters table<string, string[]>
---@field keymaps table<string, string|false>

---@type threadkeep.Config?
local current

local wrong = {} ---@type string[]

--- The options in force.
---@return threadkeep.Config
function M.get()
  current = current or M.resolve({})
  return current
end

--- Takes a person's options. What is wrong is reported, and its default taken.
---@param given? table<string, any>
---@return string[] problems
function M.set(given)
  local config, problems = M.resolve(given or {})
  current, wrong = config, problems
  return problems
end

--- What was wrong with the options that were given.
---@return string[]
function M.problems()
  return wrong
end

--- The options with their defaults, and what is wrong with them.
---@param given any
---@return threadkeep.Config config
---@return string[] problems
function M.resolve(given)
  local problems = {} ---@type string[]
  if type(given) ~= "table" then
    problems[1] = ("setup() takes a table of options, not a %s"):format(type(given))
    given = {}
  end
  return M._members(options.options, given, "", problems), problems
end

function M._members(list, given, prefix, problems)
  local known, result = {}, {}
  for _, option in ipairs(list) do
    known[#known + 1] = option.name
    result[option.name] = M._value(option, given[option.name], prefix .. option.name, problems)
  end
  for name in pairs(given) do
    if not vim.tbl_contains(known, name) then
      local close = M.closest(tostring(name), known)
      local hint = close and ("; did you mean `%s`?"):format(prefix .. close)
        or "; see :help threadkeep-options"
      problems[#problems + 1] = ("`%s%s` is not an option%s"):format(prefix, tostring(name), hint)
    end
  end
  return result
end

function M._value(option, value, path, problems)
  local default = vim.deepcopy(option.default)
  if option.fields then
    default = M._members(option.fields, {}, path .. ".", {})
  end
  if value == nil then
    return default
  end
  local problem = M._problem(option, value)
  if problem then
    problems[#problems + 1] = ("`%s` %s"):format(path, problem)
    return default
  end
  if option.fields then
    if value == false then
      return vim.tbl_map(function()
        return false
      end, default)
    end
    return value == true and default or M._members(option.fields, value, path .. ".", problems)
  end
  if option.each then
    return M._each(option.each, value, path, problems)
  end
  return vim.deepcopy(value)
end

--- The values of a table with free keys; those that are wrong are left out.
function M._each(check, values, path, problems)
  local taken, names = {}, vim.tbl_keys(values)
  table.sort(names, function(a, b)
    return tostring(a) < tostring(b)
  end)
  for _, name in ipairs(names) do
    local problem
    taken[name], problem = check(name, values[name])
    if problem then
      problems[#problems + 1] = ("`%s.%s`: %s"):format(path, tostring(name), problem)
    end
  end
  return taken
end

function M._problem(option, value)
  local types = type(option.type) == "table" and option.type or { option.type }
  if not vim.tbl_contains(types, type(value)) then
    local wanted = table.concat(
      vim.tbl_filter(function(one)
        return one ~= "nil"
      end, types),
      " or "
    )
    return ("must be a %s, not %s"):format(wanted, vim.inspect(value))
  end
  if option.choices and not vim.tbl_contains(option.choices, value) then
    return ("must be one of %s, not %s"):format(table.concat(option.choices, ", "), vim.inspect(value))
  end
  if type(value) == "number" and not (value > 0 and value < math.huge) then
    return ("must be more than 0, not %s"):format(value)
  end
  if option.items then
    if not vim.islist(value) or #value == 0 then
      return ("must be a list of %ss, and not empty"):format(option.items)
    end
    for _, item in ipairs(value) do
      if type(item) ~= option.items then
        return ("must hold %ss only, not %s"):format(option.items, vim.inspect(item))
      end
    end
  end
end

--- The known name that is most like a misspelt one, if any is alike.
---@param name string
---@param known string[]
---@return string?
function M.closest(name, known)
  -- Two letters that changed places count as two.
  local best, least = nil, math.min(math.max(2, math.floor(#name / 3)) + 1, #name)
  for _, candidate in ipairs(known) do
    local distance = M._distance(name, candidate)
    if distance < least then
      best, least = candidate, distance
    end
  end
  return best
end

--- Levenshtein's distance of two words.
function M._distance(a, b)
  local row = {}
  for j = 0, #b do
    row[j] = j
  end
  for i = 1, #a do
    local diagonal = row[0]
    row[0] = i
    for j = 1, #b do
      local same = a:byte(i) == b:byte(j)
      local cost = math.min(row[j] + 1, row[j - 1] + 1, diagonal + (same and 0 or 1))
      diagonal, row[j] = row[j], cost
    end
  end
  return row[#b]
end

return M
