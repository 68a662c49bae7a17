--- Messages, sessions and turns for specs.
local M = {}

function M.message(fields)
  return vim.tbl_extend("force", {
    id = "m1",
    sessionId = "s",
    seq = 1,
    role = "user",
    content = "",
    parts = {},
    status = "complete",
    isFavourite = false,
    metadata = {},
    createdAt = "2026-01-02T03:04:05.000Z",
  }, fields)
end

function M.session(fields)
  return vim.tbl_extend("force", {
    id = "s",
    repository = { id = "r", name = "app", roots = {} },
    task = "main",
    links = {},
    title = "Parsing",
    titleSource = "user",
    status = "active",
    isPrivate = false,
    activity = "idle",
    agent = "assistant",
    agentSwitchCount = 0,
    tags = {},
    isFavourite = false,
    metadata = {},
    messageCount = 2,
    usage = { inputTokens = 1000, outputTokens = 234, cachedTokens = 0, reasoningTokens = 0 },
    createdAt = "2026-01-02T03:04:05.000Z",
    updatedAt = "2026-01-02T03:04:05.000Z",
    lastActivityAt = "2026-01-02T03:04:05.000Z",
    revision = 1,
    seq = 5,
  }, fields)
end

function M.turn(fields)
  return vim.tbl_extend("force", {
    id = "t1",
    sessionId = "s",
    status = "running",
    userMessageId = "q1",
    messageId = "a1",
    agent = "assistant",
    model = "test",
    provider = "work",
    startedAt = "2026-01-02T03:04:05.000Z",
  }, fields)
end

function M.delta(fields)
  return vim.tbl_extend("force", {
    sessionId = "s",
    turnId = "t1",
    messageId = "a1",
    kind = "text",
    offset = 0,
    text = "",
    savedOffset = 0,
  }, fields)
end

--- A chat with one question and its answer.
function M.opened(fields)
  return vim.tbl_extend("force", {
    session = M.session({}),
    created = false,
    messages = {
      M.message({ id = "q1", seq = 1, content = "Why?", parts = { { type = "text", text = "Why?" } } }),
      M.message({
        id = "a1",
        seq = 2,
        role = "assistant",
        parentId = "q1",
        content = "So.",
        parts = { { type = "reasoning", text = "Hm" }, { type = "text", text = "So." } },
        agent = "assistant",
        model = "test",
      }),
    },
    seq = 5,
  }, fields)
end

return M
