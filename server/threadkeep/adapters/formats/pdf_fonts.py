"""Fonts of this computer that together can show as much as possible, found by the names of their files."""

import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Final

from threadkeep.values import Value

MAX_FILES: Final = 20_000
"""Files that are looked at; nobody has so many fonts."""

Family = tuple[str, str, str, str]
"""Regular, bold, italic, bold and italic; where one is missing, the regular one stands for it."""

BODY: Final[Sequence[Family]] = (
    ("DejaVuSans", "DejaVuSans-Bold", "DejaVuSans-Oblique", "DejaVuSans-BoldOblique"),
    ("NotoSans-Regular", "NotoSans-Bold", "NotoSans-Italic", "NotoSans-BoldItalic"),
    ("segoeui", "segoeuib", "segoeuii", "segoeuiz"),
    ("Arial", "Arial Bold", "Arial Italic", "Arial Bold Italic"),
    ("arial", "arialbd", "ariali", "arialbi"),
    ("LiberationSans-Regular", "LiberationSans-Bold", "LiberationSans-Italic", "LiberationSans-BoldItalic"),
    ("FreeSans", "FreeSansBold", "FreeSansOblique", "FreeSansBoldOblique"),
)
MONO: Final[Sequence[Family]] = (
    ("DejaVuSansMono", "DejaVuSansMono-Bold", "DejaVuSansMono-Oblique", "DejaVuSansMono-BoldOblique"),
    ("NotoSansMono-Regular", "NotoSansMono-Bold", "", ""),
    ("consola", "consolab", "consolai", "consolaz"),
    ("Courier New", "Courier New Bold", "Courier New Italic", "Courier New Bold Italic"),
    ("LiberationMono-Regular", "LiberationMono-Bold", "LiberationMono-Italic", "LiberationMono-BoldItalic"),
    ("FreeMono", "FreeMonoBold", "FreeMonoOblique", "FreeMonoBoldOblique"),
)
FURTHER: Final = (
    "NotoSansCJK-Regular",
    "NotoSansCJKsc-Regular",
    "SourceHanSansSC-Regular",
    "DroidSansFallbackFull",
    "DroidSansFallback",
    "wqy-microhei",
    "wqy-zenhei",
    "msyh",
    "YuGothM",
    "msgothic",
    "malgun",
    "simsun",
    "PingFang",
    "Hiragino Sans GB",
    "AppleSDGothicNeo",
    "Arial Unicode",
    "NotoSansArabic-Regular",
    "NotoSansHebrew-Regular",
    "NotoSansDevanagari-Regular",
    "NotoSansThai-Regular",
    "Nirmala",
    "LeelawUI",
    "seguisym",
    "NotoSansSymbols2-Regular",
    "NotoSansSymbols-Regular",
    "NotoSansMath-Regular",
    "Apple Symbols",
    "NotoColorEmoji",
    "seguiemj",
    "NotoEmoji-Regular",
)
"""What is looked through, in this order, for what the body font does not have."""

_COLLECTIONS: Final = ("NotoSansCJK-Regular",)
"""Fonts that hold one face for each of Japan, Korea, and China, in this order."""


class Fonts(Value):
    """Files of fonts; `body` and `mono` are None where there is none."""

    body: tuple[Path, Path, Path, Path] | None
    mono: tuple[Path, Path, Path, Path] | None
    further: tuple[Path, ...]


def found_fonts(folders: Sequence[Path] | None = None) -> Fonts:
    """What lies in the folders, by default in those of this computer."""
    files = _files(font_folders(os.environ, sys.platform) if folders is None else folders)
    return Fonts(
        body=_family(BODY, files),
        mono=_family(MONO, files),
        further=tuple(files[name.lower()] for name in FURTHER if name.lower() in files),
    )


def font_folders(environ: Mapping[str, str], platform: str) -> list[Path]:
    """Where fonts lie on a platform, those of all users first."""
    home = environ.get("HOME") or environ.get("USERPROFILE") or os.sep
    if platform == "win32":
        local = environ.get("LOCALAPPDATA")
        windows = environ.get("WINDIR", r"C:\Windows")
        return [
            Path(windows, "Fonts"),
            *([Path(local, "Microsoft", "Windows", "Fonts")] if local else []),
        ]
    if platform == "darwin":
        return [Path("/System/Library/Fonts"), Path("/Library/Fonts"), Path(home, "Library/Fonts")]
    shared = (environ.get("XDG_DATA_DIRS") or "/usr/local/share:/usr/share").split(":")
    own = environ.get("XDG_DATA_HOME") or str(Path(home, ".local/share"))
    return [Path(each, "fonts") for each in (*shared, own) if each] + [Path(home, ".fonts")]


def face_for(path: Path, text: str) -> int:
    """Which face of a collection suits a text: the same character is drawn differently in each country."""
    if path.stem not in _COLLECTIONS:
        return 0
    if any("\u3040" <= letter <= "\u30ff" for letter in text):
        return 0
    return 1 if any("\uac00" <= letter <= "\ud7af" for letter in text) else 2


def _files(folders: Sequence[Path]) -> dict[str, Path]:
    """By their names without the end, in small letters; the first one counts."""
    found: dict[str, Path] = {}
    for path in islice(_walked(folders), MAX_FILES):
        if path.suffix.lower() in {".ttf", ".ttc", ".otf"}:
            found.setdefault(path.stem.lower(), path)
    return found


def _walked(folders: Sequence[Path]) -> Iterator[Path]:
    for folder in folders:
        for parent, inner, names in os.walk(folder):
            inner.sort()
            yield from (Path(parent, name) for name in sorted(names))


def _family(families: Sequence[Family], files: Mapping[str, Path]) -> tuple[Path, Path, Path, Path] | None:
    for names in families:
        regular = files.get(names[0].lower())
        if regular is not None:
            bold, italic, both = (files.get(name.lower(), regular) for name in names[1:])
            return regular, bold, italic, both
    return None
