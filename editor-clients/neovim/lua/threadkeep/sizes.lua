--- Knows how large the chat shall be: what a person gave it, as a share of the screen, or else what the options say.
local config = require("threadkeep.config")
local memory = require("threadkeep.memory")
local timer = require("threadkeep.timer")

local M = {}

---Of a floating chat, as long as a person does not resize it.
M.FLOAT = 0.8

---Cells that the chat gets at least, and leaves to others at least.
local LEAST = { width = 20, height = 6, prompt = 2 }

---Milliseconds that a window is dragged before its size is stored.
M.PAUSE = 300

---@alias threadkeep.Measure "width"|"height"|"float_width"|"float_height"|"prompt"

---@type table<threadkeep.Measure, number> Shares that a person chose, by dragging or with `:resize`.
local chosen = {}

local store = timer.new(M.PAUSE, function()
  M.save()
end)

--- Reads what was remembered; called when the chat opens.
---@return threadkeep.Layout? layout The one that was named last.
function M.load()
  if not config.get().remember_layout then
    return nil
  end
  local place = memory.place()
  for _, measure in ipairs({ "width", "height", "float_width", "float_height", "prompt" }) do
    local share = place[measure]
    chosen[measure] = type(share) == "number" and share > 0 and share < 1 and share or nil
  end
  return place.layout
end

--- Remembers a layout that a person named.
---@param layout threadkeep.Layout
function M.name(layout)
  if config.get().remember_layout then
    local place = memory.place()
    place.layout = layout
    memory.set_place(place)
  end
end

--- Notes a size that a person gave a window; one that only makes room for a moment is none.
---@param measure threadkeep.Measure
---@param cells integer
function M.choose(measure, cells)
  local all = M._all(measure)
  local least = measure == "prompt" and LEAST.prompt or measure:match("width") and LEAST.width or LEAST.height
  if cells >= least and cells <= all - least then
    chosen[measure] = cells / all
    store:restart()
  end
end

--- Stores the sizes that a person chose.
function M.save()
  store:stop()
  if config.get().remember_layout and next(chosen) then
    memory.set_place(vim.tbl_extend("force", memory.place(), chosen))
  end
end

--- How many cells that is now.
---@param measure threadkeep.Measure
---@return integer
function M.cells(measure)
  local options = config.get()
  local all = M._all(measure)
  if measure == "prompt" then
    local lines = chosen.prompt and math.floor(all * chosen.prompt + 0.5) or options.prompt_height
    return math.max(lines, LEAST.prompt)
  end
  local size = chosen[measure] or options[measure] or M.FLOAT
  return M.within(size, all, measure:match("width") and LEAST.width or LEAST.height)
end

--- A share of the screen, or so many cells, within what there is.
---@param size number
---@param all integer
---@param least integer
---@return integer
function M.within(size, all, least)
  local cells = math.floor(size < 1 and all * size + 0.001 or size)
  return math.max(math.min(cells, all - least), math.min(least, all))
end

function M._all(measure)
  if measure:match("width") then
    return vim.o.columns
  end
  return measure == "float_height" and math.max(vim.o.lines - 4, 1) or vim.o.lines
end

return M
