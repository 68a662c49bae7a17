"""Values as clients see them: joined with what is stored beside them, or found on this machine."""

import attrs

from threadkeep.domain.repositories import Repository
from threadkeep.domain.sessions import Session


@attrs.frozen(kw_only=True)
class Root:
    """A folder that a repository was seen in."""

    uri: str
    is_present: bool


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
