"""The operations of the store that are timed, each beside the raw one that does the same job."""

import random
from pathlib import Path
from typing import Final

from tests.benchmarks.exchanges import a_question, a_text
from tests.benchmarks.filling import session_id, session_key
from tests.benchmarks.yardsticks import RawCommits, RawReads
from threadkeep.adapters.runtime import SystemClock, Uuid7Ids
from threadkeep.adapters.store.engine.json_text import json_text
from threadkeep.adapters.store.tables.documents import message_document, session_document
from threadkeep.domain.sessions import Session
from threadkeep.ports.session_filter import SessionFilter, SessionSort
from threadkeep.ports.store import Store
from threadkeep.usecases import timeline
from threadkeep.values import Value, field

LISTED: Final = 20
PAGE: Final = 50


class Operations(Value):
    """What is timed, on the store as it is now; each call takes another session."""

    store: Store
    raw: RawReads
    sessions: int
    chance: random.Random = field(factory=lambda: random.Random(1))

    def current(self) -> None:
        """The current session of a key, as `session/open` looks for it first."""
        with self.store.reading() as records:
            session_id = records.current_session_id(session_key(self._any()))
            assert session_id is not None
            assert records.session(session_id) is not None

    def find(self) -> None:
        """The latest session of a key, by a query of TinyDB's."""
        key = session_key(self._any())
        with self.store.reading() as records:
            assert records.latest_open_session(key) is not None

    def raw_find(self) -> None:
        self.raw.session_of(session_key(self._any()))

    def by_id(self) -> None:
        with self.store.reading() as records:
            assert records.session(session_id(self._any())) is not None

    def raw_by_id(self) -> None:
        self.raw.session(session_id(self._any()))

    def newest(self) -> None:
        with self.store.reading() as records:
            assert len(records.sessions(SessionFilter(), SessionSort(), limit=LISTED)) == LISTED

    def raw_newest(self) -> None:
        self.raw.newest(LISTED)

    def of_repository(self) -> None:
        wanted = SessionFilter(repository_id=session_key(self._any()).repository_id)
        with self.store.reading() as records:
            assert records.sessions(wanted, SessionSort(), limit=LISTED)

    def page(self) -> None:
        """The newest messages of a session, as `session/open` reads them."""
        with self.store.reading() as records:
            session = records.session(session_id(self._any()))
            assert session is not None
            assert len(records.path(session, limit=PAGE)) == PAGE

    def raw_page(self) -> None:
        self.raw.newest_messages(session_id(self._any()), PAGE)

    def _any(self) -> int:
        return self.chance.randrange(self.sessions)


class Appending:
    """Appends to one session: message, session and event in a durable transaction."""

    def __init__(self, store: Store, folder: Path) -> None:
        self._store = store
        self._ids = Uuid7Ids()
        self._clock = SystemClock()
        self._text = a_text(random.Random(2), 300)
        at = self._clock.now()
        self._session = Session(
            id=self._ids.new(),
            key=session_key(0),
            agent="assistant",
            created_at=at,
            updated_at=at,
            last_activity_at=at,
        )
        with store.writing() as changes:
            changes.put_session(self._session)
        self.append()
        self._raw = RawCommits(folder, size=self._document_bytes())

    def append(self) -> None:
        message = a_question(self._session, self._ids.new(), self._text, at=self._clock.now())
        with self._store.writing() as changes:
            self._session = timeline.put_message(changes, self._session, message, origin=self._store.owner)

    def raw(self) -> None:
        """A raw commit of as many bytes."""
        self._raw.commit()

    def close(self) -> None:
        self._raw.close()

    def _document_bytes(self) -> int:
        assert self._session.head_id is not None
        with self._store.reading() as records:
            message = records.message(self._session.head_id)
        assert message is not None
        documents = (message_document(message), session_document(self._session))
        event = 36 * 3 + 24 + 12  # three ids, a time and a kind
        return sum(len(json_text(document)) for document in documents) + event
