"""Keys in the operating system's keyring, where the extra `keyring` is installed, and those of this process."""

import logging
import threading
from collections.abc import Callable

from threadkeep.domain.errors import ExtraMissing

SERVICE = "threadkeep"
"""Under which keys are kept; the user is the provider's name."""

SECONDS = 10
"""How long to wait for a keyring, which may ask a person to unlock it."""

logger = logging.getLogger(__name__)

GetPassword = Callable[[str, str], str | None]
"""(service, user) → password."""
SetPassword = Callable[[str, str, str | None], None]
"""(service, user, password, or None to remove it)."""


class KeyRing:
    """The keyring, or nothing in its place, and beside it the keys that a client gave for as long as this
    process lives. Any thread may use it; whatever fails in reading finds no key."""

    def __init__(
        self, get_password: GetPassword | None = None, set_password: SetPassword | None = None
    ) -> None:
        """Both stand for the package's, which is imported on first use."""
        self._get_password = get_password
        self._set_password = set_password
        self.given: dict[str, str] = {}
        """The keys that a client gave, by the provider's name."""
        self._lock = threading.Lock()
        self._lookups: dict[str, _Lookup] = {}
        self._is_there: bool | None = None

    @property
    def is_installed(self) -> bool:
        """Whether there is anything to ask. Imports nothing."""
        if self._is_there is None:
            self._is_there = self._get_password is not None or _is_installed()
        return self._is_there

    def give(self, user: str, key: str | None) -> None:
        """Takes a key for as long as this process lives, or forgets it."""
        if key is None:
            self.given.pop(user, None)
        else:
            self.given[user] = key

    def keep(self, user: str, key: str | None) -> None:
        """Writes a key into the keyring, or removes it. Blocks, for as long as a person takes to unlock it.

        Raises ExtraMissing without the package, KeyringRefuses where the system has no keyring, or it says no.
        """
        if not self.is_installed:
            raise ExtraMissing("threadkeep[keyring]", purpose="Keeping a key in the system's keyring")
        try:
            (self._set_password or _set_in_system)(SERVICE, user, key)
        except Exception as error:  # noqa: BLE001 - backends raise what they like
            raise KeyringRefuses(type(error).__name__) from None  # its words may hold the key
        with self._lock:
            self._lookups.pop(user, None)

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


class KeyringRefuses(Exception):
    """The system's keyring cannot be written; the text is the name of the error that says so."""


def _set_in_system(service: str, user: str, key: str | None) -> None:
    import keyring

    if key is not None:
        keyring.set_password(service, user, key)
    elif keyring.get_password(service, user) is not None:
        keyring.delete_password(service, user)


def _is_installed() -> bool:
    from importlib.util import find_spec

    try:
        return find_spec("keyring") is not None
    except (ImportError, ValueError):
        return False  # something else has taken its name
