"""Examines the whole store, and repairs it step by step, each in transactions of its own."""

import time
from collections.abc import Sequence
from typing import Any, Final

from threadkeep.adapters.store.changes import SqliteChanges
from threadkeep.adapters.store.doctor.counters import COUNTERS
from threadkeep.adapters.store.doctor.documents import BROKEN, COLUMNS
from threadkeep.adapters.store.doctor.examination import TOLD, Examination, RepairContext
from threadkeep.adapters.store.doctor.leftovers import LEFTOVERS
from threadkeep.adapters.store.doctor.lists import LISTS
from threadkeep.adapters.store.doctor.pages import find_damage, is_in_indexes, rebuild_indexes, write_anew
from threadkeep.adapters.store.doctor.parts import STRAY_PARTS
from threadkeep.adapters.store.doctor.rescued import TakingIn, find_rescued
from threadkeep.adapters.store.doctor.search import SEARCH, index_messages
from threadkeep.adapters.store.doctor.sessions import REPOSITORIES, SESSIONS, TURNS
from threadkeep.adapters.store.doctor.totals import TOTALS_TABLE
from threadkeep.adapters.store.doctor.tree import ORPHANS, TREE
from threadkeep.adapters.store.doctor.usage import USAGE_TABLE
from threadkeep.adapters.store.engine.storage import SqliteStorage
from threadkeep.adapters.store.erasing import PAUSE_SECONDS, STEP_SECONDS
from threadkeep.adapters.store.migrations import Schema
from threadkeep.adapters.store.tables.quarantine import Quarantine
from threadkeep.domain.errors import StoreError
from threadkeep.ports.upkeep import Problem
from threadkeep.values import Value, evolve

EXAMINATIONS: Final[Sequence[Examination]] = (
    BROKEN,
    COLUMNS,
    ORPHANS,
    REPOSITORIES,
    TREE,
    TURNS,
    SESSIONS,
    COUNTERS,
    LEFTOVERS,
    STRAY_PARTS,
    LISTS,
    USAGE_TABLE,
    SEARCH,
    TOTALS_TABLE,
)
"""In this order: each relies on what those before it have put right."""

AT_ONCE: Final = 200
"""Findings that one transaction repairs at most: fewer where they take long, so that nobody waits for it."""

_CHANGES_WORDS: Final = {"damagedPages", BROKEN.kind}
"""After their repair the search index holds words that are gone, though it is whole."""


def examine(storage: SqliteStorage) -> dict[str, Problem]:
    """The problems by kind. Behind what keeps all else from being read nothing more is looked at."""
    damage = find_damage(storage)
    if damage:
        problem = _pages_problem(damage)
        return {problem.kind: problem}
    found: dict[str, Problem] = {}
    rescued = find_rescued(storage.path.parent)
    if rescued is not None:
        found[rescued.kind] = rescued
    for examination in EXAMINATIONS:
        try:
            findings = _findings(storage, examination)
        except StoreError as error:
            found[examination.kind] = Problem(kind=examination.kind, message=error.message, count=1)
            continue
        if findings:
            found[examination.kind] = _problem(examination, findings)
        if findings and examination is BROKEN:
            break
    return found


class Repair(Value):
    """One repair of a store that is not healthy; its backup has been made."""

    storage: SqliteStorage
    schema: Schema
    quarantine: Quarantine

    def run(self) -> list[Problem]:
        """Repairs what it can and looks again; gives every problem, repaired or not. Raises StoreError
        where nothing can be looked at any more."""
        told = self._pages()
        for examination in EXAMINATIONS:
            problem = self._treated(examination, is_due=bool(_CHANGES_WORDS & told.keys()))
            if problem is not None:
                told[problem.kind] = problem
            if examination is BROKEN:  # whatever of it cannot be read is out of the way
                told |= self._rescued()
        left = examine(self.storage)
        problems = [evolve(problem, is_repaired=kind not in left) for kind, problem in told.items()]
        return problems + [problem for kind, problem in left.items() if kind not in told]

    def _pages(self) -> dict[str, Problem]:
        damage = find_damage(self.storage)
        if not damage:
            return {}
        problem = _pages_problem(damage)
        try:
            if is_in_indexes(damage):
                rebuild_indexes(self.storage)
                done = "the indexes were built anew."
            else:
                lost = write_anew(self.storage, schema=self.schema)
                done = f"all that can be read was written anew; not to be read any more: {lost}."
        except StoreError as error:
            done = error.message
        return {problem.kind: evolve(problem, message=f"{problem.message} Repair: {done}")}

    def _rescued(self) -> dict[str, Problem]:
        taking = TakingIn(storage=self.storage, schema=self.schema, quarantine=self.quarantine)
        problem = taking.run()
        return {problem.kind: problem} if problem is not None else {}

    def _treated(self, examination: Examination, *, is_due: bool) -> Problem | None:
        problem = None
        try:
            findings = _findings(self.storage, examination)
            if findings:
                problem = _problem(examination, findings)
            elif examination is SEARCH and is_due:
                findings = ["words of what was repaired"]
            self._repair(examination, findings)
            if examination is SEARCH and findings:
                index_messages(self.storage)
        except StoreError as error:
            before = problem or Problem(kind=examination.kind, message=examination.tell, count=1)
            return evolve(before, message=f"{before.message} Repair: {error.message}")
        return problem

    def _repair(self, examination: Examination, findings: Sequence[Any]) -> None:
        start, at_once = 0, 1
        while start < len(findings):
            began = time.monotonic()
            with self.storage.transaction():
                examination.repair(self._context(), findings[start : start + at_once])
            start += at_once
            took = time.monotonic() - began
            at_once = min(AT_ONCE, at_once * 2) if took < STEP_SECONDS / 2 else max(1, at_once // 2)
            time.sleep(PAUSE_SECONDS)

    def _context(self) -> RepairContext:
        return RepairContext(
            storage=self.storage,
            changes=SqliteChanges(self.storage),
            quarantine=self.quarantine,
            at=self.quarantine.at,
        )


def _findings(storage: SqliteStorage, examination: Examination) -> Sequence[Any]:
    with storage.snapshot():
        return examination.find(storage)


def _problem(examination: Examination, findings: Sequence[Any]) -> Problem:
    return Problem(kind=examination.kind, message=examination.message(findings), count=len(findings))


def _pages_problem(damage: Sequence[str]) -> Problem:
    places = "; ".join(" ".join(text.split()) for text in damage[:TOLD])
    more = f"; and {len(damage) - TOLD} more" if len(damage) > TOLD else ""
    if is_in_indexes(damage):
        message = f"Indexes of the file are damaged: {places}{more}; a repair builds them anew."
        return Problem(kind="damagedIndexes", message=message, count=len(damage))
    message = (
        f"Pages of the file are damaged: {places}{more}; a repair writes anew all that can still be read."
    )
    return Problem(kind="damagedPages", message=message, count=len(damage))
