"""The generated files are fresh, and a stale one is named."""

import ast
import json
import shutil
from pathlib import Path

import pytest

from threadkeep.protocol import names
from threadkeep.protocol.__main__ import COMMAND, PAGE, generated, main
from threadkeep.protocol.methods import METHODS, NOTIFICATIONS, REQUESTS
from threadkeep.protocol.schema import json_schema, meta

pytestmark = pytest.mark.medium

ROOT = Path(__file__).parents[2]


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A folder with the hand-written page and nothing generated."""
    (tmp_path / PAGE).parent.mkdir(parents=True)
    shutil.copy(ROOT / PAGE, tmp_path / PAGE)
    return tmp_path


def test_the_generated_files_of_this_checkout_are_fresh(capsys: pytest.CaptureFixture[str]) -> None:
    status = main(["--check"], root=ROOT)
    assert capsys.readouterr().err == ""
    assert status == 0


def test_a_missing_or_changed_file_is_named_with_the_command_that_repairs_it(
    checkout: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["--check"], root=checkout) == 1
    told = capsys.readouterr().err
    assert "editor-clients/vscode/src/protocol.ts is stale\n" in told
    assert told.endswith(f"Run: {COMMAND}\n")
    assert not (checkout / "editor-clients").exists()


def test_what_was_written_is_fresh(checkout: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([], root=checkout) == 0
    assert "wrote editor-clients/protocol.schema.json\n" in capsys.readouterr().out
    assert main(["--check"], root=checkout) == 0
    assert main([], root=checkout) == 0
    assert capsys.readouterr().out == ""


def test_a_folder_that_is_no_checkout_is_left_alone(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([], root=tmp_path) == 1
    assert "is not a checkout" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_prose_stays_and_tables_are_written_anew(checkout: Path) -> None:
    page = checkout / PAGE
    fresh = page.read_text(encoding="utf-8")
    page.write_text(
        fresh.replace("# The protocol", "# Ours").replace("| `draft/set` |", "| x |"), encoding="utf-8"
    )
    assert main([], root=checkout) == 0
    assert page.read_text(encoding="utf-8") == fresh.replace("# The protocol", "# Ours")


def test_a_page_without_its_markers_is_refused(checkout: Path) -> None:
    page = checkout / PAGE
    page.write_text(page.read_text(encoding="utf-8").replace("<!-- end types -->", ""), encoding="utf-8")
    with pytest.raises(ValueError, match="<!-- end types -->"):
        main([], root=checkout)


def test_every_generated_file_says_so_and_how() -> None:
    for path, text in generated(ROOT).items():
        assert COMMAND in "".join(text.splitlines()[:2]), path
        assert text.endswith("\n"), path
        assert "\r" not in text, path


def test_the_names_are_those_of_the_table_and_import_nothing() -> None:
    assert set(names.REQUEST_NAMES) == set(REQUESTS)
    assert set(names.NOTIFICATION_NAMES) == set(NOTIFICATIONS)
    tree = ast.parse(Path(names.__file__).read_text(encoding="utf-8"))
    assert not [node for node in ast.walk(tree) if isinstance(node, ast.Import | ast.ImportFrom)]


def test_the_json_files_hold_what_a_server_gives() -> None:
    for name, value in (("schema", json_schema()), ("meta", meta())):
        text = (ROOT / f"editor-clients/protocol.{name}.json").read_text(encoding="utf-8")
        assert {key: each for key, each in json.loads(text).items() if key != "$comment"} == value


@pytest.mark.parametrize("client", ["vscode/src/protocol.ts", "neovim/lua/threadkeep/protocol.lua"])
def test_clients_get_every_method_and_type(client: str) -> None:
    text = (ROOT / "editor-clients" / client).read_text(encoding="utf-8")
    assert [method.name for method in METHODS if f'"{method.name}"' not in text] == []
    assert [name for name in json_schema()["$defs"] if name not in text] == []


def test_every_link_of_the_page_has_a_heading() -> None:
    lines = (ROOT / PAGE).read_text(encoding="utf-8").splitlines()
    anchors = [
        line.lstrip("#").strip().lower().replace(" ", "-").replace(",", "")
        for line in lines
        if line.startswith("#")
    ]
    linked = {part.partition(")")[0] for line in lines for part in line.split("](#")[1:]}
    assert linked <= set(anchors)
    assert sorted(anchors) == sorted(set(anchors))
