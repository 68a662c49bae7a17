--- Knows which folder is open.
local M = {}

---What to do where none is.
M.GONE =
  "The folder that Neovim was started in is gone: go to one that is there with `:cd`, then `:Threadkeep`."

local known ---@type string? Where Neovim was last.

--- The open folder. Once it is deleted or moved away Neovim itself does not know it any more: it stays the open one
--- until a person goes to another.
---@return string? folder None if it was gone before anybody asked.
function M.open()
  local now = vim.fn.getcwd(-1, -1)
  known = now ~= "" and now or known
  return known
end

return M
