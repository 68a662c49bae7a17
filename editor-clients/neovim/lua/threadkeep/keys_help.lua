--- Shows the keys of the chat.
local config = require("threadkeep.config")
local editing = require("threadkeep.editing")
local options = require("threadkeep.options")

local M = {}

function M.show()
  local lines = {}
  for _, option in ipairs(options.keymaps) do
    local lhs = config.get().keymaps[option.name]
    if lhs then
      lines[#lines + 1] = ("%-8s %s"):format(lhs, option.doc)
    end
  end
  editing.show_notes("Keys of the chat", lines, "text")
end

return M
