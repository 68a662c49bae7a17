"""Tells the meaning of texts on this machine, by a static model in a folder (Model2Vec's format); loaded when the settings name one."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final

from threadkeep.adapters.models.vectors import kept_vector
from threadkeep.domain.errors import ExtraMissing, InvalidValue
from threadkeep.ports.runtime import SerialExecutor

EXTRA: Final = "threadkeep[semantic-local]"
WEIGHTS: Final = "model.safetensors"


class FolderEmbedder:
    """Implements the port Embedder; the model is read when it is first needed."""

    def __init__(
        self, folder: Path, *, run: SerialExecutor, load: Callable[[Path], Any] | None = None
    ) -> None:
        """run: where the work is done, beside the event loop. Raises InvalidValue for a folder without a model."""
        try:
            state = (folder / WEIGHTS).stat()
        except OSError:
            raise InvalidValue(
                "semantic.folder",
                f"{folder} has no {WEIGHTS}: give the folder of a Model2Vec model",
            ) from None
        self._folder = folder
        self._run = run
        self._load = load or _loaded
        self._model: Any = None
        # another model in the same folder has other vectors
        self.name = f"{folder.name} of {state.st_size} bytes, {state.st_mtime_ns}"

    async def embed(self, texts: Sequence[str]) -> Sequence[bytes]:
        """As the port says. Raises ExtraMissing."""
        return await self._run(lambda: self._embed(texts))

    async def aclose(self) -> None:
        """Lets go of the model."""
        self._model = None

    def _embed(self, texts: Sequence[str]) -> list[bytes]:
        if self._model is None:
            self._model = self._load(self._folder)
        vectors = self._model.encode(list(texts), use_multiprocessing=False)
        # a text of unknown words has no direction: one that is far from most others
        return [kept_vector(row) or _nowhere(len(row)) for row in vectors.tolist()]


def _loaded(folder: Path) -> Any:
    try:
        from model2vec import StaticModel
    except ImportError:
        raise ExtraMissing(EXTRA, purpose="Finding by meaning with a model folder") from None
    try:
        return StaticModel.from_pretrained(folder, force_download=False)
    except Exception as error:
        raise InvalidValue(
            "semantic.folder", f"the model in {folder} cannot be read ({type(error).__name__}): give another"
        ) from error


def _nowhere(dimensions: int) -> bytes:
    return kept_vector([(-1.0) ** at for at in range(dimensions)]) or b""
