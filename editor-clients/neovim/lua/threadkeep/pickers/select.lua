--- Picks with `vim.ui.select`, which every Neovim has.
local M = {}

---@param pick threadkeep.Pick
function M.pick(pick)
  vim.ui.select(pick.items, {
    prompt = pick.title,
    kind = "threadkeep",
    format_item = function(item)
      return item.label
    end,
  }, function(item)
    if item then
      pick.choose(item)
    end
  end)
end

return M
