"""The rules of `permissions.toml`."""

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final, cast

from threadkeep.adapters.permissions.tables import Tables, TablesFile, problems_of_file
from threadkeep.config.suggestions import did_you_mean
from threadkeep.domain.approvals import PermissionRule, Verdict
from threadkeep.domain.errors import InvalidValue
from threadkeep.domain.permissions import VERDICTS, rule_trouble
from threadkeep.ports.permissions import KeptRules

_ASK_ALWAYS: Final = PermissionRule(tool="*", decision="ask")
_MEMBERS: Final = {
    "tool": "tool",
    "match": "match",
    "decision": "decision",
    "repository": "repository",
    "sessionId": "session_id",
}


class PermissionsFile:
    """Implements `PermissionRules` by a file of tables `[[permissions]]`."""

    def __init__(self, path: Path) -> None:
        """path: the file, which need not exist."""
        self._tables = TablesFile(path, "permissions")

    def current(self) -> KeptRules:
        """The rules; see the port."""
        found, problems = _rules(self._tables.read())
        rules = tuple(rule for rule in found if rule is not None)
        return KeptRules(rules=(_ASK_ALWAYS, *rules) if problems else rules, problems=problems)

    def insert(self, rule: PermissionRule, *, before: Callable[[PermissionRule], bool]) -> None:
        """Keeps a rule; see the port."""
        if clause := rule_trouble(rule):
            raise InvalidValue("rule", clause)
        table = {
            name: value for name, member in _MEMBERS.items() if (value := getattr(rule, member)) is not None
        }
        with self._tables.changing() as tables:
            rules, _ = _rules(tables)
            at = next((n for n, each in enumerate(rules) if each is not None and before(each)), len(rules))
            if rule not in rules[: at + 1]:
                self._tables.write(tables, tables.with_table(at, table))


def _rules(tables: Tables) -> tuple[list[PermissionRule | None], tuple[str, ...]]:
    """The rule of each table, None for one that cannot be understood, and what is wrong."""
    problems: list[str] = list(problems_of_file(tables))
    rules: list[PermissionRule | None] = []
    for number, row in enumerate(tables.rows):
        troubles = list(_troubles(tables, number, row))
        rule = None
        if not troubles:
            members = {_MEMBERS[name]: value for name, value in row.items()}
            rule = PermissionRule(**{**members, "decision": cast("Verdict", row["decision"])})
            clause = rule_trouble(rule)
            if clause is not None:
                key = "tool" if clause.startswith("`tool`") else "match"
                troubles.append(f"{tables.place(number, key)}: {clause}.")
                rule = None
        problems += troubles
        rules.append(rule)
    if problems:
        problems.append("Until this is mended, you are asked about everything that is not denied.")
    return rules, tuple(problems)


def _troubles(tables: Tables, number: int, row: Any) -> Iterator[str]:
    """What is wrong with the members of a rule: sentences with their place."""
    if not isinstance(row, Mapping):
        yield f"{tables.place(number)}: is not a table: write [[permissions]] and its keys below."
        return
    for name, value in row.items():
        if name not in _MEMBERS:
            yield f'{tables.place(number, name)}: unknown key "{name}". {did_you_mean(name, known=_MEMBERS)}'
        elif not isinstance(value, str) or (name in ("repository", "sessionId") and not value.strip()):
            yield f"{tables.place(number, name)}: `{name}` must be a text, between quotes."
    for name in ("tool", "decision"):
        if name not in row:
            yield f"{tables.place(number)}: `{name}` is missing."
    decision = row.get("decision")
    if isinstance(decision, str) and decision not in VERDICTS:
        yield (
            f'{tables.place(number, "decision")}: "{decision}" is no decision. {did_you_mean(decision, known=VERDICTS)}'
        )
