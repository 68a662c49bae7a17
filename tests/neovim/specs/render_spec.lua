local samples = dofile(vim.fs.dirname(_G.arg[2]) .. "/samples.lua")
local render = require("threadkeep.render")
local state_of = require("threadkeep.state")
local steps = require("threadkeep.steps")
local winbar = require("threadkeep.winbar")

local function entry(fields)
  local state = state_of.opened(samples.opened({ messages = { samples.message(fields) } }))
  return state.entries[fields.id or "m1"]
end

local function words(chunks)
  return table.concat(vim.tbl_map(function(chunk)
    return chunk[1]
  end, chunks))
end

test("reasoning stands before the text, quoted", function()
  local answer = entry({
    role = "assistant",
    content = "So.\nYes.",
    parts = { { type = "reasoning", text = "a\nb" }, { type = "text", text = "So.\nYes." } },
  })
  eq(steps.draw_all(answer.slots).lines, { "> a", "> b", "", "So.", "Yes." })
end)

test("reasoning can be hidden", function()
  local answer = entry({ content = "So.", parts = { { type = "reasoning", text = "a" } } })
  eq(steps.draw_all(answer.slots, { hide_reasoning = true }).lines, { "So." })
end)

test("the header tells who, which model, when, and the marks", function()
  local header = words(render.header(
    samples.message({
      role = "assistant",
      agent = "reviewer",
      model = "test",
      isFavourite = true,
      siblings = { index = 1, count = 3 },
    }),
    os.time()
  ))
  eq(header:match("^▌ reviewer  test  .*  ‹2/3›  ★$") ~= nil, true)
end)

test("an agent's name cannot break the header", function()
  eq(words(render.header(samples.message({ role = "assistant", agent = "a\nb\27c" }), 0)):find("a b c", 1, true) ~= nil, true)
end)

test("what a person did is told in words", function()
  eq(render.event({ kind = "agentSwitched", from = "a", to = "b", reason = "why", at = "" }), "Agent: a → b — why")
  eq(render.event({ kind = "paused", at = "" }), "Paused")
  eq(render.event({ kind = "danced", at = "" }), "danced")
end)

test("a failed answer tells why and what to do", function()
  local failed = entry({
    role = "assistant",
    status = "failed",
    error = { code = 1101, kind = "providerAuth", message = "The key was refused.", retryable = false },
  })
  eq(
    words(render.footer(failed)),
    "✗ providerAuth — check the key (:checkhealth threadkeep), then :Threadkeep retry"
  )
  eq(words(render.reason(failed.message, 60)[1]), "The key was refused.")
end)

test("an answer in the making tells how much of it is on disk", function()
  local running = entry({ role = "assistant", status = "streaming" })
  eq(words(render.footer(running)), "● waiting for the first words")
  running.units.text, running.saved.text = 1500, 1200
  eq(words(render.footer(running)), "● writing · 1.2k of 1.5k saved")
  local retrying = { sessionId = "s", turnId = "t", attempt = 2, kind = "providerOverloaded", retryAfterMs = 1500 }
  eq(words(render.footer(running, retrying)), "↻ providerOverloaded; attempt 2 in 2 s")
end)

test("an answer that was cut off can be continued", function()
  local footer = words(render.footer(entry({ role = "assistant", status = "interrupted" })))
  eq(footer, "◌ interrupted — :Threadkeep continue carries on, retry asks again")
end)

test("a complete answer tells what stopped it", function()
  local function footer(reason)
    return words(render.footer(entry({ role = "assistant", status = "complete", stopReason = reason })))
  end
  eq(footer("maxTokens"), "◌ cut off by the token limit — :Threadkeep continue carries on")
  eq(footer("contentFilter"), "◌ stopped by a content filter — :Threadkeep retry asks again")
  eq(footer("endTurn"), "")
  eq(footer("some_vendors_word"), "")
end)

test("sources and notices stand below an answer, a line each", function()
  local links = { { uri = "https://a.example", title = "A\27[31m" }, { uri = "https://b.example" }, "odd" }
  local lines = render.beside(samples.message({ metadata = { links = links, notices = { "No temperature." } } }))
  eq(words(lines[1]), "  (1) A [31m https://a.example")
  eq(words(lines[2]), "  (2) https://b.example")
  eq(words(lines[3]), "  No temperature.")
  eq(#render.beside(samples.message({ metadata = { links = 7 } })), 0)
end)

test("attachments are told with their lines, and whether they changed", function()
  local uri = vim.uri_from_fname(vim.fs.joinpath(vim.fn.getcwd(), "a.lua"))
  local range = { start = { line = 2, character = 0 }, ["end"] = { line = 9, character = 0 } }
  local lines = render.enclosures(samples.message({
    parts = { { type = "attachment", kind = "selection", uri = uri, range = range, text = "x", stale = "changed" } },
    note = "mind this",
  }))
  eq(words(lines[1]), "  ⎘ a.lua:3-9  changed since")
  eq(words(lines[2]), "  ✎ mind this")
end)

local function bar(session, width)
  local evaluated = vim.api.nvim_eval_statusline(winbar.chat(session, { width = width, model = "test" }), { maxwidth = 200 })
  return evaluated.str
end

test("the winbar tells repository, task, title, agent, model, status and tokens", function()
  eq(bar(samples.session({}), 120), " app · main · Parsing · assistant · test · ○ ready · 1.2k tokens")
end)

test("a narrow winbar keeps the title and the status", function()
  eq(bar(samples.session({}), 24), " Parsing · ○ ready")
  eq(bar(samples.session({ title = ("long "):rep(20), status = "paused" }), 24), " long l… long · ⏸ paused")
end)

test("a narrow winbar loses its middle, never the end that matters", function()
  local session = samples.session({ title = "Fix the dates of the parser (part 2)", status = "paused" })
  eq(bar(session, 30), " main · Fix t…rt 2) · ⏸ paused")
  eq(bar(session, 12), " ⏸ paused")
  eq(bar(session, 6), " ⏸ …ed")
  for width = 0, 130 do
    eq(vim.fn.strdisplaywidth(bar(session, width)) <= math.max(width, 2), true)
  end
  local function problem(width)
    local words = "The server ended 3 times; see the log: :Threadkeep restart"
    return vim.api.nvim_eval_statusline(winbar.chat(session, { width = width, problem = words }), {}).str
  end
  eq(problem(40), " The server ended 3 …Threadkeep restart")
end)

test("a title cannot run code in the winbar", function()
  local session = samples.session({ title = "%{execute('let g:bitten = 1')}%#Error#" })
  eq(bar(session, 200):find("%{execute('let g:bitten = 1')}", 1, true) ~= nil, true)
  eq(vim.g.bitten, nil)
end)

test("the line above the prompt tells why one cannot write", function()
  local look = {
    width = 100,
    attachments = {},
    queued = {},
    is_editing = false,
    is_sending = false,
    send_key = "<C-s>",
  }
  local function str(session)
    return vim.api.nvim_eval_statusline(winbar.prompt(session, look), { maxwidth = 200 }).str
  end
  eq(str(samples.session({})), " Your message (<C-s> sends)")
  eq(str(samples.session({ status = "paused" })), " ⏸ Paused — :Threadkeep resume")
  eq(str(samples.session({ status = "ended" })):match("^ ■ Ended, read only") ~= nil, true)
  look.width = 30
  eq(str(samples.session({ status = "ended" })), " ■ Ended — :Threadkeep fork")
  look.attachments = { "lua/threadkeep/parser.lua:4-10" }
  eq(str(samples.session({})), " Your message · ⎘ lua/t…a:4-10")
  look.width = 12
  eq(str(samples.session({})), " ⎘ lua…:4-10")
  for _, status in ipairs({ "active", "paused", "ended" }) do
    for width = 0, 130 do
      look.width = width
      eq(vim.fn.strdisplaywidth(str(samples.session({ status = status }))) <= math.max(width, 2), true)
    end
  end
  look.width, look.attachments, look.offered = 33, {}, 2
  eq(str(samples.session({})), " ✎ :Threadkeep draft")
end)
