rockspec_format = "3.0"
package = "threadkeep.nvim"
version = "scm-1"
source = { url = "." }
description = {
  summary = "Chat sessions with language models, by repository and branch",
  labels = { "neovim" },
  license = "MIT",
}
dependencies = { "lua >= 5.1" }
build = { type = "builtin", copy_directories = { "doc", "plugin" } }
