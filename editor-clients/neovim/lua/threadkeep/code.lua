--- What can be done with the code blocks of the chat: yank one, open one, show one as a diff.
local blocks = require("threadkeep.blocks")
local chat = require("threadkeep.chat")
local editing = require("threadkeep.editing")
local notify = require("threadkeep.notify")
local proposal = require("threadkeep.proposal")
local view = require("threadkeep.view")

local M = {}

--- Yanks the code block under the cursor into the unnamed register, and the clipboard if 'clipboard' says so.
function M.yank()
  M._with_block(function(block)
    local lines = table.concat(block.lines, "\n") .. "\n"
    vim.fn.setreg(vim.v.register, lines, "l")
    notify.info(("%d lines yanked."):format(#block.lines))
  end)
end

--- Opens it in a new buffer, which belongs to you.
function M.open()
  M._with_block(function(block)
    local buf = vim.api.nvim_create_buf(true, false)
    vim.bo[buf].modeline = false
    vim.api.nvim_buf_set_lines(buf, 0, -1, false, block.lines)
    local filetype = block.language ~= ""
      and (vim.filetype.match({ filename = "a." .. block.language }) or block.language)
    if filetype and filetype:match("^[%w_.+-]+$") then
      vim.bo[buf].filetype = filetype
    end
    editing.show(buf)
  end)
end

--- Shows it as a diff of the buffer that it is about.
function M.apply()
  M._with_block(function(block, id)
    proposal.apply(block, M._question(id), editing.last_file())
  end)
end

--- The block at the cursor of the chat; else the last block before it in the message.
function M._with_block(action)
  local windows, transcript = view.windows(), chat.transcript()
  if not windows or not transcript then
    notify.warn("the chat is not open: :Threadkeep open")
    return
  end
  local line = vim.api.nvim_win_get_cursor(windows.chat)[1]
  local id = transcript:message_at(line - 1)
  if not id then
    notify.warn("there is no code here.")
    return
  end
  local first, last = transcript:range(id)
  local found = blocks.find(vim.api.nvim_buf_get_lines(transcript.buf, first, last - 1, false))
  local block = blocks.near(found, line - first)
  if block then
    action(block, id)
  else
    notify.warn("there is no code block in this message.")
  end
end

function M._question(id)
  local state = chat.state()
  local found
  for _, one in ipairs(state.order) do
    local message = state.entries[one].message
    if message.role == "user" then
      found = message
    end
    if one == id then
      return found
    end
  end
end

return M
