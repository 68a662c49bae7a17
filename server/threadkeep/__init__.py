"""Threadkeep: keeps LLM chat sessions for code editors."""
