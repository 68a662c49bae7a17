"""A file that a person names is written whole or not at all, and read whatever it is."""

import os
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from threadkeep.adapters import user_files
from threadkeep.adapters.user_files import LocalUserFiles
from threadkeep.domain.errors import ExportFailed, ImportInvalid, InvalidValue, ThreadkeepError

POSIX = pytest.mark.skipif(os.name == "nt", reason="as on POSIX")


@pytest.fixture
def files(tmp_path: Path) -> LocalUserFiles:
    (tmp_path / "store").mkdir()
    return LocalUserFiles(forbidden=lambda: tmp_path / "store")


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir() if path.name != "store")


def write(files: LocalUserFiles, path: Path | str, *pieces: bytes, overwrite: bool = False) -> None:
    with files.writing(str(path), overwrite=overwrite) as take:
        for piece in pieces:
            take(piece)


def test_a_file_holds_what_was_written_and_is_the_owners_alone(files: LocalUserFiles, tmp_path: Path) -> None:
    write(files, tmp_path / "a.txt", b"one\n", b"", b"two\r\n")
    assert (tmp_path / "a.txt").read_bytes() == b"one\ntwo\r\n"
    assert names(tmp_path) == ["a.txt"]
    if os.name != "nt":
        assert stat.S_IMODE((tmp_path / "a.txt").stat().st_mode) == 0o600


def test_it_is_not_there_before_it_is_whole(files: LocalUserFiles, tmp_path: Path) -> None:
    with files.writing(str(tmp_path / "a.txt"), overwrite=False) as take:
        take(b"half")
        assert not (tmp_path / "a.txt").exists()


def test_a_failure_leaves_nothing_behind_and_what_was_there_before(
    files: LocalUserFiles, tmp_path: Path
) -> None:
    (tmp_path / "a.txt").write_bytes(b"before")
    with pytest.raises(TypeError):
        write(files, tmp_path / "a.txt", b"half", None, overwrite=True)  # type: ignore[arg-type]  # what fails
    assert (tmp_path / "a.txt").read_bytes() == b"before"
    assert names(tmp_path) == ["a.txt"]


def test_a_file_that_is_there_stays_unless_it_may_be_replaced(files: LocalUserFiles, tmp_path: Path) -> None:
    write(files, tmp_path / "a.txt", b"before")
    with pytest.raises(ExportFailed, match="is there already"):
        write(files, tmp_path / "a.txt", b"after")
    assert (tmp_path / "a.txt").read_bytes() == b"before"
    write(files, tmp_path / "a.txt", b"after", overwrite=True)
    assert (tmp_path / "a.txt").read_bytes() == b"after"
    assert names(tmp_path) == ["a.txt"]


def test_a_file_that_comes_meanwhile_stays(files: LocalUserFiles, tmp_path: Path) -> None:
    writing = files.writing(str(tmp_path / "a.txt"), overwrite=False)
    writing.__enter__()(b"mine")
    (tmp_path / "a.txt").write_bytes(b"theirs")
    with pytest.raises(ExportFailed, match="could not be written"):
        writing.__exit__(None, None, None)
    assert (tmp_path / "a.txt").read_bytes() == b"theirs"
    assert names(tmp_path) == ["a.txt"]


def test_a_file_system_without_links_is_written_all_the_same(
    files: LocalUserFiles, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_links(*_: object) -> None:
        raise OSError("no links here")

    monkeypatch.setattr(user_files.os, "link", no_links)
    write(files, tmp_path / "a.txt", b"x")
    assert names(tmp_path) == ["a.txt"]


@pytest.mark.parametrize("path", ["", "relative.txt", "./a.txt", "a\x00b", "/a\x00b", os.sep])
def test_a_path_must_be_absolute_and_name_a_file(files: LocalUserFiles, path: str) -> None:
    with pytest.raises(InvalidValue):
        write(files, path, b"x")
    with pytest.raises(InvalidValue):
        files.found(path)


def test_where_nothing_can_be_written_it_is_said(files: LocalUserFiles, tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    for path, told in (
        (tmp_path / "nowhere" / "a.txt", "There is no folder"),
        (tmp_path / "folder", "is a folder"),
        (tmp_path / "store" / "threadkeep.db", "store's own folder"),
        (tmp_path / "folder" / ".." / "store" / "a.txt", "store's own folder"),
        (tmp_path / ("x" * 300), "is too long"),
    ):
        with pytest.raises(ExportFailed, match=told):
            write(files, path, b"x", overwrite=True)
    assert names(tmp_path) == ["folder"]


@POSIX
def test_a_link_into_the_store_does_not_help(files: LocalUserFiles, tmp_path: Path) -> None:
    (tmp_path / "way").symlink_to(tmp_path / "store")
    with pytest.raises(ExportFailed, match="store's own folder"):
        write(files, tmp_path / "way" / "threadkeep.db", b"x", overwrite=True)
    (tmp_path / "store" / "threadkeep.db").write_bytes(b"precious")
    (tmp_path / "a.txt").symlink_to(tmp_path / "store" / "threadkeep.db")
    with pytest.raises(ExportFailed, match="is there already"):
        write(files, tmp_path / "a.txt", b"x")
    write(files, tmp_path / "a.txt", b"x", overwrite=True)
    assert (tmp_path / "store" / "threadkeep.db").read_bytes() == b"precious"


FULL_DISK = """
import resource, signal, sys
from pathlib import Path
from threadkeep.adapters.user_files import LocalUserFiles
from threadkeep.domain.errors import ExportFailed
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, 10_000))
try:
    with LocalUserFiles(forbidden=lambda: Path("/nowhere")).writing(sys.argv[1], overwrite=False) as take:
        for _ in range(100):
            take(b"x" * 1_000)
except ExportFailed as error:
    print(error.message)
"""


@POSIX
@pytest.mark.slow
def test_a_full_disk_is_told_and_leaves_nothing_behind(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", FULL_DISK, str(tmp_path / "a.txt")],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert f"{tmp_path / 'a.txt'} could not be written: File too large." in done.stdout, done.stderr
    assert names(tmp_path) == []


def test_a_file_is_read_in_pieces(files: LocalUserFiles, tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes(b"x" * (user_files.PIECE + 1))
    pieces = list(files.pieces(files.found(str(tmp_path / "a.txt"))))
    assert [len(piece) for piece in pieces] == [user_files.PIECE, 1]


def odd_places(folder: Path) -> Iterator[Path]:
    yield folder / "nowhere"
    if os.name != "nt":
        os.mkfifo(folder / "pipe")
        yield folder / "pipe"
        yield Path(os.devnull)


def test_what_is_no_file_is_refused_and_never_waited_for(files: LocalUserFiles, tmp_path: Path) -> None:
    for path in odd_places(tmp_path):
        with pytest.raises(ThreadkeepError) as raised:
            files.found(str(path))
        assert raised.value.kind == "importInvalid"


def test_a_file_that_cannot_be_read_is_told(files: LocalUserFiles, tmp_path: Path) -> None:
    with pytest.raises(ImportInvalid, match="cannot be read"):
        list(files.pieces(tmp_path))


def test_a_text_is_held_as_a_file_of_its_owner_until_it_is_read(files: LocalUserFiles) -> None:
    with files.held(b"text", "a.md") as file:
        assert (file.name, file.read_bytes()) == ("a.md", b"text")
        if os.name == "posix":
            assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700
    assert not file.parent.exists()
    with pytest.raises(ImportInvalid), files.held(b"text", "no/such/folder.md"):
        pass


def test_a_file_that_powershell_wrote_is_read_as_utf_8(tmp_path: Path) -> None:
    file = tmp_path / "export.jsonl"
    file.write_bytes("größe\n".encode("utf-16"))
    read = LocalUserFiles(forbidden=lambda: tmp_path / "store").pieces(file)
    assert b"".join(read) == "größe\n".encode()


@pytest.mark.parametrize("name", ["CON.md", "notes.md:hidden", "notes. ", "what?.md"])
def test_a_name_that_means_something_else_on_windows_is_refused_there(tmp_path: Path, name: str) -> None:
    there = LocalUserFiles(forbidden=lambda: tmp_path / "store", platform="win32")
    with pytest.raises(ExportFailed, match="choose another one"):
        write(there, tmp_path / name, b"x")
    assert names(tmp_path) == []
    if os.name != "nt":
        write(LocalUserFiles(forbidden=lambda: tmp_path / "store", platform="linux"), tmp_path / name, b"x")
        assert names(tmp_path) == [name]


@pytest.mark.parametrize("platform", ["darwin", "win32"])
def test_the_stores_folder_is_the_same_in_any_case_where_names_have_none(
    tmp_path: Path, platform: str
) -> None:
    (tmp_path / "STORE").mkdir()  # here another folder
    there = LocalUserFiles(forbidden=lambda: tmp_path / "store", platform=platform)
    with pytest.raises(ExportFailed, match="store's own folder"):
        write(there, tmp_path / "STORE" / "a.txt", b"x")
