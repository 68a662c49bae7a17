--- Does something once, a while after it was asked for.
local M = {}

---@class threadkeep.Timer
---@field delay integer Milliseconds.
---@field action fun()
---@field handle? uv.uv_timer_t
local Timer = {}
Timer.__index = Timer

---@param delay integer Milliseconds.
---@param action fun()
---@return threadkeep.Timer
function M.new(delay, action)
  return setmetatable({ delay = delay, action = action }, Timer)
end

--- Begins to wait, unless it does already.
function Timer:start()
  if self.handle then
    return
  end
  self.handle = assert(vim.uv.new_timer())
  self.handle:start(
    self.delay,
    0,
    vim.schedule_wrap(function()
      if self.handle then
        self:stop()
        self.action()
      end
    end)
  )
end

--- Begins to wait anew.
function Timer:restart()
  self:stop()
  self:start()
end

--- Waits no longer.
function Timer:stop()
  if self.handle then
    self.handle:stop()
    self.handle:close()
    self.handle = nil
  end
end

return M
