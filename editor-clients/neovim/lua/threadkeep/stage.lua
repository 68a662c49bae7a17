--- Makes the buffers of the chat when they are first needed, and notes what is typed.
local buffers = require("threadkeep.buffers")
local config = require("threadkeep.config")
local current = require("threadkeep.current")
local drafts = require("threadkeep.drafts")
local folds = require("threadkeep.folds")
local lifetime = require("threadkeep.lifetime")
local prompt_of = require("threadkeep.prompt")
local transcript_of = require("threadkeep.transcript")
local view = require("threadkeep.view")

local M = {}

--- Makes both buffers, or makes them whole again.
function M.set()
  if not current.prompt then
    M._make()
  end
  lifetime.restore()
end

function M._make()
  current.buf = buffers.find("chat")
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
  local hooks = { noted = M._noted, left = M._left, changed = view.fit }
  current.prompt = prompt_of.new(buffers.find("prompt"), hooks)
  require("threadkeep.watching").start()
end

--- What stands in the prompt is that of its session, whichever the chat shows by the time that it is stored.
function M._noted(owner)
  if owner then
    drafts.write(owner, current.prompt:content())
  else
    require("threadkeep.unsent").touch()
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
