--- Offers the sessions that a renamed folder or branch left behind: the server says which, a person decides.
local blank = require("threadkeep.blank")
local client = require("threadkeep.client")
local current = require("threadkeep.current")
local loader = require("threadkeep.loader")
local notify = require("threadkeep.notify")
local text = require("threadkeep.text")

local M = {}

---Sessions that may belong here as well.
---@class threadkeep.Offer
---@field key string
---@field folder string Where they would come to.
---@field words string
---@field count integer
---@field bring [string, table] The request that brings them along.
---@field dismiss [string, table] The request that says no for good.

local CHOICES = { "Bring them along", "Not now", "Never: they are something else" }

local offers = {} ---@type threadkeep.Offer[]
local told = {} ---@type table<string, true> By key; what was put off counts too.

--- How many sessions are offered in the open folder.
---@return integer
function M.count()
  local sum = 0
  for _, offer in ipairs(M._here()) do
    sum = sum + offer.count
  end
  return sum
end

--- The server has a hint.
---@param hint? threadkeep.RepositoryHint
function M.received(hint)
  if not hint then
    return
  end
  local folder = loader.folder()
  local repository = { id = hint.repository.id }
  for _, alike in ipairs(hint.repositories) do
    -- One whose folder is still there is a second clone.
    if alike.kind ~= "copied" then
      M._add(M._of_repository(folder, alike.repository, alike, repository))
    end
  end
  for _, former in ipairs(hint.formerTasks) do
    local count = former.sessionCount + former.archivedCount
    local again = former.branchExists and " A branch is called so again; they may be its own." or ""
    M._add({
      key = ("task %s %s %s"):format(hint.repository.id, former.task, hint.task),
      folder = folder,
      count = count,
      words = ("Was the branch `%s` called `%s`? %s kept under that name.%s"):format(
        text.one_line(hint.task or ""),
        text.one_line(former.task),
        M._sessions(count, "is", "are"),
        again
      ),
      bring = { "task/relocate", { repository = repository, task = former.task, to = hint.task } },
      dismiss = { "repository/dismiss", { repository = repository, task = former.task, to = hint.task } },
    })
  end
end

--- A folder without sessions began as others did, of which only the names are known yet.
---@param uri string
---@param alike? threadkeep.Repository[]
function M.resolved(uri, alike)
  if not alike then
    return
  end
  client.request("repository/list", { isOrphan = true, limit = 200 }, function(problem, result)
    for _, entry in ipairs(not problem and result.repositories or {}) do
      local is_alike = vim.iter(alike):any(function(one)
        return one.id == entry.repository.id
      end)
      if is_alike and entry.sessionCount + entry.archivedCount > 0 then
        M._add(M._of_repository(vim.uri_to_fname(uri), entry.repository, entry, { uri = uri }))
      end
    end
  end)
end

--- Asks about what is offered here, one after another.
function M.choose()
  local offer = M._here()[1]
  if not offer then
    notify.info("no sessions of a renamed folder or branch are known that may belong here.")
    return
  end
  vim.ui.select(CHOICES, { prompt = offer.words }, function(_, index)
    if index == 1 then
      M._request(offer, offer.bring, function(result)
        M._brought(math.max(result.movedSessions, offer.count))
      end)
    elseif index == 2 then
      M._drop(offer)
    elseif index == 3 then
      M._request(offer, offer.dismiss, function()
        notify.info("they stay where they are, and are not offered again.")
      end)
    end
  end)
end

function M._of_repository(folder, other, counts, repository)
  local root = other.roots[1]
  local where = root and vim.fn.fnamemodify(vim.uri_to_fname(root.uri), ":~") or other.name
  local count = counts.sessionCount + counts.archivedCount
  local uri = vim.uri_from_fname(folder)
  return {
    key = "repository " .. other.id .. " " .. folder,
    folder = folder,
    count = count,
    words = ("Was this folder moved from %s? %s kept there."):format(
      text.one_line(where),
      M._sessions(count, "is", "are")
    ),
    bring = { "repository/relocate", { repository = other.id, uri = uri, merge = true } },
    dismiss = { "repository/dismiss", { repository = repository, other = other.id } },
  }
end

function M._sessions(count, one, many)
  return count == 1 and ("1 session " .. one) or ("%d sessions %s"):format(count, many)
end

function M._add(offer)
  if told[offer.key] then
    return
  end
  told[offer.key] = true
  table.insert(offers, offer)
  notify.info(offer.words .. " `:Threadkeep moved` brings them along, or says no.")
  require("threadkeep.view").look()
end

function M._here()
  local folder = loader.folder()
  return vim.tbl_filter(function(offer)
    return offer.folder == folder
  end, offers)
end

function M._drop(offer)
  offers = vim.tbl_filter(function(one)
    return one ~= offer
  end, offers)
  require("threadkeep.view").look()
end

function M._request(offer, request, done)
  local params = vim.tbl_extend("error", request[2], { idempotencyKey = loader.key() })
  client.request(request[1], params, function(problem, result)
    if problem then
      notify.failed(problem)
      return
    end
    M._drop(offer)
    done(result)
  end)
end

--- What came along is shown where nothing else is.
function M._brought(count)
  notify.info(M._sessions(count, "came along.", "came along."))
  local session = current.state.session
  if current.folder and session and (blank.is(session.id) or session.messageCount == 0) then
    require("threadkeep.chat").load_current()
  end
end

return M
