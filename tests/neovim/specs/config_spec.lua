local config = require("threadkeep.config")

local function problems(given)
  local _, found = config.resolve(given)
  return found
end

test("every option has a default that is valid", function()
  local defaults, found = config.resolve({})
  eq(found, {})
  eq(defaults.layout, "right")
  eq(defaults.keymaps.send, "<C-s>")
  local again, none = config.resolve(defaults)
  eq(none, {})
  eq(again, defaults)
end)

test("a misspelt option is reported with the one that was meant", function()
  eq(problems({ layuot = "left" }), { "`layuot` is not an option; did you mean `layout`?" })
  eq(problems({ keymaps = { sned = "x" } }), { "`keymaps.sned` is not an option; did you mean `keymaps.send`?" })
end)

test("a wrong type or choice is reported, and the default taken", function()
  local resolved, found = config.resolve({ layout = "middle", width = "wide", history = 0 / 0 })
  eq(found[1], "`layout` must be one of right, left, bottom, float, tab, not \"middle\"")
  eq(found[2], "`width` must be a number, not \"wide\"")
  eq(#found, 3)
  eq(resolved.layout, "right")
  eq(resolved.width, 0.42)
end)

test("a command is a list of strings", function()
  eq(problems({ cmd = "threadkeep" }), { '`cmd` must be a table, not "threadkeep"' })
  eq(problems({ cmd = {} }), { "`cmd` must be a list of strings, and not empty" })
  eq(problems({ cmd = { "a", 1 } }), { "`cmd` must hold strings only, not 1" })
end)

test("keys can be switched off, one by one or all", function()
  local one = config.resolve({ keymaps = { close = false } })
  eq({ one.keymaps.close, one.keymaps.send }, { false, "<C-s>" })
  local all = config.resolve({ keymaps = false })
  eq({ all.keymaps.close, all.keymaps.send }, { false, false })
end)

test("each wrong filter is reported by its name, and the others are taken", function()
  local resolved, found = config.resolve({
    filters = {
      mine = "repository=all  status=paused,ended parser ",
      spaced = { "task=a b" },
      colour = "colour=red",
      empty = " ",
      number = 3,
      mixed = { "parser", 3 },
      nested = "@mine",
      state = "status=paused,asleep",
      star = "favourite=yes",
      task = "task=",
      ["two words"] = "parser",
      "nameless",
    },
  })
  local name = "a name is one word without `@`, `=` and `\\`"
  local names = "status, task, repository, agent, tag, archived, favourite, title"
  eq(resolved.filters, {
    mine = { "repository=all", "status=paused,ended", "parser" },
    spaced = { "task=a b" },
  })
  eq(found, {
    "`filters.1`: " .. name,
    "`filters.colour`: `colour` is no filter; there are " .. names .. ".",
    '`filters.empty`: must be words such as "status=paused parser", not " "',
    "`filters.mixed`: must hold words only, not 3",
    "`filters.nested`: `@mine`: a filter holds no other one",
    '`filters.number`: must be words such as "status=paused parser", not 3',
    "`filters.star`: `favourite` is one of true, false, not `yes`.",
    "`filters.state`: `status` is one of active, paused, ended, not `asleep`.",
    "`filters.task`: `task=` needs a value.",
    "`filters.two words`: " .. name,
  })
  eq(problems({ filters = "parser" }), { '`filters` must be a table, not "parser"' })
end)

test("what is no table of options is reported", function()
  eq(problems("x"), { "setup() takes a table of options, not a string" })
end)
