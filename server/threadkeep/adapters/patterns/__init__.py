"""Regular expressions of the package `regex`, in a process of their own."""

from threadkeep.adapters.patterns.process import PatternProcesses

__all__ = ["PatternProcesses"]
