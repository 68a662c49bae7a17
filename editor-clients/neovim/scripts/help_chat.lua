-- The paragraphs of the help about the chat.
return {
  "The upper window shows the session, the lower one is the prompt. Above the chat stand the repository, the "
    .. "task, the title, the agent, the model, what the session does, and its tokens.",
  "The newest message is visible when the chat opens; older ones come when you reach the top. While an answer "
    .. "grows the chat follows it only if the cursor is on the last line.",
  "Its windows and buffers may be treated as any others. A file that is opened in one of the windows goes to the "
    .. "window where you edited last; a buffer that was deleted is there again with what stood in it; closing "
    .. "the window that you are in, chat or prompt, closes both; `:only` in the chat leaves it alone, and <i> "
    .. "brings the prompt. `:buffer threadkeep://chat` shows the chat in a window of your own, which stays yours.",
  "`:mksession` keeps the chat, and plugins for sessions do so too: the names `threadkeep://chat` and "
    .. "`threadkeep://prompt` bring both to life. A floating chat is not part of a session, and closes when "
    .. "you go to another tab page.",
  "Sizes are shares of the screen: they follow it when it changes. A size that you give a window, with the "
    .. "mouse or `:resize`, is remembered as such a share.",
  "What the model thought before it answered is folded once the answer begins.",
  "What an agent did stands between its words, a line each: a tool call with its state and how long it took, a "
    .. "plan that ticks itself, images, sounds and files. <Tab>, `za` or <CR> opens a call: its input, its places "
    .. "(`gf` or <CR> opens the file there), and what came of it. Of a long output the newest 200 lines are shown, "
    .. "and <CR> on the line above them loads all of it, into a tab page of its own. A terminal keeps its colours. "
    .. "`gd`, or |:Threadkeep-diff|, shows a diff side by side. Calls of a subagent are indented. A line such as "
    .. "`⋯ 40 earlier steps` stands for those that were not loaded; <CR> loads them.",
  "The prompt is an ordinary buffer with its own undo. What stands in it, the cursor and what is attached are "
    .. "stored with the session while you type, and are there again after a restart, a crash, or another branch. "
    .. "Of two drafts the newest is shown, and |:Threadkeep-draft| offers the other. What is sent while the server "
    .. "is away goes out once, when it is back; if Neovim ends before that, the words are in the prompt of the next "
    .. "one. A second window opens the session that was used last, or says that it had another.",
  "A session is stored once something is said, typed, named or marked in it; a branch that is merely visited "
    .. "leaves none behind.",
  "The chat follows the branch: it shows the session of the one that is checked out. While you type in the prompt, "
    .. "and while an answer is written, it stays, and the line above it names the new branch. A session that was "
    .. "picked, or begun by |:Threadkeep-new|, stays as well; |:Threadkeep-follow| follows again.",
  "A paused session takes no message until it is resumed. An ended one can be read, exported and forked. In "
    .. "both the prompt cannot be written to.",
  "The buffers have the file types `threadkeep` and `threadkeep_prompt`, for settings of your own. They are "
    .. "highlighted as Markdown.",
  "A code block is applied as a diff in a tab of its own: `ga` there, or `:Threadkeep accept`, makes the "
    .. "buffer what is proposed, `gr` or `:Threadkeep refuse` leaves it. If lines went along with the question, "
    .. "the code takes their place, wherever they are by now; otherwise you are asked.",
}
