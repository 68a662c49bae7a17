--- Picks with telescope.nvim.
local M = {}

---@param pick threadkeep.Pick
function M.pick(pick)
  local actions = require("telescope.actions")
  local config = require("telescope.config").values
  local state = require("telescope.actions.state")
  local previewer = require("telescope.previewers").new_buffer_previewer({
    title = "Session",
    define_preview = function(self, entry)
      local buf = self.state.bufnr
      pick.preview(entry.value, function(lines)
        if vim.api.nvim_buf_is_valid(buf) then
          vim.api.nvim_buf_set_lines(buf, 0, -1, false, lines)
          vim.bo[buf].syntax = "markdown"
        end
      end)
    end,
  })
  require("telescope.pickers")
    .new({}, {
      prompt_title = pick.title,
      finder = require("telescope.finders").new_table({
        results = pick.items,
        entry_maker = function(item)
          return { value = item, display = item.label, ordinal = item.label }
        end,
      }),
      sorter = config.generic_sorter({}),
      previewer = previewer,
      attach_mappings = function(prompt_buf)
        actions.select_default:replace(function()
          local entry = state.get_selected_entry()
          actions.close(prompt_buf)
          if entry then
            pick.choose(entry.value)
          end
        end)
        return true
      end,
    })
    :find()
end

return M
