--- The `<Plug>` mappings, to be mapped to keys of one's own.

---@type {name: string, modes: string[], keys: string, doc: string}[]
return {
  { name = "open", modes = { "n" }, keys = "<Cmd>Threadkeep open<CR>", doc = "Show the chat" },
  { name = "toggle", modes = { "n" }, keys = "<Cmd>Threadkeep toggle<CR>", doc = "Show or hide the chat" },
  { name = "ask", modes = { "x" }, keys = ":Threadkeep send<CR>", doc = "Ask about the selection" },
  {
    name = "attach",
    modes = { "x" },
    keys = ":Threadkeep attach selection<CR>",
    doc = "Attach the selection",
  },
  {
    name = "attach-file",
    modes = { "n" },
    keys = "<Cmd>Threadkeep attach file<CR>",
    doc = "Attach the file",
  },
  {
    name = "attach-diagnostics",
    modes = { "n" },
    keys = "<Cmd>Threadkeep attach diagnostics<CR>",
    doc = "Attach the diagnostics",
  },
  { name = "new", modes = { "n" }, keys = "<Cmd>Threadkeep new<CR>", doc = "Begin a new session" },
  { name = "sessions", modes = { "n" }, keys = "<Cmd>Threadkeep sessions<CR>", doc = "List the sessions" },
  { name = "search", modes = { "n" }, keys = "<Cmd>Threadkeep search<CR>", doc = "Search all sessions" },
  { name = "cancel", modes = { "n" }, keys = "<Cmd>Threadkeep cancel<CR>", doc = "Stop the answer" },
  {
    name = "continue",
    modes = { "n" },
    keys = "<Cmd>Threadkeep continue<CR>",
    doc = "Carry on with an answer",
  },
  { name = "retry", modes = { "n" }, keys = "<Cmd>Threadkeep retry<CR>", doc = "Ask for another answer" },
}
