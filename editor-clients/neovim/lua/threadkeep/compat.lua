--- Hides what differs between Neovim 0.10 and later ones.
local M = {}

local has_methods = vim.fn.has("nvim-0.11") == 1

--- Starts a language client that belongs to no buffer.
---@param config vim.lsp.ClientConfig
---@return integer? client_id
function M.start(config)
  if not has_methods then
    return vim.lsp.start_client(config)
  end
  local function never()
    return false
  end
  return vim.lsp.start(config, { attach = false, silent = true, reuse_client = never })
end

---@param client vim.lsp.Client
---@param method string
---@param params table
---@param callback fun(error?: table, result?: table)
---@return boolean is_sent
---@return integer? request_id
function M.request(client, method, params, callback)
  if has_methods then
    return client:request(method, params, callback)
  end
  return client.request(method, params, callback)
end

---@param client vim.lsp.Client
---@param method string
---@param params table
function M.notify(client, method, params)
  if has_methods then
    client:notify(method, params)
  else
    client.notify(method, params)
  end
end

---@param client vim.lsp.Client
function M.stop(client)
  if has_methods then
    client:stop()
  else
    client.stop()
  end
end

return M
