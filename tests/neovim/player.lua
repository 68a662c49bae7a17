-- Plays commands on windows and buffers in a Neovim that shows the chat, and looks after each what became of them.
local M = {}

local windows = require("threadkeep.windows")

local expected = "" -- What was written in the prompt.
local said = 0 -- Messages that were made up.

local function text_of(buf)
  return table.concat(vim.api.nvim_buf_get_lines(buf, 0, -1, false), "\n")
end

--- A message arrives, as if it had been said.
function M.say()
  local state_of, chat = require("threadkeep.state"), require("threadkeep.chat")
  said = said + 1
  chat.apply(state_of.message(chat.state(), {
    id = "made-up-" .. said,
    sessionId = chat.session().id,
    role = said % 2 == 1 and "user" or "assistant",
    content = ("Message %d\nof three\nlines"):format(said),
    parts = said % 2 == 1 and {} or {
      { type = "reasoning", text = "Hm\nhm" },
      { type = "text", text = ("Message %d\nof three\nlines"):format(said) },
    },
    status = "complete",
    isFavourite = false,
    metadata = {},
    createdAt = "2026-01-02T03:04:05.000Z",
    seq = 1e6 + said,
  }))
end

--- A person writes in the prompt.
function M.write()
  if #windows.find("prompt", 0) == 0 then
    return
  end
  expected = ("word %d\nin two lines"):format(vim.uv.hrtime() % 1000)
  local buf = windows.buf("prompt")
  vim.api.nvim_win_call(windows.find("prompt", 0)[1], function()
    vim.api.nvim_buf_set_lines(buf, 0, -1, false, vim.split(expected, "\n"))
    vim.cmd("doautocmd <nomodeline> TextChanged")
  end)
end

--- A picker takes the window for its own buffer.
function M.picker()
  local buf = vim.api.nvim_create_buf(false, true)
  vim.bo[buf].bufhidden = "wipe"
  vim.api.nvim_win_set_buf(0, buf)
end

--- A plug-in shows a file in any window.
function M.plug_in()
  local wins = vim.api.nvim_list_wins()
  vim.api.nvim_win_set_buf(wins[#wins], vim.fn.bufadd("notes.txt"))
end

--- A plug-in deletes buffers behind everybody's back.
function M.wipe_silently()
  vim.cmd("noautocmd bwipeout! " .. windows.buf("chat"))
end

--- Leaves a window as `:q` does, but not Neovim.
function M.quit()
  local ordinary = vim.tbl_filter(function(win)
    return vim.api.nvim_win_get_config(win).relative == ""
  end, vim.api.nvim_list_wins())
  if #ordinary > 1 then
    vim.cmd("quit")
  end
end

--- One window again, with one file, and the chat beside it.
function M.reset()
  vim.o.columns, vim.o.lines, vim.o.cmdheight = 120, 36, 1
  for _, command in ipairs({ "silent! only!", "silent! tabonly!", "set nowinfixbuf", "enew!", "%bwipeout!" }) do
    vim.cmd(command)
  end
  vim.cmd("edit notes.txt")
  vim.wait(20)
  -- Sizes that were chosen before are forgotten.
  require("threadkeep.sizes").save()
  require("threadkeep.memory").set_place({})
  vim.cmd("Threadkeep open right")
  require("threadkeep.chat").prompt():set("")
  expected = ""
  vim.v.errmsg = ""
  vim.cmd("messages clear")
  _G.notices = {}
end

local function go(place)
  local wins = (place == "chat" or place == "prompt") and windows.find(place, 0)
    or vim.tbl_filter(function(win)
      return not windows.shown(win)
    end, vim.api.nvim_tabpage_list_wins(0))
  if wins[1] then
    vim.api.nvim_set_current_win(wins[#wins])
  end
end

--- The windows that show neither the chat nor the prompt, and what they show.
local function foreign()
  local found = {}
  for _, win in ipairs(vim.api.nvim_list_wins()) do
    if not windows.shown(win) then
      found[win] = { buf = vim.api.nvim_win_get_buf(win), is_lent = windows.mark(win) ~= nil }
    end
  end
  return found
end

local function wrong_with_foreign(before)
  -- A file that was opened in the chat may go to the person's window.
  local lent = {}
  for _, was in pairs(before) do
    lent[was.buf] = lent[was.buf] or was.is_lent
  end
  for win, was in pairs(before) do
    local now = vim.api.nvim_win_is_valid(win) and vim.api.nvim_win_get_buf(win)
    local is_shown = vim.api.nvim_buf_is_valid(was.buf) and #vim.fn.win_findbuf(was.buf) > 0
    if was.is_lent and not is_shown and vim.api.nvim_buf_is_valid(was.buf) then
      return "a file that was opened in the chat is on the screen no more"
    elseif not was.is_lent and not now then
      return "a stranger's window was closed"
    elseif not was.is_lent and now ~= was.buf and not lent[now] then
      return "a stranger's window shows something else"
    end
  end
  for _, file in ipairs({ "notes.txt", "other.txt" }) do
    local buf = vim.fn.bufnr("^" .. file .. "$")
    if buf > 0 and vim.api.nvim_buf_is_loaded(buf) and text_of(buf) ~= table.concat(vim.fn.readfile(file), "\n") then
      return "a file has another text than it had: " .. file
    end
  end
  for win in pairs(foreign()) do
    local mark = windows.mark(win)
    local is_file = vim.bo[vim.api.nvim_win_get_buf(win)].buftype == ""
    if vim.wo[win].winbar ~= "" then
      return "our line stands over a stranger's file: " .. vim.fn.bufname(vim.api.nvim_win_get_buf(win)) .. vim.wo[win].winbar
    elseif not mark and is_file and (vim.wo[win].winfixwidth or vim.wo[win].winfixheight) then
      return "a stranger's window cannot be resized"
    elseif not mark and vim.wo[win].foldtext:match("threadkeep") then
      return "a stranger's window folds as the chat does"
    elseif mark and mark.kind == "guest" then
      return "a window of the person's is taken for the chat's"
    end
  end
end

local function wrong_with_words()
  if vim.v.errmsg ~= "" then
    return "an error: " .. vim.v.errmsg
  end
  local messages = vim.fn.execute("messages")
  if messages:match("stack traceback") or messages:match("Error") then
    return "told: " .. messages
  end
  for _, notice in ipairs(_G.notices) do
    return "noticed: " .. notice[1]
  end
end

--- The lines that the chat shall have: those of another buffer into which all is drawn at once.
local function drawn_anew()
  local chat = require("threadkeep.chat")
  local buf = vim.api.nvim_create_buf(false, true)
  local transcript = require("threadkeep.transcript").new(buf, chat.state(), {
    options = chat.transcript().options,
    on_fold = function() end,
  })
  transcript:reset()
  local text = text_of(buf)
  vim.api.nvim_buf_delete(buf, { force = true })
  return text
end

--- Opens the chat; what is wrong with it then.
function M.open()
  local before = foreign()
  vim.cmd("Threadkeep open")
  vim.wait(10)
  local chat = require("threadkeep.chat")
  local pair = windows.pair(vim.api.nvim_get_current_tabpage())
  if not pair or not pair.prompt then
    return "the chat or the prompt is not on the screen: " .. vim.inspect(_G.notices)
  elseif text_of(windows.buf("chat")) ~= drawn_anew() then
    return "the chat is not whole: " .. text_of(windows.buf("chat"))
  elseif not require("threadkeep.wholeness").is_whole(chat.transcript()) then
    return "the marks of the chat are gone"
  elseif text_of(windows.buf("prompt")) ~= expected then
    return ("the prompt has %q, not %q"):format(text_of(windows.buf("prompt")), expected)
  end
  for _, win in ipairs({ pair.chat, pair.prompt }) do
    if vim.wo[win].winbar == "" and vim.api.nvim_win_get_height(win) > 1 then
      return "a line above the chat or the prompt is missing"
    end
  end
  for kind, lhs in pairs({ chat = "]m", prompt = "<C-S>" }) do
    local maps = vim.api.nvim_buf_get_keymap(windows.buf(kind), "n")
    local has_key = vim.iter(maps):any(function(map)
      return map.lhs == lhs
    end)
    if not has_key or vim.bo[windows.buf(kind)].buflisted or vim.bo[windows.buf(kind)].buftype ~= "nowrite" then
      return "the options or keys are gone from the " .. kind
    end
  end
  return wrong_with_foreign(before) or wrong_with_words()
end

--- Plays one command in the window of a place; what is wrong then, or nil.
function M.play(place, command)
  go(place)
  local before = command:match("^Threadkeep") and foreign()
  local ok, problem = pcall(M[command] or vim.cmd, not M[command] and command or nil)
  if not ok and tostring(problem):match("threadkeep/") then
    return "failed: " .. tostring(problem)
  end
  before = before or foreign()
  vim.wait(10)
  return wrong_with_foreign(before) or wrong_with_words()
end

return M
