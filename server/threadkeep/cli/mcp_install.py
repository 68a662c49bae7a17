"""`threadkeep mcp --install PROGRAM`, loaded by nothing else: writes our entry into another program's settings.

Nothing that is there is changed: the entry is put into the text as it stands, comments and order included, and
what the text means afterwards has to be what it meant before, with the entry.
"""

import argparse
import json
import os
import re
import sys
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

from threadkeep.cli.failures import CommandFailed
from threadkeep.cli.terminal import Terminal
from threadkeep.config.store_python import is_hidden

PROGRAMS: Final = ("claude", "codex", "vscode")
NAME: Final = "threadkeep"
_BOM: Final = "\ufeff"

_TOKEN: Final = re.compile(
    r'"(?:[^"\\]|\\.)*"|//[^\n]*|/\*.*?\*/|[{}\[\],:]|[^\s{}\[\],:"/]+|\s+|.', re.DOTALL
)


def install(options: argparse.Namespace, terminal: Terminal) -> int:
    """Shows the entry and, without `--dry-run`, writes it. Raises CommandFailed."""
    file = settings_file(options.install, os.environ, sys.platform)
    command = start_command(sys.argv[0], sys.executable)
    arguments = ["mcp", *(["--all"] if options.all else [])]
    if options.store:
        arguments += ["--store", str(Path(options.store).expanduser().absolute())]
    before = _read(file)
    after, shown = with_entry(options.install, before, [*command, *arguments])
    if after != before and not options.dry_run and is_hidden(str(file), os.environ, platform=sys.platform):
        raise CommandFailed(
            "what this Python of the Microsoft Store writes below AppData no other program sees: "
            f"put this into {file} yourself",
            lines=shown.splitlines(),
        )
    terminal.say(f"{file}:")
    terminal.say(shown)
    if after == before:
        terminal.note("It is there already.")
    elif options.dry_run:
        terminal.note("Nothing was written (--dry-run).")
    else:
        _write(file, before=before, after=after)
        terminal.note(f"Written. Start {_LABELS[options.install]} anew, and it can look up earlier sessions.")
    return 0


_LABELS: Final = {"claude": "Claude Code", "codex": "Codex", "vscode": "VS Code"}


def settings_file(program: str, environ: Mapping[str, str], platform: str) -> Path:
    """The program's file for the settings of a user."""
    home = Path(environ.get("USERPROFILE" if platform == "win32" else "HOME") or Path.home())
    if program == "claude":
        return Path(environ.get("CLAUDE_CONFIG_DIR") or home) / ".claude.json"
    if program == "codex":
        return Path(environ.get("CODEX_HOME") or home / ".codex") / "config.toml"
    if platform == "win32":
        base = Path(environ.get("APPDATA") or home / "AppData" / "Roaming")
    elif platform == "darwin":
        base = home / "Library" / "Application Support"
    else:
        base = Path(environ.get("XDG_CONFIG_HOME") or home / ".config")
    return base / "Code" / "User" / "mcp.json"


def start_command(program: str, python: str) -> list[str]:
    """How another program starts this one, wherever it is started from."""
    found = Path(program).absolute()
    if found.stem == "threadkeep" and found.is_file():
        return [str(found)]
    return [python, "-P", "-m", "threadkeep"]


def with_entry(program: str, text: str, command: list[str]) -> tuple[str, str]:
    """The text of the settings with the entry, and the entry alone. Raises CommandFailed."""
    if program == "codex":
        return _with_toml(text, command)
    entry: dict[str, Any] = {"type": "stdio", "command": command[0], "args": command[1:]}
    plain = text.removeprefix(_BOM)
    if program == "vscode":
        entry["cwd"] = "${workspaceFolder}"
    after, shown = _with_json(plain, "servers" if program == "vscode" else "mcpServers", entry)
    return text[: len(text) - len(plain)] + after, shown


def _with_toml(text: str, command: list[str]) -> tuple[str, str]:
    import tomllib

    entry: dict[str, Any] = {"command": command[0], "args": command[1:]}
    shown = (
        f"[mcp_servers.{NAME}]\ncommand = {_toml(command[0])}\nargs = [{', '.join(map(_toml, command[1:]))}]"
    )
    try:
        settings = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise CommandFailed(f"the settings cannot be read ({error}): fix them first", lines=[shown]) from None
    servers = settings.get("mcp_servers", {})
    if isinstance(servers, dict) and NAME in servers:
        return _unless_other(text, servers[NAME], entry, shown)
    gap = "" if not text else "\n" if text.endswith("\n") else "\n\n"
    after = f"{text}{gap}{shown}\n"
    with suppress(tomllib.TOMLDecodeError):
        if tomllib.loads(after) == {**settings, "mcp_servers": {**servers, NAME: entry}}:
            return after, shown
    raise _cannot(shown)


def _with_json(text: str, table: str, entry: dict[str, Any]) -> tuple[str, str]:
    member = f'"{NAME}": {json.dumps(entry, indent=2, ensure_ascii=False)}'
    shown = f'"{table}": {{\n{_indented(member, 2)}\n}}'
    settings = _json(text) if text.strip() else {}
    if not isinstance(settings, dict):
        raise CommandFailed("the settings cannot be read as JSON: fix them first", lines=shown.splitlines())
    servers = settings.get(table, {})
    if isinstance(servers, dict) and NAME in servers:
        return _unless_other(text, servers[NAME], entry, shown)
    if not text.strip():
        return f"{{\n{_indented(shown, 2)}\n}}\n", shown
    place, is_empty = _inside(text, table) if table in settings else _inside(text, None)
    if place is None:
        raise _cannot(shown)
    added = _indented(member, 4) if table in settings else _indented(shown, 2)
    after = f"{text[:place]}\n{added}{'' if is_empty else ','}{text[place:]}"
    if _json(after) != {**settings, table: {**servers, NAME: entry}}:
        raise _cannot(shown)
    return after, shown


def _unless_other(text: str, found: Any, entry: Mapping[str, Any], shown: str) -> tuple[str, str]:
    if found == dict(entry):
        return text, shown
    raise CommandFailed(
        f"there is an entry {NAME} already, and it differs: it is left as it is. Take it out, or put this in its place:",
        lines=shown.splitlines(),
    )


def _cannot(shown: str) -> CommandFailed:
    return CommandFailed(
        "the entry cannot be put into these settings without changing more: put this there yourself",
        lines=shown.splitlines(),
    )


def _json(text: str) -> Any:
    """What JSON with comments and trailing commas means; None for what is none."""
    words = [
        word for word in _TOKEN.findall(text) if not word.isspace() and not word.startswith(("//", "/*"))
    ]
    kept = [
        word
        for at, word in enumerate(words)
        if not (word == "," and at + 1 < len(words) and words[at + 1] in ("}", "]"))
    ]
    try:
        return json.loads(" ".join(kept))
    except (ValueError, RecursionError):
        return None


def _inside(text: str, table: str | None) -> tuple[int | None, bool]:
    """The place behind the brace that opens the outermost object, or the one of its member `table`; and whether
    that object is empty."""
    depth, key, before, place = 0, "", "", None
    wanted = 1 if table is None else 2
    for match in _TOKEN.finditer(text):
        word = match.group()
        if word.isspace() or word.startswith(("//", "/*")):
            continue
        if place is not None:
            return place, word == "}"
        if word in "{[":
            depth += 1
            if word == "{" and depth == wanted and (table is None or (before == ":" and key == table)):
                place = match.end()
        elif word in "}]":
            depth -= 1
        elif depth == 1 and before in {"{", ","} and word.startswith('"'):
            key = json.loads(word)
        before = word
    return None, False


def _read(file: Path) -> str:
    try:
        return file.read_bytes().decode("utf-8")  # line ends as they are
    except FileNotFoundError:
        return ""
    except (OSError, UnicodeDecodeError) as error:
        raise CommandFailed(f"{file} cannot be read ({error})") from None


def _write(file: Path, *, before: str, after: str) -> None:
    """Replaces the file that links lead to, as a whole, unless somebody else has changed it meanwhile."""
    target = Path(os.path.realpath(file))
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        descriptor, made = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
        try:
            with os.fdopen(descriptor, "w", encoding="utf-8", newline="") as stream:
                stream.write(after)
                stream.flush()
                os.fsync(stream.fileno())
            if target.exists():
                Path(made).chmod(target.stat().st_mode & 0o777)
            if _read(file) != before:
                raise CommandFailed(f"{file} was changed meanwhile: try again")
            Path(made).replace(target)
        finally:
            Path(made).unlink(missing_ok=True)
    except OSError as error:
        raise CommandFailed(f"{file} cannot be written ({error})") from None


def _toml(text: str) -> str:
    return json.dumps(text, ensure_ascii=False) if "'" in text or "\n" in text else f"'{text}'"


def _indented(text: str, width: int) -> str:
    return "\n".join(f"{' ' * width}{line}" for line in text.splitlines())
