"""The page on permissions means what it says: its tables and its files are tried."""

import re
from functools import partial
from pathlib import Path

import pytest

from threadkeep.adapters.permissions.rules import PermissionsFile
from threadkeep.domain.approvals import PermissionRule
from threadkeep.domain.paths import path_key
from threadkeep.domain.permissions import KINDS, Action, Scope, decide, matches
from threadkeep.domain.workspace_paths import PathRules

PAGE = (Path(__file__).parents[1] / "server" / "docs" / "permissions.md").read_text(encoding="utf-8")
PATHS = PathRules(platform="linux", resolve=str, key=partial(path_key, platform="linux"), home="/home/me")
SCOPE = Scope(folders=("/ws",), paths=PATHS)


def rows(heading: str) -> list[tuple[str, list[str], list[str]]]:
    """The rows of the table below a heading: the match, what it is about, and what not."""
    section = PAGE.split(f"### {heading}\n")[1].split("\n#")[0]
    cells = [re.split(r"(?<!\\)\|", line)[1:-1] for line in section.splitlines() if line.startswith("| `")]
    found = [[re.findall(r"`([^`]+)`", cell.replace("\\|", "|")) for cell in row] for row in cells]
    assert found
    return [(row[0][0], row[1], row[2]) for row in found]


@pytest.mark.parametrize(("match", "allowed", "others"), rows("Commands"))
def test_the_table_of_commands(match: str, allowed: list[str], others: list[str]) -> None:
    rule = PermissionRule(tool="execute", match=match, decision="allow")
    lines = {
        line: matches(rule, Action(tool="", kind="execute", command=line), SCOPE) for line in allowed + others
    }
    assert lines == {**dict.fromkeys(allowed, True), **dict.fromkeys(others, False)}


@pytest.mark.parametrize(("match", "meant", "others"), rows("Paths"))
def test_the_table_of_paths(match: str, meant: list[str], others: list[str]) -> None:
    for decision in ("allow", "deny"):
        rule = PermissionRule(tool="read", match=match, decision=decision)
        found = {
            path: matches(
                rule,
                Action(tool="", kind="read", cwd="/ws", paths=(path.replace("~", "/home/me"),)),
                SCOPE,
            )
            for path in meant + others
        }
        assert found == {**dict.fromkeys(meant, True), **dict.fromkeys(others, False)}


def test_what_the_page_says_that_a_rule_denies() -> None:
    rule = PermissionRule(tool="execute", match="rm *", decision="deny")
    told = re.search(r"`rm \*` denies (.*), and not (.*)\. It is a help", PAGE)
    assert told
    for group, is_denied in ((1, True), (2, False)):
        for line in re.findall(r"`([^`]+)`", told[group]):
            action = Action(tool="", kind="execute", command=line)
            assert (
                decide(action, mode="ask", rules=[rule], is_trusted=True, scope=SCOPE).verdict == "deny"
            ) == is_denied


@pytest.mark.parametrize("text", re.findall(r"```toml\n(.*?)```", PAGE, re.DOTALL))
def test_the_files_on_the_page_are_understood(text: str, tmp_path: Path) -> None:
    path = tmp_path / "permissions.toml"
    path.write_text(text)
    path.chmod(0o600)
    kept = PermissionsFile(path).current()
    assert kept.problems == ()
    assert len(kept.rules) == text.count("[[permissions]]")


def test_every_kind_of_tool_is_on_the_page() -> None:
    assert all(f"`{kind}`" in PAGE for kind in KINDS)
