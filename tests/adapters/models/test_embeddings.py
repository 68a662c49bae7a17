"""The models for finding by meaning: a provider's, a folder's, and what the settings say."""

import struct
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.embedding_server import EmbeddingServer
from tests.support.surroundings import InlineLane
from threadkeep.adapters.models.embeddings import ConfiguredEmbeddings, EmbeddingSettings
from threadkeep.adapters.models.folder_embedder import WEIGHTS, FolderEmbedder
from threadkeep.adapters.models.vectors import kept_vector
from threadkeep.domain.errors import (
    ExtraMissing,
    InvalidValue,
    ProviderAuth,
    ProviderNetwork,
    ProviderNotFound,
    ThreadkeepError,
)
from threadkeep.ports.embeddings import Embedder
from threadkeep.ports.provider_settings import ProviderSettings

KEY = "sk-a-key-that-must-stay-secret"


@pytest.fixture
def server() -> Iterator[EmbeddingServer]:
    with EmbeddingServer() as started:
        yield started


def configured(settings: EmbeddingSettings, *, lacking: str | None = None) -> ConfiguredEmbeddings:
    return ConfiguredEmbeddings(
        lambda: settings, environ={}, run=InlineLane(), is_installed=lambda package: package != lacking
    )


def provider(base_url: str, **more: Any) -> ProviderSettings:
    return ProviderSettings(
        **{"name": "work", "kind": "openai", "base_url": base_url, "api_key": KEY, **more}
    )


@pytest.fixture
async def embedder(server: EmbeddingServer) -> AsyncIterator[Embedder]:
    embeddings = configured(EmbeddingSettings(model="work:small", providers=(provider(server.base_url),)))
    current = embeddings.current()
    assert current is not None
    yield current
    await embeddings.aclose()


def values(vector: bytes) -> tuple[float, ...]:
    return struct.unpack(f"<{len(vector) // 2}e", vector)


async def test_a_provider_gives_vectors_of_length_one_in_the_order_of_the_texts(
    server: EmbeddingServer, embedder: Embedder
) -> None:
    vectors = await embedder.embed(["whale whale", "a car"])
    assert [[round(value, 2) for value in values(vector)] for vector in vectors] == [[1, 0, 0], [0, 1, 0.1]]
    ((headers, body),) = server.requests
    assert body == {
        "path": "/v1/embeddings",
        "model": "small",
        "input": ["whale whale", "a car"],
        "encoding_format": "float",
    }
    assert headers["authorization"] == f"Bearer {KEY}"
    assert embedder.name == "work:small"


@pytest.mark.parametrize(
    ("status", "answer", "error"),
    [
        (401, b'{"error": {"message": "bad key"}}', ProviderAuth),
        (200, b"<html>", ThreadkeepError),
        (200, b"{}", ProviderNetwork),
        (200, b'{"data": []}', ProviderNetwork),
        (200, b'{"data": [{"index": 0, "embedding": [0, 0]}]}', ProviderNetwork),
        (200, b'{"data": [{"index": 0, "embedding": "x"}]}', ProviderNetwork),
        (200, b'{"data": [{"index": 0, "embedding": [1e999]}]}', ProviderNetwork),
    ],
)
async def test_an_answer_that_is_none_is_a_named_error(
    server: EmbeddingServer, embedder: Embedder, status: int, answer: bytes, error: type[Exception]
) -> None:
    server.status, server.answer = status, answer
    with pytest.raises(error) as raised:
        await embedder.embed(["whale"])
    assert KEY not in str(raised.value)


async def test_nobody_at_the_address_is_a_named_error() -> None:
    embeddings = configured(
        EmbeddingSettings(model="work:small", providers=(provider("http://127.0.0.1:9/v1"),))
    )
    current = embeddings.current()
    assert current is not None
    with pytest.raises(ProviderNetwork):
        await current.embed(["whale"])
    await embeddings.aclose()


def test_without_a_setting_there_is_none() -> None:
    assert configured(EmbeddingSettings()).current() is None


@pytest.mark.parametrize(
    ("settings", "lacking", "extra"),
    [
        (EmbeddingSettings(model="work:small"), "numpy", "threadkeep[semantic]"),
        (EmbeddingSettings(folder=Path("nowhere")), "numpy", "threadkeep[semantic-local]"),
        (EmbeddingSettings(folder=Path("nowhere")), "model2vec", "threadkeep[semantic-local]"),
    ],
)
def test_without_a_package_the_extra_that_brings_it_is_named(
    settings: EmbeddingSettings, lacking: str, extra: str
) -> None:
    with pytest.raises(ExtraMissing) as missing:
        configured(settings, lacking=lacking).current()
    assert missing.value.data == {"extra": extra}


def test_before_a_setting_is_made_the_extra_is_named_and_then_the_setting() -> None:
    embeddings = configured(EmbeddingSettings(), lacking="numpy")
    assert embeddings.current() is None
    with pytest.raises(
        ExtraMissing, match=r"'threadkeep\[semantic\]'.* Then .* semantic\.model\. .*semantic-local"
    ):
        embeddings.check_installed()
    configured(EmbeddingSettings(), lacking="model2vec").check_installed()


@pytest.mark.parametrize(
    ("settings", "error"),
    [
        (EmbeddingSettings(model="nobody:small"), ProviderNotFound),
        (EmbeddingSettings(model="anthropic:small"), InvalidValue),
        (EmbeddingSettings(model="offline:offline"), InvalidValue),
        (EmbeddingSettings(folder=Path("nowhere")), InvalidValue),
    ],
)
def test_a_setting_that_cannot_be_used_is_a_named_error(
    settings: EmbeddingSettings, error: type[Exception]
) -> None:
    with pytest.raises(error):
        configured(settings).current()


async def test_a_changed_setting_gives_another_model(server: EmbeddingServer) -> None:
    settings = [EmbeddingSettings(model="work:one", providers=(provider(server.base_url),))]
    embeddings = ConfiguredEmbeddings(
        lambda: settings[-1], environ={}, run=InlineLane(), is_installed=lambda _: True
    )
    first = embeddings.current()
    assert first is embeddings.current()
    settings.append(EmbeddingSettings(model="work:two", providers=(provider(server.base_url),)))
    second = embeddings.current()
    assert (first and first.name, second and second.name) == ("work:one", "work:two")
    await embeddings.aclose()


class FakeStaticModel:
    """Gives each text the vector of its length."""

    def encode(self, texts: list[str], **options: object) -> Any:
        import numpy

        return numpy.array([[float(len(text)), 0.0] if text.strip("?") else [0.0, 0.0] for text in texts])


async def test_a_folder_gives_vectors_too(tmp_path: Path) -> None:
    pytest.importorskip("numpy")
    (tmp_path / WEIGHTS).write_bytes(b"weights")
    loaded: list[Path] = []

    def load(folder: Path) -> FakeStaticModel:
        loaded.append(folder)
        return FakeStaticModel()

    embedder = FolderEmbedder(tmp_path, run=InlineLane(), load=load)
    assert loaded == []
    one, two, unknown = await embedder.embed(["a", "bb", "???"])
    assert (one, two) == (kept_vector([1, 0]), kept_vector([1, 0]))
    assert values(unknown)[1] < 0
    await embedder.embed(["c"])
    assert loaded == [tmp_path]
    before = embedder.name
    (tmp_path / WEIGHTS).write_bytes(b"other weights")
    assert FolderEmbedder(tmp_path, run=InlineLane()).name != before


async def test_a_folder_without_a_readable_model_is_told(tmp_path: Path) -> None:
    pytest.importorskip("model2vec")
    (tmp_path / WEIGHTS).write_bytes(b"no weights")
    with pytest.raises(InvalidValue, match=r"semantic\.folder"):
        await FolderEmbedder(tmp_path, run=InlineLane()).embed(["a"])


async def test_a_model_on_disk_is_read_without_a_network(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    model2vec = pytest.importorskip("model2vec")
    numpy = pytest.importorskip("numpy")
    tokenizers = pytest.importorskip("tokenizers")
    words = {"[UNK]": 0, "[PAD]": 1, "whale": 2, "orca": 3, "car": 4}
    tokenizer = tokenizers.Tokenizer(tokenizers.models.WordLevel(words, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = tokenizers.pre_tokenizers.Whitespace()
    rows = numpy.array([[0, 0, 0], [0, 0, 0], [1, 0, 0], [0.9, 0.1, 0], [0, 1, 0]], dtype=numpy.float32)
    model2vec.StaticModel(rows, tokenizer).save_pretrained(str(tmp_path / "model"))
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")

    whale, orca, car = await FolderEmbedder(tmp_path / "model", run=InlineLane()).embed(
        ["whale", "orca", "car"]
    )

    def alike(one: bytes, other: bytes) -> float:
        return sum(a * b for a, b in zip(values(one), values(other), strict=True))

    assert alike(whale, orca) > 0.9
    assert alike(whale, car) < 0.2
