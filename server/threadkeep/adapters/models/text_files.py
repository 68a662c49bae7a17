"""Finds the text files of a folder that may be quoted: no links, no hidden or ignored ones, no secrets."""

import os
import time
from collections import deque
from collections.abc import Callable, Iterator
from fnmatch import fnmatch

import attrs

MAX_FILE_BYTES = 1_000_000
MAX_FILES = 5_000
MAX_TOTAL_BYTES = 64_000_000

SKIPPED_FOLDERS = frozenset(
    [
        "node_modules",
        "venv",
        "env",
        "virtualenv",
        "__pycache__",
        "site-packages",
        "bower_components",
        "vendor",
        "target",
        "build",
        "dist",
        "out",
    ]
)
SECRET_NAMES = [
    "*.env",
    "env",
    "*.pem",
    "*.key",
    "*.p12",
    "*.pfx",
    "*.p8",
    "*.ppk",
    "*.jks",
    "*.keystore",
    "*.kdbx",
    "*.asc",
    "*.gpg",
    "*.tfvars",
    "*.tfstate",
    "*.tfstate.*",
    "id_rsa*",
    "id_dsa*",
    "id_ecdsa*",
    "id_ed25519*",
    "*credentials*",
    "*secret.*",
    "*secrets.*",
    "secrets",
    "*password.*",
    "*passwords.*",
    "*passwd",
    "*htpasswd",
    "*service-account*.json",
    "*service_account*.json",
]
PRIVATE_KEY = "PRIVATE KEY-----"
MOUNT_POINT = 0xA0000003
"""Windows' reparse tag of a junction, which is no symbolic link to Python 3.11."""


@attrs.frozen(kw_only=True)
class TextFile:
    """A file of a folder; `path` is relative to it, with forward slashes."""

    path: str
    text: str


@attrs.define(kw_only=True)
class Walk:
    """One walk through a folder; says afterwards whether it saw everything."""

    root: str
    until: float
    """On `time.monotonic`'s clock."""
    is_unwanted: Callable[[], bool]
    files: int = 0
    size: int = 0
    is_complete: bool = True

    def text_files(self) -> Iterator[TextFile]:
        """The files, the shallow ones first, until a bound is met. Blocks."""
        root = os.path.realpath(self.root)
        ignored = _ignore_rules(root)
        folders = deque([""])
        while folders:
            folder = folders.popleft()
            for entry in _entries(os.path.join(root, folder) if folder else root):  # noqa: PTH118 - a hot loop
                if self._is_over():
                    return
                path = f"{folder}/{entry.name}" if folder else entry.name
                is_folder = _is_plain_folder(entry)
                if entry.name.startswith(".") or _is_ignored(path, ignored, is_folder=is_folder):
                    continue
                if is_folder and entry.name.casefold() not in SKIPPED_FOLDERS:
                    folders.append(path)
                elif not is_folder and (text := self._text(entry)) is not None:
                    yield TextFile(path=path, text=text)

    def _is_over(self) -> bool:
        is_over = (
            self.files >= MAX_FILES
            or self.size >= MAX_TOTAL_BYTES
            or self.is_unwanted()
            or time.monotonic() > self.until
        )
        self.is_complete = self.is_complete and not is_over
        return is_over

    def _text(self, entry: os.DirEntry[str]) -> str | None:
        if not _is_plain_file(entry) or is_secret(entry.name):
            return None
        data = _read(entry.path)
        self.files += 1
        self.size += len(data)
        if len(data) > MAX_FILE_BYTES or b"\0" in data[:8192]:
            return None
        try:
            text = data.decode("utf-8-sig")
        except UnicodeDecodeError:
            return None
        return None if PRIVATE_KEY in text else text


def is_secret(name: str) -> bool:
    """Whether a file of this name is likely to hold a secret."""
    folded = name.casefold()
    return folded.startswith(".env") or any(fnmatch(folded, secret) for secret in SECRET_NAMES)


def is_junction(reparse_tag: int) -> bool:
    """Whether a folder with this Windows reparse tag leads elsewhere."""
    return reparse_tag == MOUNT_POINT


def _entries(folder: str) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as found:
            return sorted(found, key=lambda entry: entry.name)
    except OSError:
        return []


def _is_plain_folder(entry: os.DirEntry[str]) -> bool:
    try:
        if entry.is_symlink() or not entry.is_dir(follow_symlinks=False):
            return False
        return not is_junction(getattr(entry.stat(follow_symlinks=False), "st_reparse_tag", 0))
    except OSError:
        return False


def _is_plain_file(entry: os.DirEntry[str]) -> bool:
    try:
        return (
            entry.is_file(follow_symlinks=False)
            and entry.stat(follow_symlinks=False).st_size <= MAX_FILE_BYTES
        )
    except OSError:
        return False


def _read(path: str) -> bytes:
    """At most a little more than `MAX_FILE_BYTES`; nothing if it cannot be read, or became a link meanwhile."""
    flags = (
        os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
    )
    try:
        with os.fdopen(os.open(path, flags), "rb") as file:
            return file.read(MAX_FILE_BYTES + 1)
    except OSError:
        return b""


def _ignore_rules(root: str) -> list[str]:
    text = _read(os.path.join(root, ".gitignore")).decode("utf-8", "replace")  # noqa: PTH118 - as above
    lines = (line.strip() for line in text.splitlines())
    return [line for line in lines if line and not line.startswith("#")]


def _is_ignored(path: str, rules: list[str], *, is_folder: bool) -> bool:
    """What the root's .gitignore says, near enough: a file too few is better than one too many."""
    name = path.rpartition("/")[2]
    ignored = False
    for rule in rules:
        wanted = rule.removeprefix("!")
        if wanted.endswith("/") and not is_folder:
            continue
        wanted = wanted.rstrip("/").removeprefix("**/")
        subject = path if "/" in wanted else name
        if fnmatch(subject, wanted.removeprefix("/")):
            ignored = not rule.startswith("!")
    return ignored
