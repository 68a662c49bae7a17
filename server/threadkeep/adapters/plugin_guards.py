"""What stands around the code of other packages: whatever it raises is told as what it is, and whose it is; loaded with the first of them."""

import logging
from collections.abc import AsyncGenerator, Callable, Iterable, Iterator, Sequence
from contextlib import aclosing
from pathlib import Path
from typing import Any, TypeVar

from threadkeep.domain.errors import ExportFailed, ProviderBadRequest, ProviderNetwork, ThreadkeepError
from threadkeep.domain.transfer import ForeignSession, Transcript, TransferProblem
from threadkeep.ports.models import Key, Model, ModelEvent, ModelRequest, Stop
from threadkeep.ports.provider_settings import ProviderSettings

T = TypeVar("T")

logger = logging.getLogger(__name__)

SHOWN = 300
"""Characters of an error that are shown."""


class GuardedFormat:
    """Implements the port ExportFormat on another package's."""

    def __init__(self, format_: Any, origin: str) -> None:
        self._format = format_
        self._origin = origin
        self.name: str = format_.name
        self.label: str = format_.label
        self.extensions: tuple[str, ...] = format_.extensions
        self.is_text: bool = format_.is_text
        self.needs: object = getattr(format_, "needs", None)

    def pieces(self, transcripts: Iterable[Transcript], *, is_single: bool) -> Iterator[bytes]:
        """As the port says. Raises ExportFailed for whatever the package does wrong."""
        source = _Apart(transcripts)
        try:
            for piece in self._format.pieces(source, is_single=is_single):
                if not isinstance(piece, bytes):
                    raise TypeError(f"a piece is {type(piece).__name__}, not bytes")
                if self.is_text:
                    piece.decode()  # a piece that ends within a character cannot be a text
                yield piece
        except ThreadkeepError:
            raise
        except Exception as error:
            if error is source.error:
                raise
            raise ExportFailed(_failed("The format", self.name, self._origin, error)) from error


class _Apart:
    """The transcripts, which tells apart what went wrong in reading them from what is done with them."""

    def __init__(self, transcripts: Iterable[Transcript]) -> None:
        self._transcripts = iter(transcripts)
        self.error: Exception | None = None

    def __iter__(self) -> "_Apart":
        return self

    def __next__(self) -> Transcript:
        try:
            return next(self._transcripts)
        except StopIteration:
            raise
        except Exception as error:
            self.error = error
            raise


class GuardedReader:
    """Implements the port HistoryReader on another package's."""

    def __init__(self, reader: Any, origin: str) -> None:
        self._reader = reader
        self._origin = origin
        self.name: str = reader.name
        self.label: str = reader.label
        self.extensions: tuple[str, ...] = reader.extensions
        self.is_text: bool = reader.is_text

    def wants(self, name: str) -> bool:
        """As the port says; what raises wants nothing."""
        return self._asked(lambda: bool(self._reader.wants(name)))

    def recognises(self, path: Path) -> bool:
        """As the port says; what raises recognises nothing."""
        return self._asked(lambda: bool(self._reader.recognises(path)))

    def read(self, path: Path) -> Iterator[ForeignSession | TransferProblem]:
        """As the port says; whatever the package does wrong ends it with a problem. Raises OSError."""
        try:
            for item in self._reader.read(path):
                if not isinstance(item, ForeignSession | TransferProblem):
                    raise TypeError(f"it gave {type(item).__name__}")
                yield item
        except (ThreadkeepError, OSError):
            raise
        except Exception as error:  # noqa: BLE001 - it is another's code
            yield TransferProblem(message=_failed("The importer", self.name, self._origin, error))

    def _asked(self, question: Callable[[], bool]) -> bool:
        try:
            return question()
        except Exception as error:  # noqa: BLE001 - it is another's code
            logger.warning("%s", _failed("The importer", self.name, self._origin, error))
            return False


class GuardedKind:
    """Implements the port ProviderKind on another package's."""

    def __init__(self, kind: Any, origin: str) -> None:
        self._kind = kind
        self._origin = origin
        self.name: str = kind.name
        self.label: str = kind.label
        self.settings: tuple[str, ...] = kind.settings
        self.list_models = self._list_models if callable(getattr(kind, "list_models", None)) else None

    def __call__(self, settings: ProviderSettings, key: Key) -> Model:
        """A provider. Raises ProviderBadRequest for whatever the package does wrong."""
        told = _ToldKey(key)
        try:
            return _GuardedModel(self._kind(settings, told), settings.name, told, self._origin)
        except ThreadkeepError:
            raise
        except Exception as error:  # noqa: BLE001 - it is another's code
            failure = self._failure(settings, told, error)
        raise failure

    async def _list_models(self, settings: ProviderSettings, key: Key) -> Sequence[str]:
        told = _ToldKey(key)
        try:
            return tuple(await self._kind.list_models(settings, told))
        except ThreadkeepError:
            raise
        except Exception as error:  # noqa: BLE001 - it is another's code
            failure = self._failure(settings, told, error)
        raise failure  # outside the handler: what was caught may hold the key

    def _failure(self, settings: ProviderSettings, key: "_ToldKey", error: Exception) -> ProviderBadRequest:
        return ProviderBadRequest(
            key.hidden(_failed(f"{settings.name}: The provider", self.name, self._origin, error)),
            provider=settings.name,
        )


class _ToldKey:
    """A key that remembers what it told, to keep it out of what is shown."""

    def __init__(self, key: Key) -> None:
        self._key = key
        self._told: set[str] = set()

    @property
    def may_block(self) -> bool:
        return self._key.may_block

    def read(self) -> str | None:
        key = self._key.read()
        if key:
            self._told.add(key)
        return key

    def hidden(self, text: str) -> str:
        for key in self._told:
            text = text.replace(key, "********")
        return text


class _GuardedModel:
    """Implements the port Model on another package's."""

    def __init__(self, model: Any, provider: str, key: _ToldKey, origin: str) -> None:
        self._model = model
        self._provider = provider
        self._key = key
        self._origin = origin

    async def stream(self, request: ModelRequest) -> AsyncGenerator[ModelEvent]:
        """As the port says. Raises ProviderBadRequest for whatever the package does wrong."""
        failure: ThreadkeepError | None = None
        is_over = False
        try:
            async with aclosing(self._model.stream(request)) as events:
                async for event in events:
                    if not isinstance(event, ModelEvent):
                        raise TypeError(f"it gave {type(event).__name__}")
                    yield event
                    is_over = isinstance(event, Stop)
                    if is_over:
                        break
        except ThreadkeepError:
            raise
        except Exception as error:  # noqa: BLE001 - it is another's code
            told = _failed(f"{self._provider}: The provider of", None, self._origin, error)
            failure = ProviderBadRequest(self._key.hidden(told), provider=self._provider)
        if failure is None and not is_over:
            failure = ProviderNetwork(
                f"{self._provider}: The answer ended without its end: try again.", provider=self._provider
            )
        if failure is not None:
            raise failure  # outside the handler: what was caught may hold the key

    async def aclose(self) -> None:
        """As the port says; what the package does wrong is logged."""
        try:
            await self._model.aclose()
        except Exception as error:  # noqa: BLE001 - it is another's code
            told = _failed(f"{self._provider}: The provider of", None, self._origin, error)
            logger.warning("%s", self._key.hidden(told))


def _failed(what: str, name: str | None, origin: str, error: Exception) -> str:
    whose = f"{name!r} of the package {origin}" if name else f"the package {origin}"
    told = " ".join(f"{type(error).__name__}: {error}".split())[:SHOWN]
    return f"{what} {whose} failed: {told}. Ask who wrote it, or remove the package."
