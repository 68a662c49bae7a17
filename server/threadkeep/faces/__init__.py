"""The ways in: today the language-server face."""
