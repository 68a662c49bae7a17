--- Filters that are kept by name: those of `setup()`, and those that were saved on the command line.
local config = require("threadkeep.config")
local filter = require("threadkeep.filter")
local memory = require("threadkeep.memory")
local notify = require("threadkeep.notify")

local M = {}

---@class threadkeep.NamedFilter
---@field name string
---@field words string[]
---@field is_saved boolean Not of `setup()`.

--- All that can be used, by name. Of two with the same name that of `setup()` holds.
---@return threadkeep.NamedFilter[]
---@return string[] problems What is wrong with saved ones.
function M.all()
  local found, problems = {}, {} ---@type threadkeep.NamedFilter[], string[]
  local chosen = config.get().filters
  for name, words in pairs(chosen) do
    found[#found + 1] = { name = name, words = words, is_saved = false }
  end
  local saved, unreadable = memory.filters()
  problems[1] = unreadable
  for name, value in pairs(saved) do
    local words, problem = filter.check(name, value)
    if not words then
      problems[#problems + 1] = ("the saved filter `%s`: %s"):format(tostring(name), problem)
    elseif not chosen[name] then
      found[#found + 1] = { name = name, words = words, is_saved = true }
    end
  end
  table.sort(found, function(a, b)
    return a.name < b.name
  end)
  table.sort(problems)
  return found, problems
end

--- The names, as they are written in front of other words.
---@return string[]
function M.names()
  return vim.tbl_map(function(one)
    return "@" .. one.name
  end, (M.all()))
end

--- The words with those of the filter in place of each `@name`.
---@param words string[]
---@return string[]? expanded
---@return string? problem
function M.expand(words)
  local expanded = {}
  for _, word in ipairs(words) do
    local name = word:match("^@(.*)$")
    if not name then
      expanded[#expanded + 1] = word
    else
      local one = M._find(name)
      if not one then
        return nil, M._missing(name)
      end
      vim.list_extend(expanded, one.words)
    end
  end
  return expanded
end

--- Lets a person choose one.
---@param callback fun(name: string)
function M.choose(callback)
  local all = M.all()
  if #all == 0 then
    notify.info("no filter has a name yet; `:Threadkeep filter save NAME words…` gives one.")
    return
  end
  vim.ui.select(all, {
    prompt = "Filter",
    format_item = function(one)
      return M._line(one)
    end,
  }, function(one)
    if one then
      callback(one.name)
    end
  end)
end

--- Keeps words by a name, over restarts.
---@param name string
---@param words string[] `@name` stands for the words that it has now.
function M.save(name, words)
  local expanded, problem = M.expand(words)
  local checked
  if expanded then
    checked, problem = filter.check(name, expanded)
  end
  if not checked then
    notify.warn(("`%s` is not saved: %s"):format(name, problem))
    return
  elseif config.get().filters[name] then
    notify.warn(("`%s` is not saved: your setup() has one of this name, which holds."):format(name))
    return
  end
  local before = M._change(name, checked)
  if before ~= nil then
    local old = before ~= vim.NIL and ("; before it was `%s`"):format(M._words(before)) or ""
    notify.info(("`@%s` is saved%s."):format(name, old))
  end
end

--- Forgets one that was saved.
---@param name string
function M.delete(name)
  if memory.filters()[name] == nil then
    local is_chosen = config.get().filters[name] ~= nil
    notify.warn(
      is_chosen and ("`@%s` is one of your setup(): take it away there."):format(name) or M._missing(name)
    )
    return
  end
  local before = M._change(name, nil)
  if before ~= nil then
    notify.info(("`@%s` is deleted; it was `%s`."):format(name, M._words(before)))
  end
end

--- Changes one in the file as that is now, as another Neovim may have written it. What stood there, `vim.NIL` for
--- nothing; nothing if that failed, which is told.
function M._change(name, words)
  local saved, problem = memory.filters()
  local before = saved[name]
  if not problem then
    saved[name] = words
    problem = memory.set_filters(saved)
  end
  if problem then
    notify.error("filters cannot be changed: " .. problem)
    return nil
  end
  return before == nil and vim.NIL or before
end

function M._find(name)
  return vim.iter((M.all())):find(function(one)
    return one.name == name
  end)
end

function M._missing(name)
  local start = ("`filters.%s`"):format(name)
  for _, problem in ipairs(config.problems()) do
    if vim.startswith(problem, start) then
      return problem
    end
  end
  local _, problems = M.all()
  for _, problem in ipairs(problems) do
    if vim.startswith(problem, ("the saved filter `%s`"):format(name)) then
      return problem
    end
  end
  local names = M.names()
  local close = config.closest("@" .. name, names)
  local hint = close and ("did you mean `%s`?"):format(close)
    or #names > 0 and ("there are %s."):format(table.concat(names, ", "))
    or "`:Threadkeep filter save NAME words…` makes one."
  return ("no filter is called `@%s`; %s To look for it in titles write `title=@%s`."):format(
    name,
    hint,
    name
  )
end

function M._line(one)
  return ("@%s — %s%s"):format(one.name, M._words(one.words), one.is_saved and "" or "  (setup)")
end

function M._words(value)
  return type(value) == "table" and vim.islist(value) and table.concat(vim.tbl_map(tostring, value), " ")
    or tostring(value)
end

return M
