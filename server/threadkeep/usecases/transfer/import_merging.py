"""What a session becomes that is imported once more: both continuations stay, and so do a person's marks."""

import uuid
from collections.abc import Mapping, Sequence
from typing import Any, Final, Literal

from threadkeep.domain.labels import MAX_LINKS, MAX_TAGS
from threadkeep.domain.merging import Merged, is_erased, merged, path_ids
from threadkeep.domain.messages import Message
from threadkeep.domain.sessions import DEFAULT_TITLE, LastMessage, Session, last_message
from threadkeep.domain.transfer import MessageTexts, Transcript, words_of
from threadkeep.values import Value, evolve

OnConflict = Literal["skip", "replace", "duplicate", "newer"]

_TITLE_WEIGHT: Final = {"default": 0, "generated": 1, "user": 2}
_COUNTED_THERE: Final = ("leftOut", "version")
"""What a history tells of itself, in the metadata of its session."""


class Merge(Value):
    """The session that is here takes in what it has not: nothing that is here goes."""

    here: Session
    """As it was when this was planned."""
    session: Session
    """As it becomes, its seq, its revision and its counts aside."""
    merged: Merged
    marked: tuple[tuple[Message, Message], ...] = ()
    """Messages that take over marks: before and after."""
    counts_as_import: bool = False
    """Whether it counts as imported even where it changes nothing."""
    notes: tuple[str, ...] = ()
    """What a person should know; each goes on where `The session '…' ` ends."""
    problems: tuple[str, ...] = ()
    """What is not taken in as it is, told as `notes` are."""

    @property
    def is_change(self) -> bool:
        """Whether anything is to be stored."""
        return bool(self.merged.added or self.merged.finished or self.marked) or self.session != self.here


def merge_of(
    here: Session,
    messages: Sequence[Message],
    transcript: Transcript,
    mode: OnConflict,
    *,
    telling: MessageTexts,
    is_busy: bool,
) -> Merge:
    """What comes of the session and its messages, on all branches.

    telling: as of `merged`; is_busy: an answer is being written, or messages wait for theirs: the end of the
    history stays.
    """
    return _Merging(here, messages, transcript, mode, telling=telling, is_busy=is_busy).done()


def without_erased(
    messages: Sequence[Message], transcript: Transcript, telling: MessageTexts
) -> tuple[Transcript, int]:
    """The transcript without what was erased of the same session here, and how many messages that are."""
    found = merged(messages, transcript, seq=0, telling=telling)
    if not found.erased:
        return transcript, 0
    gone = {message.id for message in messages if is_erased(message)}
    kept = tuple(
        evolve(message, parts=(), metadata={}, note=None) if found.places[message.id] in gone else message
        for message in transcript.messages
    )
    # what may tell of it goes too
    session = evolve(
        transcript.session, context_summary=None, context_summary_seq=0, last_message=_newest(kept)
    )
    if session.title_source != "user":
        session = evolve(session, title=DEFAULT_TITLE, title_source="default")
    return evolve(transcript, session=session, messages=kept), found.erased


class _Merging:
    def __init__(
        self,
        here: Session,
        messages: Sequence[Message],
        transcript: Transcript,
        mode: OnConflict,
        *,
        telling: MessageTexts,
        is_busy: bool,
    ) -> None:
        self._here = here
        self._messages = messages
        self._transcript = transcript
        self._there = transcript.session
        self._mode = mode
        self._is_own = transcript.source_kind == "ours"
        self._is_newer = _changed_at(self._there) > _changed_at(here)
        self._may_move = not is_busy and here.status != "ended"
        running = next((each.id for each in messages if each.status == "streaming"), None)
        line = frozenset(path_ids(transcript)) if mode == "replace" else frozenset[str]()
        found = merged(messages, transcript, seq=here.seq, telling=telling, running=running, line=line)
        self._held_back = 0
        if self._is_as_old(found):
            self._held_back = found.edited
            found = evolve(found, added=(), edited=0)
        self._found = found
        self._takes_labels = bool(mode == "replace" or self._is_newer or found.added or found.finished)
        # a title, or a newest message, may tell of what was erased
        self._is_erased = any(is_erased(message) for message in messages)
        self._is_its_source = "importedFrom" in here.metadata and (
            here.metadata["importedFrom"] == self._there.metadata.get("importedFrom")
        )

    def done(self) -> Merge:
        session = evolve(self._here, **self._labels(), **self._state())
        head_id = self._head()
        if head_id != session.head_id:
            session = session.with_head(head_id)
        marked = self._marked()
        if session != self._here or marked or self._found.added or self._found.finished:
            session = self._told_anew(session)
        return Merge(
            here=self._here,
            session=session,
            merged=self._found,
            marked=marked,
            counts_as_import=self._mode == "replace",
            notes=tuple(self._notes(head_id)),
            problems=tuple(self._problems()),
        )

    def _is_as_old(self, found: Merged) -> bool:
        """Whether both hold the same messages, some with other words, and ours is not the older state."""
        is_same = not found.unmatched and not found.finished and len(found.added) == found.edited
        return self._is_own and self._mode != "replace" and not self._is_newer and is_same

    def _head(self) -> str | None:
        """The end of the visible history: `replace` puts it on the source's line; else it follows that where
        a person left it at the end of that line."""
        here, there = self._here.head_id, self._there.head_id
        end = self._found.places[there] if there is not None else None
        if self._mode == "replace":
            return end
        if not self._may_move or self._held_back or end is None:
            return here
        if not self._messages:
            return end
        followed = {message.parent_id for message in self._messages}
        line = path_ids(self._transcript)
        on_line = {*line, *(self._found.places[each] for each in line)}
        return end if here in on_line and here not in followed else here

    def _labels(self) -> dict[str, Any]:
        here, there = self._here, self._there
        labels: dict[str, Any] = self._title()
        if self._is_own and self._takes_labels:
            tags = [*here.tags, *(tag for tag in there.tags if tag not in here.tags)][:MAX_TAGS]
            links = [*here.links, *(link for link in there.links if link not in here.links)][:MAX_LINKS]
            labels |= {
                "tags": tuple(sorted(tags)) if set(tags) != set(here.tags) else here.tags,
                "links": tuple(links),
                "is_favourite": here.is_favourite or there.is_favourite,
                "note": here.note if here.note is not None else there.note,
                "metadata": {**there.metadata, **here.metadata},
            }
        elif self._is_its_source and self._found.added:
            counted = {key: there.metadata[key] for key in _COUNTED_THERE if key in there.metadata}
            labels["metadata"] = {**here.metadata, **counted}
        return labels

    def _title(self) -> dict[str, Any]:
        """A title that a person gave here stays; else the source's, where it names the session better."""
        here, there = self._here, self._there
        is_known = " ".join(here.title.split())[:200] == there.title[:200] and not self._is_own
        if here.title_source == "user" or self._is_erased or is_known:
            return {}
        is_better = _TITLE_WEIGHT[there.title_source] >= _TITLE_WEIGHT[here.title_source]
        if self._is_own:
            takes = self._takes_labels and (is_better or self._mode == "replace")
        else:
            takes = there.title_source != "default" and (self._is_its_source or self._takes_labels)
        return {"title": there.title, "title_source": there.title_source} if takes else {}

    def _state(self) -> dict[str, Any]:
        """With `replace` the state is the source's too, as far as it tells one; the repository and the task
        are where a person wants the session here."""
        if self._mode != "replace":
            return {}
        there = self._there
        if not self._is_own:
            return {"trashed_at": None}
        names = ("agent", "model", "provider", "status", "archived_at", "trashed_at")
        return {name: getattr(there, name) for name in names}

    def _marked(self) -> tuple[tuple[Message, Message], ...]:
        if not self._is_own or not self._takes_labels:
            return ()
        by_id: Mapping[str, Message] = {message.id: message for message in self._messages}
        finished = {before.id for before, _ in self._found.finished}
        marked = []
        for message in self._transcript.messages:
            mine = by_id.get(self._found.places[message.id])
            if mine is None or mine.id in finished or mine.status == "streaming" or is_erased(mine):
                continue
            after = evolve(
                mine,
                is_favourite=mine.is_favourite or message.is_favourite,
                note=mine.note if mine.note is not None else message.note,
                metadata={**message.metadata, **mine.metadata},
            )
            if after != mine:
                marked.append((mine, after))
        return tuple(marked)

    def _told_anew(self, session: Session) -> Session:
        """The session with what it tells of its messages, and of when something was said in it."""
        here, there, added = self._here, self._there, self._found.added
        last, newest = here.last_message, _newest(added)
        if newest is not None and (last is None or newest.at > last.at):
            last = newest
        is_activity = bool(added or self._found.finished)
        return evolve(
            session,
            last_message=last,
            updated_at=max(here.updated_at, there.updated_at),
            last_activity_at=max(here.last_activity_at, there.last_activity_at)
            if is_activity
            else here.last_activity_at,
        )

    def _notes(self, head_id: str | None) -> list[str]:
        notes = []
        if self._found.added:
            grown = "grew by " + counted(len(self._found.added))
            is_moved = head_id != self._here.head_id
            stays = "" if is_moved else ", on another branch: what is shown stays where it was"
            notes.append(grown + stays)
        if self._found.finished:
            notes.append(f"has {counted(len(self._found.finished))} whole now that had been cut off")
        if self._mode == "replace" and head_id != self._here.head_id and self._found.unmatched:
            notes.append("shows the source's line now; what was shown before stays, on another branch")
        missing = self._missing()
        if missing:
            notes.append(f"keeps {counted(missing)} that the source has not, or not any more")
        return notes

    def _missing(self) -> int:
        """How many messages the source had once, as far as one can tell."""
        unmatched = self._found.unmatched
        if self._is_own:
            is_reported = self._mode == "replace" or (self._is_newer and not self._found.added)
            return len(unmatched) if is_reported else 0
        if not self._is_its_source:
            return 0
        told = {words_of(message) for message in self._transcript.messages}
        return sum(_was_imported(message) and words_of(message) not in told for message in unmatched)

    def _problems(self) -> list[str]:
        problems = []
        if self._found.edited:
            told = counted(self._found.edited)
            problems.append(f"has other words than the source in {told}: both are kept, side by side")
        if self._held_back:
            problems.append(
                f"has other words than the source in {counted(self._held_back)}, and the source is not newer:"
                " what is here stays; to take in what the source says, choose `replace`"
                " (`--on-conflict replace`)"
            )
        if self._found.erased:
            problems.append(f"does not take back {counted(self._found.erased)} that was erased here")
        note = self._there.note
        if self._is_own and self._takes_labels and note and self._here.note not in (None, note):
            problems.append("keeps its note: the source has another one")
        return problems


def counted(count: int) -> str:
    """So many messages, for people."""
    return f"{count:,} message{'' if count == 1 else 's'}"


def _newest(messages: Sequence[Message]) -> LastMessage | None:
    said = [message for message in messages if message.is_counted and message.content]
    newest = max(said, key=lambda message: message.created_at, default=None)
    return None if newest is None else last_message(newest)


def _changed_at(session: Session) -> str:
    return max(session.updated_at, session.last_activity_at)  # which was the later one in older versions


def _was_imported(message: Message) -> bool:
    """Whether its id is made of what a history calls it."""
    try:
        return uuid.UUID(message.id).version == 5 and not is_erased(message)
    except ValueError:
        return False
