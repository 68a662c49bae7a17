"""What a person wrote on a session that comes from elsewhere, as it may be kept here."""

from collections.abc import Iterable

from threadkeep.domain.errors import InvalidValue
from threadkeep.domain.labels import MAX_LINKS, MAX_NOTE, MAX_TAG, MAX_TAGS, MAX_TITLE, clean_links
from threadkeep.domain.messages import Message
from threadkeep.domain.sessions import DEFAULT_TITLE, Link
from threadkeep.domain.text import one_line
from threadkeep.domain.transfer import Transcript
from threadkeep.values import evolve


def within_limits(transcript: Transcript) -> tuple[Transcript, tuple[str, ...]]:
    """The transcript with titles, tags, links and notes such as a person could give here; and what was cut
    or left out, for people. Signs that nobody sees go without a word."""
    told: list[str] = []
    session = transcript.session
    session = evolve(
        session,
        title=_cut("title", one_line(session.title) or DEFAULT_TITLE, MAX_TITLE, told),
        note=None if session.note is None else _cut("note", session.note, MAX_NOTE, told),
        tags=_tags(session.tags, told),
        links=_links(session.links, told),
    )
    messages = tuple(_noted(message, told) for message in transcript.messages)
    return evolve(transcript, session=session, messages=messages), tuple(told)


def _tags(tags: Iterable[str], told: list[str]) -> tuple[str, ...]:
    lines = dict.fromkeys(line for tag in tags if (line := one_line(tag)))
    kept = tuple(dict.fromkeys(_cut("tag", line, MAX_TAG, told) for line in lines))
    if len(kept) > MAX_TAGS:
        told.append(f"it keeps {MAX_TAGS:,} of its {len(kept):,} tags")
    return tuple(sorted(kept[:MAX_TAGS]))


def _links(links: Iterable[Link], told: list[str]) -> tuple[Link, ...]:
    kept: list[Link] = []
    for link in links:
        try:
            kept += clean_links([link])
        except InvalidValue as error:
            told.append(f"a link of it is left out ({error})")
    if len(kept) > MAX_LINKS:
        told.append(f"it keeps {MAX_LINKS:,} of its {len(kept):,} links")
    return tuple(kept[:MAX_LINKS])


def _noted(message: Message, told: list[str]) -> Message:
    if message.note is None or len(message.note) <= MAX_NOTE:
        return message
    return evolve(message, note=_cut(f"note on the message {message.id!r}", message.note, MAX_NOTE, told))


def _cut(name: str, text: str, most: int, told: list[str]) -> str:
    if len(text) <= most:
        return text
    told.append(f"its {name} is cut to the first {most:,} of {len(text):,} characters")
    return text[: most - 1] + "\u2026"
