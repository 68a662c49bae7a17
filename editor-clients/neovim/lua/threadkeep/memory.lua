--- Keeps small things between two starts of Neovim: where the chat was, saved filters, and which window this is.
local M = {}

--- The plugin's own folder; it lies outside of any project.
---@return string
function M.folder()
  local folder = vim.fs.joinpath(vim.fn.stdpath("state") --[[@as string]], "threadkeep")
  vim.fn.mkdir(folder, "p", 448)
  return folder
end

---@class threadkeep.Place
---@field layout? threadkeep.Layout
---@field width? integer
---@field height? integer

--- Where the chat was last, as far as that can be read.
---@return threadkeep.Place
function M.place()
  local file = io.open(vim.fs.joinpath(M.folder(), "place.json"), "r")
  if not file then
    return {}
  end
  local content = file:read("*a")
  file:close()
  local ok, place = pcall(vim.json.decode, content)
  return ok and type(place) == "table" and place or {}
end

---@param place threadkeep.Place
function M.set_place(place)
  local file = io.open(vim.fs.joinpath(M.folder(), "place.json"), "w")
  if file then
    file:write(vim.json.encode(place))
    file:close()
  end
end

--- The filters that were saved, by name; not checked.
---@return table<string, any>
---@return string? problem Why they cannot be read.
function M.filters()
  local path = vim.fs.joinpath(M.folder(), "filters.json")
  if not vim.uv.fs_stat(path) then
    return {}
  end
  local file, reason = io.open(path, "r")
  if not file then
    return {}, reason
  end
  local content = file:read("*a")
  file:close()
  local ok, filters = pcall(vim.json.decode, content)
  if not ok or type(filters) ~= "table" or filters[1] ~= nil then
    return {}, ("%s is not a valid JSON object any more; fix it, or remove it."):format(path)
  end
  return filters
end

--- Writes them whole: a crash leaves the old file or the new one.
---@param filters table<string, any>
---@return string? problem
function M.set_filters(filters)
  local path = vim.fs.joinpath(M.folder(), "filters.json")
  local new = ("%s.%d"):format(path, vim.uv.os_getpid())
  local file, reason = io.open(new, "w")
  if not file then
    return reason
  end
  local is_written, why = file:write(vim.json.encode(next(filters) and filters or vim.empty_dict()))
  local is_closed, why_not = file:close()
  if not (is_written and is_closed) then
    vim.uv.fs_unlink(new)
    return why or why_not
  end
  local is_renamed, failure = vim.uv.fs_rename(new, path)
  if not is_renamed then
    vim.uv.fs_unlink(new)
    return failure
  end
end

local MAX_WINDOWS = 32

---@type table<string, string> The name of this window in each folder that was opened.
local mine = {}

--- The name of this Neovim among those in a folder. After a crash the same is taken again; a second one that is opened
--- anew has a new name, so that it is not taken back to what some second one showed long ago.
---@param folder string
---@return string
function M.window_id(folder)
  mine[folder] = mine[folder] or M._claim(folder)
  return mine[folder]
end

function M._claim(folder)
  local dir = vim.fs.joinpath(M.folder(), "windows")
  vim.fn.mkdir(dir, "p", 448)
  for number = 1, MAX_WINDOWS do
    local path = vim.fs.joinpath(dir, vim.fn.sha256(folder):sub(1, 16) .. "." .. number)
    local id = M._take(path, number)
    if id then
      vim.api.nvim_create_autocmd("VimLeavePre", {
        callback = function()
          vim.uv.fs_unlink(path)
        end,
      })
      return id
    end
  end
  return "neovim"
end

--- Takes a place, unless a Neovim that is alive has it: one that answers at the address noted there. What the place is
--- called; the first one in a folder always has the same name.
function M._take(path, number)
  local before
  local held = vim.uv.fs_open(path, "r", 0)
  if held then
    local address, id = (vim.uv.fs_read(held, 4096, 0) or ""):match("^([^\n]*)\n?(.*)$")
    vim.uv.fs_close(held)
    if address ~= vim.v.servername and M._answers(address) then
      return nil
    end
    before = id ~= "" and id or nil
    vim.uv.fs_unlink(path)
  end
  local file = vim.uv.fs_open(path, "wx", 384)
  if not file then
    return nil
  end
  local id = "neovim-" .. number
  if number > 1 then
    id = before or ("%s-%08x"):format(id, vim.uv.hrtime() % 2 ^ 32)
  end
  vim.uv.fs_write(file, vim.v.servername .. "\n" .. id)
  vim.uv.fs_close(file)
  return id
end

--- Whether a Neovim lives, by the address that it noted.
---@param address any
---@return boolean
function M.is_alive(address)
  return type(address) == "string" and (address == vim.v.servername or M._answers(address))
end

--- Writes a file whole that only this user can read; whether that was done.
---@param path string
---@param content string
---@return boolean
function M.write_private(path, content)
  local new = path .. ".new"
  local file = vim.uv.fs_open(new, "w", 384)
  if not file then
    return false
  end
  local written = vim.uv.fs_write(file, content)
  vim.uv.fs_close(file)
  return written == #content and vim.uv.fs_rename(new, path) == true
end

function M._answers(address)
  if address == "" then
    return false
  end
  local is_network = address:match(":%d+$") ~= nil and not address:match("^[/\\]")
  local ok, channel = pcall(vim.fn.sockconnect, is_network and "tcp" or "pipe", address)
  if ok and channel ~= 0 then
    vim.fn.chanclose(channel)
    return true
  end
  return false
end

return M
