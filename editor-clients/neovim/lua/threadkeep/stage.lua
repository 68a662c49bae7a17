--- Makes the buffers of the chat when they are first needed, and stores what is typed.
local buffers = require("threadkeep.buffers")
local client = require("threadkeep.client")
local config = require("threadkeep.config")
local current = require("threadkeep.current")
local folds = require("threadkeep.folds")
local loader = require("threadkeep.loader")
local notify = require("threadkeep.notify")
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
  current.prompt = prompt_of.new({
    save = M._save_draft,
    changed = view.fit,
  })
  buffers.dress(current.buf, current.prompt.buf)
  current.transcript:reset()
end

function M._save_draft(text)
  local session = current.state.session
  if not session or session.status == "ended" then
    return
  end
  local params = { sessionId = session.id, windowId = loader.window_id(), text = text }
  client.request("draft/set", params, function(problem)
    if problem and problem.kind ~= "serverGone" then
      notify.failed(problem)
    end
  end)
end

return M
