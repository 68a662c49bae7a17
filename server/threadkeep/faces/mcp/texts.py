"""What was found, written for a model: short, with what is needed to go on, within a bound; apart, since it asks for nothing."""

from collections.abc import Sequence
from typing import Final

from threadkeep.usecases.search.lookup import (
    Passage,
    Passages,
    SeenHistory,
    SeenMessage,
    SeenSession,
    SeenSessions,
)

SEARCH_CHARACTERS: Final = 10_000
"""About 2,500 tokens."""
HISTORY_CHARACTERS: Final = 24_000
"""About 6,000 tokens."""
LEAST_CHARACTERS: Final = 600
"""What a message gets at least where several share the room."""


def passages_text(found: Passages, query: str, *, scope: str) -> str:
    """The passages, each with its session and message."""
    if not found.passages:
        more = (
            f'\nOlder ones: search_sessions with cursor "{found.next_cursor}".' if found.next_cursor else ""
        )
        return (
            f"Nothing was found for {query!r} in {scope}. All words have to be there: try fewer or other words, or "
            f"list_sessions.{more}"
        )
    head = "" if found.holds_all else "No passage holds all the words; these hold some of them.\n"
    blocks: list[str] = []
    room = SEARCH_CHARACTERS
    shown: str | None = None
    for number, passage in enumerate(found.passages, 1):
        block = _passage_text(number, passage, is_same=passage.seen.session.id == shown)
        shown = passage.seen.session.id
        if len(block) > room and blocks:
            blocks.append(
                f"{len(found.passages) - number + 1} more passages had no room: use a smaller limit."
            )
            break
        blocks.append(block[:room])
        room -= len(block)
    tail = ""
    if found.next_cursor:
        tail = f'\n\nThere are more: search_sessions with the same words and cursor "{found.next_cursor}".'
    go_on = "\n\nRead around a passage: open_session with its session id and around = its message id."
    return f"{head}Found for {query!r} in {scope}:\n\n" + "\n\n".join(blocks) + go_on + tail


def history_text(history: SeenHistory, *, start: int = 0) -> str:
    """The messages. start: characters of the first one that were read already."""
    lines = [_session_line(history.seen)]
    session = history.seen.session
    if history.before is not None:
        lines.append(
            f'(Earlier messages: open_session with id "{session.id}" and around "{history.before}".)'
        )
    room = HISTORY_CHARACTERS
    after = history.after
    for number, seen in enumerate(history.messages):
        left = len(history.messages) - number
        share = max(LEAST_CHARACTERS, room // min(left, 4))
        text = seen.text[start:] if number == 0 else seen.text
        block = _message_text(seen, text, share, already=start if number == 0 else 0)
        if len(block) > room and number:
            after = seen.message.id
            break
        lines.append(block)
        room -= len(block)
    if not history.messages:
        lines.append("(Nothing has been said in it.)")
    if after is not None:
        lines.append(f'(Later messages: open_session with id "{session.id}" and around "{after}".)')
    return "\n\n".join(lines)


def sessions_text(listed: SeenSessions, *, scope: str) -> str:
    """A line or two a session."""
    if not listed.sessions:
        return f"No session is kept in {scope} that fits."
    lines = [f"Sessions of {scope}, the one changed last first:"]
    for seen, last in listed.sessions:
        lines.append(_session_line(seen) + (f"\n  last: {last}" if last else ""))
    if listed.next_cursor:
        lines.append(f'There are more: list_sessions with cursor "{listed.next_cursor}".')
    return "\n\n".join(lines)


def _passage_text(number: int, passage: Passage, *, is_same: bool) -> str:
    where = "The same session" if is_same else _session_line(passage.seen)
    who = f"{passage.role} said" if passage.role else f"the session's {passage.field}"
    place = f", message {passage.message_id}" if passage.message_id else ""
    text = f"{'…' if passage.is_begun else ''}{passage.text}{'…' if passage.is_cut else ''}"
    return f"{number}. {where}\n   {_minute(passage.at)}, {who}{place}:\n{_quoted(text)}"


def _session_line(seen: SeenSession) -> str:
    session = seen.session
    state = "" if session.status == "active" else f", {session.status}"
    archived = ", archived" if session.archived_at else ""
    return (
        f'Session {session.id} "{seen.title}" · repository {seen.repository} · task {session.key.task} · agent '
        f"{session.agent} · {session.message_count} messages · changed {_minute(session.updated_at)}{state}{archived}"
    )


def _message_text(seen: SeenMessage, text: str, share: int, *, already: int) -> str:
    message = seen.message
    model = f" ({message.provider}:{message.model})" if message.model else ""
    by = f"{message.agent}{model}" if message.role == "assistant" and message.agent else message.role
    state = "" if message.status == "complete" else f", {message.status}"
    head = f"[{_minute(message.created_at)}] {by}{state}, message {message.id}"
    notes = [_attachment(part.attachment.uri, len(part.text)) for part in message.parts if part.attachment]
    if message.event is not None:
        event = message.event
        to = f" {event.from_} → {event.to}" if event.to else ""
        return f"{head}: {event.kind}{to}"
    if seen.reasoning_length:
        notes.append(f"(thought for {seen.reasoning_length:,} characters)")
    if len(text) > share:
        rest = len(text) - share
        notes.append(
            f'({rest:,} more characters: open_session with id "{message.session_id}", around "{message.id}", '
            f"limit 1, start {already + share})"
        )
        text = text[:share]
    return "\n".join([head, text, *notes]).rstrip()


def _attachment(uri: str | None, length: int) -> str:
    return f"(attached: {uri or 'a text'}, {length:,} characters)"


def _quoted(text: str) -> str:
    return "\n".join(f"   > {line}" for line in text.splitlines())


def _minute(at: str) -> str:
    return f"{at[:10]} {at[11:16]}"


def scope_words(names: Sequence[str] | None) -> str:
    """What is looked at, in words; None for everything."""
    if names is None:
        return "all repositories"
    return f"repository {names[0]}" if names else "the repository of the working directory"
