local problems = require("threadkeep.problems")
local server = require("threadkeep.server")

local root = vim.fn.tempname()
local project, bin = root .. "/project", root .. "/bin"

local function program(path)
  vim.fn.mkdir(vim.fs.dirname(path), "p")
  vim.fn.writefile({ "#!/bin/sh", "exit 1" }, path)
  vim.uv.fs_chmod(path, 493)
  return path
end

local function with_path(path, check)
  local before = vim.env.PATH
  vim.env.PATH = path
  local ok, problem = pcall(check)
  vim.env.PATH = before
  assert(ok, problem)
end

vim.fn.mkdir(project, "p")
program(bin .. "/threadkeep")

test("the program is found on the PATH", function()
  with_path(bin, function()
    eq(server.command(nil, project), { bin .. "/threadkeep", "serve", "--stdio" })
  end)
end)

test("a missing program is told with how to install it", function()
  with_path("/nowhere", function()
    local command, problem = server.command(nil, project)
    eq(command, nil)
    eq(problem:find("pipx install threadkeep", 1, true) ~= nil, true)
  end)
end)

test("a program of the open folder is not started by itself", function()
  local inside = program(project .. "/.venv/bin/threadkeep")
  with_path(vim.fs.dirname(inside) .. ":" .. bin, function()
    local command, problem = server.command(nil, project)
    eq(command, nil)
    eq(problem:find("lies in the open folder", 1, true) ~= nil, true)
  end)
end)

test("nor through a link, nor through a relative entry of the PATH", function()
  vim.fn.mkdir(root .. "/links", "p")
  vim.uv.fs_symlink(project .. "/.venv/bin/threadkeep", root .. "/links/threadkeep")
  with_path(root .. "/links", function()
    eq(server.command(nil, project), nil)
  end)
  vim.cmd.cd(project .. "/.venv")
  with_path("bin:./bin:" .. bin, function()
    eq(server.command(nil, project), { bin .. "/threadkeep", "serve", "--stdio" })
  end)
end)

test("a person's own command is taken as it is", function()
  local inside = project .. "/.venv/bin/threadkeep"
  eq(server.command({ inside, "serve" }, project), { inside, "serve" })
end)

test("but not a relative path, which would depend on the folder", function()
  local command, problem = server.command({ ".venv/bin/threadkeep", "serve" }, project)
  eq(command, nil)
  eq(problem:find("relative path", 1, true) ~= nil, true)
end)

test("the home folder is no project whose programs are mistrusted", function()
  eq(server.is_inside(vim.uv.os_homedir() .. "/.local/bin/threadkeep", vim.uv.os_homedir()), false)
end)

test("a server of another protocol is refused with what to update", function()
  eq(problems.mismatch({ protocolVersion = 1 }), nil)
  eq(problems.mismatch({ protocolVersion = 2 }):find("update the plugin", 1, true) ~= nil, true)
  eq(problems.mismatch({ protocolVersion = 0 }):find("update the server", 1, true) ~= nil, true)
  eq(problems.mismatch(nil):find("no Threadkeep server", 1, true) ~= nil, true)
end)

test("restarts wait longer each time, up to a bound", function()
  eq(problems.pause(1), 100)
  eq(problems.pause(2), 200)
  eq(problems.pause(60), 30000)
end)
