"""The user's `permissions.toml` and `trusted.toml`, each in a module: a terminal that looks for trust loads no rules."""
