--- Tells whether a buffer still shows what was drawn into it: it may have been unloaded, emptied or written to.
local decoration = require("threadkeep.decoration")

local M = {}

---@param transcript threadkeep.Transcript
---@return boolean
function M.is_whole(transcript)
  local buf, order = transcript.buf, transcript.order
  if not vim.api.nvim_buf_is_loaded(buf) then
    return false
  end
  local count = vim.api.nvim_buf_line_count(buf)
  local last = order[#order]
  if not last then
    return count == 1
  end
  local is_marked = decoration.row(buf, transcript.blocks[last]) ~= nil
  return is_marked and transcript:range(order[1]) == 0 and select(2, transcript:range(last)) == count
end

--- Draws everything anew if it is not whole, with all that changed meanwhile.
---@param transcript threadkeep.Transcript
---@return boolean is_whole Whether it was, so that changes can be drawn one by one.
function M.restore(transcript)
  if M.is_whole(transcript) then
    return true
  end
  transcript:close()
  if vim.api.nvim_buf_is_loaded(transcript.buf) then
    transcript:reset()
  end
  return false
end

return M
