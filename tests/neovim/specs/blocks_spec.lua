local blocks = require("threadkeep.blocks")

local function found(text)
  return blocks.find(vim.split(text, "\n", { plain = true }))
end

test("a block has its language and lines", function()
  eq(found("a\n```lua title=x\nlocal x\n\nend\n```\nb"), {
    { first = 2, last = 6, language = "lua", lines = { "local x", "", "end" } },
  })
end)

test("a fence inside a longer fence is text", function()
  eq(found("````md\n```\nx\n```\n````")[1].lines, { "```", "x", "```" })
  eq(#found("````md\n```\nx\n```\n````"), 1)
end)

test("tildes fence too, and do not end backticks", function()
  eq(found("~~~\na\n~~~")[1].lines, { "a" })
  eq(found("```\n~~~\n```")[1].lines, { "~~~" })
end)

test("a block in a list loses its indent", function()
  eq(found("- x\n  ```\n  a\n    b\n  ```")[1].lines, { "a", "  b" })
end)

test("a block that does not end goes to the end", function()
  eq(found("```py\na"), { { first = 1, last = 2, language = "py", lines = { "a" } } })
end)

test("inline code is no block", function()
  eq(found("```x``` and `y`"), {})
end)

test("the block under the cursor is meant, else the one before", function()
  local all = found("```a\n1\n```\ntext\n```b\n2\n```\ntext")
  eq(blocks.near(all, 2).language, "a")
  eq(blocks.near(all, 4).language, "a")
  eq(blocks.near(all, 5).language, "b")
  eq(blocks.near(all, 8).language, "b")
  eq(blocks.near({}, 1), nil)
end)

test("lines are found where they were, or where they moved to, if that is certain", function()
  eq({ blocks.locate({ "a", "b", "c" }, { "b" }, 2) }, { 2, 2 })
  eq({ blocks.locate({ "x", "a", "b", "c" }, { "b", "c" }, 2) }, { 3, 4 })
  eq({ blocks.locate({ "b", "x", "b" }, { "b" }, 2) }, {})
  eq({ blocks.locate({ "a" }, { "b" }, 1) }, {})
end)
