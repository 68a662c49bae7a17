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
  local function taken(prompt_buf, action)
    local entry = state.get_selected_entry()
    actions.close(prompt_buf)
    if entry then
      action(entry.value)
    end
  end
  require("telescope.pickers")
    .new({}, {
      prompt_title = pick.title,
      finder = require("telescope.finders").new_table({
        results = pick.items,
        entry_maker = function(item)
          return { value = item, display = item.label, ordinal = item.text }
        end,
      }),
      sorter = config.generic_sorter({}),
      previewer = previewer,
      attach_mappings = function(prompt_buf)
        actions.select_default:replace(function()
          taken(prompt_buf, pick.choose)
        end)
        for _, action in ipairs(pick.actions) do
          vim.keymap.set({ "i", "n" }, ("<M-%s>"):format(action.key), function()
            taken(prompt_buf, function(item)
              pick.act(action, item)
            end)
          end, { buffer = prompt_buf, desc = action.doc })
        end
        return true
      end,
    })
    :find()
end

return M
