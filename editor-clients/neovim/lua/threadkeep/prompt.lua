--- The place to write in: an ordinary buffer whose text outlives Neovim as the session's draft.
local timer = require("threadkeep.timer")

local M = {}

local namespace = vim.api.nvim_create_namespace("threadkeep.prompt")

---Milliseconds without a key after which the draft is stored.
M.PAUSE = 300

---@class threadkeep.Prompt
---@field buf integer
---@field timer threadkeep.Timer
---@field saved? string The draft that is stored.
---@field save fun(text: string)
---@field changed fun()
---@field hint string Shown while it is empty.
local Prompt = {}
Prompt.__index = Prompt

---@param hooks {save: fun(text: string), changed: fun()}
---@return threadkeep.Prompt
function M.new(hooks)
  local buf = vim.api.nvim_create_buf(false, true)
  vim.bo[buf].bufhidden = "hide"
  vim.bo[buf].modeline = false
  local prompt = setmetatable({ buf = buf, save = hooks.save, changed = hooks.changed, hint = "" }, Prompt)
  prompt.timer = timer.new(M.PAUSE, function()
    if vim.api.nvim_buf_is_valid(buf) then
      prompt:save_now()
    end
  end)
  vim.api.nvim_create_autocmd({ "TextChanged", "TextChangedI", "TextChangedP" }, {
    buffer = buf,
    callback = function()
      prompt:_touched()
    end,
  })
  vim.api.nvim_create_autocmd({ "InsertLeave", "BufLeave" }, {
    buffer = buf,
    callback = function()
      prompt:save_now()
    end,
  })
  return prompt
end

---@return string
function Prompt:text()
  return table.concat(vim.api.nvim_buf_get_lines(self.buf, 0, -1, false), "\n")
end

--- Puts a text in; what was there can be had back by undo.
---@param text string
function Prompt:set(text)
  local is_locked = not vim.bo[self.buf].modifiable
  vim.bo[self.buf].modifiable = true
  local lines = vim.split(text, "\n", { plain = true })
  vim.api.nvim_buf_set_lines(self.buf, 0, -1, false, lines)
  vim.bo[self.buf].modifiable = not is_locked
  for _, win in ipairs(vim.fn.win_findbuf(self.buf)) do
    vim.api.nvim_win_set_cursor(win, { #lines, #lines[#lines] })
  end
  self:_look()
  self.changed()
end

--- Shows a stored draft, unless something is being written.
---@param text string
function Prompt:restore(text)
  self.saved = text
  if self:text() == "" and text ~= "" then
    self:set(text)
  end
end

--- Puts words back that could not be sent, before what was written meanwhile.
---@param text string
function Prompt:give_back(text)
  local now = self:text()
  self:set(now == "" and text or (text .. "\n" .. now))
  self:save_now()
end

--- Lets nobody write, or lets them again.
---@param is_locked boolean
---@param hint string What is shown in an empty prompt.
function Prompt:lock(is_locked, hint)
  self.hint = hint
  vim.bo[self.buf].modifiable = not is_locked
  if
    is_locked
    and vim.api.nvim_get_current_buf() == self.buf
    and vim.api.nvim_get_mode().mode:match("^[iR]")
  then
    vim.cmd.stopinsert()
  end
  self:_look()
end

--- Stores the draft if it is another than the stored one.
function Prompt:save_now()
  self.timer:stop()
  -- While Neovim leaves without being asked, buffers are unloaded: that is no emptying.
  if not vim.api.nvim_buf_is_loaded(self.buf) then
    return
  end
  local text = self:text()
  if text ~= self.saved then
    self.saved = text
    self.save(text)
  end
end

function Prompt:_touched()
  self:_look()
  self.changed()
  self.timer:restart()
end

function Prompt:_look()
  vim.api.nvim_buf_clear_namespace(self.buf, namespace, 0, -1)
  if self:text() == "" then
    vim.api.nvim_buf_set_extmark(self.buf, namespace, 0, 0, {
      virt_text = { { self.hint, "ThreadkeepHint" } },
      virt_text_pos = "overlay",
    })
  end
end

return M
