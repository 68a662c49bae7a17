--- Picks with mini.pick.
local M = {}

---@param pick threadkeep.Pick
function M.pick(pick)
  local items = vim.tbl_map(function(item)
    return { text = item.label, item = item }
  end, pick.items)
  local mini = require("mini.pick")
  local mappings = {}
  for _, action in ipairs(pick.actions) do
    mappings["threadkeep_" .. action.name] = {
      char = ("<M-%s>"):format(action.key),
      func = function()
        local entry = mini.get_picker_matches().current
        if entry then
          vim.schedule(function()
            pick.act(action, entry.item)
          end)
          return true
        end
      end,
    }
  end
  mini.start({
    mappings = mappings,
    source = {
      name = pick.title,
      items = items,
      preview = function(buf, entry)
        pick.preview(entry.item, function(lines)
          if vim.api.nvim_buf_is_valid(buf) then
            vim.api.nvim_buf_set_lines(buf, 0, -1, false, lines)
            vim.bo[buf].syntax = "markdown"
          end
        end)
      end,
      choose = function(entry)
        -- The picker's window is still open here.
        vim.schedule(function()
          pick.choose(entry.item)
        end)
      end,
    },
  })
end

return M
