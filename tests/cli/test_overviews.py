"""What `sessions repositories` and `sessions tasks` ask for and show."""

import io
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.support.kept_sessions import AT
from threadkeep.cli.arguments import build_parser
from threadkeep.cli.failures import CommandFailed
from threadkeep.cli.formats import moment, path_of
from threadkeep.cli.places import repository_ref
from threadkeep.cli.terminal import Terminal
from threadkeep.client import Client

COUNTS = {"sessionCount": 1200, "archivedCount": 2, "trashedCount": 0, "lastActivityAt": AT}
GARDEN = {"id": "r1", "name": "garden", "roots": [{"uri": "file:///gone", "present": False}]}
NOTES = {"id": "r2", "name": "notes", "roots": []}


class Pages(Client):
    """Gives one entry a page, and remembers what it was asked."""

    def __init__(self, name: str, *entries: dict[str, Any], **beside: Any) -> None:
        self.name, self.entries, self.beside = name, entries, beside
        self.asked: list[Mapping[str, Any]] = []

    async def call(self, method: str, params: Mapping[str, Any] | None = None) -> Any:
        assert params is not None
        self.asked.append(params)
        at = int(params.get("cursor", 0))
        more = {"nextCursor": str(at + 1)} if at + 1 < len(self.entries) else {}
        return {self.name: list(self.entries[at : at + 1]), **self.beside, **more}


async def run(client: Pages, *arguments: str, width: int | None = None) -> tuple[list[str], str]:
    """The lines of standard output, and standard error."""
    out, err = io.StringIO(), io.StringIO()
    options = build_parser().parse_args(["sessions", *arguments])
    assert (
        await options.show(client, options, Terminal(keyboard=io.StringIO(), out=out, err=err, width=width))
        == 0
    )
    return out.getvalue().splitlines(), err.getvalue()


def repositories() -> Pages:
    return Pages(
        "repositories",
        {**COUNTS, "repository": GARDEN, "isOrphan": True},
        {"repository": NOTES, "isOrphan": False, "sessionCount": 0, "archivedCount": 0, "trashedCount": 0},
    )


async def test_repositories_are_a_table_with_their_folders() -> None:
    client = repositories()
    lines, notes = await run(client, "repositories", "--orphans")

    gone = path_of("file:///gone")
    assert lines == [
        "LAST ACTIVITY     SESSIONS  ARCHIVED  TRASH  REPOSITORY  ID  FOLDER",
        f"{moment(AT)}  1,200     2         0      garden      r1  {gone} (gone)",
        "-                 0         0         0      notes       r2  (none: r2)",
    ]
    assert notes == ""
    assert [params["isOrphan"] for params in client.asked] == [True, True]


async def test_people_are_spared_the_ids_of_repositories() -> None:
    lines, _ = await run(repositories(), "repositories", width=80)
    assert lines[0] == "LAST ACTIVITY     SESSIONS  ARCHIVED  TRASH  REPOSITORY  FOLDER"


async def test_what_is_left_out_is_told() -> None:
    lines, notes = await run(repositories(), "repositories", "--limit", "1")
    assert (len(lines), notes) == (2, "1 shown, there are more: --limit N shows them.\n")


async def test_tasks_are_those_of_the_present_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    client = Pages("tasks", {**COUNTS, "task": "main", "isCheckedOut": True}, repository=GARDEN)
    lines, _ = await run(client, "tasks")

    assert lines[1] == f"{moment(AT)}  1,200     2         0      main (checked out)"
    assert [params["repository"] for params in client.asked] == [repository_ref(str(tmp_path))]


async def test_a_repository_that_nobody_knows_has_no_tasks(tmp_path: Path) -> None:
    assert await run(Pages("tasks"), "tasks", "--repo", str(tmp_path)) == (
        [],
        "No session is kept for this repository.\n",
    )
    with pytest.raises(CommandFailed, match="there is no such folder"):
        await run(Pages("tasks"), "tasks", "--repo", str(tmp_path / "gone"))
