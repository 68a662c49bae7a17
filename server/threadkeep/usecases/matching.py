"""Which repository a folder belongs to, by all that is known of both."""

from collections.abc import Iterable
from typing import Literal, cast

import attrs

from threadkeep.domain.repositories import Alias, Checkout, Repository
from threadkeep.ports.checkouts import Checkouts
from threadkeep.ports.store import Records

MatchedBy = Literal["id", "name", "commonDir", "origin", "path", "lastSeen", "replaced"]
"""`lastSeen`: there is nothing now where it was. `replaced`: it was there until another one took its place."""


@attrs.frozen(kw_only=True)
class Candidate:
    """A repository that a folder may belong to, and why."""

    repository: Repository
    matched_by: MatchedBy


@attrs.frozen(kw_only=True)
class Match:
    """What a folder leads to."""

    candidates: tuple[Candidate, ...] = ()
    """The strongest first, which is meant; each repository once."""
    taken: frozenset[Alias] = frozenset()
    """Aliases of the folder that belong to another repository than the one that is meant."""
    replaced: Repository | None = None
    """The repository that had the folder's place, and whose first commit is not in what lies there now."""

    @property
    def repository(self) -> Repository | None:
        """The repository that is meant; None if the folder leads to none."""
        return self.candidates[0].repository if self.candidates else None

    @property
    def is_gone(self) -> bool:
        """Whether the folder is not there, so that nothing can be learned from it."""
        return bool(self.candidates) and self.candidates[0].matched_by == "lastSeen"


def match(records: Records, checkout: Checkout, checkouts: Checkouts) -> Match:
    """The repositories that a folder's aliases lead to.

    The strongest alias decides: a folder is itself before it is another clone of something. Only a
    repository that can be shown to have been replaced has lost its place.
    """
    holders = {alias: records.repository_by_alias(alias) for alias in checkout.clues}
    found = {alias: holder for alias, holder in holders.items() if holder is not None}
    replaced = _replaced(found, checkout, checkouts)
    candidates: list[Candidate] = []
    if replaced is not None:
        found = {
            alias: holder for alias, holder in found.items() if alias.kind == "origin" or holder != replaced
        }
        candidates = [_candidate(back, "commonDir") for back in _returned(records, checkout, checkouts)]
    candidates += [_candidate(holder, cast("MatchedBy", alias.kind)) for alias, holder in found.items()]
    if not candidates and checkout.common_dir is None and not checkouts.is_present(checkout.root):
        candidates = _last_seen(records, checkout.root)
    distinct = tuple({candidate.repository.id: candidate for candidate in reversed(candidates)}.values())[
        ::-1
    ]
    meant = distinct[0].repository.id if distinct else None
    return Match(
        candidates=distinct,
        taken=frozenset(alias for alias, holder in found.items() if holder.id != meant),
        replaced=replaced,
    )


def former(records: Records, checkout: Checkout) -> list[Candidate]:
    """The repositories that are known to have begun under the folder's common directory."""
    place = checkout.common_dir
    if place is None:
        return []
    return [_candidate(each, "replaced") for each in records.repositories() if each.beginnings_at(place)]


def distinct(candidates: Iterable[Candidate]) -> tuple[Candidate, ...]:
    """Each repository once, with the first reason that is given for it."""
    found: dict[str, Candidate] = {}
    for candidate in candidates:
        found.setdefault(candidate.repository.id, candidate)
    return tuple(found.values())


def _replaced(found: dict[Alias, Repository], checkout: Checkout, checkouts: Checkouts) -> Repository | None:
    holder = next((holder for alias, holder in found.items() if alias.kind == "commonDir"), None)
    if holder is None:
        return None
    evidence = _evidence(holder, checkout, checkouts)
    return holder if evidence and all(holds is False for holds in evidence) else None


def _returned(records: Records, checkout: Checkout, checkouts: Checkouts) -> list[Repository]:
    """Repositories that began under this common directory with a commit that is there again."""
    return [
        candidate.repository
        for candidate in former(records, checkout)
        if True in _evidence(candidate.repository, checkout, checkouts)
    ]


def _evidence(repository: Repository, checkout: Checkout, checkouts: Checkouts) -> list[bool | None]:
    known = repository.beginnings_at(checkout.common_dir or "")
    return [checkouts.holds(checkout, beginning.commit) for beginning in known]


def _last_seen(records: Records, root: str) -> list[Candidate]:
    """The one repository that had a folder where nothing is now; a doubtful one is none."""
    seen = [_candidate(each, "lastSeen") for each in records.repositories() if root in each.roots]
    return seen if len(seen) == 1 else []


def _candidate(repository: Repository, matched_by: MatchedBy) -> Candidate:
    return Candidate(repository=repository, matched_by=matched_by)
