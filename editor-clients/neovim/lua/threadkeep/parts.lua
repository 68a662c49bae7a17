--- What can be done with the parts of a message: open one, go where it leads, load what was left out.
local chat = require("threadkeep.chat")
local client = require("threadkeep.client")
local editing = require("threadkeep.editing")
local folds = require("threadkeep.folds")
local growth = require("threadkeep.growth")
local notify = require("threadkeep.notify")
local pieces = require("threadkeep.pieces")
local text = require("threadkeep.text")

local M = {}

---Parts that are loaded at a time.
M.LOADED = 200

--- The part under the cursor of the chat, whose window is the current one or the chat's.
local function under_cursor()
  local transcript = chat.transcript()
  local windows = require("threadkeep.view").windows()
  if not transcript or not windows then
    return nil
  end
  local is_here = vim.api.nvim_get_current_buf() == transcript.buf
  local win = is_here and vim.api.nvim_get_current_win() or windows.chat
  return transcript:part_at(vim.api.nvim_win_get_cursor(win)[1] - 1)
end

local function can_open(slot)
  return slot and (slot.kind == "toolCall" or slot.kind == "compaction")
end

--- Opens the step or the reasoning under the cursor, or closes it. The cursor goes to the line of what it closed.
function M.toggle()
  local id, slot, _, first = under_cursor()
  if not can_open(slot) then
    folds.toggle()
    return
  end
  if slot.is_open then
    vim.api.nvim_win_set_cursor(0, { first + 1, 0 })
  end
  chat.transcript():toggle(id, slot)
end

--- Does what the line under the cursor is for: opens a step, goes to a place, shows the rest.
function M.enter()
  local id, slot, target = under_cursor()
  if not target then
    if slot and slot.kind == "reasoning" then
      folds.toggle()
    else
      pcall(vim.cmd, "normal! " .. vim.keycode("<CR>"))
    end
  elseif target.kind == "toggle" then
    M.toggle()
  elseif target.kind == "omitted" then
    M.load(id --[[@as string]], slot --[[@as threadkeep.Slot]])
  else
    M._follow(target)
  end
end

--- Opens the file that the line under the cursor names.
function M.open_file()
  local _, _, target = under_cursor()
  if target and target.uri then
    M._follow(target)
    return
  end
  local ok, problem = pcall(vim.cmd, "normal! gf")
  if not ok then
    notify.warn((tostring(problem):gsub("^.-:(E%d+)", "%1")))
  end
end

--- Shows the diff under the cursor, else the first one of the call there, in two buffers side by side.
function M.diff()
  local _, slot, target = under_cursor()
  local item = target and target.kind == "diff" and target.item
  for _, one in ipairs(not item and slot and slot.kind == "toolCall" and slot.part.output or {}) do
    item = item or one.type == "diff" and one
  end
  if item then
    M._follow({ kind = "diff", item = item })
  else
    notify.warn("there is no diff under the cursor.")
  end
end

--- Loads the newest of the steps that a line stands for.
---@param id string Of the message.
---@param slot threadkeep.Slot
function M.load(id, slot)
  local state = chat.state()
  local last = slot.index + slot.count
  local function get(from)
    local params = { messageId = id, from = from, limit = last - from }
    client.request("message/parts", params, function(problem, result)
      if problem then
        notify.failed(problem)
      elseif state == chat.state() and #result.parts > 0 then
        local changes, to
        require("threadkeep.view").keeping_place(function()
          changes, to = growth.loaded(state, id, from, result.parts)
          chat.apply(changes)
        end)
        if result.next and to > from and to < last then
          get(to)
        end
      end
    end)
  end
  get(math.max(slot.index, last - M.LOADED))
end

function M._follow(target)
  local session = chat.session()
  local uri = target.uri or ""
  if target.kind == "whole" and session then
    pieces.show(session.id, target)
  elseif target.kind == "diff" and session then
    pieces.show_diff(session.id, target.item)
  elseif uri:find("^file://") then
    M._open(uri, target.line)
  elseif uri:find("^https?://%S+$") and not uri:find("[%z\1-\32\127]") then
    local _, problem = vim.ui.open(uri)
    if problem then
      notify.warn(problem)
    end
  else
    notify.warn(("`%s` cannot be opened here."):format(text.one_line(uri, 200)))
  end
end

function M._open(uri, line)
  local ok, path = pcall(vim.uri_to_fname, uri)
  if not ok or path:find("[%z\n]") or not vim.uv.fs_stat(path) then
    notify.warn(("`%s` is not there."):format(text.one_line(ok and path or uri, 200)))
    return
  end
  local buf = vim.fn.bufadd(path)
  vim.bo[buf].buflisted = true
  editing.show(buf)
  local count = vim.api.nvim_buf_line_count(0)
  vim.api.nvim_win_set_cursor(0, { math.min((line or 0) + 1, count), 0 })
end

return M
