"""The command line: everything but `serve` is a client of the public protocol."""

CLIENT_NAME = "threadkeep-cli"
"""How it is called where the holder of a turn is shown."""

INTERRUPTED = 130
"""The exit code after Ctrl-C."""
