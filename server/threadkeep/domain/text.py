"""Text as people compare it."""

import unicodedata


def folded(text: str) -> str:
    """The text without case and accents, for comparing and sorting."""
    decomposed = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).casefold())
    return "".join(char for char in decomposed if not unicodedata.combining(char))
