"""Requests that look after the store: a part of the methods table."""

from threadkeep.protocol.method import Method
from threadkeep.protocol.types import organise, upkeep

_STORE = ("storeUnavailable", "storeNewer")

UPKEEP_METHODS: tuple[Method, ...] = (
    Method(
        name="store/doctor",
        topic="upkeep",
        unordered=True,
        params=upkeep.CheckStoreParams,
        result=upkeep.CheckStoreResult,
        errors=_STORE,
        doc="Looks at the whole store for damage, and repairs it after a backup, if asked.",
    ),
    Method(
        name="store/backup",
        topic="upkeep",
        unordered=True,
        params=upkeep.BackUpStoreParams,
        result=upkeep.BackUpStoreResult,
        errors=(*_STORE, "storeCorrupt"),
        doc="Copies the store into one file while it is in use.",
    ),
    Method(
        name="store/cleanup",
        topic="organise",
        unordered=True,
        params=organise.CleanUpParams,
        result=organise.CleanUpResult,
        errors=(*_STORE, "repositoryNotFound"),
        doc="Puts sessions into the trash that nobody has used for long, or previews them (dry run).",
    ),
)
