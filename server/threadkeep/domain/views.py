"""Values as clients see them: joined with what is stored beside them, or found on this machine."""

from threadkeep.domain.repositories import Repository
from threadkeep.domain.sessions import Session
from threadkeep.values import Value


class Root(Value):
    """A folder that a repository was seen in."""

    uri: str
    is_present: bool | None
    """None while nobody can tell, as on a share that does not answer."""


class RepositoryView(Value):
    """A repository, and which of its folders are there now."""

    repository: Repository
    roots: tuple[Root, ...]


class SessionView(Value):
    """A session with its repository."""

    session: Session
    repository: RepositoryView
