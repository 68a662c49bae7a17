"""Messages that are here as our Markdown export tells them, to be compared with one that is read back; apart, since only Markdown needs it."""

import re
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Final

from threadkeep.domain.messages import Message
from threadkeep.domain.repositories import Repository
from threadkeep.domain.sessions import Session, SessionKey
from threadkeep.domain.transfer import ForeignSession, MessageTexts, Transcript, Words, words_of
from threadkeep.ports.transfer import TransferTools
from threadkeep.values import Value, evolve

MARKDOWN: Final = "markdown"
AT_ONCE: Final = 500
"""Messages that are written and read back together: there may be very many."""

_REMARK: Final = re.compile(
    r"(?:^|\n\n)\*(?:\d{4}-\d\d-\d\d \d\d:\d\d UTC: |Note: |The answer (?:failed|was |is still ))[^\n]*\*\s*\Z"
)
"""What the export sets below a message: its note, how it ended, and what a person did after it."""


class MarkdownRoundTrip(Value):
    """Writes messages as the export does and reads them back: what Markdown cannot hold is gone from both."""

    tools: TransferTools

    def telling(self, messages: Sequence[Message]) -> MessageTexts:
        """What these messages, which are here, say as they would be told, and the source's as it tells them."""
        told: dict[str, Message] = {}
        waiting = iter(messages)
        while some := list(islice(waiting, AT_ONCE)):
            told.update(self._told(some))
        return MessageTexts(here=lambda message: _words(told.get(message.id, message)), there=_words)

    def _told(self, messages: Sequence[Message]) -> Iterator[tuple[str, Message]]:
        reader = next((each for each in self.tools.readers() if each.name == MARKDOWN), None)
        if reader is None:
            return
        alone = [_alone(number, message) for number, message in enumerate(messages)]
        raw = b"".join(self.tools.formats()[MARKDOWN].pieces(alone, is_single=False))
        with self.tools.files.held(raw, "messages.md") as file:
            for found in reader.read(file):
                if isinstance(found, ForeignSession) and (number := found.own_id or "").isdecimal():
                    message = messages[int(number)]
                    parts = tuple(part for each in found.messages for part in each.parts)
                    yield message.id, evolve(message, parts=parts)


def _alone(number: int, message: Message) -> Transcript:
    """A session of one message, without what can change while its words stay the same."""
    at, session_id = message.created_at, str(number)
    session = Session(
        id=session_id,
        key=SessionKey(repository_id="-", task="-"),
        agent="-",
        head_id=message.id,
        created_at=at,
        updated_at=at,
        last_activity_at=at,
    )
    bare = evolve(message, parent_id=None, note=None, status="complete", error=None, agent=None)
    return Transcript(session=session, repository=Repository(id="-", name="-", aliases=()), messages=(bare,))


def _words(message: Message) -> Words:
    said = words_of(message)
    texts = tuple((kind, _without_remarks(text)) for kind, text in said.texts)
    texts = tuple(each for each in texts if each[1])
    return evolve(said, texts=texts, minute=message.created_at[:16])


def _without_remarks(text: str) -> str:
    while (shorter := _REMARK.sub("", text)) != text:
        text = shorter
    return text.strip()
