"""What exporting and importing is done with in tests: real formats, and files that a test can look into."""

import io
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from threadkeep.adapters.formats import lossless_formats
from threadkeep.adapters.histories.files import files_within
from threadkeep.adapters.plugins import exporters, history_readers, importers
from threadkeep.domain.errors import ExportFailed, ImportInvalid
from threadkeep.ports.runtime import SerialExecutor
from threadkeep.ports.transfer import HistoryReader, TransferTools


class FakeUserFiles:
    """Files by their paths; the disk may be full after so many bytes."""

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}
        self.room: int | None = None
        """Bytes that still fit; None for as many as one likes."""

    @contextmanager
    def writing(self, path: str, *, overwrite: bool) -> Iterator[Callable[[bytes], None]]:
        if path in self.files and not overwrite:
            raise ExportFailed(f"{path} is there already.")
        written = io.BytesIO()

        def write(piece: bytes) -> None:
            if self.room is not None and written.tell() + len(piece) > self.room:
                raise ExportFailed("The disk is full.")
            written.write(piece)

        yield write
        self.files[path] = written.getvalue()

    @contextmanager
    def held(self, data: bytes, name: str) -> Iterator[Path]:
        with TemporaryDirectory() as folder:
            file = Path(folder) / name
            file.write_bytes(data)
            yield file

    def found(self, path: str) -> Path:
        if path not in self.files:
            raise ImportInvalid(f"{path} cannot be read.")
        return FakePath(path)

    def pieces(self, path: Path) -> Iterator[bytes]:
        data = self.files[path.as_posix()]
        for start in range(0, len(data), 1000):
            yield data[start : start + 1000]


class FakePath(type(Path())):  # type: ignore[misc]  # the class of paths here
    """A path of which nothing but its name is on a disk."""

    def is_file(self) -> bool:
        return True


def transfer_tools(
    executor: SerialExecutor,
    *,
    files: FakeUserFiles | None = None,
    readers: Callable[[], tuple[HistoryReader, ...]] = history_readers,
) -> TransferTools:
    """The tools with real formats."""
    return TransferTools(
        executor=executor,
        files=files or FakeUserFiles(),
        within=files_within,
        formats=exporters,
        own=lossless_formats,
        readers=readers,
        exporters=lambda: exporters().offers(),
        importers=lambda: importers().offers(),
    )
