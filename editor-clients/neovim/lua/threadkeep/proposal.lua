--- Shows code from an answer as a diff of a buffer, to be accepted or refused.
local blocks = require("threadkeep.blocks")
local notify = require("threadkeep.notify")
local text = require("threadkeep.text")

local M = {}

---@class threadkeep.Proposal
---@field target integer The buffer that would change.
---@field buf integer What it would be.
---@field tab integer

---@type threadkeep.Proposal?
local shown

--- Finds the place that a block is for: what was sent along with the question, else the file that was last edited.
---@param block threadkeep.CodeBlock
---@param question? threadkeep.Message
---@param last_file? integer A buffer.
function M.apply(block, question, last_file)
  for _, part in ipairs(question and question.parts or {}) do
    if part.type == "attachment" and part.uri and (part.kind == "selection" or part.kind == "range") then
      local target = vim.uri_to_bufnr(part.uri)
      vim.fn.bufload(target)
      local lines = vim.api.nvim_buf_get_lines(target, 0, -1, false)
      local wanted = text.lines((part.text:gsub("\n$", "")))
      local first, last = blocks.locate(lines, wanted, part.range and part.range.start.line + 1)
      if first then
        M.show(target, first, last --[[@as integer]], block.lines)
        return
      end
    end
  end
  local target = M._attached_file(question) or last_file
  if not target then
    notify.warn("there is no file to apply this to: open one, then try again.")
    return
  end
  M._ask(target, block)
end

--- Shows a buffer beside what it would be with lines `first` to `last` replaced.
---@param target integer
---@param first integer 1-based; `last` is less by one for an insertion before it.
---@param last integer
---@param lines string[]
function M.show(target, first, last, lines)
  M.refuse()
  local all = vim.api.nvim_buf_get_lines(target, 0, -1, false)
  local proposed = vim.list_slice(all, 1, first - 1)
  vim.list_extend(proposed, lines)
  vim.list_extend(proposed, all, last + 1)
  local buf = vim.api.nvim_create_buf(false, true)
  vim.bo[buf].bufhidden = "wipe"
  vim.bo[buf].modeline = false
  vim.api.nvim_buf_set_lines(buf, 0, -1, false, proposed)
  vim.bo[buf].filetype = vim.bo[target].filetype
  vim.cmd("tab split")
  vim.api.nvim_win_set_buf(0, target)
  vim.cmd("diffthis")
  vim.wo[0][0].winbar = "%#ThreadkeepMeta# As it is%*"
  local win = vim.api.nvim_open_win(buf, true, { split = "right", win = 0 })
  vim.cmd("diffthis")
  vim.wo[win][0].winbar = "%#ThreadkeepPrompt# Proposed — ga accepts, gr refuses; edit it as you like%*"
  shown = { target = target, buf = buf, tab = vim.api.nvim_get_current_tabpage() }
  vim.keymap.set(
    "n",
    "ga",
    M.accept,
    { buffer = buf, nowait = true, desc = "Threadkeep: accept what is proposed" }
  )
  vim.keymap.set(
    "n",
    "gr",
    M.refuse,
    { buffer = buf, nowait = true, desc = "Threadkeep: refuse what is proposed" }
  )
  vim.api.nvim_win_set_cursor(win, { math.min(first, #proposed), 0 })
end

--- Makes the buffer what was proposed; one undo takes it back. Nothing is written to disk.
function M.accept()
  if not shown or not vim.api.nvim_buf_is_valid(shown.buf) then
    notify.warn("nothing is proposed.")
    return
  end
  if not vim.bo[shown.target].modifiable then
    notify.warn("the buffer cannot be changed ('nomodifiable').")
    return
  end
  local lines = vim.api.nvim_buf_get_lines(shown.buf, 0, -1, false)
  vim.api.nvim_buf_set_lines(shown.target, 0, -1, false, lines)
  M._close()
  notify.info("applied; `u` takes it back, `:w` writes it.")
end

--- Closes the diff and changes nothing.
function M.refuse()
  if shown then
    M._close()
  end
end

function M._close()
  local proposal = shown
  shown = nil
  if proposal and vim.api.nvim_tabpage_is_valid(proposal.tab) then
    for _, win in ipairs(vim.api.nvim_tabpage_list_wins(proposal.tab)) do
      vim.wo[win].diff = false
      vim.wo[win][0].winbar = ""
    end
    if #vim.api.nvim_list_tabpages() > 1 then
      vim.cmd.tabclose(vim.api.nvim_tabpage_get_number(proposal.tab))
    end
  end
end

function M._attached_file(question)
  for _, part in ipairs(question and question.parts or {}) do
    if part.type == "attachment" and part.uri then
      local target = vim.uri_to_bufnr(part.uri)
      vim.fn.bufload(target)
      return target
    end
  end
end

--- Nothing says which lines are meant: that is for a person to say.
function M._ask(target, block)
  local name = vim.fn.fnamemodify(vim.api.nvim_buf_get_name(target), ":~:.")
  local count = vim.api.nvim_buf_line_count(target)
  local cursor = vim.api.nvim_buf_get_mark(target, '"')[1]
  local line = math.max(math.min(cursor, count), 1)
  local choices = {
    { label = ("Replace all of %s"):format(name), first = 1, last = count },
    { label = ("Insert into %s after line %d"):format(name, line), first = line + 1, last = line },
    { label = ("Insert at the end of %s"):format(name), first = count + 1, last = count },
  }
  vim.ui.select(choices, {
    prompt = "Where does this code belong?",
    format_item = function(choice)
      return choice.label
    end,
  }, function(choice)
    if choice then
      M.show(target, choice.first, choice.last, block.lines)
    end
  end)
end

return M
