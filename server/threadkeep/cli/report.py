"""Writes the report: asks the server, draws the page, puts it into its file as a whole."""

import argparse
import os
import tempfile
from contextlib import suppress
from datetime import datetime
from pathlib import Path

from threadkeep.cli import formats
from threadkeep.cli.failures import CommandFailed
from threadkeep.cli.places import absolute, make_folder_of
from threadkeep.cli.report_data import fetch
from threadkeep.cli.report_page import MARK, page
from threadkeep.cli.terminal import Terminal
from threadkeep.client import Client


async def show_report(client: Client, options: argparse.Namespace, terminal: Terminal) -> int:
    """Writes the page, and tells where it is."""
    to_stdout = options.output == "-"
    if to_stdout and (options.json or options.open):
        raise CommandFailed("give --output a file: standard output holds the page")
    path = absolute(options.output or "threadkeep-report.html")
    if not to_stdout:
        check_free(path, is_named=options.output is not None)
    text = page(await fetch(client, options, now=datetime.now().astimezone()))
    if to_stdout:
        terminal.write(text)
        return 0
    make_folder_of(path)
    write_whole(path, text)
    if options.json:
        terminal.say_json({"path": str(path), "bytes": len(text.encode())})
    else:
        terminal.say(str(path))
        terminal.note(f"{formats.size(len(text.encode()))}, for any browser.")
    if options.open:
        import webbrowser

        webbrowser.open(path.as_uri())
    return 0


def check_free(path: Path, *, is_named: bool) -> None:
    """Raises CommandFailed where something else than an earlier report would be lost."""
    if path.is_dir():
        raise CommandFailed(f"{path} is a folder: give --output the name of a file")
    if not path.exists():
        return
    try:
        with path.open("rb") as file:
            is_report = MARK.encode() in file.read(1024)
    except OSError as error:
        raise CommandFailed(f"{path} cannot be read ({error.strerror}): give another --output") from error
    if not is_report:
        other = "another --output" if is_named else "--output FILE"
        raise CommandFailed(f"{path} is there and is no report: move it away, or give {other}")


def write_whole(path: Path, text: str) -> None:
    """Writes the file whole or not at all. Raises CommandFailed."""
    name = ""
    try:
        with tempfile.NamedTemporaryFile(
            "w", encoding="utf-8", newline="\n", dir=path.parent, prefix=f".{path.name}.", delete=False
        ) as file:
            name = file.name
            file.write(text)
        os.replace(name, path)  # noqa: PTH105 - a name is at hand
    except OSError as error:
        if name:
            with suppress(OSError):
                Path(name).unlink()
        raise CommandFailed(f"{path} cannot be written ({error.strerror}): give another --output") from error
