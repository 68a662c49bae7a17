"""The document store: TinyDB on SQLite, and one in memory."""
