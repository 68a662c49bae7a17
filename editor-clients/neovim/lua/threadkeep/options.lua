--- Describes every option once: its type, default and meaning, for the checks of `setup` and for the help.
local filter = require("threadkeep.filter")

local M = {}

---@class threadkeep.Option
---@field name string
---@field type string|string[] One Lua type, or several.
---@field default any
---@field choices? string[] For strings: what may be said.
---@field items? type The type of each item of a list.
---@field values? type[] The types of each value of a table with free keys.
---@field each? fun(name: any, value: any): any, string? Of free keys: takes a value, or says what is wrong.
---@field fields? threadkeep.Option[] The members of a table with fixed keys.
---@field doc string

local function key(name, default, doc)
  return { name = name, type = { "string", "boolean" }, default = default, doc = doc }
end

---@type threadkeep.Option[]
M.keymaps = {
  key(
    "send",
    "<C-s>",
    "Prompt, normal and insert mode: send what is typed. `<CR>` in normal mode does so too."
  ),
  key("attach_file", "<C-f>", "Prompt: attach the file that was last edited."),
  key("close", "q", "Close the chat; an answer goes on."),
  key("cancel", "<C-c>", "Stop the answer and keep what came."),
  key("next_message", "]m", "Go to the next message."),
  key("previous_message", "[m", "Go to the message before."),
  key("next_branch", "]b", "Show the next branch: what was said after a retry or an edit."),
  key("previous_branch", "[b", "Show the branch before."),
  key("write", "i", "Go to the prompt."),
  key("yank_block", "gy", "Yank the code block under the cursor, or the one before it."),
  key("apply_block", "ga", "Show the code block as a diff of the buffer it was asked about."),
  key("open_block", "go", "Open the code block in a new buffer."),
  key("favourite", "gs", "Mark the message as a favourite, or not."),
  key("note", "gn", "Write a note on the message."),
  key("edit", "ge", "Ask the question again in other words; the old one stays."),
  key("retry", "gr", "Ask for another answer; the old one stays."),
  key("continue", "gc", "Carry on with an answer that was cut off."),
  key(
    "reasoning",
    "<Tab>",
    "Open or close the tool call, the summary or the reasoning under the cursor. `za` does so too."
  ),
  key(
    "enter",
    "<CR>",
    "Do what the line is for: open a tool call, go to a file, show the rest or what was left out."
  ),
  key("open_file", "gf", "Open the file or the link that the line names."),
  key("diff", "gd", "Show the diff of the tool call side by side."),
  key("help", "g?", "Show these keys."),
}

---@type threadkeep.Option[]
M.options = {
  {
    name = "cmd",
    type = { "table", "nil" },
    items = "string",
    doc = "The program that starts the server, and its arguments. Without it `threadkeep serve --stdio` is looked for "
      .. "on the PATH. One that is not there is named by its whole path: "
      .. "`{ '/opt/threadkeep/bin/threadkeep', 'serve', '--stdio' }`.",
  },
  {
    name = "settings",
    type = "table",
    values = {},
    default = {},
    doc = "Settings for the server, as in its `settings.toml`: `{ defaultModel = 'ollama:qwen3' }`. "
      .. "They are listed in |threadkeep-server-settings|.",
  },
  {
    name = "trust_workspace",
    type = { "boolean", "function" },
    default = false,
    doc = "Whether the agents in the open folder's `.threadkeep/` are read. A function gets the folder.",
  },
  {
    name = "layout",
    type = "string",
    choices = { "right", "left", "bottom", "float", "tab" },
    default = "right",
    doc = "Where the chat opens, until you name another place; see `remember_layout`.",
  },
  {
    name = "remember_layout",
    type = "boolean",
    default = true,
    doc = "Whether the chat opens where you last told it to, and as large as you last made it, also after a restart.",
  },
  {
    name = "width",
    type = "number",
    default = 0.42,
    doc = "Of the chat at the right or left: columns, or below 1 a share of the screen. Floating it takes 0.8.",
  },
  {
    name = "height",
    type = "number",
    default = 0.5,
    doc = "Of the chat at the bottom: lines, or below 1 a share of the screen.",
  },
  {
    name = "border",
    type = "string",
    default = "rounded",
    doc = "Of the floating chat, as for `nvim_open_win()`.",
  },
  {
    name = "prompt_height",
    type = "number",
    default = 3,
    doc = "Lines of the prompt; it grows with the text.",
  },
  { name = "prompt_max_height", type = "number", default = 12, doc = "How far it grows." },
  {
    name = "reasoning",
    type = "string",
    choices = { "folded", "open", "hidden" },
    default = "folded",
    doc = "How the model's reasoning is shown once it is complete.",
  },
  {
    name = "when_busy",
    type = "string",
    choices = { "queue", "interrupt", "reject" },
    default = "queue",
    doc = "What sending does while an answer is written: wait for it, stop it, or refuse.",
  },
  {
    name = "on_branch_change",
    type = "string",
    choices = { "switch", "notify", "ignore" },
    default = "switch",
    doc = "What happens to the chat when another branch is checked out: show the session of that branch "
      .. "(unless an answer is being written), only say so, or nothing.",
  },
  {
    name = "notices",
    type = "string",
    choices = { "hidden", "always", "never" },
    default = "hidden",
    doc = "When you are told that an answer ended, by `vim.notify()` and once for each: while its chat is not in view, "
      .. "because it is closed, in another tab page, shows another session, or Neovim has not the focus.",
  },
  {
    name = "history",
    type = "number",
    default = 50,
    doc = "Messages that are loaded at a time, at most 200.",
  },
  {
    name = "picker",
    type = "string",
    choices = { "auto", "select", "telescope", "fzf-lua", "snacks", "mini" },
    default = "auto",
    doc = "What lists sessions. `auto` takes the first of snacks, telescope, fzf-lua and mini.pick that is "
      .. "installed, else `vim.ui.select()`.",
  },
  {
    name = "filters",
    type = "table",
    each = filter.check,
    default = {},
    doc = "Filters of sessions by name: with `{ mine = 'repository=all status=paused parser' }` "
      .. "`:Threadkeep sessions @mine` lists these. A list of words instead of a string may have spaces in them. "
      .. "See |:Threadkeep-sessions|, and |:Threadkeep-filter| to save one without this option.",
  },
  {
    name = "restarts",
    type = "number",
    default = 6,
    doc = "How often a server that crashes is started again, with growing pauses, before that is left to you.",
  },
  {
    name = "keymaps",
    type = { "table", "boolean" },
    fields = M.keymaps,
    doc = "Keys inside the chat; `false` for none.",
  },
}

return M
