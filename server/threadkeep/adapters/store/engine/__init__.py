"""SQLite as the store needs it: connections, documents, locks and wake-ups. Knows no session."""
