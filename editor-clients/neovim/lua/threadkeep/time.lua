--- Shows the protocol's times to people; pure but for the time zone.
local M = {}

--- Seconds since 1970 of an RFC 3339 time in UTC, nil if it is none.
---@param at string
---@return integer?
function M.epoch(at)
  local year, month, day, hour, minute, second = at:match("^(%d+)-(%d+)-(%d+)T(%d+):(%d+):(%d+)")
  if not year then
    return nil
  end
  local y, m, d = tonumber(year), tonumber(month), tonumber(day)
  -- Days by the civil calendar: March begins the year, so that leap days come last.
  y = m <= 2 and y - 1 or y
  local era = math.floor(y / 400)
  local of_era = y - era * 400
  local of_year = math.floor((153 * (m + (m > 2 and -3 or 9)) + 2) / 5) + d - 1
  local days = era * 146097
    + of_era * 365
    + math.floor(of_era / 4)
    - math.floor(of_era / 100)
    + of_year
    - 719468
  return days * 86400 + tonumber(hour) * 3600 + tonumber(minute) * 60 + tonumber(second)
end

--- The local time of day, with the date if it was not today.
---@param at string
---@param now integer Seconds since 1970.
---@return string
function M.clock(at, now)
  local epoch = M.epoch(at)
  if not epoch then
    return ""
  end
  local today = os.date("%Y-%m-%d", now) == os.date("%Y-%m-%d", epoch)
  local this_year = os.date("%Y", now) == os.date("%Y", epoch)
  return tostring(os.date(today and "%H:%M" or this_year and "%d %b %H:%M" or "%Y-%m-%d %H:%M", epoch))
end

--- How long ago something was: `now`, `5m ago`, `3h ago`, `2d ago`, or the date.
---@param at string
---@param now integer Seconds since 1970.
---@return string
function M.ago(at, now)
  local epoch = M.epoch(at)
  if not epoch then
    return ""
  end
  local seconds = now - epoch
  if seconds < 60 then
    return "now"
  elseif seconds < 3600 then
    return ("%dm ago"):format(seconds / 60)
  elseif seconds < 86400 then
    return ("%dh ago"):format(seconds / 3600)
  elseif seconds < 30 * 86400 then
    return ("%dd ago"):format(seconds / 86400)
  end
  return tostring(os.date("%Y-%m-%d", epoch))
end

return M
