"""The command line: everything but `serve` is a client of the public protocol."""
