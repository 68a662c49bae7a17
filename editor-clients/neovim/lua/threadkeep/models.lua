--- Lets a person choose a model: one of this machine, one whose key is there, or another after its key was entered.
local chat = require("threadkeep.chat")
local client = require("threadkeep.client")
local current = require("threadkeep.current")
local keys = require("threadkeep.keys")
local notify = require("threadkeep.notify")
local sessions = require("threadkeep.sessions")
local text = require("threadkeep.text")
local view = require("threadkeep.view")

local M = {}

--- Programs of this machine that want no key.
local KEYLESS = { ollama = true, lmstudio = true }

---Something that can be chosen.
---@class threadkeep.ModelChoice
---@field label string
---@field model? string `provider:model`.
---@field key? threadkeep.Provider Whose key is to be entered.
---@field test? threadkeep.Provider Who is to be tried.

--- Lists the models and those who could be asked with a key.
function M.choose()
  local session = chat.session()
  if not view.windows() then
    chat.open()
  end
  client.request("model/list", {}, function(problem, models)
    if problem then
      notify.failed(problem)
      return
    end
    client.request("provider/list", {}, function(failure, result)
      if failure then
        notify.failed(failure)
        return
      end
      for _, words in ipairs(models.problems or {}) do
        notify.warn("settings: " .. words)
      end
      local choices = M.choices(models, result.providers, session and session.model)
      vim.ui.select(choices, {
        prompt = "Choose a model",
        kind = "threadkeep",
        format_item = function(choice)
          return choice.label
        end,
      }, function(choice)
        if choice then
          M._take(choice, session)
        end
      end)
    end)
  end)
end

--- Everything that can be chosen, the nearest first; pure.
---@param models threadkeep.ListModelsResult
---@param providers threadkeep.Provider[]
---@param used? string The name of the model that the session has.
---@return threadkeep.ModelChoice[]
function M.choices(models, providers, used)
  local here, ready, keyed, tests = {}, {}, {}, {}
  local by_name = {}
  for _, provider in ipairs(providers) do
    by_name[provider.name] = provider
    local label = text.one_line(provider.label or provider.name)
    local is_away = provider["local"] and provider.reachable == false
    if is_away and not provider.keyPresent then
      tests[#tests + 1] =
        { label = ("%s does not run on this machine; start it"):format(label), test = provider }
    elseif provider.kind ~= "offline" and (provider.keyPresent or provider["local"]) then
      tests[#tests + 1] = { label = ("Test %s"):format(label), test = provider }
    end
    if provider.kind ~= "offline" and not KEYLESS[provider.name] then
      local verb = provider.keyPresent and "Enter another key for %s…" or "Enter a key for %s…"
      local list = provider.keyPresent and tests or keyed
      list[#list + 1] = { label = verb:format(label), key = provider }
    end
  end
  for _, model in ipairs(models.models) do
    local provider = by_name[model.provider]
    if model.available and provider then
      local notes = {}
      notes[#notes + 1] = model.id == models.default and "the default" or nil
      notes[#notes + 1] = model.name == used and "this session's" or nil
      notes[#notes + 1] = M._where(provider)
      local label = ("%s — %s"):format(text.one_line(model.id), table.concat(notes, ", "))
      local list = provider["local"] and here or ready
      list[#list + 1] = { label = label, model = model.id }
    end
  end
  return vim.iter({ here, ready, keyed, tests }):flatten():totable()
end

--- Sets the model of the session that is shown.
---@param model string
---@param session? threadkeep.Session
function M.set(model, session)
  sessions.set_model(model, session)
end

--- Tries a provider and says what is wrong with it.
---@param provider threadkeep.Provider
---@param callback? fun(models: string[])
function M.test(provider, callback)
  local label = provider.label or provider.name
  notify.info(("asking %s for its models …"):format(label))
  client.request("provider/test", { provider = provider.name }, function(problem, result)
    if problem then
      notify.failed(problem)
    elseif not result.ok then
      notify.error(("%s: %s"):format(label, result.message or "it gave no model."))
    else
      local few = table.concat(vim.list_slice(result.models, 1, 3), ", ")
      notify.info(
        ("%s answers; it has %d models: %s%s"):format(
          label,
          #result.models,
          few,
          #result.models > 3 and ", …" or ""
        )
      )
      if callback then
        callback(result.models)
      end
    end
  end)
end

--- Asks which model answers where none is set.
---@param callback? fun(default: string)
function M.refresh(callback)
  client.request("model/list", { refresh = false }, function(problem, result)
    current.default_model = not problem and result.default:match(":(.*)$") or nil
    view.look()
    if callback and not problem then
      callback(result.default)
    end
  end)
end

function M._where(provider)
  if provider.kind == "offline" then
    return "no language model: it searches your sessions and files"
  elseif provider["local"] then
    return "on this machine"
  end
  return provider.keySource and ("key from " .. text.one_line(provider.keySource)) or "no key needed"
end

function M._take(choice, session)
  if choice.model then
    M.set(choice.model, session)
  elseif choice.test then
    M.test(choice.test)
  else
    keys.enter(choice.key, function()
      M.test(choice.key, function(models)
        M._use(choice.key.name, models, session)
      end)
    end)
  end
end

--- Whoever entered a key wants its provider to answer: by default, or in this session.
function M._use(provider, models, session)
  M.refresh(function(default)
    if vim.startswith(default, provider .. ":") then
      notify.info(("%s answers from now on; `:Threadkeep model` has the others."):format(default))
    else
      M.set(provider .. ":" .. models[1], session)
      notify.info(
        ("%s:%s answers in this session; `:Threadkeep model` has the others."):format(provider, models[1])
      )
    end
    view.write()
  end)
end

return M
