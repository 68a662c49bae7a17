"""The life of sessions: made, opened, listed, changed, put away and followed."""
