"""Giving an editor its session back, and what stood in its prompts unsent. Blocking: run in the executor."""

from collections.abc import Sequence
from typing import Any

from threadkeep.domain.approvals import Approval
from threadkeep.domain.errors import InvalidValue, StoreUnavailable
from threadkeep.domain.events import SessionChanged, StoreWarned
from threadkeep.domain.exhaustion import StoreReadOnly, is_of_the_disk
from threadkeep.domain.hints import Hint
from threadkeep.domain.messages import WantedAttachment
from threadkeep.domain.sessions import Session, SessionKey
from threadkeep.domain.turns import Turn
from threadkeep.domain.views import SessionView
from threadkeep.ports.history_records import Entry
from threadkeep.ports.runtime import Audience, Clock
from threadkeep.ports.store import Changes, Draft, Records, Store
from threadkeep.usecases import timeline
from threadkeep.usecases.chat.turn_end import interrupt_orphan
from threadkeep.usecases.repositories.hints import Hints
from threadkeep.usecases.repositories.prefetch import prefetching
from threadkeep.usecases.repositories.repositories import Repositories, RepositoryChoice, Where
from threadkeep.usecases.sessions import history
from threadkeep.usecases.sessions.sessions import NewSession, Sessions
from threadkeep.values import Value, evolve

MAX_OFFERED = 8
"""Drafts of other windows that are offered."""


class Drafts(Value):
    """What a window gets back, and what else was typed in the session, newest first."""

    own: Draft | None = None
    others: tuple[Draft, ...] = ()


NO_DRAFTS = Drafts()


class OpenResult(Value):
    """All that an editor needs to show a session."""

    view: SessionView | None
    created: bool = False
    page: history.Page = history.Page()
    drafts: Drafts = NO_DRAFTS
    interrupted_turn: Turn | None = None
    approvals: tuple[Approval, ...] = ()
    """What waits for a decision."""
    hint: Hint | None = None
    """What may belong here as well."""


class SessionOpener(Value):
    """Finds the current session of a key or a window."""

    store: Store
    clock: Clock
    repositories: Repositories
    sessions: Sessions
    hints: Hints
    announce: Audience

    def open(
        self, where: Where, *, window_id: str | None = None, limit: int = 50, create_if_missing: bool = True
    ) -> OpenResult:
        """The window's or the key's current session, else the one last active there, else a new one.

        Where the disk takes nothing, one that is there is given as it is, and a warning tells that. Raises
        RepositoryNotFound, InvalidValue, StoreUnavailable where one would have to be made.
        """
        if not create_if_missing:
            opened = self._existing(where, window_id=window_id, limit=limit)
            if opened.view is None:
                return self._hinted_at_nothing(where)
            return self._hinted(opened, where, self.repositories)
        sessions = prefetching(self.sessions, where)
        ready = evolve(self, repositories=sessions.repositories, sessions=sessions)
        try:
            return ready._found_or_made(where, window_id=window_id, limit=limit)
        except StoreUnavailable as error:
            existing = is_of_the_disk(error) and self._existing(where, window_id=window_id, limit=limit)
            if not existing or existing.view is None:
                raise
            if not isinstance(error, StoreReadOnly):  # else it was told
                self.announce(StoreWarned(kind="readOnly", message=error.message))
            return existing

    def _found_or_made(self, where: Where, *, window_id: str | None, limit: int) -> OpenResult:
        with self.store.writing() as changes:
            key = self.repositories.key(changes, where)
            session = current(changes, key, window_id)
            created = session is None
            if session is None:
                session = self.sessions.create_in(changes, _new(key)).session
            if session.running_turn_id is not None:
                session = interrupt_orphan(self.store, changes, session, at=self.clock.now())
            if window_id is not None and changes.window_session_id(window_id, key) != session.id:
                changes.make_current(session, window_id=window_id)
            opened = self._opened(changes, session, window_id=window_id, limit=limit, created=created)
        if created and opened.view is not None:
            self.announce(SessionChanged(view=opened.view))
        return self._hinted(opened, where, self.repositories)

    def current(self, where: Where) -> SessionView | None:
        """The session that `open` would give, None where it would make one. Raises RepositoryNotFound."""
        with self.store.reading() as records:
            key = self.repositories.known_key(records, where)
            session = current(records, key, None) if key else None
            return self.repositories.view(records, session) if session else None

    def activate(self, session_id: str, *, window_id: str | None = None) -> None:
        """Makes a session the current one of its key, or of a window only. Raises SessionNotFound."""
        with self.store.writing() as changes:
            changes.make_current(timeline.found(changes, session_id), window_id=window_id)

    def set_draft(
        self,
        session_id: str,
        *,
        text: str,
        window_id: str | None = None,
        replaces: Sequence[str] = (),
        **more: Any,
    ) -> None:
        """Keeps what is typed and not sent; an empty one is removed. Raises SessionNotFound, InvalidValue.

        replaces: windows whose drafts go with this, the empty name is the session's own.
        more: `scroll`, `cursor` and `attachments` of a Draft.
        """
        draft = Draft(
            session_id=session_id,
            window_id=window_id,
            text=text,
            at=self.clock.now(),
            **{"scroll": None, **more},
        )
        with self.store.writing(durable=False) as changes:
            timeline.found(changes, session_id)
            put_draft(changes, draft, replaces=replaces)

    def drafts(self, session_id: str, *, window_id: str | None = None) -> Drafts:
        """What the window would get back with `open`. Raises SessionNotFound."""
        with self.store.reading() as records:
            timeline.found(records, session_id)
            return drafts_of(records, session_id, window_id)

    def _existing(self, where: Where, *, window_id: str | None, limit: int) -> OpenResult:
        with self.store.reading() as records:
            key = self.repositories.known_key(records, where)
            session = current(records, key, window_id) if key else None
            if session is None:
                return OpenResult(view=None)
            return self._opened(records, session, window_id=window_id, limit=limit, created=False)

    def _hinted_at_nothing(self, where: Where) -> OpenResult:
        """Without a session here: what a renamed branch may have left behind is asked for all the same."""
        choice = self.repositories.choice(where.repository)
        with self.store.reading() as records:
            key = self.repositories.known_key(records, where)
            repository = records.repository(key.repository_id) if key else None
        if key is None or repository is None:
            return OpenResult(view=None)
        return OpenResult(view=None, hint=self.hints.at(choice, repository, task=key.task))

    def _hinted(self, opened: OpenResult, where: Where, repositories: Repositories) -> OpenResult:
        if opened.view is None or not opened.view.repository.repository.is_under_version_control:
            return opened
        hints = evolve(self.hints, repositories=repositories)
        choice, repository = repositories.choice(where.repository), opened.view.repository.repository
        hint = hints.at(choice, repository, task=opened.view.session.key.task)
        return opened if hint is None else evolve(opened, hint=hint)

    def _opened(
        self, records: Records, session: Session, *, window_id: str | None, limit: int, created: bool
    ) -> OpenResult:
        page = history.newest(records, session, limit=limit)
        return OpenResult(
            view=self.repositories.view(records, session),
            created=created,
            page=page,
            drafts=drafts_of(records, session.id, window_id),
            interrupted_turn=_interrupted(records, page.messages),
            approvals=tuple(records.approvals(session.id)) if session.activity == "waiting" else (),
        )


def current(records: Records, key: SessionKey, window_id: str | None) -> Session | None:
    """The window's session of this key, else the key's, else the one last active, if it is open."""
    ids = [records.window_session_id(window_id, key)] if window_id else []
    for session_id in (*ids, records.current_session_id(key)):
        session = records.session(session_id) if session_id else None
        # A session may have been moved to another key since it was made current.
        if session is not None and session.is_open and session.key == key:
            return session
    return records.latest_open_session(key)


def _interrupted(records: Records, messages: tuple[Entry, ...]) -> Turn | None:
    newest = next((message for message in reversed(messages) if message.role != "event"), None)
    if newest is None or newest.status != "interrupted" or newest.turn_id is None:
        return None
    return records.turn(newest.turn_id)


def _new(key: SessionKey) -> NewSession:
    where = Where(repository=RepositoryChoice(id=key.repository_id), task=key.task, workflow=key.workflow)
    return NewSession(where=where)


def drafts_of(records: Records, session_id: str, window_id: str | None) -> Drafts:
    """The newer of the window's and the session's own draft, and the others to be offered.

    What another window holds is never taken unasked: it may be open, and somebody may be typing in it.
    """
    newest_first = sorted(records.drafts(session_id), key=lambda draft: draft.at, reverse=True)
    own = next((draft for draft in newest_first if draft.window_id in (window_id, None)), None)
    others: list[Draft] = []
    for draft in newest_first:
        if draft is not own and all(not _is_same(draft, known) for known in (own, *others)):
            others.append(draft)
    return Drafts(own=own, others=tuple(others[:MAX_OFFERED]))


def put_draft(changes: Changes, draft: Draft, *, replaces: Sequence[str] = ()) -> None:
    """Keeps a draft in place of the window's earlier one; those of the windows in `replaces` go with it, and
    an empty one only removes. Raises InvalidValue for more than a message can take along."""
    _check(draft.attachments)
    for window_id in replaces:
        gone = changes.draft(draft.session_id, window_id or None)
        if gone is not None and gone.window_id != draft.window_id:
            changes.put_draft(gone.emptied)
    changes.put_draft(draft)


def _is_same(draft: Draft, other: Draft | None) -> bool:
    return other is not None and (draft.text, draft.attachments) == (other.text, other.attachments)


def _check(attachments: Sequence[WantedAttachment]) -> None:
    if not attachments:
        return
    from threadkeep.domain.attachments import MAX_ATTACHMENTS, MAX_TOTAL_BYTES  # an editor's start has none

    if len(attachments) > MAX_ATTACHMENTS:
        raise InvalidValue("attachments", f"must be at most {MAX_ATTACHMENTS}, not {len(attachments)}")
    size = sum(len((one.text or "").encode("utf-8", "surrogatepass")) for one in attachments)
    if size > MAX_TOTAL_BYTES:
        raise InvalidValue(
            "attachments", f"must hold at most {MAX_TOTAL_BYTES // 1024**2} MiB of text together"
        )
