"""Finding text in sessions."""

from typing import Literal

from threadkeep.protocol.request import Request
from threadkeep.protocol.types.lists import SessionFilter
from threadkeep.protocol.types.repositories import Repository
from threadkeep.protocol.types.sessions import SessionStatus
from threadkeep.values import Value

SearchMode = Literal["text", "substring", "regex", "semantic"]
ProgressToken = str | int


class TextRange(Value):
    """A place in a text, in UTF-16 code units."""

    start: int
    """Inclusive."""
    end: int
    """Exclusive."""


class FoundSession(Value):
    """The session of a hit, in short."""

    id: str
    """The session."""
    title: str
    """Its title."""
    repository: Repository
    """Its repository."""
    task: str
    """Its task."""
    status: SessionStatus
    """Its state."""


class Hit(Value):
    """A text in which the query was found."""

    session: FoundSession
    """Where."""
    message_id: str | None = None
    """Set for a message's `content` and `note`."""
    field: Literal["content", "note", "title", "tags"]
    """Which text it was found in; `note` is the message's if `messageId` is set, else the session's. The
    text of `tags` is all of them, joined by a comma and a space."""
    seq: int | None = None
    """The message's."""
    snippet: str
    """A piece of the text, as it stands there, with the first finding in it or, if that is very long, its
    beginning."""
    snippet_start: int
    """Where the snippet begins in the text, in UTF-16 code units."""
    ranges: tuple[TextRange, ...]
    """The findings in the whole text (at most 100), counted from its start; empty in `semantic` mode."""
    score: float | None = None
    """With `ranked` and in `semantic` mode: higher is better, comparable within one answer only."""
    at: str
    """When the message or the session was made, RFC 3339 UTC."""


class SearchSessionsResult(Value):
    """A page of hits."""

    hits: tuple[Hit, ...]
    """At most `limit`."""
    next_cursor: str | None = None
    """Set while more follow."""
    ranked: bool
    """Whether the best come first, as always in `semantic` mode; false if the newest do, also where `rank`
    was asked for and the words are too common."""
    hint: str | None = None
    """For people: why nothing can be found, and what to do; set where a query in `text` mode has no words,
    only signs."""


class SearchSessionsParams(Request[SearchSessionsResult]):
    """What to look for, and where."""

    query: str
    """In `text` mode: words (all must be there), `"phrases"`, and `prefix*`; case and accents do not
    matter, and any other sign only parts words: what is joined by such signs, as in `os.path`, is a phrase.
    `substring`: exactly these characters, case folded. `regex`: a regular expression of the Python package
    `regex`; `^` and `$` stand at the ends of lines too. `semantic`: any text, compared by meaning with the
    messages."""
    filter: SessionFilter = SessionFilter()
    """Only in sessions that match."""
    session_id: str | None = None
    """Only in this session, archived or not."""
    mode: SearchMode = "text"
    """`substring` and `regex` read every message: slower, and told by `$/progress`."""
    sort: Literal["newest", "rank"] = "newest"
    """`rank`: the best first, as long as the words are rare enough; see `ranked`."""
    limit: int = 20
    """Clamped to `limits.maxPage`."""
    cursor: str | None = None
    """The `nextCursor` of the same request; with other words, mode or session it is refused."""
    work_done_token: ProgressToken | None = None
    """Asks for `$/progress` in the slower modes."""
