"""Finding texts by words, patterns and vectors."""
