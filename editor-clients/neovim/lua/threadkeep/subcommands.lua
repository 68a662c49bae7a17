--- The subcommands of `:Threadkeep`: what each is called, does, and is completed by.
local layout = require("threadkeep.layout")
local subcommand = require("threadkeep.subcommand")

---@type threadkeep.Command[]
return {
  {
    name = "open",
    args = "[right|left|bottom|float|tab]",
    doc = "Shows the chat of this folder and branch. With `!` that session again, after another was chosen.",
    run = subcommand.open,
    complete = subcommand.list(unpack(layout.LAYOUTS)),
  },
  {
    name = "close",
    args = "",
    doc = "Takes the chat off the screen; everything goes on.",
    run = subcommand.lazy("view", "close"),
  },
  {
    name = "toggle",
    args = "",
    doc = "Shows the chat, or takes it off the screen.",
    run = subcommand.lazy("chat", "toggle"),
  },
  {
    name = "send",
    args = "[text]",
    doc = "Sends the text, or what stands in the prompt. With a range the lines go along; without a text the "
      .. "prompt opens for the question.",
    run = subcommand.send,
  },
  {
    name = "attach",
    args = "[file|selection|diagnostics|clear]",
    doc = "Puts a file, lines or diagnostics beside the next message.",
    run = subcommand.attach,
    complete = subcommand.list("file", "selection", "diagnostics", "clear"),
  },
  {
    name = "cancel",
    args = "",
    doc = "Stops the answer and keeps what came. Where another window writes it and does not react, because it "
      .. "is stopped or hangs, it asks whether to take over; so do pausing, ending and deleting. What that window "
      .. "has not stored yet of the answer is lost then.",
    run = subcommand.lazy("turns", "cancel"),
  },
  {
    name = "retry",
    args = "",
    doc = "Asks for another answer; the old one stays.",
    run = subcommand.lazy("turns", "retry"),
  },
  {
    name = "continue",
    args = "",
    doc = "Carries on with an answer that was cut off.",
    run = subcommand.lazy("turns", "continue"),
  },
  {
    name = "edit",
    args = "",
    doc = "Asks the question again in other words; what stood in the prompt comes back afterwards. With `!` it is "
      .. "not asked again after all.",
    run = function(call)
      if call.bang then
        require("threadkeep.sending").stop_editing()
      else
        require("threadkeep.messages").edit()
      end
    end,
  },
  {
    name = "draft",
    args = "",
    doc = "Offers the other drafts of this session, such as one that another window kept: to take one into the "
      .. "prompt, or to drop it.",
    run = subcommand.lazy("offers", "choose"),
  },
  {
    name = "follow",
    args = "",
    doc = "Shows the session of the branch, and that of each branch that is checked out from now on. A session that "
      .. "was picked, and `new`, end that.",
    run = subcommand.lazy("branch", "follow"),
  },
  {
    name = "unqueue",
    args = "",
    doc = "Takes back all messages that wait.",
    run = subcommand.lazy("turns", "clear_queue"),
  },
  {
    name = "pause",
    args = "[reason]",
    doc = "Pauses the session: it takes no message.",
    run = subcommand.sessions_with("pause"),
  },
  {
    name = "resume",
    args = "",
    doc = "Lets a paused session go on.",
    run = subcommand.lazy("sessions", "resume"),
  },
  {
    name = "end",
    args = "[reason]",
    doc = "Ends the session for good, after a question; with `!` without one.",
    run = subcommand.sessions_with("finish"),
  },
  {
    name = "moved",
    args = "",
    doc = "Offers the sessions that a renamed folder or branch left behind: to bring them along, not now, or never.",
    run = subcommand.lazy("hints", "choose"),
  },
  {
    name = "new",
    args = "[title]",
    doc = "Begins a new session here. With `!` a private one, of which nothing is stored.",
    run = subcommand.sessions_with("new"),
  },
  {
    name = "sessions",
    args = "[@name] [filter…] [title…]",
    doc = "Lists sessions: `status=paused`, `task=main`, `repository=all`, `tag=x`, `agent=x`, `archived=only`, "
      .. "`favourite=true`, and words of the title (`big\\ gear` in one). "
      .. "`@name` stands for the words of a filter of the option "
      .. "|threadkeep-filters| or of |:Threadkeep-filter|, what follows narrows it more; `@` alone lists them. In "
      .. "the list <M-r> renames, <M-t> tags, <M-a> archives and <M-x> deletes what is under the cursor; "
      .. "`vim.ui.select()` has no keys, there `!` asks what to do with what was chosen.",
    run = function(call)
      require("threadkeep.picker").sessions(call.words, call.bang)
    end,
    complete = subcommand.session_words,
  },
  {
    name = "filter",
    args = "[save {name} {words}|delete {name}]",
    doc = "Saves words for `:Threadkeep sessions` by a name, or forgets them; alone it lists what there is. "
      .. "A filter of `setup()` with the same name holds.",
    run = subcommand.filter,
    complete = subcommand.filter_words,
  },
  {
    name = "search",
    args = "{words}",
    doc = 'Finds words in all sessions: `parser "exact words" pref*`.',
    run = subcommand.with_words("Search: ", nil, function(words)
      require("threadkeep.picker").search(words)
    end),
  },
  {
    name = "agent",
    args = "[name] [reason]",
    doc = "Switches who answers, or lists them.",
    run = subcommand.choose("set_agent", "choose_agent"),
    complete = subcommand.names("agent/list", "agents", "name"),
  },
  {
    name = "model",
    args = "[provider:model]",
    doc = "Sets the model of this session. Alone it lists those of this machine, those whose key is there, and whom "
      .. "you can enter a key for; what is entered is tried at once. See |threadkeep-model-keys|.",
    run = subcommand.model,
    complete = subcommand.names("model/list", "models", "id", { refresh = false }),
  },
  {
    name = "rename",
    args = "[title]",
    doc = "Names the session.",
    run = subcommand.with_words("Title: ", subcommand.title, function(words, session)
      require("threadkeep.sessions").rename(words, session)
    end),
  },
  { name = "tag", args = "[name] [-name]", doc = "Adds labels, or takes them away.", run = subcommand.tag },
  {
    name = "favourite",
    args = "",
    doc = "Marks the session, or not.",
    run = subcommand.lazy("sessions", "favourite"),
  },
  {
    name = "note",
    args = "[text]",
    doc = "Writes a note on the session; with `!` removes it.",
    run = function(call)
      local sessions = require("threadkeep.sessions")
      if call.bang then
        sessions.note("")
      else
        subcommand.with_words("Note: ", nil, sessions.note)(call)
      end
    end,
  },
  {
    name = "fork",
    args = "",
    doc = "Makes a new session that begins as this one went, up to the message under the cursor.",
    run = subcommand.lazy("sessions", "fork"),
  },
  {
    name = "clear",
    args = "",
    doc = "Empties the chat; what was said stays as a branch.",
    run = subcommand.lazy("sessions", "clear"),
  },
  {
    name = "archive",
    args = "",
    doc = "Takes the session out of the lists.",
    run = subcommand.lazy("sessions", "archive"),
  },
  {
    name = "delete",
    args = "",
    doc = "Puts the session into the trash.",
    run = subcommand.lazy("sessions", "delete"),
  },
  {
    name = "restore",
    args = "",
    doc = "Lists the trash, to take a session back.",
    run = subcommand.lazy("picker", "trash"),
  },
  {
    name = "export",
    args = "[format] [file]",
    doc = "Writes the session as `markdown`, or in the format that is named (completion lists what the server has), "
      .. "into a new buffer or a file that is not there yet.",
    run = subcommand.export,
    complete = subcommand.formats,
  },
  {
    name = "import",
    args = "{file}",
    doc = "Takes in an export, or another tool's history.",
    run = subcommand.with_words("File: ", nil, function(words)
      require("threadkeep.transfer").import(words)
    end),
  },
  {
    name = "usage",
    args = "[session|task|repository|agent|model|day]",
    doc = "Shows tokens and cost.",
    run = function(call)
      require("threadkeep.reports").usage(call.words[1])
    end,
    complete = subcommand.list("session", "task", "repository", "agent", "model", "day"),
  },
  { name = "diff", args = "", doc = "Shows a tool call's diff.", run = subcommand.lazy("parts", "diff") },
  {
    name = "accept",
    args = "",
    doc = "Applies the diff that is proposed.",
    run = subcommand.lazy("proposal", "accept"),
  },
  {
    name = "refuse",
    args = "",
    doc = "Closes it; nothing changes.",
    run = subcommand.lazy("proposal", "refuse"),
  },
  {
    name = "status",
    args = "",
    doc = "Tells about the session, the server and the store.",
    run = subcommand.lazy("reports", "status"),
  },
  {
    name = "log",
    args = "",
    doc = "Opens the server's log; with `!` Neovim's log of what servers said.",
    run = function(call)
      require("threadkeep.reports").log(call.bang)
    end,
  },
  {
    name = "restart",
    args = "",
    doc = "Starts the server anew.",
    run = subcommand.lazy("client", "restart"),
  },
  {
    name = "stop",
    args = "",
    doc = "Stops the server until it is needed again.",
    run = subcommand.lazy("client", "stop"),
  },
  {
    name = "keys",
    args = "",
    doc = "Shows the keys of the chat.",
    run = subcommand.lazy("keys_help", "show"),
  },
}
