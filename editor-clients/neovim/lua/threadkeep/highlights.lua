--- Names the highlight groups and links them to those that every colour scheme has.
local M = {}

---@type {name: string, link: string, doc: string}[]
M.groups = {
  { name = "ThreadkeepUser", link = "Function", doc = "The header of what you said." },
  { name = "ThreadkeepAssistant", link = "Title", doc = "The header of an answer." },
  { name = "ThreadkeepTitle", link = "Title", doc = "The session's title." },
  { name = "ThreadkeepMeta", link = "Comment", doc = "Times, models, counts." },
  { name = "ThreadkeepEvent", link = "Comment", doc = "What a person did: paused, switched the agent." },
  { name = "ThreadkeepReasoning", link = "Comment", doc = "The model's reasoning, and its fold." },
  { name = "ThreadkeepTool", link = "Identifier", doc = "What a tool call does, and a plan." },
  { name = "ThreadkeepOutput", link = "Delimiter", doc = "What came of a tool call." },
  { name = "ThreadkeepAdded", link = "Added", doc = "Lines that a tool call added." },
  { name = "ThreadkeepRemoved", link = "Removed", doc = "Lines that it removed." },
  { name = "ThreadkeepRunning", link = "DiagnosticInfo", doc = "An answer is being written." },
  {
    name = "ThreadkeepWarning",
    link = "DiagnosticWarn",
    doc = "Interrupted, cancelled, paused, changed since.",
  },
  { name = "ThreadkeepError", link = "DiagnosticError", doc = "Failed, and why." },
  { name = "ThreadkeepHint", link = "Comment", doc = "What can be done." },
  { name = "ThreadkeepAttachment", link = "Directory", doc = "What was sent along." },
  { name = "ThreadkeepFavourite", link = "DiagnosticWarn", doc = "The mark of a favourite." },
  { name = "ThreadkeepNote", link = "DiagnosticHint", doc = "A note of yours." },
  { name = "ThreadkeepPrompt", link = "Question", doc = "The line above the prompt." },
}

--- Defines the groups; a colour scheme or a person that defined one first wins.
function M.define()
  for _, group in ipairs(M.groups) do
    vim.api.nvim_set_hl(0, group.name, { link = group.link, default = true })
  end
end

return M
