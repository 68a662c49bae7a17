"""Where a provider's key comes from: the settings, a command, an environment variable, or the keyring."""

import os
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping
from pathlib import Path

from threadkeep.adapters.models.advice import ClientName, key_remedy, nobody, start_place
from threadkeep.adapters.models.http_client import is_loopback
from threadkeep.adapters.models.key_ring import KeyRing, KeyringRefuses
from threadkeep.domain.errors import InvalidValue, ProviderAuth
from threadkeep.domain.exhaustion import lack
from threadkeep.domain.programs import is_batch, is_plain, on_search_path
from threadkeep.ports.provider_settings import ProviderSettings


def is_program(path: str) -> bool:
    """Whether it is a file that may be started."""
    try:
        return Path(path).is_file() and os.access(path, os.X_OK)
    except (OSError, ValueError):
        return False


def found_command(
    command: tuple[str, ...],
    environ: Mapping[str, str],
    *,
    platform: str = sys.platform,
    is_there: Callable[[str], bool] = is_program,
) -> tuple[str, ...]:
    """The command with its program's place for a name. Raises ValueError with a clause for people.

    A name is looked for on the search path, and on Windows with `.exe`, `.com`, `.cmd` and `.bat` as in a
    terminal. A batch file is started only if nothing in its arguments means anything to who reads it.
    """
    name, *arguments = command
    if not set(name) & set("/\\:" if platform == "win32" else "/"):
        where = environ if "PATH" in environ or platform == "win32" else {"PATH": os.defpath}
        program = next(filter(is_there, on_search_path(name, where, platform=platform)), None)
        if program is None:
            raise ValueError("cannot be started (it is not on the search path)")
        name = program
    if platform == "win32" and is_batch(name) and not all(map(is_plain, arguments)):
        raise ValueError(
            "cannot be started safely (it is a batch file, and its arguments hold signs that the command "
            "interpreter takes for its own: name the program that it starts)"
        )
    return (name, *arguments)


COMMAND_SECONDS = 10
LOOK_SECONDS = 0.5
MAX_KEY_LENGTH = 16_384
GIVEN = "the entry in this window"


class ApiKey:
    """The key of one provider. Any thread may use it; it is never in a repr."""

    def __init__(
        self,
        settings: ProviderSettings,
        environ: Mapping[str, str],
        ring: KeyRing | None = None,
        *,
        client: ClientName = nobody,
    ) -> None:
        """client: who shows what is said."""
        self._client = client
        self._settings = settings
        self._environ = environ
        self._ring = ring
        self._lock = threading.Lock()
        self._printed: str | None = None

    @property
    def is_expected(self) -> bool:
        """Whether the settings name any place for a key, empty or not."""
        named = self._settings
        return bool(named.api_key or named.api_key_command or named.api_key_env)

    @property
    def source(self) -> str | None:
        """Where the key comes from, in words; None without one. Runs nothing."""
        named = self._settings
        if self._given:
            return GIVEN
        if _usable(named.api_key):
            return "the settings"
        if named.api_key_command:
            return f"apiKeyCommand {named.api_key_command[0]}"
        if self._in_environment:
            return f"environment variable {named.api_key_env}"
        return "the keyring" if self._asks_the_ring and self._in_ring else None

    @property
    def may_block(self) -> bool:
        """Whether reading it may take a while: a program runs, or the keyring is asked."""
        if self._given or _usable(self._settings.api_key):
            return False
        return bool(self._settings.api_key_command) or self._asks_the_ring

    @property
    def remedy(self) -> str:
        """What a person does to give the key."""
        here = key_remedy(self._client())
        if here is not None:
            return here
        variable = self._settings.api_key_env
        if variable:
            kept = (
                f", or keep it with: keyring set threadkeep {self._settings.name}" if self._has_ring else ""
            )
            return f"set the environment variable {variable} {start_place(self._client())}{kept}"
        return (
            f"name apiKeyEnv, apiKeyCommand or apiKey under providers.{self._settings.name} in settings.toml"
        )

    def read(self) -> str | None:
        """The key; blocks for up to `COMMAND_SECONDS` where a command prints it.

        Raises ProviderAuth if the command fails, or if the key has characters that cannot be sent.
        """
        named = self._settings
        if self._given:
            return self._checked(self._given)
        if _usable(named.api_key):
            return self._checked(_usable(named.api_key))
        if named.api_key_command:
            with self._lock:
                if self._printed is None:
                    self._printed = self._checked(self._printed_by(named.api_key_command))
                return self._printed
        if self._asks_the_ring and self._ring is not None:
            return self._checked(_usable(self._ring.password(named.name)))
        return self._checked(self._in_environment)

    def look(self) -> None:
        """Asks the keyring, if it is its turn, so that `source` tells what is there. Blocks for `LOOK_SECONDS`."""
        if self._asks_the_ring and self._ring is not None:
            self._ring.password(self._settings.name, seconds=LOOK_SECONDS)

    def forget(self) -> bool:
        """Lets the command run again next time, for a key that ran out; says if there was one to forget."""
        with self._lock:
            known, self._printed = self._printed is not None, None
        return known

    def give(self, key: str | None) -> None:
        """Takes a key for as long as this process lives; it comes before any other. Raises InvalidValue."""
        if self._ring is None:
            raise InvalidValue("keep", "cannot be kept by this server")
        self._ring.give(self._settings.name, _entered(key))

    def keep(self, key: str | None) -> None:
        """Writes a key into the system's keyring. Blocks for as long as a person takes to unlock it.

        Raises InvalidValue for what is no key, where another place of a key wins over the keyring, and where
        the keyring cannot be written; ExtraMissing without the package.
        """
        entered = _entered(key)
        if self._ring is None:
            raise InvalidValue("keep", "cannot be kept by this server")
        if entered is not None and self._needs_none:
            raise InvalidValue(
                "keep",
                f"would not be used: {self._settings.name} runs on this machine, where no key is looked for. If it "
                "wants one, give it to this window only",
            )
        if entered is not None and (first := self._before_the_ring) is not None:
            raise InvalidValue(
                "keep",
                f"would not be used: the key of {self._settings.name} comes from {first}, which goes before the "
                "keyring. Take it away there first",
            )
        try:
            self._ring.keep(self._settings.name, entered)
        except KeyringRefuses as error:
            raise InvalidValue(
                "keep",
                f"cannot be kept: the system's keyring does not take it ({error}). Give it to this window only, or "
                f"name a program that prints it: providers.{self._settings.name}.apiKeyCommand",
            ) from None
        self._ring.give(self._settings.name, None)
        self._ring.password(self._settings.name)

    @property
    def _given(self) -> str | None:
        return self._ring.given.get(self._settings.name) if self._ring is not None else None

    @property
    def _before_the_ring(self) -> str | None:
        named = self._settings
        if _usable(named.api_key):
            return "the settings"
        if named.api_key_command:
            return "apiKeyCommand"
        return f"the environment variable {named.api_key_env}" if self._in_environment else None

    @property
    def _needs_none(self) -> bool:
        """Whether it runs on this machine, where a provider wants a key only if the settings say so."""
        return not self._settings.api_key_env and is_loopback(self._settings.base_url or "")

    @property
    def _in_environment(self) -> str | None:
        return _usable(self._environ.get(self._settings.api_key_env or ""))

    @property
    def _in_ring(self) -> str | None:
        return _usable(self._ring.known(self._settings.name)) if self._ring is not None else None

    @property
    def _has_ring(self) -> bool:
        return self._ring is not None and self._ring.is_installed

    @property
    def _asks_the_ring(self) -> bool:
        """Whether the keyring is the last place left, and worth asking: what runs here needs no key."""
        named = self._settings
        is_elsewhere = named.api_key_command or _usable(named.api_key) or self._in_environment
        return self._has_ring and not is_elsewhere and not self._needs_none

    def _checked(self, key: str | None) -> str | None:
        if key is not None and not _is_sendable(key):
            raise self._failure(
                f"The key from {self.source} holds characters that no key has: copy it again."
            )
        return key

    def _printed_by(self, command: tuple[str, ...]) -> str:
        output, trouble = _run(command, self._environ)
        lines = output.strip().splitlines()
        if trouble is None and not lines:
            trouble = "printed nothing"
        if trouble is not None:
            # Neither its output nor its arguments are repeated: both may hold secrets.
            raise self._failure(f"apiKeyCommand {command[0]!r} {trouble}: run it in a terminal to see why.")
        return lines[0].strip()

    def _failure(self, message: str) -> ProviderAuth:
        return ProviderAuth(f"{self._settings.name}: {message}", provider=self._settings.name)


def _is_sendable(key: str) -> bool:
    return key.isascii() and key.isprintable() and len(key) <= MAX_KEY_LENGTH


def _entered(key: str | None) -> str | None:
    """What a person entered, without the space that was copied along. Raises InvalidValue for what is no key."""
    if key is None:
        return None
    usable = _usable(key)
    if usable is None:
        raise InvalidValue("key", "is blank: give the key, or null to remove it")
    if not _is_sendable(usable):
        raise InvalidValue("key", "holds characters that no key has: copy it again")
    return usable


def _run(command: tuple[str, ...], environ: Mapping[str, str]) -> tuple[str, str | None]:
    """(what it printed, what went wrong)."""
    try:
        started = found_command(command, environ)
    except ValueError as error:
        return "", str(error)
    try:
        ended = subprocess.run(  # noqa: S603 - an argument list of the user's own settings, no shell
            started,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=dict(environ),
            timeout=COMMAND_SECONDS,
            check=False,
            creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
        )
    except subprocess.TimeoutExpired:
        return "", f"did not end within {COMMAND_SECONDS} s"
    except (OSError, ValueError) as error:
        if lack(error):
            raise
        return "", f"cannot be started ({getattr(error, 'strerror', None) or type(error).__name__})"
    if ended.returncode:
        return "", f"failed with exit status {ended.returncode}"
    return ended.stdout.decode("utf-8", "replace"), None


def _usable(key: str | None) -> str | None:
    return key.strip() or None if key else None
