"""Ends of answers that the store has refused, apart from the stores: stored before the next write, and told to all who read until then."""

import threading
from collections.abc import Callable, Mapping, Sequence
from typing import Any, cast

from threadkeep.domain.errors import StoreUnavailable
from threadkeep.domain.messages import Message
from threadkeep.domain.sessions import Session, SessionKey
from threadkeep.domain.turns import Turn
from threadkeep.ports.history_records import Entry
from threadkeep.ports.session_filter import CursorKey, SessionFilter, SessionSort
from threadkeep.ports.store import Records
from threadkeep.values import evolve


class OwedEnds:
    """Implements the port Owed. Any thread may call it."""

    def __init__(self) -> None:
        self.unpaid: dict[str, Callable[[], object]] = {}
        self.reported: dict[str, tuple[Turn, Message]] = {}
        self._paying = threading.Lock()

    def owe(self, turn_id: str, pay: Callable[[], object]) -> None:
        self.unpaid[turn_id] = pay

    def report(self, turn: Turn, message: Message) -> None:
        self.reported[turn.id] = turn, message

    def forget(self, turn_id: str) -> None:
        self.unpaid.pop(turn_id, None)
        self.reported.pop(turn_id, None)

    def pay(self) -> None:
        # what is being paid writes, and whoever writes pays first
        if not self.unpaid or not self._paying.acquire(blocking=False):
            return
        refused: Exception | None = None
        try:
            for turn_id, pay in tuple(self.unpaid.items()):
                try:
                    pay()
                    self.forget(turn_id)
                except Exception as error:  # noqa: BLE001 - the others are to be stored all the same
                    refused = error
        finally:
            self._paying.release()
        if refused is not None:
            raise refused

    def pay_first(self) -> None:
        """Before a write: that something is still refused does not keep a smaller thing from being stored.

        Raises StoreUnavailable where the write would wait in vain just as long.
        """
        try:
            self.pay()
        except Exception as error:
            if isinstance(error, StoreUnavailable) and error.data.get("reason") == "busy":
                raise

    def seen(self, records: Records) -> Records:
        """The records as they are read: with what was reported in place of what is stored."""
        return cast("Records", _Told(records, dict(self.reported)))


class _Told:
    """The records but for what was told of turns."""

    def __init__(self, records: Records, told: Mapping[str, tuple[Turn, Message]]) -> None:
        self._records = records
        # one that was stored a moment ago, before this snapshot, is what it is
        left = [each for each in told.values() if not self._is_stored(each[0])]
        self._turns = {turn.id: turn for turn, _ in left}
        self._messages = {message.id: message for _, message in left}

    def __getattr__(self, name: str) -> Any:
        return getattr(self._records, name)

    def session(self, session_id: str) -> Session | None:
        found = self._records.session(session_id)
        return found and self._told(found)

    def sessions(
        self,
        wanted: SessionFilter,
        sort: SessionSort,
        *,
        limit: int,
        after: CursorKey | None = None,
        skip: int = 0,
    ) -> Sequence[Session]:
        return [
            self._told(found)
            for found in self._records.sessions(wanted, sort, limit=limit, after=after, skip=skip)
        ]

    def latest_open_session(self, key: SessionKey) -> Session | None:
        found = self._records.latest_open_session(key)
        return found and self._told(found)

    def message(self, message_id: str, *, with_journal: bool = True) -> Message | None:
        found = self._records.message(message_id, with_journal=with_journal)
        return found and self._said(found)

    def path(self, session: Session, *, limit: int, before_seq: int | None = None) -> Sequence[Message]:
        return [
            self._said(found) for found in self._records.path(session, limit=limit, before_seq=before_seq)
        ]

    def path_after(self, session: Session, *, limit: int, after_seq: int) -> Sequence[Message]:
        return [
            self._said(found) for found in self._records.path_after(session, limit=limit, after_seq=after_seq)
        ]

    def entries(self, session: Session, *, limit: int, before_seq: int | None = None) -> Sequence[Entry]:
        return [
            self._shown(found) for found in self._records.entries(session, limit=limit, before_seq=before_seq)
        ]

    def entries_after(self, session: Session, *, limit: int, after_seq: int) -> Sequence[Entry]:
        return [
            self._shown(found)
            for found in self._records.entries_after(session, limit=limit, after_seq=after_seq)
        ]

    def ends(self, session: Session) -> Sequence[Message]:
        return [self._said(found) for found in self._records.ends(session)]

    def all_messages(self, session_id: str) -> Sequence[Message]:
        return [self._said(found) for found in self._records.all_messages(session_id)]

    def newest_below(self, message: Message) -> Message:
        return self._said(self._records.newest_below(message))

    def turn(self, turn_id: str) -> Turn | None:
        return self._turns.get(turn_id) or self._records.turn(turn_id)

    def running_turns(self) -> Sequence[Turn]:
        return [turn for turn in self._records.running_turns() if turn.id not in self._turns]

    def _is_stored(self, told: Turn) -> bool:
        stored = self._records.turn(told.id)
        return stored is not None and stored.is_final

    def _told(self, session: Session) -> Session:
        if session.running_turn_id not in self._turns:
            return session
        return evolve(session, activity="failed", running_turn_id=None)

    def _shown(self, entry: Entry) -> Entry:
        return (entry.id in self._messages and self.message(entry.id)) or entry

    def _said(self, message: Message) -> Message:
        told = self._messages.get(message.id)
        if told is None:
            return message
        return evolve(told, is_favourite=message.is_favourite, note=message.note, metadata=message.metadata)
