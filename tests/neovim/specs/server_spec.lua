local paths = require("threadkeep.paths")
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

local function works()
  return nil
end

local function has(words, part)
  if not (words or ""):find(part, 1, true) then
    error(("%q does not hold %q"):format(words or "", part), 2)
  end
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

test("a program of the open folder is not started by itself; the next one is", function()
  local inside = program(project .. "/.venv/bin/threadkeep")
  local folders = vim.fs.dirname(inside) .. ":" .. bin
  with_path(folders, function()
    eq(server.command(nil, project, works), { bin .. "/threadkeep", "serve", "--stdio" })
  end)
  with_path(vim.fs.dirname(inside), function()
    local command, problem = server.command(nil, project, works)
    eq(command, nil)
    has(problem, "it lies in the open folder")
    has(problem, "If you trust it")
  end)
end)

test("nor through a link, nor through a relative entry of the PATH", function()
  vim.fn.mkdir(root .. "/links", "p")
  vim.uv.fs_symlink(project .. "/.venv/bin/threadkeep", root .. "/links/threadkeep")
  with_path(root .. "/links", function()
    eq(server.command(nil, project, works), nil)
  end)
  vim.cmd.cd(project .. "/.venv")
  with_path("bin:./bin:" .. bin, function()
    eq(server.command(nil, project, works), { bin .. "/threadkeep", "serve", "--stdio" })
  end)
end)

test("a program that does not start gives way to the next, and it is told why", function()
  local other = program(root .. "/other/threadkeep")
  with_path(root .. "/other:" .. bin, function()
    local asked = {}
    local function ask(path)
      asked[#asked + 1] = path
      return path == other and "bad interpreter" or nil
    end
    eq(server.command(nil, project, ask), { bin .. "/threadkeep", "serve", "--stdio" })
    eq(asked, { other, bin .. "/threadkeep" })
    local command, problem = server.command(nil, project) -- both really end with 1
    eq(command, nil)
    has(problem, other .. " (it does not answer as Threadkeep does)")
  end)
end)

test("a single program is not asked before it is started", function()
  with_path(bin, function()
    local command = server.command(nil, project, function()
      error("it was asked")
    end)
    eq(command, { bin .. "/threadkeep", "serve", "--stdio" })
  end)
end)

test("a program that is there and not on the PATH is found where pipx and uv put it", function()
  local tools = root .. "/tools"
  program(tools .. "/threadkeep")
  vim.env.UV_TOOL_BIN_DIR = tools
  with_path("/nowhere", function()
    eq(server.command(nil, project, works), { tools .. "/threadkeep", "serve", "--stdio" })
  end)
  vim.env.UV_TOOL_BIN_DIR = nil
end)

test("a batch file is told as one", function()
  local batch = program(root .. "/tk.cmd")
  local command, problem = server.command({ batch, "serve" }, project)
  eq(command, nil)
  has(problem, "name the program that it starts")
end)

test("names that 'wildignore' hides or that look like patterns stay what they are", function()
  vim.o.wildignore = "*/tools/*,*.json,*.exe"
  local own = program(root .. "/tools/[tk]")
  eq(server.command({ own, "serve" }, project), { own, "serve" })
  eq(paths.absolute(root .. "/a [b]*.json"), root .. "/a [b]*.json")
  vim.env.TK_PLACE = root
  eq(paths.absolute("$TK_PLACE/x.json"), root .. "/x.json")
  eq(paths.absolute("~/x.json"), vim.fs.normalize(vim.uv.os_homedir()) .. "/x.json")
  vim.cmd.edit(root .. "/notes.json")
  eq(paths.absolute("%:p"), root .. "/notes.json")
  vim.o.wildignore = ""
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
