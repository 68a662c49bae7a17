"""Whatever another package's code raises is told as what it is, and whose it is."""

from collections.abc import AsyncGenerator, Iterator
from pathlib import Path
from typing import Any, ClassVar

import pytest

from tests.support.models import KEY, collected_until_failure, question
from threadkeep.adapters.models.keys import ApiKey
from threadkeep.adapters.models.listing import ask_for_models
from threadkeep.adapters.plugin_guards import GuardedFormat, GuardedKind, GuardedReader
from threadkeep.domain.errors import ExportFailed, ProviderBadRequest, ProviderNetwork, ProviderOverloaded
from threadkeep.domain.transfer import ForeignSession, TransferProblem
from threadkeep.ports.models import ModelEvent, Stop, TextDelta
from threadkeep.ports.provider_settings import ProviderSettings

WHOSE = "of the package tk-x 1.0 failed"
SETTINGS = ProviderSettings(name="work", kind="x", api_key=KEY)


class Exporter:
    """An export format that gives what it is told to, and raises what it is told to."""

    name, label, extensions, is_text = "x", "X", (".x",), True

    def __init__(self, *told: Any) -> None:
        self.told = told

    def pieces(self, transcripts: Any, *, is_single: bool) -> Iterator[Any]:
        yield from map(_given, self.told)
        list(transcripts)


class Reader:
    """An importer likewise."""

    name, label, extensions, is_text = "x", "X", (".x",), True

    def __init__(self, *told: Any) -> None:
        self.told = told

    def wants(self, name: str) -> bool:
        return bool(_given(self.told[0]))

    def recognises(self, path: Path) -> bool:
        return bool(_given(self.told[0]))

    def read(self, path: Path) -> Iterator[Any]:
        yield from map(_given, self.told)


class Provider:
    """A kind of provider likewise; it reads its key first."""

    name, label, settings = "x", "X", ("models",)
    told: ClassVar[tuple[Any, ...]] = ()

    def __init__(self, settings: ProviderSettings, key: Any) -> None:
        key.read()

    async def stream(self, request: Any) -> AsyncGenerator[Any]:
        for each in self.told:
            yield _given(each)

    async def aclose(self) -> None:
        raise RuntimeError("cannot close")

    @classmethod
    async def list_models(cls, settings: ProviderSettings, key: Any) -> list[str]:
        key.read()
        return [_given(each) for each in cls.told]


def _given(told: Any) -> Any:
    if isinstance(told, Exception):
        raise told
    return told


def transcripts(*told: Any) -> Iterator[Any]:
    yield from map(_given, told)


@pytest.mark.parametrize(
    ("told", "words"),
    [(ValueError("no\nluck"), "ValueError: no luck"), ("text", "a piece is str"), (b"\xc3", "UnicodeDecode")],
)
def test_a_format_that_fails_is_an_export_that_failed(told: Any, words: str) -> None:
    made = GuardedFormat(Exporter(b"a", told), "tk-x 1.0").pieces([], is_single=True)
    assert next(made) == b"a"
    with pytest.raises(ExportFailed, match=WHOSE) as caught:
        list(made)
    assert words in caught.value.message


def test_what_is_wrong_with_the_sessions_is_not_the_formats_fault() -> None:
    broken = RuntimeError("the store is away")
    with pytest.raises(RuntimeError) as caught:
        list(GuardedFormat(Exporter(b"a"), "tk-x 1.0").pieces(transcripts(broken), is_single=True))
    assert caught.value is broken


def test_an_importer_that_fails_is_a_problem_and_recognises_nothing() -> None:
    guarded = GuardedReader(Reader(KeyError("x")), "tk-x 1.0")
    assert (guarded.wants("a.x"), guarded.recognises(Path("a.x"))) == (False, False)
    [problem] = guarded.read(Path("a.x"))
    assert isinstance(problem, TransferProblem)
    assert f"'x' {WHOSE}: KeyError: 'x'" in problem.message


def test_what_an_importer_gave_before_it_failed_is_kept() -> None:
    found = ForeignSession(origin="x", origin_id="1", created_at="t", updated_at="t", messages=())
    first, problem = GuardedReader(Reader(found, 7), "tk-x 1.0").read(Path("a.x"))
    assert (first, "it gave int" in getattr(problem, "message", "")) == (found, True)


def test_a_file_that_cannot_be_read_is_no_fault_of_the_importer() -> None:
    with pytest.raises(OSError, match="away"):
        list(GuardedReader(Reader(OSError("away")), "tk-x 1.0").read(Path("a.x")))


@pytest.mark.parametrize(
    ("told", "kind", "words"),
    [
        ((RuntimeError(f"bad {KEY}"),), ProviderBadRequest, "RuntimeError: bad ********"),
        (("text",), ProviderBadRequest, "it gave str"),
        ((), ProviderNetwork, "ended without its end"),
        ((ProviderOverloaded("busy", provider="work"),), ProviderOverloaded, "busy"),
    ],
)
async def test_a_provider_that_fails_tells_no_key(told: Any, kind: Any, words: str) -> None:
    model = GuardedKind(type("Told", (Provider,), {"told": (TextDelta(text="a"), *told)}), "tk-x 1.0")(
        SETTINGS, ApiKey(SETTINGS, {})
    )
    heard: list[ModelEvent] = []
    with pytest.raises(kind) as caught:
        await collected_until_failure(model.stream(question()), heard)
    assert heard == [TextDelta(text="a")]
    assert words in caught.value.message
    assert caught.value.__cause__ is caught.value.__context__ is None
    await model.aclose()


async def test_nothing_is_heard_behind_the_end() -> None:
    kind = GuardedKind(
        type("Told", (Provider,), {"told": (Stop(reason="endTurn"), TextDelta(text="more"))}), "tk-x 1.0"
    )
    model = kind(SETTINGS, ApiKey(SETTINGS, {}))
    assert [event async for event in model.stream(question())] == [Stop(reason="endTurn")]


def test_a_provider_that_cannot_be_made_tells_no_key() -> None:
    def made(settings: ProviderSettings, key: Any) -> None:
        raise RuntimeError(key.read())

    made.name, made.label, made.settings = "x", "X", ()  # type: ignore[attr-defined]
    with pytest.raises(ProviderBadRequest, match=WHOSE) as caught:
        GuardedKind(made, "tk-x 1.0")(SETTINGS, ApiKey(SETTINGS, {}))
    assert KEY not in str(caught.value)


async def test_a_list_of_models_that_fails_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    kind = GuardedKind(type("Told", (Provider,), {"told": (RuntimeError(KEY),)}), "tk-x 1.0")
    monkeypatch.setattr("threadkeep.adapters.models.listing.provider_kinds", lambda: {"x": kind})
    with pytest.raises(ProviderBadRequest, match=WHOSE) as caught:
        await ask_for_models(SETTINGS, ApiKey(SETTINGS, {}), seconds=5)
    assert KEY not in str(caught.value)
