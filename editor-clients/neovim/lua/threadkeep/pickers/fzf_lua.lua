--- Picks with fzf-lua.
local M = {}

---@param pick threadkeep.Pick
function M.pick(pick)
  local lines = {}
  for index, item in ipairs(pick.items) do
    lines[index] = ("%d\t%s"):format(index, item.label)
  end
  local function item_of(line)
    return line and pick.items[tonumber(line:match("^%d+"))]
  end
  local function with_item(action)
    return function(selected)
      local item = item_of(selected[1])
      if item then
        action(item)
      end
    end
  end
  local actions = { ["default"] = with_item(pick.choose) }
  for _, action in ipairs(pick.actions) do
    actions["alt-" .. action.key] = with_item(function(item)
      pick.act(action, item)
    end)
  end
  require("fzf-lua").fzf_exec(lines, {
    prompt = pick.title .. "> ",
    previewer = M._previewer(pick, item_of),
    fzf_opts = { ["--delimiter"] = "\t", ["--with-nth"] = "2..", ["--no-multi"] = true },
    actions = actions,
  })
end

function M._previewer(pick, item_of)
  local previewer = require("fzf-lua.previewer.builtin").base:extend()

  function previewer:new(...)
    previewer.super.new(self, ...)
    setmetatable(self, previewer)
    return self
  end

  function previewer:populate_preview_buf(line)
    local buf = self:get_tmp_buffer()
    self:set_preview_buf(buf)
    pick.preview(item_of(line), function(lines)
      if vim.api.nvim_buf_is_valid(buf) then
        vim.api.nvim_buf_set_lines(buf, 0, -1, false, lines)
        vim.bo[buf].syntax = "markdown"
      end
    end)
  end

  return previewer
end

return M
