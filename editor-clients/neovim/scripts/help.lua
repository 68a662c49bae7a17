-- Writes `doc/threadkeep.txt` from what the plugin says of itself: `nvim --clean -l scripts/help.lua [--check]`.
-- With `--check` nothing is written; the exit code tells whether the file is up to date.
local root = vim.fs.dirname(vim.fs.dirname(vim.fn.fnamemodify(_G.arg[0], ":p")))
vim.opt.runtimepath:prepend(root)

local WIDTH = 78
local lines = {}

local function add(...)
  vim.list_extend(lines, { ... })
end

--- A line with a tag at its end.
local function tagged(words, tag)
  local gap = WIDTH - vim.fn.strdisplaywidth(words) - #tag - 2
  add(words .. (" "):rep(math.max(gap, 1)) .. "*" .. tag .. "*")
end

local function section(title, tag)
  add("", ("="):rep(WIDTH))
  tagged(title:upper(), tag)
  add("")
end

--- Text at an indent, broken into lines. Markdown's code marks become those of the help.
local function paragraph(words, indent)
  local text = words:gsub("`(:?[^`]*)`", function(code)
    return code:match("^<.+>$") and code or "`" .. code .. "`"
  end)
  for _, line in ipairs(require("threadkeep.text").wrap(text, WIDTH - indent)) do
    add((" "):rep(indent) .. line)
  end
end

--- A name, and its meaning below or beside it.
local function entry(name, words, column)
  if vim.fn.strdisplaywidth(name) < column - 1 then
    local first = #lines + 1
    paragraph(words, column)
    lines[first] = name .. (" "):rep(column - vim.fn.strdisplaywidth(name)) .. vim.trim(lines[first])
  else
    add(name)
    paragraph(words, column)
  end
end

local function head()
  add("*threadkeep.txt*  Chat sessions with language models, by repository and task")
  add("")
  add("Threadkeep keeps the conversations that you have with language models: by")
  add("repository and branch, over restarts, crashes and moved folders. This plugin")
  add("shows them. The server, `threadkeep`, talks to the models and stores every word.")
  add("")
  tagged("Contents", "threadkeep-contents")
  add("")
  local contents = {
    { "Begin", "threadkeep-begin" },
    { "Commands", "threadkeep-commands" },
    { "The chat", "threadkeep-chat" },
    { "Keys of the chat", "threadkeep-keys" },
    { "Keys of models", "threadkeep-model-keys" },
    { "Options", "threadkeep-options" },
    { "Settings of the server", "threadkeep-server-settings" },
    { "Mappings", "threadkeep-mappings" },
    { "Functions", "threadkeep-functions" },
    { "Autocommands", "threadkeep-events" },
    { "Highlight groups", "threadkeep-highlights" },
    { "What is started, and what is not", "threadkeep-security" },
    { "When something is wrong", "threadkeep-trouble" },
  }
  for _, one in ipairs(contents) do
    local gap = WIDTH - #one[1] - #one[2] - 6
    add("    " .. one[1] .. " " .. ("."):rep(gap - 2) .. " |" .. one[2] .. "|")
  end
end

local function begin()
  section("Begin", "threadkeep-begin")
  paragraph(
    "Needs Neovim 0.10 or later, and the server: `pipx install threadkeep`, or `uv tool install threadkeep`. "
      .. "`:checkhealth threadkeep` tells what is missing.",
    0
  )
  add("")
  paragraph(
    "`:Threadkeep` opens the chat of the open folder and its branch. Press `i`, write, and press <C-s>. Without "
      .. "any key for a model the server answers from your own sessions and the folder's files.",
    0
  )
  add("", "No call of `setup()` is needed. Keys of your own may be: >lua", "")
  add('    vim.keymap.set("n", "<leader>tt", "<Plug>(threadkeep-toggle)")')
  add('    vim.keymap.set("x", "<leader>ta", "<Plug>(threadkeep-ask)")')
  add('    vim.keymap.set("n", "<leader>ts", "<Plug>(threadkeep-sessions)")', "<")
end

local function commands()
  section("Commands", "threadkeep-commands")
  tagged(":[range]Threadkeep[!] [subcommand] [words]", ":Threadkeep")
  add("")
  paragraph("Without a subcommand it is `open`. Everything is completed by <Tab>.", 4)
  for _, command in ipairs(require("threadkeep.commands").commands) do
    add("")
    tagged(vim.trim(":Threadkeep " .. command.name .. " " .. command.args), ":Threadkeep-" .. command.name)
    paragraph(command.doc, 4)
  end
end

local function chat()
  section("The chat", "threadkeep-chat")
  for _, words in ipairs(dofile(root .. "/scripts/help_chat.lua")) do
    paragraph(words, 0)
    add("")
  end
  lines[#lines] = nil
end

local function model_keys()
  section("Keys of models", "threadkeep-model-keys")
  for _, words in ipairs({
    "`:Threadkeep model` lists what can answer: models of Ollama and LM Studio on this machine, those of providers "
      .. "whose key is there, and `Enter a key for …` for the others. What you type is shown as stars and stands in no "
      .. "history. It is tried at once: the provider is asked for its models, and if something is wrong you are told "
      .. "what. `Test …` does the same later.",
    "The key goes into the system's keyring, for every editor from then on; the server has to be installed with "
      .. "`threadkeep[keyring]` for that. Where there is no keyring the key holds until Neovim ends. To have it stay "
      .. "without one, name a command that prints it, such as that of your password manager: >lua",
  }) do
    paragraph(words, 0)
    add("")
  end
  lines[#lines] = nil
  add("", '    require("threadkeep").setup({')
  add("      settings = { providers = { openai = {")
  add('        apiKeyCommand = { "pass", "show", "openai" },')
  add("      } } },", "    })", "<")
  paragraph(
    "A variable such as `OPENAI_API_KEY` in the environment of Neovim counts too. No key is ever written into a "
      .. "file of settings.",
    0
  )
end

local function keys()
  section("Keys of the chat", "threadkeep-keys")
  paragraph(
    "Keys are mapped in the two buffers of the chat and nowhere else. The names are those of the option "
      .. "`keymaps`; `false` instead of a key leaves it out.",
    0
  )
  add("")
  for _, option in ipairs(require("threadkeep.options").keymaps) do
    entry(("%-9s %s"):format(option.default, option.name), option.doc, 28)
  end
end

local function options()
  section("Options", "threadkeep-options")
  add("All have defaults; what is wrong is reported, and its default taken. >lua", "")
  add('    require("threadkeep").setup({', '      layout = "float",', "      keymaps = { close = false },")
  add('      settings = { defaultModel = "ollama:qwen3" },', "    })", "<")
  for _, option in ipairs(require("threadkeep.options").options) do
    add("")
    local types = type(option.type) == "table" and table.concat(option.type, "|") or option.type
    tagged(option.name .. "  (" .. types .. ")", "threadkeep-" .. option.name)
    paragraph(option.doc, 4)
    if option.choices then
      paragraph("One of: " .. table.concat(option.choices, ", ") .. ".", 4)
    end
    if option.fields then
      paragraph("Default: see |threadkeep-keys|.", 4)
    elseif option.default ~= nil then
      paragraph("Default: `" .. vim.inspect(option.default) .. "`", 4)
    end
  end
end

local function server_settings()
  section("Settings of the server", "threadkeep-server-settings")
  paragraph(
    "What the option `settings` takes; a dot stands for a table in it. What is not set there is looked for in the "
      .. "server's `settings.toml` and its environment.",
    0
  )
  for _, setting in ipairs(require("threadkeep.server_settings").settings) do
    add("", ("`%s`  (%s)"):format(setting.name, (setting.value:gsub("`", ""))))
    paragraph(setting.doc, 4)
    if setting.default then
      paragraph("Default: " .. setting.default .. ".", 4)
    end
  end
end

local function rest()
  section("Mappings", "threadkeep-mappings")
  for _, map in ipairs(require("threadkeep.plugs")) do
    local name = ("<Plug>(threadkeep-%s)"):format(map.name)
    entry(name, ("(%s) %s."):format(table.concat(map.modes, ""), map.doc), 36)
  end
  section("Functions", "threadkeep-functions")
  local source = vim.fn.readfile(root .. "/lua/threadkeep/init.lua")
  local words = {}
  for _, line in ipairs(source) do
    local comment = line:match("^%-%-%- (.*)")
    local call = line:match("^function M%.(.*)")
    if comment then
      words[#words + 1] = comment
    elseif call then
      tagged(('require("threadkeep").%s'):format(call), "threadkeep." .. call:match("^%w+") .. "()")
      paragraph(table.concat(words, " "), 4)
      add("")
      words = {}
    elseif not line:match("^%-%-%-@") then
      words = {}
    end
  end
  paragraph("For a statusline: >lua", 0)
  add("", [[    vim.o.statusline = "%f %=%{%v:lua.require'threadkeep'.statusline()%}"]], "<")
  section("Autocommands", "threadkeep-events")
  paragraph("`User` events; `args.data` has what is named.", 0)
  add("")
  for _, event in ipairs(require("threadkeep.events").events) do
    tagged(event.name .. "  " .. event.data, event.name)
    paragraph(event.doc, 4)
  end
  section("Highlight groups", "threadkeep-highlights")
  for _, group in ipairs(require("threadkeep.highlights").groups) do
    entry(group.name, ("%s Linked to %s."):format(group.doc, group.link), 26)
  end
end

local function tail()
  section("What is started, and what is not", "threadkeep-security")
  paragraph(
    "The server's command comes from `setup()`, or is the program `threadkeep` on the PATH; never anything "
      .. "in the open folder: a program found there is refused until you name it, relative entries of the PATH are "
      .. "skipped, and the server is started outside of the folder. What is said in a chat is shown as text; no "
      .. "modeline, link or code in it is run, and control characters are shown as signs. "
      .. "Agents in the folder's `.threadkeep/` are read only with "
      .. "|threadkeep-trust_workspace|.",
    0
  )
  section("When something is wrong", "threadkeep-trouble")
  paragraph(
    "`:checkhealth threadkeep` tells which server was found, whether it speaks this plugin's protocol, "
      .. "where the store and the log are, and which models have a key. A server that crashes is started again with "
      .. "growing pauses; what it was about to answer is kept and can be carried on with. `:Threadkeep log` opens "
      .. "its log, `:Threadkeep! log` that of Neovim, which has what the server said before it could write one.",
    0
  )
  add("", "vim:tw=78:ts=8:noet:ft=help:norl:")
end

for _, part in ipairs({ head, begin, commands, chat, keys, model_keys, options, server_settings, rest, tail }) do
  part()
end
local content = table.concat(lines, "\n") .. "\n"
local path = root .. "/doc/threadkeep.txt"
local file = io.open(path, "r")
local before = file and file:read("*a")
if file then
  file:close()
end
if vim.list_contains(_G.arg, "--check") then
  os.exit(before == content and 0 or 1)
end
file = assert(io.open(path, "w"))
file:write(content)
file:close()
