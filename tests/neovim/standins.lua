-- Stand-ins for telescope, fzf-lua, snacks and mini.pick, which no registry of packages has: each takes what the real one
-- takes (its functions, options and callbacks) and shows a plain list instead. Set REAL_PICKERS to a folder with
-- the real ones, and fzf in its `bin`, to run the same tests with them.
local function show(labels, keys)
  local buf = vim.api.nvim_create_buf(false, true)
  vim.api.nvim_buf_set_lines(buf, 0, -1, false, labels)
  vim.bo[buf].bufhidden = "wipe"
  local win = vim.api.nvim_open_win(buf, true, {
    relative = "editor",
    row = 2,
    col = 2,
    width = math.floor(vim.o.columns * 0.8),
    height = math.max(#labels, 1),
  })
  local function close()
    if vim.api.nvim_win_is_valid(win) then
      vim.api.nvim_win_close(win, true)
    end
  end
  for lhs, action in pairs(keys) do
    vim.keymap.set({ "n", "i" }, lhs, function()
      action(vim.api.nvim_win_get_cursor(win)[1], close)
    end, { buffer = buf, nowait = true })
  end
  return buf
end

-- telescope.nvim: a picker of finders, sorters and previewers; keys are mapped in the prompt's buffer.
local chosen
local replaced
package.loaded["telescope"] = {}
package.loaded["telescope.config"] = { values = { generic_sorter = function() end } }
package.loaded["telescope.actions.state"] = {
  get_selected_entry = function()
    return chosen()
  end,
}
package.loaded["telescope.actions"] = {
  close = function(buf)
    vim.cmd.bwipeout({ buf, bang = true })
  end,
  select_default = {
    replace = function(_, action)
      replaced = action
    end,
  },
}
package.loaded["telescope.previewers"] = {
  new_buffer_previewer = function(options)
    return options
  end,
}
package.loaded["telescope.finders"] = {
  new_table = function(options)
    return vim.tbl_map(options.entry_maker, options.results)
  end,
}
package.loaded["telescope.pickers"] = {
  new = function(_, options)
    return {
      find = function()
        local entries = options.finder
        local labels = vim.tbl_map(function(entry)
          return entry.display
        end, entries)
        local buf
        buf = show(labels, {
          ["<CR>"] = function()
            replaced()
          end,
        })
        chosen = function()
          return entries[vim.api.nvim_win_get_cursor(vim.fn.bufwinid(buf))[1]]
        end
        options.attach_mappings(buf, function() end)
        local preview = vim.api.nvim_create_buf(false, true)
        options.previewer.define_preview({ state = { bufnr = preview } }, entries[1])
        _G.preview_buf = preview
      end,
    }
  end,
}

-- snacks.nvim: items with a text, a format, actions by name, keys of the windows that name them.
package.loaded["snacks.picker"] = {
  pick = function(options)
    local labels = vim.tbl_map(function(item)
      return options.format(item)[1][1]
    end, options.items)
    local keys = {
      ["<CR>"] = function(row, close)
        options.confirm({ close = close }, options.items[row])
      end,
    }
    for lhs, key in pairs(options.win.input.keys) do
      keys[lhs] = function(row, close)
        options.actions[key[1]]({ close = close }, options.items[row])
      end
    end
    show(labels, keys)
    local preview = vim.api.nvim_create_buf(false, true)
    _G.preview_buf = preview
    options.preview({
      item = options.items[1],
      picker = {
        current = function()
          return options.items[1]
        end,
      },
      preview = {
        reset = function() end,
        highlight = function() end,
        set_lines = function(_, lines)
          vim.api.nvim_buf_set_lines(preview, 0, -1, false, lines)
        end,
      },
    })
  end,
}

-- mini.pick: a source with items and callbacks, mappings whose functions say whether the picker stops.
local matches = {}
package.loaded["mini.pick"] = {
  get_picker_matches = function()
    return matches
  end,
  start = function(options)
    local source = options.source
    local labels = vim.tbl_map(function(item)
      return item.text
    end, source.items)
    local keys = {
      ["<CR>"] = function(row, close)
        source.choose(source.items[row])
        close()
      end,
    }
    for _, mapping in pairs(options.mappings) do
      keys[mapping.char] = function(row, close)
        matches.current = source.items[row]
        if mapping.func() then
          close()
        end
      end
    end
    show(labels, keys)
    _G.preview_buf = vim.api.nvim_create_buf(false, true)
    source.preview(_G.preview_buf, source.items[1])
  end,
}

-- fzf-lua: lines for fzf, actions by fzf's names of keys, a class of previewers.
local Base = {}
Base.super = { new = function() end }
function Base.extend()
  return setmetatable({ super = { new = function() end } }, { __index = Base })
end
function Base:get_tmp_buffer()
  return vim.api.nvim_create_buf(false, true)
end
function Base:set_preview_buf(buf)
  _G.preview_buf = buf
end
package.loaded["fzf-lua.previewer.builtin"] = { base = Base }
package.loaded["fzf-lua"] = {
  fzf_exec = function(lines, options)
    local keys = {}
    for name, action in pairs(options.actions) do
      local lhs = name == "default" and "<CR>" or ("<M-%s>"):format(name:match("^alt%-(.)$"))
      keys[lhs] = function(row, close)
        close()
        action({ lines[row] })
      end
    end
    show(
      vim.tbl_map(function(line)
        return (line:gsub("^[^\t]*\t", ""))
      end, lines),
      keys
    )
    setmetatable({}, { __index = options.previewer }):populate_preview_buf(lines[1])
  end,
}
