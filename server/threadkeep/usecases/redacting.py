"""What is kept of a message's parts, as the settings have it."""

from collections.abc import Iterable

from threadkeep.domain.messages import Part
from threadkeep.domain.secrets import without_secrets
from threadkeep.ports.preferences import Preferences


def kept(parts: Iterable[Part], preferences: Preferences) -> tuple[Part, ...]:
    """The parts as they are stored, and told from then on."""
    return without_secrets(parts) if preferences.redacts else tuple(parts)
