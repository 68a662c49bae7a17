--- Picks with snacks.nvim.
local M = {}

---@param pick threadkeep.Pick
function M.pick(pick)
  local items = {}
  for index, item in ipairs(pick.items) do
    items[index] = { idx = index, text = item.text, item = item }
  end
  local actions, keys = {}, {}
  for _, action in ipairs(pick.actions) do
    local name = "threadkeep_" .. action.name
    actions[name] = function(picker, item)
      picker:close()
      if item then
        pick.act(action, item.item)
      end
    end
    -- Written as snacks writes its own, some of which give way.
    keys[("<a-%s>"):format(action.key)] = { name, mode = { "n", "i" }, desc = action.doc }
  end
  require("snacks.picker").pick({
    title = pick.title,
    items = items,
    format = function(item)
      return { { item.item.label } }
    end,
    actions = actions,
    win = { input = { keys = keys }, list = { keys = keys } },
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
