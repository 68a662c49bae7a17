--- Marks where messages stand in a buffer, and shows around them what is not their text.
local render = require("threadkeep.render")

local M = {}

local namespace = vim.api.nvim_create_namespace("threadkeep.transcript")

---How a message stands in the buffer: a header line, its parts with empty lines between them, and an empty line.
---@class threadkeep.Block
---@field header integer The extmark of the first line.
---@field footer integer The extmark of the last line.
---@field count integer Lines between the two.
---@field segments threadkeep.Segment[] Its parts, in order.
---@field of table<threadkeep.Slot, threadkeep.Segment>

--- Marks a message; rows are 0-based.
---@param buf integer
---@param header integer
---@param footer integer
---@return {header: integer, footer: integer}
function M.new(buf, header, footer)
  return {
    header = vim.api.nvim_buf_set_extmark(buf, namespace, header, 0, {}),
    footer = vim.api.nvim_buf_set_extmark(buf, namespace, footer, 0, {}),
  }
end

--- Where a message begins now, 0-based.
---@param buf integer
---@param block threadkeep.Block
---@return integer? row None if the buffer was unloaded.
function M.row(buf, block)
  return vim.api.nvim_buf_get_extmark_by_id(buf, namespace, block.header, {})[1]
end

--- Shows the author, the time, a person's marks and what was sent along.
---@param buf integer
---@param block threadkeep.Block
---@param entry threadkeep.Entry
---@param row integer
function M.header(buf, block, entry, row)
  local enclosures = render.enclosures(entry.message)
  vim.api.nvim_buf_set_extmark(buf, namespace, row, 0, {
    id = block.header,
    virt_text = render.header(entry.message, os.time()),
    virt_text_pos = "overlay",
    virt_lines = #enclosures > 0 and enclosures or nil,
  })
end

--- Shows the state of a message after its text.
---@param buf integer
---@param block threadkeep.Block
---@param entry threadkeep.Entry
---@param row integer
---@param look {width: integer, retrying?: threadkeep.TurnRetrying}
function M.footer(buf, block, entry, row, look)
  local state = render.footer(entry, look.retrying)
  local lines = vim.list_extend(render.beside(entry.message), render.reason(entry.message, look.width))
  -- What is said of an answer that has ended stands above the line, which then separates it from what follows.
  local is_running = entry.message.status == "streaming"
  if not is_running and #state > 0 then
    lines[#lines + 1] = state
  end
  vim.api.nvim_buf_set_extmark(buf, namespace, row, 0, {
    id = block.footer,
    virt_text = is_running and state or {},
    virt_text_pos = "overlay",
    virt_lines = #lines > 0 and lines or nil,
    virt_lines_above = true,
  })
end

--- Whether lines that are no text belong to a message.
---@param entry threadkeep.Entry
---@return boolean
function M.has_lines(entry)
  local is_running = entry.message.status == "streaming"
  if #render.enclosures(entry.message) > 0 or #render.beside(entry.message) > 0 then
    return true
  end
  return not is_running and #render.footer(entry) > 0
end

---@param buf integer
---@param block threadkeep.Block
function M.forget(buf, block)
  for _, mark in pairs({ block.header, block.footer }) do
    vim.api.nvim_buf_del_extmark(buf, namespace, mark)
  end
end

---@param buf integer
function M.clear(buf)
  vim.api.nvim_buf_clear_namespace(buf, namespace, 0, -1)
end

return M
