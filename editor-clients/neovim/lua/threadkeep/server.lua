--- Finds the server's program, and never one that lies in the open folder.
local M = {}

M.ARGUMENTS = { "serve", "--stdio" }

M.INSTALL = "Install it with `pipx install threadkeep` or `uv tool install threadkeep`, "
  .. "or name the program: require('threadkeep').setup({ cmd = { '/path/to/threadkeep', 'serve', '--stdio' } })."

--- The command to start, or why there is none and what to do.
---@param cmd? string[] A person's choice.
---@param folder string The open folder.
---@return string[]? command
---@return string? problem
function M.command(cmd, folder)
  if cmd then
    return M._chosen(cmd)
  end
  local path = M._on_path("threadkeep", vim.env.PATH or "")
  if not path then
    return nil, "The program `threadkeep` was not found. " .. M.INSTALL
  end
  if M.is_inside(path, folder) then
    return nil,
      ("%s lies in the open folder, whose programs are not started by themselves. If you trust it: "):format(
        path
      ) .. ("require('threadkeep').setup({ cmd = { '%s', 'serve', '--stdio' } })."):format(path)
  end
  return vim.list_extend({ path }, M.ARGUMENTS)
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

function M._chosen(cmd)
  local program = vim.fn.expand(cmd[1])
  local is_path = program:find("[/\\]") ~= nil
  if is_path and not M._is_absolute(program) then
    return nil,
      ("`cmd` begins with the relative path `%s`, which would depend on the open folder. Write the whole path."):format(
        cmd[1]
      )
  end
  local path = is_path and program or M._on_path(program, vim.env.PATH or "")
  if not path or vim.fn.executable(path) == 0 then
    return nil, ("The program `%s` of `cmd` was not found. "):format(cmd[1]) .. M.INSTALL
  end
  return vim.list_extend({ path }, cmd, 2)
end

function M._is_absolute(path)
  return path:match("^/") ~= nil or path:match("^%a:[/\\]") ~= nil or path:match("^\\\\") ~= nil
end

--- Looks a program up by hand: entries of PATH that are relative would lead into the open folder.
function M._on_path(program, path)
  local is_windows = vim.fn.has("win32") == 1
  local endings = is_windows and { ".exe", ".cmd", ".bat" } or { "" }
  for _, folder in ipairs(vim.split(path, is_windows and ";" or ":", { plain = true, trimempty = true })) do
    if M._is_absolute(folder) then
      for _, ending in ipairs(endings) do
        local candidate = vim.fs.normalize(folder) .. "/" .. program .. ending
        if vim.fn.executable(candidate) == 1 then
          return candidate
        end
      end
    end
  end
end

return M
