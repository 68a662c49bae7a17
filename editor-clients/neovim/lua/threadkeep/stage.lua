--- Makes the buffers of the chat when they are first needed, and notes what is typed.
local buffers = require("threadkeep.buffers")
local config = require("threadkeep.config")
local current = require("threadkeep.current")
local drafts = require("threadkeep.drafts")
local folds = require("threadkeep.folds")
local prompt_of = require("threadkeep.prompt")
local transcript_of = require("threadkeep.transcript")
local view = require("threadkeep.view")

local M = {}

--- Makes both buffers, unless they are there.
function M.set()
  if
    current.buf
    and vim.api.nvim_buf_is_valid(current.buf)
    and vim.api.nvim_buf_is_valid(current.prompt.buf)
  then
    return
  end
  current.buf = buffers.transcript()
  current.transcript = transcript_of.new(current.buf, current.state, {
    options = function()
      local windows = view.windows()
      return {
        hide_reasoning = config.get().reasoning == "hidden",
        width = windows and vim.api.nvim_win_get_width(windows.chat) or 80,
      }
    end,
    on_fold = function(first, last)
      if config.get().reasoning == "folded" then
        folds.close(current.buf, first, last)
      end
    end,
  })
  local buf = vim.api.nvim_create_buf(false, true)
  vim.bo[buf].bufhidden = "hide"
  vim.bo[buf].modeline = false
  local hooks = { noted = M._noted, left = M._left, changed = view.fit }
  current.prompt = current.prompt or prompt_of.new(buf, hooks)
  current.prompt:adopt(buf)
  buffers.dress(current.buf, current.prompt.buf)
  current.transcript:reset()
end

--- What stands in the prompt is that of its session, whichever the chat shows by the time that it is stored.
function M._noted(owner)
  if owner then
    drafts.write(owner, current.prompt:content())
  end
end

function M._left(owner)
  if owner then
    M._noted(owner)
    drafts.save(owner)
  end
  require("threadkeep.branch").left_prompt()
end

return M
