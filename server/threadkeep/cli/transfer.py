"""The commands that write sessions to files and read them from files; loaded when one of them is given."""

import argparse
from pathlib import Path

from threadkeep.cli import formats
from threadkeep.cli.failures import CommandFailed
from threadkeep.cli.ids import find_id
from threadkeep.cli.places import absolute, make_folder_of, repository_ref
from threadkeep.cli.session_filters import filter_of, is_narrowed
from threadkeep.cli.terminal import Terminal
from threadkeep.client import Client, RequestFailed
from threadkeep.protocol.types.lists import SessionFilter
from threadkeep.protocol.types.transfer import (
    ExportSessionsParams,
    ImportSessionsParams,
    ImportSessionsResult,
    ListFormatsParams,
)


async def export(client: Client, options: argparse.Namespace, terminal: Terminal) -> int:
    """`sessions export`. Raises CommandFailed."""
    output = None if options.output in {None, "-"} else absolute(options.output)
    session_id, wanted = await _selected(client, options)
    params = ExportSessionsParams(
        session_id=session_id,
        filter=wanted,
        format=options.format or await _format_of(client, output),
        path=None if output is None else str(output),
        redact=options.redact,
        overwrite=options.overwrite,
    )
    if output is not None:
        make_folder_of(output)
    try:
        exported = await client.request(params)
    except RequestFailed as error:
        if advice := _advice(error):
            raise CommandFailed(advice) from error
        raise
    if exported.content is not None and not options.json:
        _write(exported.content, terminal)
    elif options.json:
        terminal.say_json(exported)
    if exported.path is not None and not options.json:
        terminal.say(f"{formats.plural(exported.count, 'session')} in {formats.one_line(exported.path)}")
    return 0


async def _selected(client: Client, options: argparse.Namespace) -> tuple[str | None, SessionFilter | None]:
    """The id of the one session, or what all of them have in common."""
    is_filtered = is_narrowed(options)
    if options.id is not None:
        if is_filtered or options.all:
            raise CommandFailed("give either ID, or --all or what narrows the sessions down")
        return await find_id(client, options.id), None
    if not is_filtered and not options.all:
        raise CommandFailed(
            "say which sessions: ID, --all, or e.g. --repo PATH; `threadkeep sessions list` shows them"
        )
    if options.all and options.archived is None:
        options.archived = "include"
    return None, filter_of(options)


async def _format_of(client: Client, output: Path | None) -> str:
    if output is None:
        return "markdown"
    listed = (await client.request(ListFormatsParams())).exporters
    usable = [each for each in listed if each.problem is None]
    for each in usable:
        if output.name.lower().endswith(each.extensions):
            return each.name
    known = ", ".join(each.extensions[0] for each in usable)
    raise CommandFailed(
        f"the name {output.name} tells no format: say --format, or end it with one of {known}"
    )


def _advice(error: RequestFailed) -> str | None:
    if error.kind == "exportFailed" and "`path`" in error.message:
        return "the text is too large for this: write it to a file with --output PATH"
    if error.kind == "exportFailed" and "overwritten" in error.message:
        return f"{error.message.rstrip('.')} (--overwrite)."
    if error.kind == "invalidParams" and "pdf" in error.message:
        return "a PDF goes to a file: give --output PATH"
    return None


def _write(content: str, terminal: Terminal) -> None:
    """The text as it is where it is piped; a terminal gets no control characters."""
    raw = getattr(terminal.out, "buffer", None)
    if raw is None or terminal.out.isatty():
        terminal.write(content)
        return
    terminal.out.flush()
    raw.write(content.encode("utf-8", "replace"))  # no line end changed, no character left out
    raw.flush()


async def import_(client: Client, options: argparse.Namespace, terminal: Terminal) -> int:
    """`import`; the exit code is 1 if nothing came in and something is wrong."""
    imported = await client.request(
        ImportSessionsParams(
            path=str(absolute(options.path)),
            from_=options.from_,
            on_conflict=options.on_conflict,
            dry_run=options.dry_run,
            repository=repository_ref(options.repo) if options.repo else None,
        )
    )
    if options.json:
        terminal.say_json(imported)
    else:
        for line in import_lines(imported, is_dry=options.dry_run):
            terminal.say(formats.one_line(line))
        for note in imported.notes or ():
            terminal.say(f"  {formats.one_line(note)}")
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
    if imported.updated:
        told += f" ({imported.updated:,} that {'was' if imported.updated == 1 else 'were'} here already)"
    if imported.skipped:
        told += f", {imported.skipped:,} skipped"
    if imported.problems:
        count = max(imported.problem_count, len(imported.problems))
        told += f", {formats.plural(count, 'problem')}:"
    return [told]
