"""A session from elsewhere beside the one that is here: what of it is new, and where it hangs in the tree."""

import hashlib
import uuid
from collections import defaultdict, deque
from collections.abc import Container, Iterable, Mapping, Sequence
from itertools import islice
from typing import Final

from threadkeep.domain.messages import CUT_OFF, Message, Role, Usage
from threadkeep.domain.transfer import MessageTexts, Transcript, Words
from threadkeep.values import Value, evolve

_EDITED: Final = uuid.UUID("0a3d7f52-6c55-5d0e-9f0b-2b8f4d1f6e07")
_CANDIDATES: Final = 16
"""Messages with the same words that are looked at for one."""


def is_erased(message: Message) -> bool:
    """Whether a person took the text out of it: earlier versions left nothing but its being empty."""
    is_bare = not message.parts and message.status == "complete" and message.role != "event"
    return message.erased_at is not None or is_bare


class Merged(Value):
    """What becomes of the messages of a session that comes in once more."""

    added: tuple[Message, ...]
    """In an order in which each follows its parent; their seqs are the next of the session."""
    finished: tuple[tuple[Message, Message], ...]
    """Answers that were cut off here and are whole in the source: before and after."""
    places: Mapping[str, str]
    """The id here of each message of the source."""
    edited: int
    """How many of `added` stand beside one of the same id that says something else."""
    erased: int
    """How many say something in the source that was erased here."""
    unmatched: tuple[Message, ...]
    """Those of here that are not in the source."""


def merged(
    here: Sequence[Message],
    transcript: Transcript,
    *,
    seq: int,
    telling: MessageTexts = MessageTexts(),
    running: str | None = None,
    line: Container[str] = (),
) -> Merged:
    """The messages of the source beside those that are here, by seq. Nothing that is here goes or moves.

    seq: of the session; telling: what messages say, as far as the source can tell it; running: the message
    that is being written, which stays as it is; line: those of the source that are to be on one path: behind a
    message with other words, what follows it in the source is copied.
    """
    return _Merging(here, transcript, seq=seq, telling=telling, running=running, line=line).done()


def edited_id(session_id: str, message_id: str, words: Words) -> str:
    """The id of what a source says by an id that says something else here: always the same."""
    digest = hashlib.sha256(repr((words.role, words.texts)).encode("utf-8", "surrogatepass")).hexdigest()
    return str(
        uuid.uuid5(_EDITED, f"{session_id}\n{message_id}\n{digest}".encode("utf-8", "replace").decode())
    )


def path_ids(transcript: Transcript) -> tuple[str, ...]:
    """The ids of the source's visible history, oldest first."""
    return tuple(message.id for message in transcript.visible)


class _Merging:
    def __init__(
        self,
        here: Sequence[Message],
        transcript: Transcript,
        *,
        seq: int,
        telling: MessageTexts,
        running: str | None,
        line: Container[str],
    ) -> None:
        self._here = {message.id: message for message in here}
        self._parents = {message.parent_id for message in here}
        self._transcript = transcript
        self._is_by_words = transcript.source_kind != "ours"
        self._here_words, self._there_words = telling.here, telling.there
        self._seq = seq
        self._running = running
        self._line = line
        self._places: dict[str, str] = {}
        self._met: set[str] = set()
        """Of here, what the source has, be it with other words."""
        self._added: dict[str, Message] = {}
        self._finished: list[tuple[Message, Message]] = []
        self._edited = self._erased = 0
        self._by_words: dict[Words, deque[Message]] = defaultdict(deque)
        self._by_minute: dict[tuple[Role, str], deque[Message]] = defaultdict(deque)
        self._gone = [message for message in here if is_erased(message)]
        if self._is_by_words:
            self._index(here)

    def done(self) -> Merged:
        for message in sorted(self._transcript.messages, key=lambda each: each.seq):
            self._take(message)
        return Merged(
            added=tuple(self._added.values()),
            finished=tuple(self._finished),
            places=self._places,
            edited=self._edited,
            erased=self._erased,
            unmatched=tuple(each for each in self._here.values() if each.id not in self._met),
        )

    def _index(self, here: Iterable[Message]) -> None:
        for message in here:
            words = self._here_words(message)
            self._by_words[words].append(message)
            if words.minute is not None and message.role == "assistant":
                self._by_minute[words.role, words.minute].append(message)

    def _take(self, message: Message) -> None:
        words = self._there_words(message)
        same = self._here.get(message.id)
        if same is not None and self._says_it(same, message, words):
            self._meet(message, same)
            return
        if self._is_by_words and words.texts and (other := self._with_words(message, words)) is not None:
            if same is not None and other.id == edited_id(same.session_id, message.id, words):
                self._met.add(same.id)  # which said something else before
            self._meet(message, other)
            return
        if (gone := self._erased_one(message, same, words)) is not None:
            self._erased += bool(words.texts)
            self._meet(message, gone)
            return
        if same is not None and self._is_finished_by(same, words):
            done = evolve(
                same,
                parts=message.parts,
                status=message.status,
                usage=message.usage or same.usage,
                error=message.error,
                completed_at=message.completed_at,
            )
            self._finished.append((same, done))
            self._meet(message, same)
            return
        self._add(message, same, words)

    def _meet(self, message: Message, here: Message) -> None:
        self._places[message.id] = here.id
        self._met.add(here.id)
        parent = self._placed_parent(message)
        if message.id in self._line and parent is not None and not self._is_below(here, parent):
            self._copy(message, here, parent)

    def _copy(self, message: Message, here: Message, parent: Message) -> None:
        """Puts what is here below what the source has before it: with our marks, and without its tokens."""
        words = self._here_words(here)
        id_ = edited_id(here.session_id, f"{message.id}\n{parent.id}", words)
        self._places[message.id] = id_
        self._met.add(id_)
        if id_ not in self._here:
            self._added[id_] = evolve(
                here,
                id=id_,
                seq=self._seq + len(self._added) + 1,
                parent_id=parent.id,
                turn_id=None,
                usage=None,
                status="interrupted" if here.status == "streaming" else here.status,
            )

    def _says_it(self, here: Message, message: Message, words: Words) -> bool:
        """Whether what is here holds all that the source says."""
        if here.id in self._met and self._is_by_words:
            return False
        mine = self._here_words(here)
        return mine == words or (
            not is_erased(here)
            and (not words.texts or (message.status in CUT_OFF and mine.goes_on(words)))
            and mine.role == words.role
        )

    def _is_finished_by(self, here: Message, words: Words) -> bool:
        is_free = here.id != self._running and here.id not in self._parents
        return is_free and here.status in CUT_OFF and words.goes_on(self._here_words(here))

    def _with_words(self, message: Message, words: Words) -> Message | None:
        """The message further down that says the same: the source gives no ids that last."""
        found = self._first(self._by_words.get(words, deque()), message)
        if found is None and words.minute is not None:
            longer = self._by_minute.get((words.role, words.minute), deque())
            found = self._first(
                deque(each for each in longer if self._here_words(each).goes_on(words)), message
            )
        return found

    def _erased_one(self, message: Message, same: Message | None, words: Words) -> Message | None:
        """The message that said this before it was erased: of the same id, or, where ids do not last, of the
        same side and time."""
        if same is not None and is_erased(same) and same.id not in self._met:
            return same
        if not self._is_by_words:
            return None
        length = 16 if words.minute is not None else None
        at = message.created_at[:length]
        return self._first(
            deque(each for each in self._gone if (each.role, each.created_at[:length]) == (message.role, at)),
            message,
        )

    def _first(self, candidates: deque[Message], message: Message) -> Message | None:
        """The first that was not met and hangs below what the message follows. Those in front that were met
        go: most are met in their order, and there may be very many that say the same."""
        parent = self._placed_parent(message)
        after = parent.seq if parent is not None else 0
        while candidates and candidates[0].id in self._met:
            candidates.popleft()
        left = (each for each in candidates if each.id not in self._met and each.seq > after)
        for each in islice(left, _CANDIDATES):
            if parent is None or self._is_below(each, parent):
                return each
        return None

    def _is_below(self, message: Message, parent: Message) -> bool:
        at: Message | None = message
        while at is not None and at.seq > parent.seq:
            at = self._here.get(at.parent_id or "")
        return at is not None and at.id == parent.id

    def _placed_parent(self, message: Message) -> Message | None:
        if message.parent_id is None:
            return None
        place = self._places[message.parent_id]
        return self._here.get(place) or self._added[place]

    def _add(self, message: Message, same: Message | None, words: Words) -> None:
        id_, usage = message.id, message.usage
        if same is not None:
            id_ = edited_id(self._transcript.session.id, message.id, words)
            is_edited = same.id not in self._met
            self._met.add(same.id)
            if (known := self._here.get(id_)) is not None:
                self._erased += is_erased(known) and bool(words.texts)
                self._meet(message, known)
                return
            if is_edited:
                self._edited += 1
                usage = _beyond(usage, same.usage)
        parent = self._placed_parent(message)
        self._added[id_] = evolve(
            message,
            id=id_,
            seq=self._seq + len(self._added) + 1,
            parent_id=parent.id if parent is not None else None,
            usage=usage,
        )
        self._places[message.id] = id_


def _beyond(usage: Usage | None, counted: Usage | None) -> Usage | None:
    """What an answer took beyond what was counted for it already."""
    if usage is None or counted is None:
        return usage
    cost = None if usage.cost is None else max(0.0, usage.cost - (counted.cost or 0.0))
    more = Usage(
        input_tokens=max(0, usage.input_tokens - counted.input_tokens),
        output_tokens=max(0, usage.output_tokens - counted.output_tokens),
        cached_tokens=max(0, usage.cached_tokens - counted.cached_tokens),
        reasoning_tokens=max(0, usage.reasoning_tokens - counted.reasoning_tokens),
        cost=cost,
    )
    return more if evolve(more, cost=None) != Usage() or cost else None
