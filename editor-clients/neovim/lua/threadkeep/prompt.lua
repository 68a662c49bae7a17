--- The place to write in: an ordinary buffer. What stands in it belongs to one session and is told with every change.
local text = require("threadkeep.text")

local M = {}

local namespace = vim.api.nvim_create_namespace("threadkeep.prompt")

---@class threadkeep.PromptHooks
---@field noted fun(owner?: string) What stands there, or the cursor, changed.
---@field left fun(owner?: string) The person left it, or stopped typing.
---@field changed fun() It may need more room, or less.

---@class threadkeep.Prompt
---@field buf integer
---@field owner? string The session that the text belongs to; none before one was loaded.
---@field hooks threadkeep.PromptHooks
---@field hint string Shown while it is empty.
---@field saved? string The text that is stored, or on its way there.
---@field words string What stands there, known also once the buffer is unloaded.
---@field at? {cursor?: integer, scroll?: string} Where the cursor was, or has to go once a window shows it.
local Prompt = {}
Prompt.__index = Prompt

---@param buf integer
---@param hooks threadkeep.PromptHooks
---@return threadkeep.Prompt
function M.new(buf, hooks)
  return setmetatable({ buf = buf, hooks = hooks, hint = "", words = "" }, Prompt)
end

--- Goes on in a buffer that is new, or was unloaded, with the words that stood there.
---@param buf integer
function Prompt:adopt(buf)
  self.buf = buf
  vim.api.nvim_buf_attach(buf, false, {
    on_lines = function()
      if buf ~= self.buf then
        return true
      end
      if not self.is_setting then
        self:_read()
        self.hooks.noted(self.owner)
        vim.schedule(function()
          self:_look()
          self.hooks.changed()
        end)
      end
    end,
  })
  local group = vim.api.nvim_create_augroup("threadkeep.prompt", { clear = true })
  local function on(events, action)
    vim.api.nvim_create_autocmd(events, { group = group, buffer = self.buf, callback = action })
  end
  on({ "CursorMoved", "CursorMovedI", "WinScrolled" }, function()
    if self.words ~= "" and not self.is_setting then
      self:_look_where()
      self.hooks.noted(self.owner)
    end
  end)
  on({ "InsertLeave", "BufLeave" }, function()
    self.hooks.left(self.owner)
  end)
  on("BufWinEnter", function()
    vim.schedule(function()
      self:_go()
    end)
  end)
  self:_write_anew(self.words)
end

---@return string
function Prompt:text()
  if vim.api.nvim_buf_is_loaded(self.buf) then
    self:_read()
  end
  return self.words
end

--- What stands there and where the cursor is, without what is attached.
---@return {text: string, cursor?: integer, scroll?: string}
function Prompt:content()
  self:_look_where()
  local at = self.at or {}
  return { text = self:text(), cursor = at.cursor, scroll = at.scroll }
end

--- Shows what belongs to a session. What another one had there cannot come back by undo.
---@param owner? string
---@param content {text: string, cursor?: integer, scroll?: string}
function Prompt:show(owner, content)
  local is_other = self.owner ~= owner
  self.owner = owner
  if self:text() ~= content.text or is_other then
    if is_other then
      self:_write_anew(content.text)
    else
      self:_write(content.text)
    end
  end
  self.at = { cursor = content.cursor or text.units(content.text), scroll = content.scroll }
  self:_go()
end

--- Puts a text in; what was there can be had back by undo.
---@param words string
function Prompt:set(words)
  self:_write(words)
  self.at = { cursor = text.units(words) }
  self:_go()
  self.hooks.noted(self.owner)
end

--- Lets what stands there be stored now: Neovim leaves, or loses the focus.
function Prompt:save_now()
  self.hooks.left(self.owner)
end

--- Lets nobody write, or lets them again.
---@param is_locked boolean
---@param hint string What is shown in an empty prompt.
function Prompt:lock(is_locked, hint)
  self.hint = hint
  vim.bo[self.buf].modifiable = not is_locked
  if is_locked and self:is_being_written() then
    vim.cmd.stopinsert()
  end
  self:_look()
end

--- Whether somebody types in it right now.
---@return boolean
function Prompt:is_being_written()
  return vim.api.nvim_get_current_buf() == self.buf and vim.api.nvim_get_mode().mode:match("^[iR]") ~= nil
end

--- Nothing of what stood there before can be had back.
function Prompt:_write_anew(words)
  local levels = vim.bo[self.buf].undolevels
  vim.bo[self.buf].undolevels = -1
  self:_write(words)
  vim.bo[self.buf].undolevels = levels
  vim.bo[self.buf].modified = false
end

function Prompt:_write(words)
  local is_locked = not vim.bo[self.buf].modifiable
  vim.bo[self.buf].modifiable = true
  self.is_setting = true
  local lines = vim.split(words, "\n", { plain = true })
  vim.api.nvim_buf_set_lines(self.buf, 0, -1, false, lines)
  self.is_setting = false
  vim.bo[self.buf].modifiable = not is_locked
  self.words = words
  self:_look()
  self.hooks.changed()
end

function Prompt:_read()
  self.words = table.concat(vim.api.nvim_buf_get_lines(self.buf, 0, -1, false), "\n")
end

--- Notes the cursor and the first visible line, if a window shows them.
function Prompt:_look_where()
  local win = vim.api.nvim_buf_is_valid(self.buf) and vim.fn.win_findbuf(self.buf)[1]
  if win then
    local row, column = unpack(vim.api.nvim_win_get_cursor(win))
    local lines = vim.api.nvim_buf_get_lines(self.buf, 0, row, false)
    local cursor = 0
    for index, line in ipairs(lines) do
      cursor = cursor + (index < row and text.units(line) + 1 or text.units(line:sub(1, column)))
    end
    self.at = { cursor = cursor, scroll = tostring(vim.fn.line("w0", win)) }
  end
end

--- Puts the cursor where it was, in each window that shows the prompt.
function Prompt:_go()
  local at = self.at
  if not at or not vim.api.nvim_buf_is_loaded(self.buf) then
    return
  end
  local left = at.cursor or text.units(self.words)
  local row, column = 1, 0
  for index, line in ipairs(vim.api.nvim_buf_get_lines(self.buf, 0, -1, false)) do
    local units = text.units(line)
    row, column = index, #line
    if left <= units then
      column = #line - #text.after_units(line, left)
      break
    end
    left = left - units - 1
  end
  for _, win in ipairs(vim.fn.win_findbuf(self.buf)) do
    local top = tonumber(at.scroll or "")
    vim.api.nvim_win_call(win, function()
      if top and top <= row then
        vim.fn.winrestview({ topline = top })
      end
    end)
    vim.api.nvim_win_set_cursor(win, { row, column })
  end
end

function Prompt:_look()
  if not vim.api.nvim_buf_is_loaded(self.buf) then
    return
  end
  vim.api.nvim_buf_clear_namespace(self.buf, namespace, 0, -1)
  if self.words == "" then
    vim.api.nvim_buf_set_extmark(self.buf, namespace, 0, 0, {
      virt_text = { { self.hint, "ThreadkeepHint" } },
      virt_text_pos = "overlay",
    })
  end
end

return M
