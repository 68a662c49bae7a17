"""Requests that find texts: a part of the methods table."""

from threadkeep.protocol.method import Method
from threadkeep.protocol.types import search

SEARCH_METHODS: tuple[Method, ...] = (
    Method(
        name="session/search",
        topic="search",
        unordered=True,
        params=search.SearchSessionsParams,
        result=search.SearchSessionsResult,
        errors=("sessionNotFound", "repositoryNotFound", "invalidCursor", "extraMissing"),
        cancellable=True,
        doc="Finds text in messages, titles, notes and tags.",
    ),
)
