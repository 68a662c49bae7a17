--- Finds the server's program, and never one that lies in the open folder.
local paths = require("threadkeep.paths")

local M = {}

M.ARGUMENTS = { "serve", "--stdio" }

M.INSTALL = "Install it with `pipx install threadkeep` or `uv tool install threadkeep`, "
  .. "or name the program: require('threadkeep').setup({ cmd = { '/path/to/threadkeep', 'serve', '--stdio' } })."

local SHOWN = 6
local PATIENCE_MS = 5000

--- The command to start, or why there is none and what to do.
---@param cmd? string[] A person's choice.
---@param folder string The open folder.
---@param ask? fun(path: string): string? Why a program is no server of ours; nil if it is.
---@return string[]? command
---@return string? problem
function M.command(cmd, folder, ask)
  if cmd then
    return M._chosen(cmd)
  end
  local refused = {} ---@type {path: string, why: string}[]
  local good = {} ---@type string[]
  for _, path in ipairs(M._all("threadkeep", M._folders())) do
    if M._is_batch(path) then
      refused[#refused + 1] = { path = path, why = "a batch file is not started" }
    elseif M.is_inside(path, folder) then
      refused[#refused + 1] = { path = path, why = "it lies in the open folder" }
    else
      good[#good + 1] = path
    end
  end
  for _, path in ipairs(good) do
    -- A single one is started at once: what is wrong with it is seen then.
    local why = #good + #refused > 1 and (ask or M._ask)(path) or nil
    if not why then
      return vim.list_extend({ path }, M.ARGUMENTS)
    end
    refused[#refused + 1] = { path = path, why = why }
  end
  return nil, M._not_found(refused)
end

--- Whether a path lies in a folder, links followed.
---@param path string
---@param folder string
---@return boolean
function M.is_inside(path, folder)
  local function real(one)
    local resolved = vim.uv.fs_realpath(one) or one
    return (vim.fs.normalize(resolved):gsub("/$", "")) .. "/"
  end
  local root = real(folder)
  -- In the home folder, or above it, everything would count as the open folder's.
  local home = real(vim.uv.os_homedir() or "/")
  if vim.startswith(home, root) then
    return false
  end
  local parent = real(vim.fs.dirname(path))
  return vim.startswith(parent, root) or vim.startswith(real(path), root)
end

function M._not_found(refused)
  if #refused == 0 then
    return "The program `threadkeep` was not found, neither on the PATH nor in the usual folders. "
      .. M.INSTALL
  end
  local tried = {}
  for index, one in ipairs(refused) do
    if index <= SHOWN then
      tried[index] = ("%s (%s)"):format(one.path, one.why)
    end
  end
  local more = #refused > SHOWN and (" and %d more"):format(#refused - SHOWN) or ""
  local advice = M.INSTALL
  if refused[1].why == "it lies in the open folder" then
    advice = "Programs of the open folder are not started by themselves. If you trust it: "
      .. ("require('threadkeep').setup({ cmd = { '%s', 'serve', '--stdio' } })."):format(refused[1].path)
  end
  return ("No program `threadkeep` can be started. Tried: %s%s. %s"):format(
    table.concat(tried, ", "),
    more,
    advice
  )
end

function M._chosen(cmd)
  local program = paths.expanded(cmd[1])
  local is_path = program:find("[/\\]") ~= nil
  if is_path and not M._is_absolute(program) then
    return nil,
      ("`cmd` begins with the relative path `%s`, which would depend on the open folder. Write the whole path."):format(
        cmd[1]
      )
  end
  local path = is_path and program or M._all(program, M._path())[1]
  if not path or vim.fn.executable(path) == 0 then
    return nil, ("The program `%s` of `cmd` was not found. "):format(cmd[1]) .. M.INSTALL
  elseif M._is_batch(path) then
    -- Arguments of a batch file are read a second time, by cmd.exe, as commands.
    return nil, ("`cmd` names the batch file `%s`: name the program that it starts."):format(path)
  end
  return vim.list_extend({ path }, cmd, 2)
end

function M._is_absolute(path)
  return path:match("^/") ~= nil or path:match("^%a:[/\\]") ~= nil or path:match("^\\\\") ~= nil
end

function M._is_batch(path)
  local ending = path:lower():match("%.(%a+)$")
  return ending == "bat" or ending == "cmd"
end

function M._is_windows()
  return vim.fn.has("win32") == 1
end

--- The absolute folders of the PATH: relative ones would lead into the open folder.
function M._path()
  local folders =
    vim.split(vim.env.PATH or "", M._is_windows() and ";" or ":", { plain = true, trimempty = true })
  return vim.tbl_filter(M._is_absolute, folders)
end

--- The PATH, then where pipx, uv, Homebrew, conda and version managers put programs: an editor that was started from a
--- desktop's menu has a short PATH.
function M._folders()
  local home = vim.uv.os_homedir() or ""
  local folders = M._path()
  for _, name in ipairs({ "UV_TOOL_BIN_DIR", "PIPX_BIN_DIR" }) do
    folders[#folders + 1] = vim.env[name]
  end
  folders[#folders + 1] = home .. "/.local/bin"
  if M._is_windows() then
    local bases = { (vim.env.LOCALAPPDATA or "") .. "/Programs/Python", (vim.env.APPDATA or "") .. "/Python" }
    for _, base in ipairs(bases) do
      for name in vim.fs.dir(base) do
        folders[#folders + 1] = ("%s/%s/Scripts"):format(base, name)
      end
    end
    folders[#folders + 1] = home .. "/scoop/shims"
  else
    vim.list_extend(folders, {
      home .. "/bin",
      "/opt/homebrew/bin",
      "/home/linuxbrew/.linuxbrew/bin",
      "/usr/local/bin",
      (vim.env.PYENV_ROOT or (home .. "/.pyenv")) .. "/shims",
      home .. "/.asdf/shims",
      home .. "/.local/share/mise/shims",
      home .. "/miniforge3/bin",
      home .. "/miniconda3/bin",
      home .. "/anaconda3/bin",
      "/opt/conda/bin",
      home .. "/.nix-profile/bin",
    })
  end
  return vim.tbl_filter(M._is_absolute, folders)
end

--- Every program of a name, in the order of the folders; each file once, whatever links lead to it.
function M._all(program, folders)
  local endings = { "" }
  if M._is_windows() and not program:lower():match("%.%a%a%a$") then
    endings = { ".exe", ".com", ".bat", ".cmd" }
  end
  local found, known = {}, {}
  for _, folder in ipairs(folders) do
    for _, ending in ipairs(endings) do
      local candidate = vim.fs.normalize(folder) .. "/" .. program .. ending
      local real = vim.uv.fs_realpath(candidate) or candidate
      if not known[real] and vim.fn.executable(candidate) == 1 then
        known[real] = true
        found[#found + 1] = candidate
      end
    end
  end
  return found
end

function M._ask(path)
  local ok, started = pcall(vim.system, { path, "--version" }, { text = true, cwd = vim.fs.dirname(path) })
  if not ok then
    return "it cannot be started"
  end
  local done = started:wait(PATIENCE_MS)
  if done.code == 0 and (done.stdout or ""):match("^threadkeep %S+%s*$") then
    return nil
  end
  local said = vim.trim(done.stderr or "") ~= "" and done.stderr or done.stdout or ""
  local lines = vim.split(vim.trim(said), "\n", { plain = true })
  local line = vim.startswith(lines[1], "Traceback") and lines[#lines] or lines[1]
  return line ~= "" and vim.trim(line):sub(1, 200) or "it does not answer as Threadkeep does"
end

return M
