"""Values as clients see them: joined with what is stored beside them, or found on this machine."""

from typing import Literal

import attrs

from threadkeep.domain.repositories import Repository
from threadkeep.domain.sessions import Session


@attrs.frozen(kw_only=True)
class Root:
    """A folder that a repository was seen in."""

    uri: str
    is_present: bool | None
    """None while nobody can tell, as on a share that does not answer."""

    @property
    def is_maybe_present(self) -> bool:
        """Whether it is not known to be gone."""
        return self.is_present is not False

    @property
    def presence(self) -> Literal["present", "missing", "unknown"]:
        """The same in a word."""
        return "unknown" if self.is_present is None else "present" if self.is_present else "missing"


@attrs.frozen(kw_only=True)
class RepositoryView:
    """A repository, and which of its folders are there now."""

    repository: Repository
    roots: tuple[Root, ...]


@attrs.frozen(kw_only=True)
class SessionView:
    """A session with its repository."""

    session: Session
    repository: RepositoryView
