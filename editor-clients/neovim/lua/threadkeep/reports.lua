--- Shows what the server is and does: its state, its log, what was used.
local chat = require("threadkeep.chat")
local client = require("threadkeep.client")
local editing = require("threadkeep.editing")
local notify = require("threadkeep.notify")
local text = require("threadkeep.text")
local winbar = require("threadkeep.winbar")

local M = {}

M.GROUPS = { "session", "task", "repository", "agent", "model", "day" }

--- Shows the session, the server and the store.
function M.status()
  client.request("server/status", {}, function(problem, status)
    if problem then
      notify.failed(problem)
      return
    end
    client.request("store/info", {}, function(_, store)
      editing.show_notes("Threadkeep", M._status_lines(chat.session(), status, store))
    end)
  end)
end

--- Opens the server's log, or Neovim's log of what servers said.
---@param is_editors boolean
function M.log(is_editors)
  if is_editors then
    M._show_log(vim.lsp.get_log_path and vim.lsp.get_log_path() or vim.lsp.log.get_filename())
    return
  end
  client.request("server/status", {}, function(problem, status)
    if problem then
      notify.failed(problem)
    else
      M._show_log(status.log)
    end
  end)
end

--- Shows tokens and cost by session, task, repository, agent, model or day.
---@param group? string
function M.usage(group)
  local by = group or "day"
  client.request("usage/summary", { groupBy = by }, function(problem, result)
    if problem then
      notify.failed(problem)
    else
      editing.show_notes("Tokens by " .. by, M._usage_lines(by, result))
    end
  end)
end

function M._show_log(path)
  if not path or not vim.uv.fs_stat(path) then
    notify.warn("there is no log yet" .. (path and (" at " .. path) or "") .. ".")
    return
  end
  vim.cmd.tabedit(vim.fn.fnameescape(path))
  vim.bo.modifiable = false
  vim.cmd("normal! G")
end

---@param session? threadkeep.Session
---@param status threadkeep.ServerStatus
---@param store? threadkeep.StoreInfo
function M._status_lines(session, status, store)
  local lines = {}
  if session then
    vim.list_extend(lines, {
      "# " .. text.one_line(session.title),
      "",
      ("- %s · %s · %s"):format(
        text.one_line(session.repository.name),
        text.one_line(session.task),
        winbar.status(session)
      ),
      ("- agent %s, model %s"):format(session.agent, session.model or "the default"),
      ("- %d messages; %s tokens in, %s out"):format(
        session.messageCount,
        text.count(session.usage.inputTokens),
        text.count(session.usage.outputTokens)
      ),
    })
    if #session.tags > 0 then
      lines[#lines + 1] = "- tags: " .. text.one_line(table.concat(session.tags, ", "))
    end
    if session.note then
      lines[#lines + 1] = "- note: " .. text.one_line(session.note)
    end
    lines[#lines + 1] = ""
  end
  vim.list_extend(lines, {
    ("# Server %s"):format(status.version),
    "",
    ("- process %d, protocol %d, %d answers in the making"):format(
      status.pid,
      status.protocolVersion,
      status.runningTurns
    ),
    "- log: " .. (status.log or "none"),
    "- store: " .. status.store,
  })
  if store then
    lines[#lines + 1] = ("- holds %d sessions, %d messages, %s bytes"):format(
      store.sessions,
      store.messages,
      text.count(store.bytes)
    )
  end
  for _, problem in ipairs(status.problems) do
    lines[#lines + 1] = "- problem: " .. text.one_line(problem)
  end
  return lines
end

--- A table whose numbers stand in columns; the names come last, as they differ most in width.
function M._usage_lines(by, result)
  local rows = { { "answers", "in", "out", "cost", by } }
  local function add(row, label)
    local usage = row.usage
    rows[#rows + 1] = {
      tostring(row.answers),
      text.count(usage.inputTokens),
      text.count(usage.outputTokens),
      usage.cost and ("$%.2f"):format(usage.cost) or "",
      text.one_line(label, 60),
    }
  end
  for _, row in ipairs(result.rows) do
    add(row, row.label ~= "" and row.label or "(not told)")
  end
  add(result.total, "all")
  local widths = { 0, 0, 0, 0, 0 }
  for _, row in ipairs(rows) do
    for column, cell in ipairs(row) do
      widths[column] = math.max(widths[column], vim.fn.strdisplaywidth(cell))
    end
  end
  local lines = {}
  for _, row in ipairs(rows) do
    local cells = {}
    for column, cell in ipairs(row) do
      local gap = (" "):rep(widths[column] - vim.fn.strdisplaywidth(cell))
      cells[column] = column == #row and cell or gap .. cell
    end
    lines[#lines + 1] = "| " .. table.concat(cells, " | ") .. " |"
  end
  local rule = {}
  for column, width in ipairs(widths) do
    rule[column] = ("-"):rep(width + 1) .. (column < #widths and ":" or "-")
  end
  table.insert(lines, 2, "|" .. table.concat(rule, "|") .. "|")
  if result.count > #result.rows then
    lines[#lines + 1] = ("%d more rows are not shown; “all” counts them."):format(
      result.count - #result.rows
    )
  end
  return lines
end

return M
