--- Keeps both buffers whole: one that was unloaded is drawn again, one that was wiped out is made again.
local buffers = require("threadkeep.buffers")
local current = require("threadkeep.current")
local wholeness = require("threadkeep.wholeness")
local windows = require("threadkeep.windows")

local M = {}

local is_loading = false

--- Makes both buffers whole; nothing happens to one that is.
function M.restore()
  for _, kind in ipairs({ "chat", "prompt" }) do
    local buf = windows.buf(kind) or buffers.find(kind)
    if not M._is_whole(kind, buf) then
      M._take(kind, buf)
    end
  end
end

--- Fills a buffer with a name of ours that is loaded: after `:edit`, `:bdelete`, or a session of Neovim.
---@param buf integer
---@param name string
function M.read(buf, name)
  local kind = buffers.kind(name)
  if not kind then
    require("threadkeep.notify").warn(
      ("`%s` is nothing of Threadkeep's; there are `threadkeep://chat` and `threadkeep://prompt`."):format(
        name
      )
    )
    return
  end
  if is_loading then
    M._take(kind, buf)
    return
  end
  require("threadkeep.following").start()
  require("threadkeep.stage").set()
  M._take(kind, buf)
  vim.schedule(M._bring_to_life)
end

function M._is_whole(kind, buf)
  if windows.buf(kind) ~= buf or not buffers.is_dressed(buf) then
    return false
  end
  return vim.api.nvim_buf_is_loaded(buf) and (kind == "prompt" or wholeness.is_whole(current.transcript))
end

--- Makes a buffer that of the chat or the prompt, with all that belongs there.
function M._take(kind, buf)
  if not vim.api.nvim_buf_is_loaded(buf) then
    -- This comes back here by `read`, unless autocommands are off.
    is_loading = true
    vim.bo[buf].buftype = "nowrite"
    vim.fn.bufload(buf)
    is_loading = false
    if M._is_whole(kind, buf) then
      return
    end
  end
  if kind == "chat" then
    current.buf, current.transcript.buf = buf, buf
    buffers.dress(kind, buf)
    current.transcript:reset()
  else
    buffers.dress(kind, buf)
    current.prompt:adopt(buf)
  end
end

--- A chat that came onto the screen by itself gets its session, and its windows are those of the plugin again.
function M._bring_to_life()
  local chat, view = require("threadkeep.chat"), require("threadkeep.view")
  for _, tab in ipairs(vim.api.nvim_list_tabpages()) do
    windows.adopt(tab)
  end
  if not current.state.session and not current.is_loading and view.windows() then
    chat.load_current()
  end
  view.look()
end

return M
