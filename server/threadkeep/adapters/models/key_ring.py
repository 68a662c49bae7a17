"""Looks for keys in the operating system's keyring, where the extra `keyring` is installed."""

import logging
import threading
from collections.abc import Callable

SERVICE = "threadkeep"
"""Under which keys are kept; the user is the provider's name."""

SECONDS = 10
"""How long to wait for a keyring, which may ask a person to unlock it."""

logger = logging.getLogger(__name__)

GetPassword = Callable[[str, str], str | None]
"""(service, user) → password."""


class KeyRing:
    """The keyring, or nothing in its place. Any thread may use it; whatever fails in it finds no key."""

    def __init__(self, get_password: GetPassword | None = None) -> None:
        """get_password stands for the package's, which is imported on first use."""
        self._get_password = get_password
        self._lock = threading.Lock()
        self._lookups: dict[str, _Lookup] = {}
        self._is_there: bool | None = None

    @property
    def is_installed(self) -> bool:
        """Whether there is anything to ask. Imports nothing."""
        if self._is_there is None:
            self._is_there = self._get_password is not None or _is_installed()
        return self._is_there

    def known(self, user: str) -> str | None:
        """What the latest question found, if it was answered. Asks nothing."""
        lookup = self._lookups.get(user)
        return lookup.found if lookup else None

    def password(self, user: str, *, seconds: float = SECONDS) -> str | None:
        """The key kept for a provider, None without one. Blocks for up to so many seconds."""
        if not self.is_installed:
            return None
        with self._lock:
            lookup = self._lookups.get(user)
            if lookup is None or lookup.is_done:
                lookup = self._lookups[user] = _Lookup(user, self._get_password)
        return lookup.wait(seconds)


class _Lookup:
    """One question, in a thread that the process does not wait for: some keyrings never answer."""

    def __init__(self, user: str, get_password: GetPassword | None) -> None:
        self._user = user
        self._get_password = get_password
        self.found: str | None = None
        self._thread = threading.Thread(target=self._look, name="threadkeep-keyring", daemon=True)
        self._thread.start()

    @property
    def is_done(self) -> bool:
        return not self._thread.is_alive()

    def wait(self, seconds: float) -> str | None:
        self._thread.join(seconds)
        return self.found

    def _look(self) -> None:
        try:
            if self._get_password is None:
                import keyring

                self._get_password = keyring.get_password
            self.found = self._get_password(SERVICE, self._user)
        except Exception as error:  # noqa: BLE001 - backends raise what they like, and no key is a normal state
            logger.info("the keyring cannot be read: %s", type(error).__name__)


def _is_installed() -> bool:
    from importlib.util import find_spec

    try:
        return find_spec("keyring") is not None
    except (ImportError, ValueError):
        return False  # something else has taken its name
