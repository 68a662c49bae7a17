"""Real files, and what else may lie at a path."""

import codecs
import os
import sys
import threading
from functools import partial
from pathlib import Path

import pytest

from threadkeep.adapters.files import Files
from threadkeep.adapters.git.uris import path_from_uri
from threadkeep.domain.attachments import MAX_ATTACHMENT_BYTES
from threadkeep.ports.documents import (
    DocumentBinary,
    DocumentError,
    DocumentMissing,
    DocumentTooLarge,
    DocumentUnreadable,
)

posix_only = pytest.mark.skipif(os.name == "nt", reason="there is no such thing on Windows")


def files(*, windows: bool = os.name == "nt", limit: int = MAX_ATTACHMENT_BYTES) -> Files:
    return Files(
        path_of=partial(path_from_uri, windows=windows), platform="win32" if windows else "linux", limit=limit
    )


def text_of(path: Path) -> str:
    document = files().read(path.as_uri())
    assert (document.language_id, document.is_open) == (None, False)
    return document.text


def written(path: Path, data: bytes) -> Path:
    path.write_bytes(data)
    return path


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (b"", ""),
        ("é😀\r\n\x0c".encode(), "é😀\r\n\x0c"),
        (codecs.BOM_UTF8 + b"a", "a"),
        (codecs.BOM_UTF16_LE + "é😀".encode("utf-16-le"), "é😀"),
        (codecs.BOM_UTF16_BE + "é😀".encode("utf-16-be"), "é😀"),
    ],
)
def test_a_text_file_is_read_as_it_is(tmp_path: Path, data: bytes, text: str) -> None:
    assert text_of(written(tmp_path / "a b#c%20é.txt", data)) == text


@pytest.mark.parametrize(
    "data",
    [
        b"\x89PNG\r\n\x1a\n\x00\x00",
        b"a\x00b",
        "é".encode("latin-1"),
        "a".encode("utf-16-le"),
        codecs.BOM_UTF16_LE + b"\x00\xd8",
        codecs.BOM_UTF16_LE + b"a",
        codecs.BOM_UTF32_LE + "a".encode("utf-32-le"),
    ],
)
def test_what_is_no_text_is_refused(tmp_path: Path, data: bytes) -> None:
    with pytest.raises(DocumentBinary):
        text_of(written(tmp_path / "a", data))


def test_a_file_is_read_up_to_the_limit_and_not_beyond(tmp_path: Path) -> None:
    path = written(tmp_path / "a", b"a" * MAX_ATTACHMENT_BYTES)
    assert len(text_of(path)) == 1024 * 1024
    written(path, b"a" * (MAX_ATTACHMENT_BYTES + 1))
    with pytest.raises(DocumentTooLarge, match="larger than 1024 KiB"):
        text_of(path)


@pytest.mark.parametrize("name", ["a", "folder/a", "file/a"])
def test_a_file_that_is_not_there_is_missing(tmp_path: Path, name: str) -> None:
    written(tmp_path / "file", b"")
    with pytest.raises(DocumentMissing):
        text_of(tmp_path / name)


def test_a_folder_is_no_document(tmp_path: Path) -> None:
    with pytest.raises(DocumentUnreadable, match="folder"):
        text_of(tmp_path)


@pytest.mark.parametrize("uri", ["untitled:Untitled-1", "https://example.com/a", "", "a.py", "file:///a%00b"])
def test_only_file_uris_are_read(uri: str) -> None:
    with pytest.raises(DocumentUnreadable, match="not open in the editor"):
        files(windows=False).read(uri)


def test_a_name_that_the_system_cannot_take_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DocumentError):
        text_of(tmp_path / ("x" * 5000))


@posix_only
def test_a_link_is_followed(tmp_path: Path) -> None:
    written(tmp_path / "a", b"text")
    (tmp_path / "link").symlink_to(tmp_path / "a")
    assert text_of(tmp_path / "link") == "text"


@posix_only
def test_a_link_to_nothing_is_missing_and_one_to_itself_unreadable(tmp_path: Path) -> None:
    (tmp_path / "nothing").symlink_to(tmp_path / "a")
    (tmp_path / "itself").symlink_to(tmp_path / "itself")
    with pytest.raises(DocumentMissing):
        text_of(tmp_path / "nothing")
    with pytest.raises(DocumentUnreadable):
        text_of(tmp_path / "itself")


@posix_only
@pytest.mark.timeout(10)
def test_a_pipe_is_neither_waited_for_nor_opened(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    opened = threading.Event()

    def write() -> None:
        with open(tmp_path / "pipe", "wb"):  # noqa: PTH123 - waits until somebody reads
            opened.set()

    writer = threading.Thread(target=write, daemon=True)
    with pytest.raises(DocumentUnreadable, match="not a regular file"):
        text_of(tmp_path / "pipe")
    writer.start()
    with pytest.raises(DocumentUnreadable, match="not a regular file"):
        text_of(tmp_path / "pipe")
    assert not opened.wait(0.05)
    os.close(os.open(tmp_path / "pipe", os.O_RDONLY | os.O_NONBLOCK))
    writer.join(5)
    assert opened.is_set()


@posix_only
@pytest.mark.timeout(10)
def test_a_device_is_not_read() -> None:
    with pytest.raises(DocumentUnreadable, match="not a regular file"):
        text_of(Path("/dev/zero"))


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="everybody, or the superuser, may read it")
def test_a_file_that_nobody_may_read_is_refused(tmp_path: Path) -> None:
    written(tmp_path / "a", b"text").chmod(0)
    with pytest.raises(DocumentUnreadable, match="cannot be read: "):
        text_of(tmp_path / "a")


@pytest.mark.skipif(sys.platform != "linux", reason="needs a file whose reading fails")
def test_a_file_whose_reading_fails_is_refused() -> None:
    with pytest.raises(DocumentUnreadable, match="cannot be read: "):
        text_of(Path("/proc/self/mem"))


def test_no_file_stays_open(tmp_path: Path) -> None:
    path = written(tmp_path / "a", b"\x00")
    probe = os.open(path, os.O_RDONLY)
    os.close(probe)
    for _ in range(3):
        with pytest.raises(DocumentBinary):
            text_of(path)
    again = os.open(path, os.O_RDONLY)
    os.close(again)
    assert again == probe


@pytest.mark.parametrize(
    ("uri", "root", "name"),
    [
        ("file:///app/src/a.py", "/app", "src/a.py"),
        ("file:///app/src/a%20b.py", "/app", "src/a b.py"),
        ("file:///app/x/../a.py", "/app", "a.py"),
        ("file:///app/../etc/passwd", "/app", "/app/../etc/passwd"),
        ("file:///application/a.py", "/app", "/application/a.py"),
        ("file:///app/a.py", None, "/app/a.py"),
        ("untitled:Untitled-1", "/app", "untitled:Untitled-1"),
    ],
)
@posix_only
def test_a_document_is_called_by_its_path_below_the_root(uri: str, root: str | None, name: str) -> None:
    assert files(windows=False).name(uri, root=root) == name


@pytest.mark.parametrize(
    ("uri", "root", "name"),
    [
        ("file:///c%3A/Code/app/src/a.py", "C:\\code\\App", "src/a.py"),
        ("file://server/share/app/a.py", "\\\\server\\share\\app", "a.py"),
        ("file:///D:/a.py", "C:\\code", "D:\\a.py"),
    ],
)
def test_a_document_is_called_by_its_path_below_the_root_on_windows(uri: str, root: str, name: str) -> None:
    assert files(windows=True).name(uri, root=root) == name


@posix_only
def test_a_root_that_was_opened_through_a_link_is_recognised(tmp_path: Path) -> None:
    root = Path(os.path.realpath(tmp_path)) / "app"
    (root / "src").mkdir(parents=True)
    (tmp_path / "link").symlink_to(root)
    assert files().name((tmp_path / "link" / "src" / "gone.py").as_uri(), root=str(root)) == "src/gone.py"
