"""Formats in which sessions leave the store, and those of ours in which they come back."""
