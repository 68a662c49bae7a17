"""What the user has decided about tool calls, and which folders the user trusts."""

from collections.abc import Callable
from typing import Protocol

from threadkeep.domain.approvals import PermissionRule
from threadkeep.values import Value


class KeptRules(Value):
    """The user's rules, as they are now."""

    rules: tuple[PermissionRule, ...] = ()
    """In their order. While anything in them cannot be understood, the first asks about everything."""
    problems: tuple[str, ...] = ()
    """What cannot be understood: sentences for people, with the place."""


class PermissionRules(Protocol):
    """The user's own rules; no repository has a say in them. Blocking."""

    def current(self) -> KeptRules:
        """The rules as they are now. What cannot be read is told in `problems`, and never raises."""
        ...

    def insert(self, rule: PermissionRule, *, before: Callable[[PermissionRule], bool]) -> None:
        """Keeps a rule before the first one that `before` is true of, else as the last one.

        One that stands there already is not kept twice. Raises InvalidValue where it cannot be kept.
        """
        ...


class TrustedFolders(Protocol):
    """The folders that the user trusts, each with all that lies in it. Blocking."""

    @property
    def problems(self) -> tuple[str, ...]:
        """What of the list cannot be understood, and trusts nothing: sentences for people, with the place."""
        ...

    def folders(self) -> tuple[str, ...]:
        """The folders as they are kept: absolute paths."""
        ...

    def is_trusted(self, path: str) -> bool:
        """Whether an absolute path is, or lies in, one of them, all links resolved. Never raises."""
        ...

    def trust(self, path: str) -> str:
        """Keeps a folder; gives it as it is kept. Raises InvalidValue where it is none, or cannot be kept."""
        ...

    def distrust(self, path: str) -> bool:
        """Keeps it no longer; whether it was kept. Raises InvalidValue where that cannot be written."""
        ...
