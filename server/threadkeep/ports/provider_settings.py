"""What the settings say about one provider of models."""

from collections.abc import Mapping
from typing import Final

from threadkeep.values import Value, field

KNOWN_KINDS: Final = ("offline", "openai", "anthropic", "pydantic-ai")
"""The kinds that come with the product; installed packages may add others."""


class ProviderSettings(Value):
    """One entry of `providers`; what is absent comes from the built-in provider of the same name."""

    name: str
    kind: str
    """One of KNOWN_KINDS, or what an installed package names."""
    base_url: str | None = None
    """Ends before `/chat/completions` or `/v1/messages`."""
    api_key_env: str | None = None
    """The environment variable that holds the key."""
    api_key_command: tuple[str, ...] | None = None
    """A program and its arguments that print the key; no shell."""
    api_key: str | None = field(default=None, repr=False)
    models: tuple[str, ...] = ()
    """The models to offer; the first is the provider's default."""
    timeout_seconds: float = 120
    """How long to wait for the next bytes of an answer."""
    total_timeout_seconds: float = 3600
    """How long a whole answer may take: one that trickles for ever ends too."""
    retries: int = 2
    """How often a turn is tried again after a retryable failure."""
    proxy: str | None = field(default=None, repr=False)
    """A URL, which may hold a password."""
    ca_file: str | None = None
    """Certificates to trust beside the system's, in PEM."""

    def __post_init__(self) -> None:
        if self.base_url is not None:  # what was copied along with an address is not part of it
            object.__setattr__(self, "base_url", self.base_url.strip() or None)


class Doubts(Value):
    """What the settings were meant to say and cannot be read, as sentences for people.

    Guessing would send somebody's words to a provider whom nobody chose, so nobody is asked on a guess.
    """

    file: str | None = None
    """The whole settings file: it may name any provider anew."""
    default_model: str | None = None
    """Which model is the default."""
    providers: Mapping[str, str] = field(factory=dict)
    """By provider: where it is, how it is reached, or with whose key."""
    named: frozenset[str] = frozenset()
    """The providers that are named by a source stronger than the file."""
