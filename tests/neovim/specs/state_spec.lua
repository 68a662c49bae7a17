local samples = dofile(vim.fs.dirname(_G.arg[2]) .. "/samples.lua")
local growth = require("threadkeep.growth")
local state_of = require("threadkeep.state")

local function kinds(changes)
  return vim.tbl_map(function(change)
    return change.kind
  end, changes)
end

local function asked()
  local state = state_of.opened(samples.opened({ messages = {}, seq = 0 }))
  state_of.message(state, samples.message({ id = "q1", seq = 1, content = "Why?" }))
  state_of.turn_started(state, samples.turn({}))
  return state
end

test("an opened session shows its messages in order", function()
  local state = state_of.opened(samples.opened({ beforeCursor = "c" }))
  eq(state.order, { "q1", "a1" })
  eq(state.before, "c")
  eq(state_of.text(state.entries.a1, "text"), "So.")
  eq(state_of.text(state.entries.a1, "reasoning"), "Hm")
end)

test("an answer grows by its deltas", function()
  local state = asked()
  eq(kinds(growth.delta(state, samples.delta({ text = "Be" }))), { "append" })
  local changes = growth.delta(state, samples.delta({ offset = 2, text = "cause 😀" }))
  eq(#changes, 1)
  eq({ changes[1].kind, changes[1].id, changes[1].part, changes[1].text }, { "append", "a1", "text", "cause 😀" })
  eq(growth.delta(state, samples.delta({ offset = 10, text = "!" }))[1].text, "!")
  eq(state_of.text(state.entries.a1, "text"), "Because 😀!")
end)

test("text that is known already is not added again", function()
  local state = asked()
  growth.delta(state, samples.delta({ text = "Because" }))
  eq(growth.delta(state, samples.delta({ offset = 2, text = "cause" })), {})
  eq(growth.delta(state, samples.delta({ offset = 2, text = "cause I" }))[1].text, " I")
end)

test("a gap in the text asks for all of it", function()
  eq(growth.delta(asked(), samples.delta({ offset = 3, text = "x" })), { { kind = "stale" } })
end)

test("a kind of text that is not known is left out", function()
  eq(growth.delta(asked(), samples.delta({ kind = "music", text = "x" })), {})
end)

test("the end of a turn wins over its deltas", function()
  local state = asked()
  growth.delta(state, samples.delta({ text = "the key is 123" }))
  local message = samples.message({ id = "a1", seq = 2, role = "assistant", parentId = "q1", content = "the key is ***" })
  eq(kinds(state_of.turn_completed(state, samples.turn({ status = "completed" }), message)), { "body", "session" })
  eq(state_of.text(state.entries.a1, "text"), "the key is ***")
  eq(state.turn, nil)
end)

test("an end that tells nothing new draws no text again", function()
  local state = asked()
  growth.delta(state, samples.delta({ text = "So." }))
  local message = samples.message({ id = "a1", seq = 2, role = "assistant", parentId = "q1", content = "So." })
  eq(kinds(state_of.turn_completed(state, samples.turn({ status = "completed" }), message)), { "marks", "session" })
end)

test("an answer that is continued goes on in its message", function()
  local state = state_of.opened(samples.opened({}))
  state.entries.a1.message.status = "interrupted"
  eq(kinds(state_of.turn_started(state, samples.turn({ id = "t2" }))), { "marks", "session" })
  eq(growth.delta(state, samples.delta({ turnId = "t2", offset = 3, text = " And" }))[1].text, " And")
end)

test("a message beside an old one takes its place, and that of all that came after", function()
  local state = state_of.opened(samples.opened({}))
  local changes = state_of.turn_started(state, samples.turn({ id = "t2", messageId = "a2" }))
  eq(changes[1], { kind = "cut", count = 1 })
  eq(changes[2], { kind = "add", id = "a2" })
  eq(state.order, { "q1", "a2" })
  eq(state.entries.a2.message.siblings, { index = 1, count = 2 })
end)

test("a question beside the first one takes the place of everything", function()
  local state = state_of.opened(samples.opened({ beforeCursor = "c" }))
  state_of.message(state, samples.message({ id = "q2", seq = 9, content = "How?" }))
  eq({ state.order, state.before }, { { "q2" }, nil })
end)

test("a message whose place is unknown asks for all", function()
  local state = state_of.opened(samples.opened({}))
  eq(kinds(state_of.message(state, samples.message({ id = "x", seq = 9, parentId = "elsewhere" }))), { "stale" })
end)

test("a mark on a message that is not shown changes nothing", function()
  local state = state_of.opened(samples.opened({}))
  eq(state_of.message(state, samples.message({ id = "old", seq = 1 })), {})
end)

test("a mark on a message keeps its place among its siblings", function()
  local state = state_of.opened(samples.opened({}))
  state.entries.a1.message.siblings = { index = 0, count = 2 }
  local marked = vim.deepcopy(state.entries.a1.message)
  marked.siblings, marked.isFavourite = nil, true
  eq(state_of.message(state, marked), { { kind = "marks", id = "a1" } })
  eq(state.entries.a1.message.siblings.count, 2)
end)

test("older messages come before the others, each once", function()
  local state = state_of.opened(samples.opened({ beforeCursor = "c" }))
  local page = { messages = { samples.message({ id = "o1", seq = 0 }), samples.message({ id = "q1" }) } }
  eq(state_of.older(state, page), { { kind = "prepend", count = 1 } })
  eq({ state.order, state.before }, { { "o1", "q1", "a1" }, nil })
end)

test("a session is never replaced by an older state of it, nor by another", function()
  local state = state_of.opened(samples.opened({}))
  eq(state_of.session_changed(state, samples.session({ seq = 4, title = "Old" })), {})
  eq(state_of.session_changed(state, samples.session({ id = "other", seq = 9 })), {})
  eq(kinds(state_of.session_changed(state, samples.session({ seq = 6, title = "New" }))), { "session" })
  eq(state.session.title, "New")
end)

test("a message that arrives twice is shown once", function()
  local state = asked()
  state_of.message(state, samples.message({ id = "q1", seq = 1, content = "Why?" }))
  eq(state.order, { "q1", "a1" })
end)

test("a late event about a streaming message does not take text away", function()
  local state = asked()
  growth.delta(state, samples.delta({ text = "Because" }))
  local message = samples.message({ id = "a1", seq = 2, role = "assistant", parentId = "q1", content = "Be", status = "streaming" })
  eq(state_of.message(state, message).kind, nil)
  eq(state_of.text(state.entries.a1, "text"), "Because")
end)

test("what is queued leaves the queue when its turn begins", function()
  local state = state_of.opened(samples.opened({}))
  state.queued = { { turnId = "t9" }, { turnId = "t10" } }
  state_of.turn_started(state, samples.turn({ id = "t9", userMessageId = "a1", messageId = "a9" }))
  eq(state.queued, { { turnId = "t10" } })
end)
