local config = require("threadkeep.config")
local filter = require("threadkeep.filter")
local filters = require("threadkeep.filters")
local memory = require("threadkeep.memory")

local function parsed(...)
  return filter.parse({ ... }, function(value)
    return { name = value or "here" }
  end)
end

local function told(action)
  local messages, notify = {}, vim.notify
  vim.notify = function(message)
    messages[#messages + 1] = message
  end
  action()
  vim.notify = notify
  return table.concat(messages, "\n")
end

local function file()
  return vim.fs.joinpath(memory.folder(), "filters.json")
end

test("words make a filter; tags and the title add up, of the rest the last one holds", function()
  eq(parsed(), { repository = { name = "here" } })
  eq(
    parsed("status=active", "tag=a,b", "big", "status=paused,ended", "tag=c", "gear", "favourite=false", "task=x=y"),
    {
      repository = { name = "here" },
      status = { "paused", "ended" },
      tags = { "a", "b", "c" },
      title = "gear",
      isFavourite = false,
      task = "x=y",
    }
  )
  eq({ parsed("repository=app", "title=@todo", "title=a=b", "all") }, {
    { repository = { name = "app" }, title = "@todo" },
    nil,
    { "a=b", "all" },
  })
  eq(parsed("repository=app").repository, { name = "app" })
end)

test("a title matches if all words are in it, whatever their order, case and accents", function()
  eq(filter.matches("anything", {}), true)
  eq(filter.matches("The Gearbox", { "box", "the" }), true)
  eq(filter.matches("The Gearbox", { "box", "axle" }), false)
  eq(filter.matches("Résumé of Ängste", { "RESUME", "angste" }), true)
  eq(filter.matches("resume", { "résumé" }), true)
  eq(filter.matches("编程语言", { "语言" }), true)
  eq(filter.matches("x A.B[*\\]y~$", { "a.b[*\\]", "y~$" }), true)
  eq(filter.matches("axb", { "a.b" }), false)
end)

test("a filter of setup and a saved one stand for their words", function()
  config.set({ filters = { mine = "status=paused parser" } })
  eq(told(function()
    filters.save("work", { "@mine", "tag=work" })
  end), "Threadkeep: `@work` is saved.")
  eq(filters.names(), { "@mine", "@work" })
  eq(filters.expand({ "a", "@work", "@mine", "b@c" }), {
    "a",
    "status=paused",
    "parser",
    "tag=work",
    "status=paused",
    "parser",
    "b@c",
  })
  local _, problem = filters.expand({ "@wrok" })
  eq(problem, "no filter is called `@wrok`; did you mean `@work`? To look for it in titles write `title=@wrok`.")
end)

test("what was saved before is told when it is replaced or deleted", function()
  config.set({})
  filters.save("again", { "status=paused", "old" })
  eq(told(function()
    filters.save("again", { "new" })
  end), "Threadkeep: `@again` is saved; before it was `status=paused old`.")
  eq(told(function()
    filters.delete("again")
  end), "Threadkeep: `@again` is deleted; it was `new`.")
  eq(vim.list_contains(filters.names(), "@again"), false)
end)

test("of two filters with one name that of setup holds", function()
  config.set({})
  filters.save("twice", { "saved" })
  config.set({ filters = { twice = "chosen" } })
  eq(filters.expand({ "@twice" }), { "chosen" })
  eq(told(function()
    filters.save("twice", { "other" })
  end), "Threadkeep: `twice` is not saved: your setup() has one of this name, which holds.")
  eq(memory.filters().twice, { "saved" })
  config.set({ filters = { only = "chosen" } })
  eq(told(function()
    filters.delete("only")
  end), "Threadkeep: `@only` is one of your setup(): take it away there.")
end)

test("a wrong filter is not saved, and one of setup is told when it is used", function()
  config.set({ filters = { red = "colour=red" } })
  for words, problem in pairs({ ["status=asleep"] = "not `asleep`", ["@red"] = "`filters.red`: `colour` is no filter" }) do
    local message = told(function()
      filters.save("bad", { words })
    end)
    eq({ message, message:find(problem, 1, true) ~= nil }, { message, true })
  end
  eq(memory.filters().bad, nil)
  local name = told(function()
    filters.save("a=b", { "parser" })
  end)
  eq(name, "Threadkeep: `a=b` is not saved: a name is one word without `@`, `=` and `\\`")
end)

test("a saved filter that was made wrong by hand harms no other", function()
  config.set({})
  memory.set_filters({ good = { "parser" }, bad = { "colour=red" } })
  local all, problems = filters.all()
  eq(all, { { name = "good", words = { "parser" }, is_saved = true } })
  eq(#problems, 1)
  eq(vim.startswith(problems[1], "the saved filter `bad`: `colour` is no filter"), true)
  local _, problem = filters.expand({ "@bad" })
  eq(problem, problems[1])
  told(function()
    filters.delete("good")
  end)
  eq(memory.filters(), { bad = { "colour=red" } })
  told(function()
    filters.delete("bad")
  end)
  eq({ filters.all() }, { {}, {} })
end)

test("a file of filters that cannot be read is told and not written over", function()
  for _, broken in ipairs({ "{ half", '["list"]', "3" }) do
    vim.fn.writefile({ broken }, file())
    local message = told(function()
      filters.save("mine", { "parser" })
    end)
    eq({ message, message:find("filters.json is not a valid JSON object any more", 1, true) ~= nil }, { message, true })
    eq(vim.fn.readfile(file()), { broken })
    local _, problems = filters.all()
    eq(#problems, 1)
  end
  vim.fn.delete(file())
end)
