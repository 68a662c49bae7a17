"""How long may be what a person writes on a session."""

from typing import Final

MAX_TITLE: Final = 1_000
"""Characters."""
MAX_NOTE: Final = 100_000
"""Characters, of a session's note and of a message's."""
MAX_TAGS: Final = 100
MAX_TAG: Final = 100
"""Characters of one tag."""
MAX_LINKS: Final = 100
MAX_LINK: Final = 2_000
"""Characters of each member of a link."""
