"""What the commands of export and import ask a server for, and what they say."""

import io
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from threadkeep.cli.arguments import build_parser
from threadkeep.cli.failures import CommandFailed
from threadkeep.cli.terminal import Terminal
from threadkeep.client import Client, RequestFailed

ID = "0195518a-3c00-7d1a-9f42-6b1c2e8a4d10"
IMPORTED = {"source": "codex", "imported": 2, "skipped": 1, "sessionIds": ["a", "b"], "problems": []}

EXPORTERS = [
    {
        "name": name,
        "label": name,
        "extensions": extensions,
        "lossless": False,
        "needsPath": False,
        "origin": "threadkeep",
    }
    for name, extensions in (
        ("json", [".json"]),
        ("jsonl", [".jsonl", ".ndjson"]),
        ("csv", [".csv"]),
        ("markdown", [".md"]),
        ("text", [".txt"]),
        ("html", [".html", ".htm"]),
        ("pdf", [".pdf"]),
        ("stars", [".csv.gz", ".stars"]),
    )
]


class FakeClient(Client):
    """Answers with what it is given, and remembers what it was asked."""

    def __init__(self, answer: Mapping[str, Any] | Exception) -> None:
        self.answer = answer
        self.asked: list[tuple[str, Mapping[str, Any]]] = []

    async def call(self, method: str, params: Mapping[str, Any] | None = None) -> Any:
        assert params is not None
        if method == "format/list":
            return {"exporters": EXPORTERS, "importers": []}
        self.asked.append((method, params))
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


def a_terminal() -> Terminal:
    return Terminal(
        keyboard=io.StringIO(), out=io.TextIOWrapper(io.BytesIO(), encoding="latin-1"), err=io.StringIO()
    )


def said(terminal: Terminal) -> bytes:
    terminal.out.flush()
    buffer: Any = terminal.out.buffer
    return bytes(buffer.getvalue())


async def run(
    answer: Mapping[str, Any] | Exception, *arguments: str
) -> tuple[int, Mapping[str, Any], Terminal]:
    options, client, terminal = build_parser().parse_args(arguments), FakeClient(answer), a_terminal()
    code = await options.show(client, options, terminal)
    return code, client.asked[0][1], terminal


def refused(kind: str, message: str) -> RequestFailed:
    return RequestFailed(code=1021, kind=kind, message=message, data={})


async def test_one_session_goes_to_standard_output_as_it_is() -> None:
    _, params, terminal = await run({"content": "ü\r\n\x1b[1m", "count": 1}, "sessions", "export", ID)
    assert params == {"sessionId": ID, "format": "markdown", "redact": False, "overwrite": False}
    assert said(terminal) == "ü\r\n\x1b[1m".encode()


async def test_what_narrows_becomes_a_filter_and_the_name_tells_the_format() -> None:
    answer = {"path": "/x/out.csv", "count": 3}
    _, params, terminal = await run(
        answer,
        *[
            "sessions",
            "export",
            "--task",
            "main",
            "--tag",
            "a",
            "--tag",
            "b",
            "--status",
            "ended",
            "--redact",
            "--output",
            "out.csv",
        ],
    )
    assert params["filter"]["task"] == "main"
    assert (params["filter"]["tags"], params["filter"]["status"]) == (["a", "b"], ["ended"])
    assert (params["filter"]["archived"], params["redact"], params["format"]) == ("exclude", True, "csv")
    assert params["path"] == str(Path.cwd() / "out.csv")
    assert said(terminal) == b"3 sessions in /x/out.csv\n"


async def test_all_sessions_are_the_archived_ones_too() -> None:
    _, params, terminal = await run(
        {"path": "/x", "count": 1},
        *["sessions", "export", "--all", "--output", "x.json", "--overwrite", "--json"],
    )
    assert (params["filter"]["archived"], params["overwrite"]) == ("include", True)
    assert json.loads(said(terminal)) == {"path": "/x", "count": 1}


@pytest.mark.parametrize(
    ("name", "format_"),
    [
        ("a.json", "json"),
        ("a.JSONL", "jsonl"),
        ("a.ndjson", "jsonl"),
        ("a.md", "markdown"),
        ("a.txt", "text"),
        ("a.htm", "html"),
        ("a.pdf", "pdf"),
        ("a.STARS", "stars"),
        ("a.csv.gz", "stars"),
    ],
)
async def test_the_name_of_the_file_tells_the_format(name: str, format_: str) -> None:
    _, params, _ = await run({"path": "/x", "count": 1}, "sessions", "export", ID, "--output", name)
    assert params["format"] == format_
    _, params, _ = await run(
        {"path": "/x", "count": 1}, "sessions", "export", ID, "--output", name, "--format", "csv"
    )
    assert params["format"] == "csv"


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ([], "which sessions"),
        ([ID, "--all"], "either ID"),
        ([ID, "--task", "main"], "either ID"),
        ([ID, "--output", "a.docx"], "--format"),
        ([ID, "--output", "noend"], "--format"),
    ],
)
async def test_a_command_that_cannot_be_meant_says_what_to_do(arguments: list[str], told: str) -> None:
    with pytest.raises(CommandFailed, match=told):
        await run({"count": 0}, "sessions", "export", *arguments)


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (refused("exportFailed", "The text is larger than …: give `path`, …"), "--output"),
        (refused("exportFailed", "/x is there already: …, or let it be overwritten."), "--overwrite"),
        (refused("invalidParams", "path: must be given: pdf cannot be …"), "--output"),
        (refused("exportFailed", "/x could not be written: No space left on device."), "No space left"),
    ],
)
async def test_a_refusal_is_told_in_the_words_of_the_command_line(error: RequestFailed, told: str) -> None:
    with pytest.raises((CommandFailed, RequestFailed), match=told):
        await run(error, "sessions", "export", ID)


@pytest.mark.parametrize("command", [("import",), ("sessions", "import")])
async def test_an_import_asks_for_the_path_as_it_is_meant_here(command: tuple[str, ...]) -> None:
    code, params, terminal = await run(
        IMPORTED, *command, "history", "--from", "codex", "--on-conflict", "newer"
    )
    assert params == {
        "path": str(Path.cwd() / "history"),
        "from": "codex",
        "onConflict": "newer",
        "dryRun": False,
    }
    assert (code, said(terminal)) == (0, b"2 sessions imported from codex, 1 skipped\n")


async def test_a_dry_run_and_a_repository_are_passed_on(tmp_path: Path) -> None:
    _, params, terminal = await run(IMPORTED, "import", "x", "--dry-run", "--repo", str(tmp_path))
    assert (params["dryRun"], params["repository"]) == (True, tmp_path.as_uri())
    assert said(terminal).startswith(b"2 sessions would be imported from codex")


async def test_problems_are_told_beside_and_fail_the_command_where_nothing_came_in() -> None:
    problems = [{"message": "Noise.", "line": 3, "file": "a.jsonl"}, {"message": "More."}]
    code, _, terminal = await run({**IMPORTED, "problems": problems}, "import", "x")
    assert isinstance(terminal.err, io.StringIO)
    assert (code, terminal.err.getvalue()) == (0, "a.jsonl, line 3: Noise.\nMore.\n")
    nothing = {**IMPORTED, "imported": 0, "skipped": 0, "problems": problems, "problemCount": 2}
    code, _, terminal = await run(nothing, "import", "x", "--json")
    assert (code, json.loads(said(terminal))) == (1, nothing)


async def test_what_became_of_sessions_that_were_here_is_told_in_words() -> None:
    note = "The session 'a' grew by 4 messages."
    code, _, terminal = await run({**IMPORTED, "updated": 1, "notes": [note]}, "import", "x")
    assert code == 0
    assert said(terminal).decode() == (
        f"2 sessions imported from codex (1 that was here already), 1 skipped\n  {note}\n"
    )


async def test_an_export_takes_every_filter_of_the_lists(tmp_path: Path) -> None:
    output = tmp_path / "not" / "yet" / "x.jsonl"
    flags = ["--link", "issue:P-1", "--favourite", "--min-messages", "2", "--output", str(output)]
    _, params, _ = await run({"path": str(output), "count": 1}, "sessions", "export", *flags)
    wanted = params["filter"]
    assert (wanted["link"], wanted["isFavourite"], wanted["minMessages"]) == (
        {"kind": "issue", "value": "P-1"},
        True,
        2,
    )
    assert output.parent.is_dir()


async def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(CommandFailed, match="cannot be made"):
        await run({"count": 0}, "sessions", "export", ID, "--output", str(tmp_path / "file" / "x.json"))
