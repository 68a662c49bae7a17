--- Folds a model's reasoning in the windows that show it.
local config = require("threadkeep.config")
local segments = require("threadkeep.segments")

local M = {}

--- Folds in a window all reasoning that is complete, if it shall be folded.
---@param win integer
---@param transcript threadkeep.Transcript
function M.close_all_in(win, transcript)
  if config.get().reasoning ~= "folded" then
    return
  end
  for _, id in ipairs(transcript.order) do
    for first, last in segments.folded(transcript.buf, transcript.blocks[id]) do
      M.close_in(win, first, last)
    end
  end
end

--- Folds lines in every window of a buffer.
---@param buf integer
---@param first integer 1-based.
---@param last integer
function M.close(buf, first, last)
  for _, win in ipairs(vim.fn.win_findbuf(buf)) do
    M.close_in(win, first, last)
  end
end

--- Folds lines in a window, unless they are folded already.
---@param win integer
---@param first integer 1-based.
---@param last integer
function M.close_in(win, first, last)
  vim.api.nvim_win_call(win, function()
    if vim.wo.foldmethod == "manual" and vim.fn.foldlevel(first) == 0 then
      vim.cmd(("%d,%dfold"):format(first, last))
    end
  end)
end

--- Opens the fold under the cursor, or closes it.
function M.toggle()
  if vim.fn.foldlevel(".") > 0 then
    vim.cmd("normal! za")
  end
end

--- What a closed fold shows.
---@return string
function M.text()
  local count = vim.v.foldend - vim.v.foldstart + 1
  return ("▸ Reasoning, %d %s"):format(count, count == 1 and "line" or "lines")
end

return M
