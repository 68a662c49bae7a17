-- What agents do beside speaking, in a buffer: each part, as it comes, changes, opens and grows.
local here = vim.fs.dirname(_G.arg[2])
local samples = dofile(here .. "/samples.lua")
local growth = require("threadkeep.growth")
local outputs = require("threadkeep.outputs")
local state_of = require("threadkeep.state")
local transcript_of = require("threadkeep.transcript")

local GOLDEN = vim.fs.dirname(vim.fs.dirname(here)) .. "/golden/"

local function golden(name)
  local file = assert(io.open(GOLDEN .. "chat.part.notification" .. name .. ".json"))
  local notice = vim.json.decode(file:read("*a"), { luanil = { object = true } })
  file:close()
  return notice
end

--- An answer that is being written, drawn.
local function asked(parts)
  local state = state_of.opened(samples.opened({ messages = {}, seq = 0 }))
  state_of.message(state, samples.message({ id = "q1", seq = 1, content = "Why?" }))
  local words = {}
  for _, part in ipairs(parts or {}) do
    words[#words + 1] = part.type == "text" and part.text or nil
  end
  state_of.message(
    state,
    samples.message({
      id = "a1",
      seq = 2,
      role = "assistant",
      parentId = "q1",
      status = "streaming",
      parts = parts or {},
      content = table.concat(words),
    })
  )
  local buf = vim.api.nvim_create_buf(false, true)
  local drawn = transcript_of.new(buf, state, {
    options = function()
      return { hide_reasoning = false, width = 80 }
    end,
    on_fold = function() end,
  })
  drawn:reset()
  return { state = state, drawn = drawn, buf = buf }
end

local function lines(chat)
  chat.drawn:flush()
  local first, last = chat.drawn:range("a1")
  return vim.api.nvim_buf_get_lines(chat.buf, first + 1, last - 1, false)
end

--- Applies a notification, and looks whether what is drawn is what would be drawn anew, marks included.
local function apply(chat, changes)
  chat.drawn:apply(changes)
  local is = lines(chat)
  local other = { state = chat.state, buf = vim.api.nvim_create_buf(false, true) }
  other.drawn = transcript_of.new(other.buf, chat.state, { options = chat.drawn.options, on_fold = function() end })
  other.drawn:reset()
  eq(is, lines(other))
  eq({ chat.drawn:range("a1") }, { other.drawn:range("a1") })
  for row = 0, vim.api.nvim_buf_line_count(chat.buf) - 1 do
    local one, two = { chat.drawn:part_at(row) }, { other.drawn:part_at(row) }
    eq({ one[1], one[2] and one[2].index, one[4] }, { two[1], two[2] and two[2].index, two[4] })
  end
end

local function part(chat, index, given, seq)
  apply(chat, growth.part(chat.state, { messageId = "a1", index = index, seq = seq or 1, part = given }))
end

local function delta(chat, fields)
  apply(chat, growth.delta(chat.state, samples.delta(fields)))
end

local function call(fields)
  return vim.tbl_extend("force", {
    type = "toolCall",
    toolCallId = "c1",
    name = "bash",
    title = "Run it",
    kind = "execute",
    state = "running",
    output = {},
    locations = {},
  }, fields or {})
end

local function toggle(chat, index)
  chat.drawn:toggle("a1", require("threadkeep.slots").find(chat.state.entries.a1, index))
end

local function looks(chat, group)
  local space, found = vim.api.nvim_create_namespace("threadkeep.parts"), {}
  for _, mark in ipairs(vim.api.nvim_buf_get_extmarks(chat.buf, space, 0, -1, { details = true })) do
    if mark[4].hl_group:find(group) == 1 then
      local line = vim.api.nvim_buf_get_lines(chat.buf, mark[2], mark[2] + 1, false)[1]
      found[#found + 1] = { mark[4].hl_group, line:sub(mark[3] + 1, mark[4].end_col) }
    end
  end
  return found
end

local DRAWN = {
  [""] = { "  ▸ ✎ Edit auth.py · done · 250 ms" },
  [".running"] = { "▸ • a tool call · to come" },
  [".terminal"] = { "▸ ❯ pytest · failed · 1.3 s — Exit code 1." },
  [".plan"] = { "  Plan, 1 of 2 done", "  ☑ Read auth.py  (important)", "  ◐ Raise the limit" },
  [".image"] = { "  ▣ image shot.png · image/png · 2k bytes" },
  [".audio"] = { "  ▣ audio a.wav · audio/wav · 2k bytes" },
  [".file"] = { "  ▣ file a.pdf · application/pdf · 2k bytes" },
  [".compaction"] = { "▸ Summary of earlier turns" },
  [".providerBlock"] = {},
}

test("every part that the protocol shows is drawn", function()
  local count = 0
  for name in vim.fs.dir(GOLDEN) do
    local suffix = name:match("^chat%.part%.notification(.*)%.json$")
    if suffix then
      count = count + 1
      local chat, notice = asked(), golden(suffix)
      part(chat, 0, notice.part)
      eq({ suffix, lines(chat) }, { suffix, DRAWN[suffix] })
    end
  end
  eq(count, vim.tbl_count(DRAWN))
end)

test("a call that edits shows its input, its places and its diff when it is opened", function()
  local chat = asked()
  part(chat, 0, golden("").part)
  toggle(chat, 0)
  eq(lines(chat), {
    "  ▾ ✎ Edit auth.py · done · 250 ms",
    "    │ edit_file",
    "    │ old: a",
    "    │ path: auth.py",
    "    │ → /home/ada/src/harbour/auth.py:12",
    "    │ /home/ada/src/harbour/auth.py",
    "```diff",
    "@@ -1 +1 @@",
    "-timeout = 5",
    "+timeout = 30",
    "```",
    "    │ 1 replacement",
  })
  eq(looks(chat, "ThreadkeepAdded"), { { "ThreadkeepAdded", "+timeout = 30" } })
  local first = chat.drawn:range("a1")
  local _, _, target = chat.drawn:part_at(first + 5)
  eq(target, { kind = "place", uri = "file:///home/ada/src/harbour/auth.py", line = 11 })
  toggle(chat, 0)
  eq(#lines(chat), 1)
end)

test("a call shows its terminal, what it made, and why it failed, when it is opened", function()
  local chat = asked()
  part(chat, 0, golden(".terminal").part)
  toggle(chat, 0)
  eq(vim.list_slice(lines(chat), 2), {
    "  │ run_command",
    "  │ {",
    "  │ … 70k bytes of input",
    "  │ → /home/ada/new.py",
    "  │ $ pytest",
    "  │ in /home/ada/src/harbour",
    "  │ … the end of 52.4M bytes — <CR> shows all",
    "  │ 3 failed",
    "  │ … more came than was kept",
    "  │ ended by SIGTERM",
    "  │ ▣ image plot.png · image/png · 9 bytes",
    "  │ ▣ audio · audio/wav · 9 bytes",
    "  │ ↗ https://example.org/a · text/plain",
    "  │ a",
    "  │ ↗ b · https://example.org/b · text/html",
    "  │ /home/ada/new.py",
    "  │ … a file of 52.4M bytes — <CR> shows the diff",
    "  │ Exit code 1.",
  })
end)

test("parts stand in order with the words between them", function()
  local chat = asked()
  delta(chat, { index = 0, text = "Look: " })
  part(chat, 1, call())
  part(chat, 2, call({ toolCallId = "c2", title = "Next" }))
  delta(chat, { index = 3, offset = 6, text = "done." })
  delta(chat, { index = 3, offset = 11, text = "\nTru" })
  delta(chat, { index = 3, offset = 15, text = "l" })
  delta(chat, { index = 3, offset = 16, text = "y" })
  eq(lines(chat), { "Look: ", "", "▸ ❯ Run it · running", "▸ ❯ Next · running", "", "done.", "Truly" })
  part(chat, 1, call({ state = "completed" }), 2)
  eq(lines(chat)[3], "▸ ❯ Run it · done")
  eq(state_of.text(chat.state.entries.a1, "text"), "Look: done.\nTruly")
end)

test("no empty line is left where words between two calls are gone", function()
  local chat = asked()
  part(chat, 0, call())
  delta(chat, { index = 1, text = "And" })
  part(chat, 2, call({ toolCallId = "c2" }))
  eq(#lines(chat), 5)
  eq({ chat.drawn:part_at(chat.drawn:range("a1") + 2) }, { "a1" })
  part(chat, 1, { type = "providerBlock", provider = "x", data = {} })
  eq(lines(chat), { "▸ ❯ Run it · running", "▸ ❯ Run it · running" })
end)

test("reasoning between calls stands where it was thought", function()
  local chat = asked()
  delta(chat, { kind = "reasoning", index = 0, text = "Hm" })
  part(chat, 1, call())
  delta(chat, { kind = "reasoning", index = 2, offset = 2, text = "So" })
  delta(chat, { index = 3, text = "Yes." })
  eq(lines(chat), { "> Hm", "", "▸ ❯ Run it · running", "", "> So", "", "Yes." })
end)

test("what an older server tells has no index, and its reasoning stands first", function()
  local chat = asked()
  delta(chat, { text = "Yes" })
  delta(chat, { kind = "reasoning", text = "Hm\nand" })
  delta(chat, { text = ".", offset = 3 })
  eq(lines(chat), { "> Hm", "> and", "", "Yes." })
end)

test("an older state of a part changes nothing, and a gap asks for all", function()
  local chat = asked()
  part(chat, 0, call({ state = "completed" }), 5)
  part(chat, 0, call(), 4)
  eq(lines(chat), { "▸ ❯ Run it · done" })
  local gap = { messageId = "a1", index = 3, seq = 6, part = call() }
  eq(growth.part(chat.state, gap), { { kind = "stale" } })
end)

test("output grows by bytes, and what is known is not added again", function()
  local chat = asked()
  part(chat, 0, call({ output = { { type = "terminal", text = "ä" } } }))
  toggle(chat, 0)
  local function put(offset, text)
    delta(chat, { kind = "toolOutput", index = 0, toolCallId = "c1", offset = offset, text = text })
  end
  put(2, "b\n")
  put(3, "\nc")
  eq(vim.list_slice(lines(chat), 2), { "  │ bash", "  │ äb", "  │ c" })
  local gap = samples.delta({ kind = "toolOutput", index = 0, toolCallId = "c1", offset = 9, text = "x" })
  eq(growth.delta(chat.state, gap), { { kind = "stale" } })
end)

test("of much output the end is kept and the newest lines are shown", function()
  local chat = asked()
  part(chat, 0, call({ output = { { type = "terminal" } } }))
  local line, offset = ("x"):rep(99) .. "\n", 0
  for _ = 1, 400 do
    local text = line:rep(20)
    growth.delta(
      chat.state,
      samples.delta({ kind = "toolOutput", index = 0, toolCallId = "c1", offset = offset, text = text })
    )
    offset = offset + #text
  end
  toggle(chat, 0)
  eq(#lines(chat), 203)
  eq(lines(chat)[3], "  │ … the newest of 800k bytes so far")
  eq(outputs.size(chat.state.entries.a1.slots[1].part.output[1]), 800000)
end)

test("a subagent's calls are indented below the call that made them", function()
  local chat = asked()
  part(chat, 0, call())
  part(chat, 1, call({ toolCallId = "c2", parentToolCallId = "c1" }))
  part(chat, 2, call({ toolCallId = "c3", parentToolCallId = "c2" }))
  part(chat, 3, call({ toolCallId = "c4", parentToolCallId = "c4" }))
  local found = vim.tbl_map(function(line)
    return #line:match("^ *")
  end, lines(chat))
  eq(found, { 0, 2, 4, 0 })
end)

test("a plan ticks itself", function()
  local chat = asked()
  local function entry(status)
    return { type = "plan", entries = { { content = "Read", priority = "low", status = status } } }
  end
  part(chat, 0, entry("pending"))
  part(chat, 0, entry("completed"), 2)
  eq(lines(chat), { "  Plan, 1 of 1 done", "  ☑ Read" })
end)

test("a part and an output of a later version are named", function()
  local chat = asked()
  part(chat, 0, { type = "hologram" })
  part(chat, 1, call({ output = { { type = "smell" } } }))
  toggle(chat, 1)
  eq(lines(chat)[1], "? hologram: this version of the plugin cannot show it")
  eq(lines(chat)[4], "  │ ? smell")
end)

test("steps that were left out are one line until they are loaded", function()
  local chat = asked({ { type = "omitted", count = 300 }, { type = "text", text = "End" } })
  eq(lines(chat), { "  ⋯ 300 earlier steps — <CR> shows them", "", "End" })
  local function loaded(from, parts)
    local changes, to = growth.loaded(chat.state, "a1", from, parts)
    apply(chat, changes)
    return to
  end
  eq(loaded(298, { call({ toolCallId = "x" }), call({ toolCallId = "y", title = "Last" }) }), 300)
  eq(lines(chat), {
    "  ⋯ 298 earlier steps — <CR> shows them",
    "▸ ❯ Run it · running",
    "▸ ❯ Last · running",
    "",
    "End",
  })
  eq(loaded(0, { { type = "omitted", count = 297 }, call({ title = "Middle" }) }), 298)
  eq(lines(chat)[2], "▸ ❯ Middle · running")
  eq(loaded(100, { call({ toolCallId = "z", title = "Within" }) }), 101)
  eq(vim.list_slice(lines(chat), 1, 3), {
    "  ⋯ 100 earlier steps — <CR> shows them",
    "▸ ❯ Within · running",
    "  ⋯ 196 earlier steps — <CR> shows them",
  })
  part(chat, 299, call({ toolCallId = "y", title = "Changed" }), 2)
  eq(lines(chat)[6], "▸ ❯ Changed · running")
end)

test("the end of a turn keeps what is open and the steps that it leaves out", function()
  local chat = asked()
  part(chat, 0, call({ output = { { type = "text", text = "a" } } }))
  part(chat, 1, call({ toolCallId = "c2" }))
  toggle(chat, 1)
  local message = samples.message({
    id = "a1",
    seq = 2,
    role = "assistant",
    parentId = "q1",
    parts = { { type = "omitted", count = 1 }, call({ toolCallId = "c2", state = "interrupted" }) },
  })
  local changes = state_of.turn_completed(chat.state, samples.turn({ status = "completed" }), message)
  eq(vim.tbl_map(function(change)
    return change.kind
  end, changes), { "part", "marks", "session" })
  apply(chat, changes)
  eq(lines(chat), { "▸ ❯ Run it · running", "▾ ❯ Run it · interrupted", "  │ bash" })
end)

test("an update of one of ten thousand parts writes its own line only", function()
  local parts = {}
  for number = 1, 10000 do
    parts[number] = call({ toolCallId = "c" .. number, title = "Step " .. number })
  end
  local chat = asked(parts)
  local written = 0
  vim.api.nvim_buf_attach(chat.buf, false, {
    on_lines = function(_, _, _, first, _, last)
      written = written + last - first
    end,
  })
  for _, index in ipairs({ 0, 4999, 9999 }) do
    local given = call({ toolCallId = "c" .. (index + 1), title = "Changed", state = "completed" })
    local notice = { messageId = "a1", index = index, seq = 2, part = given }
    chat.drawn:apply(growth.part(chat.state, notice))
    eq(lines(chat)[index + 1], "▸ ❯ Changed · done")
    eq(select(2, chat.drawn:part_at(chat.drawn:range("a1") + 1 + index)).index, index)
  end
  eq(written, 3)
end)

test("colours of a terminal are looks, and nothing else of it is left", function()
  local chat = asked()
  local text = "\27[1;31mred\27[0m \27[38;5;200mpink\27[m \27[38;2;1;2;3mdark\27[39m\27[2J\27[H"
    .. "\27]0;title\7\27]8;;https://example.org\27\\link\27]8;;\27\\\27(B\n10%\r100%\r\n\7bell"
  part(chat, 0, call({ output = { { type = "terminal", text = text } } }))
  toggle(chat, 0)
  eq(vim.list_slice(lines(chat), 3), { "  │ red pink dark" .. "link", "  │ 100%", "  │ ^Gbell" })
  eq(looks(chat, "ThreadkeepAnsi"), {
    { "ThreadkeepAnsi_fg1_bold", "red" },
    { "ThreadkeepAnsi_fg200", "pink" },
    { "ThreadkeepAnsi_fgx010203", "dark" },
  })
end)

test("hostile output neither hangs nor breaks anything", function()
  for _, text in ipairs({
    "\27",
    "\27[",
    ("\27["):rep(30000),
    ("\27]"):rep(30000),
    "\27[" .. ("1;"):rep(30000) .. "m" .. "x",
    "\27[38;2;999;999;999mx\27[38;5;999my\27[48m\27[38;5mz",
    "\27[38:2::1:2:3mx",
    "a\0b\27P\27\\" .. ("\r"):rep(30000) .. "c",
    ("\8"):rep(1000),
    ("x"):rep(60000),
    "vim: set foo=bar:\n%!rm -rf\n`<C-w>`\n",
  }) do
    local chat = asked()
    local output = {
      { type = "terminal", text = text, command = text, cwd = text, signal = text },
      { type = "text", text = text },
      { type = "diff", uri = text, oldText = "a", newText = text },
      { type = "resourceLink", uri = text, name = text, mimeType = text },
      { type = "image", name = text, mimeType = text },
      { type = text },
    }
    local given = { title = text, name = text, error = text, input = { a = text }, output = output }
    given.locations = { { uri = text }, { uri = "file:///" .. text } }
    part(chat, 0, call(given))
    part(chat, 1, { type = text })
    part(chat, 2, { type = "plan", entries = { { content = text, status = text, priority = text } } })
    toggle(chat, 0)
    for _, line in ipairs(lines(chat)) do
      eq(line:find("[%z\1-\8\11-\31]"), nil)
      eq(#line < 2100, true)
    end
  end
end)

test("output of a million colours takes no more groups than there are", function()
  local colours = require("threadkeep.colours")
  local words = {}
  for number = 0, 4000 do
    words[#words + 1] = ("\27[38;2;%d;%d;7mx"):format(number % 256, math.floor(number / 256))
      .. (number % 20 == 19 and "\n" or "")
  end
  local chat = asked()
  part(chat, 0, call({ output = { { type = "terminal", text = table.concat(words) } } }))
  toggle(chat, 0)
  local count = 0
  for number = 0, 9000 do
    count = count + (colours.group({ bg = ("#%06x"):format(number) }) and 1 or 0)
  end
  eq(count <= colours.MOST, true)
end)

test("a fence within a diff does not end it", function()
  local chat = asked()
  local item = { type = "diff", uri = "file:///a.md", oldText = "````\nx\n", newText = "````\ny\n" }
  part(chat, 0, call({ output = { item } }))
  toggle(chat, 0)
  local found = require("threadkeep.blocks").find(lines(chat))
  eq(#found, 1)
  eq(found[1].language, "diff")
  eq(found[1].lines, { "@@ -1,2 +1,2 @@", " ````", "-x", "+y" })
end)

test("a colour that was set before the newest lines holds on in them", function()
  local chat = asked()
  local text = "\27[0m\27[31m" .. ("red\n"):rep(500) .. "\27[0mplain"
  part(chat, 0, call({ output = { { type = "terminal", text = text } } }))
  toggle(chat, 0)
  eq(#lines(chat), 203)
  eq(lines(chat)[3], "  │ … 301 earlier lines — <CR> shows all")
  eq(#looks(chat, "ThreadkeepAnsi_fg1"), 199)
end)
