"""Finds words in the text files of a folder, and the lines of each that say most; apart, since it knows files and no model."""

import math
import os
import re
import time
from collections import Counter, deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from fnmatch import fnmatch

from threadkeep.domain.text import folded
from threadkeep.values import Mutable, Value

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

PART_OF_A_WORD = 0.6
"""What a hit inside a longer word is worth beside a whole word."""
IN_AN_IMPORT = 0.4
IN_A_DEFINITION = 1.5
"""What a hit is worth in a line that only names a thing, or that says what it is."""
IMPORT = re.compile(r"\s*(?:from|import|#\s*include|use|using|require|package)\b")
DEFINITION = re.compile(
    r"#{1,6} |\s*(?:(?:export|public|private|protected|static|abstract|async|pub|local|default)\s+)*"
    r"(?:class|def|fn|func|function|interface|struct|trait|enum|type|module|protocol)\b"
)
SECONDS = 2.0
"""How long one search may take."""
IN_ITS_PATH = 0.5
"""What a word in the path of a file is worth beside one in the snippet."""


class TextFile(Value):
    """A file of a folder; `path` is relative to it, with forward slashes."""

    path: str
    text: str


class Walk(Mutable):
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


class Snippet(Value):
    """Some lines of a text."""

    line: int
    """The number of the first line, from 1."""
    text: str
    hits: Mapping[str, float]
    """The parts that stand in these lines, and what the best hit of each is worth."""


def best_snippet(text: str, parts: Sequence[str], *, lines: int = 4, width: int = 160) -> Snippet | None:
    """The lines that hold most of the (folded) parts, each cut to the width; None if the text holds none."""
    simple = text.lower() if text.isascii() else folded(text)
    present = sorted((part for part in parts if part in simple), key=len, reverse=True)
    if not present:
        return None
    find = re.compile("|".join(map(re.escape, present)))
    rows, hits = simple.split("\n"), {}
    for number, row in enumerate(rows):
        found = _worth(find, row)
        if found:
            hits[number] = found
    if not hits:
        return None  # a part that reaches over a line end is no hit
    start = max(hits, key=lambda at: (sum(_together(hits, at, lines).values()), -at))
    shown = [_cut(row, find, width) for row in text.split("\n")[start : start + lines]]
    return Snippet(line=start + 1, text="\n".join(shown).rstrip(), hits=_together(hits, start, lines))


def _worth(find: re.Pattern[str], row: str) -> dict[str, float]:
    found: dict[str, float] = {}
    place = IN_AN_IMPORT if IMPORT.match(row) else IN_A_DEFINITION if DEFINITION.match(row) else 1.0
    for hit in find.finditer(row):
        before, after = row[hit.start() - 1 : hit.start()], row[hit.end() : hit.end() + 1]
        worth = place * (PART_OF_A_WORD if before.isalnum() or after.isalnum() else 1.0)
        found[hit[0]] = max(worth, found.get(hit[0], 0))
    return found


def _together(hits: Mapping[int, Mapping[str, float]], start: int, lines: int) -> dict[str, float]:
    together: dict[str, float] = {}
    for number in range(start, start + lines):
        for part, worth in hits.get(number, {}).items():
            together[part] = max(worth, together.get(part, 0))
    return together


def _cut(row: str, find: re.Pattern[str], width: int) -> str:
    row = row.rstrip().expandtabs(4)
    if len(row) <= width:
        return row
    # Folding may shift places a little: near enough for choosing what to show.
    found = find.search(folded(row))
    start = max(0, min(found.start() - width // 3, len(row) - width)) if found else 0
    piece = row[start : start + width].strip()
    return f"{'…' if start else ''}{piece}{'…' if start + width < len(row) else ''}"


class FilePlace(Value):
    """Some lines of a file; `path` is relative to the folder searched."""

    path: str
    snippet: Snippet
    in_path: frozenset[str]


class FileFindings(Value):
    """The best places, best first, and how much was searched."""

    places: tuple[FilePlace, ...] = ()
    files: int = 0
    is_complete: bool = True


def search_files(
    root: str, parts: Sequence[str], *, limit: int, is_unwanted: Callable[[], bool], seconds: float = SECONDS
) -> FileFindings:
    """One place each of the files that hold most of the parts, rare ones counting more. Blocks."""
    walk = Walk(root=root, until=time.monotonic() + seconds, is_unwanted=is_unwanted)
    found: list[FilePlace] = []
    holders: Counter[str] = Counter()
    for file in walk.text_files():
        snippet = best_snippet(file.text, parts)
        if snippet is not None:
            path = folded(file.path)
            in_path = frozenset(part for part in parts if part in path)
            holders.update(snippet.hits.keys() | in_path)
            found.append(FilePlace(path=file.path, snippet=snippet, in_path=in_path))
    rarity = {part: math.log(1 + len(found) / count) for part, count in holders.items()}
    found.sort(key=lambda place: (-_score(place, rarity), place.path.count("/"), place.path))
    return FileFindings(places=tuple(found[:limit]), files=walk.files, is_complete=walk.is_complete)


def _score(place: FilePlace, rarity: dict[str, float]) -> float:
    inside = sum(worth * rarity[part] for part, worth in place.snippet.hits.items())
    return inside + sum(IN_ITS_PATH * rarity[part] for part in place.in_path)
