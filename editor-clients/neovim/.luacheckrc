std = "luajit"
globals = { "vim" }
max_line_length = 120
max_comment_line_length = 120
exclude_files = { "lua/threadkeep/protocol.lua", "lua/threadkeep/server_settings.lua" }
