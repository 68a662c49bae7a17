"""The commands that write sessions to files and read them from files."""

import argparse
import json
from pathlib import Path
from typing import Any, Final

from threadkeep.cli import formats
from threadkeep.cli.failures import CommandFailed
from threadkeep.cli.places import repository_ref
from threadkeep.cli.terminal import Terminal
from threadkeep.client import Client, RequestFailed
from threadkeep.client.reading import read
from threadkeep.protocol.converter import unstructure
from threadkeep.protocol.types.lists import SessionFilter
from threadkeep.protocol.types.transfer import ExportSessionsResult, ImportSessionsResult

Actions = Any
"""What argparse gives for adding commands to a command."""

FORMATS: Final = {
    "json": (".json",),
    "jsonl": (".jsonl", ".ndjson"),
    "csv": (".csv",),
    "markdown": (".md", ".markdown"),
    "text": (".txt",),
    "html": (".html", ".htm"),
    "pdf": (".pdf",),
}
"""The formats, each with the ends of names that mean it."""

_STATUSES = ("active", "paused", "ended")
_NARROWING = ("repo", "task", "status", "agent", "tag")


def add_session_commands(actions: Actions, listing: argparse.ArgumentParser) -> None:
    """Adds `sessions export` and `sessions import`."""
    export = actions.add_parser(
        "export",
        parents=[listing],
        help="write sessions to a file, or to standard output",
        description="Writes one session, or all that match. json and jsonl hold everything and can be imported; "
        "the other formats are for reading.",
    )
    export.add_argument("id", nargs="?", metavar="ID", help="this session, as `sessions list` shows it")
    export.add_argument("--all", action="store_true", help="all sessions, the archived ones too")
    export.add_argument("--repo", metavar="PATH", help="only this repository: a folder of it, or its id")
    export.add_argument("--task", metavar="KEY", help="only this task")
    export.add_argument(
        "--status", action="append", choices=_STATUSES, help="only these; may be given more than once"
    )
    export.add_argument("--agent", metavar="NAME", help="only this agent")
    export.add_argument(
        "--tag", action="append", metavar="TAG", help="only those with this label; repeatable"
    )
    export.add_argument(
        "--format", choices=tuple(FORMATS), help="default: as the name of the file ends, else markdown"
    )
    export.add_argument("--output", metavar="PATH", help="the file to write (default: standard output)")
    export.add_argument("--overwrite", action="store_true", help="replace the file if it is there")
    export.add_argument("--redact", action="store_true", help="take out what looks like a key or a password")
    export.set_defaults(command="sessions export", show=_export)
    _add_import(actions, listing, name="sessions import")


def add_import_command(commands: Actions, listing: argparse.ArgumentParser) -> None:
    """Adds `import`, the same as `sessions import`."""
    _add_import(commands, listing, name="import")


def _add_import(actions: Actions, listing: argparse.ArgumentParser, *, name: str) -> None:
    importing = actions.add_parser(
        "import",
        parents=[listing],
        help="bring sessions in: exported ones, or another tool's history",
        description="Reads what `sessions export` wrote as json or jsonl, and the histories of Claude Code, "
        "Codex CLI, llm, opencode, ChatGPT, and Markdown transcripts. What is here already is skipped.",
    )
    importing.add_argument("path", metavar="PATH", help="a file, or the folder of another tool's history")
    importing.add_argument(
        "--from",
        dest="from_",
        default="auto",
        metavar="TOOL",
        help="whose it is: threadkeep, claude-code, codex, llm, opencode, chatgpt, markdown (default: auto)",
    )
    importing.add_argument(
        "--on-conflict",
        choices=("skip", "replace", "duplicate", "newer"),
        default="skip",
        help="what to do with a session that is here already (default: skip)",
    )
    importing.add_argument(
        "--repo", metavar="PATH", help="the repository of sessions that do not tell their own"
    )
    importing.add_argument("--dry-run", action="store_true", help="only tell what would be imported")
    importing.set_defaults(command=name, show=_import)


async def _export(client: Client, options: argparse.Namespace, terminal: Terminal) -> int:
    output = None if options.output in {None, "-"} else _absolute(options.output)
    params = {
        **_selected(options),
        "format": options.format or _format_of(output),
        "redact": options.redact,
        "overwrite": options.overwrite,
    }
    if output is not None:
        params["path"] = str(output)
    try:
        result = await client.call("session/export", params)
    except RequestFailed as error:
        raise CommandFailed(_advised(error)) from error
    exported = read(result, ExportSessionsResult)
    if exported.content is not None and not options.json:
        _write(exported.content, terminal)
    elif options.json:
        terminal.say(json.dumps(result, ensure_ascii=False, indent=2))
    if exported.path is not None and not options.json:
        terminal.say(f"{formats.plural(exported.count, 'session')} in {formats.one_line(exported.path)}")
    return 0


def _selected(options: argparse.Namespace) -> dict[str, Any]:
    narrowed = [name for name in _NARROWING if getattr(options, name)]
    if options.id is not None:
        if narrowed or options.all:
            raise CommandFailed("give either ID, or --all or what narrows the sessions down")
        return {"sessionId": options.id}
    if not narrowed and not options.all:
        raise CommandFailed(
            "say which sessions: ID, --all, or e.g. --repo PATH; `threadkeep sessions list` shows them"
        )
    wanted = SessionFilter(
        repository=repository_ref(options.repo) if options.repo else None,
        task=options.task,
        status=tuple(options.status) if options.status else None,
        agent=options.agent,
        tags=tuple(options.tag or ()),
        archived="include" if options.all else "exclude",
    )
    return {"filter": unstructure(wanted)}


def _absolute(path: str) -> Path:
    """The path as it is meant in the present folder, which the server leaves."""
    return Path(path).expanduser().absolute()


def _format_of(output: Path | None) -> str:
    if output is None:
        return "markdown"
    for name, suffixes in FORMATS.items():
        if output.suffix.lower() in suffixes:
            return name
    known = ", ".join(suffix for suffixes in FORMATS.values() for suffix in suffixes[:1])
    raise CommandFailed(
        f"the name {output.name} tells no format: say --format, or end it with one of {known}"
    )


def _advised(error: RequestFailed) -> str:
    if error.kind == "exportFailed" and "`path`" in error.message:
        return "the text is too large for this: write it to a file with --output PATH"
    if error.kind == "exportFailed" and "overwritten" in error.message:
        return f"{error.message.rstrip('.')} (--overwrite)."
    if error.kind == "invalidParams" and "pdf" in error.message:
        return "a PDF goes to a file: give --output PATH"
    return error.message


def _write(content: str, terminal: Terminal) -> None:
    """The text as it is where it is piped; a terminal gets no control characters."""
    raw = getattr(terminal.out, "buffer", None)
    if raw is None or terminal.out.isatty():
        terminal.write(content)
        return
    terminal.out.flush()
    raw.write(content.encode("utf-8", "replace"))  # no line end changed, no character left out
    raw.flush()


async def _import(client: Client, options: argparse.Namespace, terminal: Terminal) -> int:
    params: dict[str, Any] = {
        "path": str(_absolute(options.path)),
        "from": options.from_,
        "onConflict": options.on_conflict,
        "dryRun": options.dry_run,
    }
    if options.repo:
        params["repository"] = repository_ref(options.repo)
    result = await client.call("session/import", params)
    imported = read(result, ImportSessionsResult)
    if options.json:
        terminal.say(json.dumps(result, ensure_ascii=False, indent=2))
    else:
        for line in import_lines(imported, is_dry=options.dry_run):
            terminal.say(formats.one_line(line))
        for problem in imported.problems:
            where = ", ".join(
                each for each in (problem.file, f"line {problem.line}" if problem.line else None) if each
            )
            terminal.note(formats.one_line(f"{where}: {problem.message}" if where else problem.message))
    return 1 if imported.problems and not imported.imported and not imported.skipped else 0


def import_lines(imported: ImportSessionsResult, *, is_dry: bool) -> list[str]:
    """What came of an import."""
    verb = "would be imported" if is_dry else "imported"
    told = f"{formats.plural(imported.imported, 'session')} {verb} from {imported.source}"
    if imported.skipped:
        told += f", {imported.skipped:,} skipped"
    return [told]
