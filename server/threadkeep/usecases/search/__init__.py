"""Finding what was said, by words, patterns and meaning."""
