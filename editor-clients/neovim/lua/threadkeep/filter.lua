--- Reads a filter of sessions from words such as `status=paused`; pure.
local M = {}

M.NAMES = { "status", "task", "repository", "agent", "tag", "archived", "favourite", "title" }

--- What may be said where not everything may.
local CHOICES = {
  status = { "active", "paused", "ended" },
  archived = { "exclude", "include", "only" },
  favourite = { "true", "false" },
}

--- A filter from words; those without a `=` are looked for in titles, in any order. Tags and words of the title add up,
--- of everything else the last one holds.
---@param words string[]
---@param repository fun(value?: string): threadkeep.RepositoryRef? Which one is meant; gets nothing if none is named.
---@return threadkeep.SessionFilter? filter
---@return string? problem
---@return string[]? others Words of the title besides the longest one, which is all that the filter can hold.
function M.parse(words, repository)
  local filter, tags, title, place = {}, {}, {}, nil ---@type threadkeep.SessionFilter, string[], string[], string?
  for _, word in ipairs(words) do
    local name, value = word:match("^(%a+)=(.*)$")
    local problem = M._problem(word, name, value)
    if problem then
      return nil, problem
    elseif not name or name == "title" then
      title[#title + 1] = value or word
    elseif name == "status" then
      filter.status = vim.split(value, ",")
    elseif name == "repository" then
      place = value
    elseif name == "tag" then
      vim.list_extend(tags, vim.split(value, ","))
    elseif name == "favourite" then
      filter.isFavourite = value == "true"
    else
      filter[name] = value
    end
  end
  filter.repository = repository(place)
  filter.tags = #tags > 0 and tags or nil
  table.sort(title, function(a, b)
    return #a > #b
  end)
  filter.title = table.remove(title, 1)
  return filter, nil, title
end

--- Whether a title has all of the words in it; case and accents do not matter.
---@param title string
---@param words string[]
---@return boolean
function M.matches(title, words)
  return vim.iter(words):all(function(word)
    local pattern = vim.tbl_map(function(character)
      return character:match("^[%w\128-\255]+$") and ("\\[[=%s=]]"):format(character)
        or vim.fn.escape(character, "\\")
    end, vim.fn.split(word, "\\zs"))
    return vim.regex("\\c\\V" .. table.concat(pattern)):match_str(title) ~= nil
  end)
end

--- Checks a filter that is kept by a name.
---@param name any
---@param value any Words in one string, or a list of them.
---@return string[]? words
---@return string? problem
function M.check(name, value)
  if type(name) ~= "string" or not name:match("^[^%s%c@=\\]+$") then
    return nil, "a name is one word without `@`, `=` and `\\`"
  end
  local words = type(value) == "string" and vim.split(value, "%s+", { trimempty = true }) or value
  if type(words) ~= "table" or not vim.islist(words) or #words == 0 then
    return nil, ('must be words such as "status=paused parser", not %s'):format(vim.inspect(value))
  end
  for _, word in ipairs(words) do
    if type(word) ~= "string" or word == "" then
      return nil, ("must hold words only, not %s"):format(vim.inspect(word))
    elseif word:sub(1, 1) == "@" then
      return nil, ("`%s`: a filter holds no other one"):format(word)
    end
  end
  local filter, problem = M.parse(words, function() end)
  if not filter then
    return nil, problem
  end
  return vim.deepcopy(words)
end

function M._problem(word, name, value)
  if not name then
    return nil
  elseif not vim.list_contains(M.NAMES, name) then
    return ("`%s` is no filter; there are %s."):format(name, table.concat(M.NAMES, ", "))
  elseif value == "" then
    return ("`%s` needs a value."):format(word)
  end
  for _, one in ipairs(CHOICES[name] and vim.split(value, ",") or {}) do
    if not vim.list_contains(CHOICES[name], one) then
      return ("`%s` is one of %s, not `%s`."):format(name, table.concat(CHOICES[name], ", "), one)
    end
  end
end

return M
