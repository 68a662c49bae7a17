--- Paths as people write them.
local M = {}

--- The path with `~` and variables in it written out, and `%` and `#` at its begin as in any command. Unlike
--- `expand()` of it all, a name that 'wildignore' hides, or that looks like a pattern, stays what it is.
---@param words string
---@return string
function M.expanded(words)
  if words:match("^[%%#]") then
    words = vim.fn.expand(words, true)
  end
  return vim.fs.normalize(words)
end

--- The same as an absolute path.
---@param words string
---@return string
function M.absolute(words)
  return vim.fn.fnamemodify(M.expanded(words), ":p")
end

return M
