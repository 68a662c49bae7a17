--- Picks with snacks.nvim.
local M = {}

---@param pick threadkeep.Pick
function M.pick(pick)
  local items = {}
  for index, item in ipairs(pick.items) do
    items[index] = { idx = index, text = item.label, item = item }
  end
  require("snacks.picker").pick({
    title = pick.title,
    items = items,
    format = "text",
    preview = function(context)
      context.preview:reset()
      pick.preview(context.item.item, function(lines)
        local current = context.picker:current()
        if current and current.idx == context.item.idx then
          context.preview:set_lines(lines)
          context.preview:highlight({ ft = "markdown" })
        end
      end)
    end,
    confirm = function(picker, item)
      picker:close()
      if item then
        pick.choose(item.item)
      end
    end,
  })
end

return M
