"""A provider, an export format and an importer for Threadkeep, in one file."""

import hashlib
from collections.abc import AsyncGenerator, Iterable, Iterator, Sequence
from pathlib import Path

from threadkeep.plugins import (
    ForeignMessage,
    ForeignSession,
    Key,
    Message,
    ModelEvent,
    ModelRequest,
    Part,
    ProviderSettings,
    Role,
    Stop,
    TextDelta,
    Transcript,
    TransferProblem,
)

TIME = "2026-01-01T12:00:00.000Z"
ROLES: dict[str, Role] = {"user": "user", "assistant": "assistant"}


class ParrotProvider:
    """Says again what it was told."""

    name = "parrot"
    label = "Parrot"
    settings = ("models",)

    def __init__(self, settings: ProviderSettings, key: Key) -> None:
        self._provider = settings.name

    async def stream(self, request: ModelRequest) -> AsyncGenerator[ModelEvent]:
        for word in request.messages[-1].content.split():
            yield TextDelta(text=f"{word} ")
        yield TextDelta(text=f"({request.model})")
        yield Stop(reason="endTurn")

    async def aclose(self) -> None:
        """It holds nothing."""

    @classmethod
    async def list_models(cls, settings: ProviderSettings, key: Key) -> Sequence[str]:
        return ("grey", "green")


class StarsFormat:
    """A title, and below it a line with a star for each message, without what a person did between them."""

    name = "stars"
    label = "Stars"
    extensions = (".stars",)
    is_text = True

    def pieces(self, transcripts: Iterable[Transcript], *, is_single: bool) -> Iterator[bytes]:
        for transcript in transcripts:
            yield f"{transcript.session.title}\n".encode()
            for message in transcript.visible:
                if message.event is None:
                    yield self._line(message).encode()

    def _line(self, message: Message) -> str:
        return f"* {message.role}: {' '.join(message.content.split())}\n"


class StarsReader:
    """Reads what the format writes, a session a file."""

    name = "stars"
    label = "Stars"
    extensions = (".stars",)
    is_text = True

    def wants(self, name: str) -> bool:
        return name.endswith(".stars")

    def recognises(self, path: Path) -> bool:
        with path.open(encoding="utf-8", errors="replace") as file:
            return "\n* user: " in file.read(10_000)

    def read(self, path: Path) -> Iterator[ForeignSession | TransferProblem]:
        title, *lines = path.read_text(encoding="utf-8").splitlines()
        messages: list[ForeignMessage] = []
        for number, line in enumerate(lines, start=2):
            who, _, text = line.removeprefix("* ").partition(": ")
            role = ROLES.get(who)
            if role is None:
                yield TransferProblem(message=f"{who!r} is nobody who speaks.", line=number)
                continue
            before = messages[-1].origin_id if messages else None
            messages.append(
                ForeignMessage(
                    origin_id=str(number),
                    parent_origin_id=before,
                    role=role,
                    parts=(Part(type="text", text=text),),
                )
            )
        yield ForeignSession(
            origin=self.name,
            origin_id=hashlib.sha256(title.encode()).hexdigest(),
            title=title,
            created_at=TIME,
            updated_at=TIME,
            messages=tuple(messages),
        )
