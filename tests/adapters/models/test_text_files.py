"""Which files of a folder are read."""

import os
import time
from pathlib import Path
from typing import Any

import pytest

from threadkeep.adapters.models import file_search
from threadkeep.adapters.models.file_search import MAX_FILE_BYTES, Walk, is_junction, is_secret, search_files


def walk(root: Path, **fields: Any) -> Walk:
    values: dict[str, Any] = {"until": time.monotonic() + 30, "is_unwanted": lambda: False}
    return Walk(root=str(root), **{**values, **fields})


def paths(root: Path) -> list[str]:
    return [file.path for file in walk(root).text_files()]


def write(root: Path, files: dict[str, str | bytes]) -> None:
    for name, content in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)


def test_text_files_are_found_shallow_ones_first(tmp_path: Path) -> None:
    write(tmp_path, {"z.txt": "z", "a/b/c.txt": "c", "a/d.txt": "d"})
    assert paths(tmp_path) == ["z.txt", "a/d.txt", "a/b/c.txt"]


@pytest.mark.parametrize(
    "name", [".hidden", ".git/config", "node_modules/x/i.js", ".venv/x.py", "venv/x.py", "a/__pycache__/x.py"]
)
def test_hidden_and_foreign_folders_are_skipped(tmp_path: Path, name: str) -> None:
    write(tmp_path, {name: "x", "kept.txt": "x"})
    assert paths(tmp_path) == ["kept.txt"]


@pytest.mark.parametrize(
    "content", [b"a\0b", b"\xff\xfe\xfa", b"x" * (MAX_FILE_BYTES + 1), b"-----BEGIN OPENSSH PRIVATE KEY-----"]
)
def test_binary_large_and_secret_contents_are_skipped(tmp_path: Path, content: bytes) -> None:
    write(tmp_path, {"a.txt": content})
    assert paths(tmp_path) == []


@pytest.mark.parametrize(
    "name",
    [
        ".env",
        ".env.local",
        "prod.env",
        "x.PEM",
        "id_rsa",
        "id_ed25519.bak",
        "credentials",
        "htpasswd",
        "aws_credentials.json",
        "secrets.toml",
        "server.key",
        "terraform.tfstate",
        "my-service-account-1.json",
    ],
)
def test_files_with_secrets_are_known_by_name(name: str) -> None:
    assert is_secret(name)


@pytest.mark.parametrize(
    "name", ["environment.py", "keys.py", "readme.md", "password_reset.py", "keyboard.c"]
)
def test_other_files_are_no_secrets(name: str) -> None:
    assert not is_secret(name)


@pytest.mark.skipif(not hasattr(os, "symlink"), reason="needs symbolic links")
def test_links_are_never_followed(tmp_path: Path) -> None:
    write(tmp_path, {"outside/secret.txt": "x", "root/a.txt": "x", "root/sub/b.txt": "x"})
    root = tmp_path / "root"
    try:
        (root / "file").symlink_to(tmp_path / "outside" / "secret.txt")
        (root / "folder").symlink_to(tmp_path / "outside")
        (root / "loop").symlink_to(root)
        (root / "broken").symlink_to(root / "nowhere")
    except OSError:
        pytest.skip("this user may not make symbolic links")
    assert paths(root) == ["a.txt", "sub/b.txt"]


def test_a_root_that_is_a_link_is_read(tmp_path: Path) -> None:
    write(tmp_path, {"real/a.txt": "x"})
    try:
        (tmp_path / "link").symlink_to(tmp_path / "real")
    except OSError:
        pytest.skip("this user may not make symbolic links")
    assert paths(tmp_path / "link") == ["a.txt"]


def test_junctions_of_windows_lead_elsewhere() -> None:
    assert is_junction(0xA0000003)
    assert not is_junction(0)


def test_the_roots_ignore_file_is_respected(tmp_path: Path) -> None:
    rules = "# comment\n*.log\n!keep.log\n/top.txt\ndocs/generated/\ncache/\nsrc/*.tmp\n**/deep.txt\n"
    write(tmp_path, {".gitignore": rules})
    ignored = [
        "a.log",
        "sub/b.log",
        "top.txt",
        "docs/generated/x.txt",
        "sub/cache/x.txt",
        "src/x.tmp",
        "d/deep.txt",
    ]
    kept = ["keep.log", "sub/top.txt", "docs/x.txt", "cache.txt"]
    write(tmp_path, dict.fromkeys([*ignored, *kept], "x"))
    assert sorted(paths(tmp_path)) == sorted(kept)


def test_pipes_and_unreadable_folders_are_skipped(tmp_path: Path) -> None:
    write(tmp_path, {"a.txt": "x"})
    if hasattr(os, "mkfifo"):
        os.mkfifo(tmp_path / "pipe")
    assert paths(tmp_path) == ["a.txt"]
    assert paths(tmp_path / "nowhere") == []


@pytest.mark.parametrize(("bound", "value"), [("MAX_FILES", 2), ("MAX_TOTAL_BYTES", 2)])
def test_a_walk_that_meets_a_bound_says_so(
    tmp_path: Path, bound: str, value: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path, {f"{number}.txt": "x" for number in range(5)})
    monkeypatch.setattr(file_search, bound, value)
    bounded = walk(tmp_path)
    assert len(list(bounded.text_files())) == 2
    assert not bounded.is_complete


def test_a_walk_ends_in_time_and_when_it_is_unwanted(tmp_path: Path) -> None:
    write(tmp_path, {"a.txt": "x"})
    for bounded in (walk(tmp_path, until=0.0), walk(tmp_path, is_unwanted=lambda: True)):
        assert list(bounded.text_files()) == []
        assert not bounded.is_complete


def search(root: Path, *parts: str, limit: int = 5) -> list[tuple[str, int]]:
    found = search_files(str(root), parts, limit=limit, is_unwanted=lambda: False)
    return [(place.path, place.snippet.line) for place in found.places]


def test_the_file_with_more_of_the_words_comes_first(tmp_path: Path) -> None:
    write(tmp_path, {"a.txt": "store\nstore\n", "b.txt": "x\nstore session\n", "c.txt": "nothing"})
    assert search(tmp_path, "store", "session") == [("b.txt", 2), ("a.txt", 1)]


def test_a_rare_word_counts_more_than_a_common_one(tmp_path: Path) -> None:
    write(tmp_path, {f"{number}.txt": "common" for number in range(9)} | {"z.txt": "rare"})
    assert search(tmp_path, "common", "rare", limit=1) == [("z.txt", 1)]


def test_a_word_in_the_path_helps(tmp_path: Path) -> None:
    write(tmp_path, {"a.txt": "the store", "z/store.txt": "the store", "b.txt": "the store"})
    assert search(tmp_path, "store", limit=1) == [("z/store.txt", 1)]


def test_a_whole_word_counts_more_than_a_part_of_one(tmp_path: Path) -> None:
    write(tmp_path, {"a.txt": "restored", "b.txt": "store"})
    assert search(tmp_path, "store", limit=1) == [("b.txt", 1)]
