-- Runs a spec inside Neovim: `nvim --clean -l run.lua PLUGIN SPEC`. A spec calls `test(rule, check)` and `eq(actual, expected)`.
local plugin, spec = _G.arg[1], _G.arg[2]
vim.opt.runtimepath:prepend(plugin)
vim.opt.swapfile = false

local passed, failures = 0, {}

function _G.eq(actual, expected)
  if not vim.deep_equal(actual, expected) then
    error(("\n  is  %s\n  not %s"):format(vim.inspect(actual), vim.inspect(expected)), 2)
  end
end

function _G.test(rule, check)
  local ok, problem = xpcall(check, debug.traceback)
  if ok then
    passed = passed + 1
  else
    failures[#failures + 1] = rule .. ": " .. tostring(problem)
  end
end

dofile(spec)
if passed + #failures == 0 then
  failures[1] = "the spec tested nothing"
end
io.stdout:write(("%d passed\n%s\n"):format(passed, table.concat(failures, "\n")))
os.exit(#failures == 0 and 0 or 1)
