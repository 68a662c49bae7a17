"""The beginning of an id means the only session that begins so."""

import pytest

from tests.support.kept_sessions import KeptSessions, a_session
from threadkeep.cli.failures import CommandFailed
from threadkeep.cli.ids import find_id, find_session, find_sessions
from threadkeep.client import RequestFailed

FIRST = "0195518a-3c00-7d1a-9f42-6b1c2e8a4d10"
SECOND = "0195518a-3c00-7d1a-9f42-6b1c2e8a4d11"
OTHER = "f0a1b2c3-0000-4000-8000-000000000000"
MADE = "2025-03-01T11:49:20.000Z"
"""The time in the first two."""


def kept() -> KeptSessions:
    return KeptSessions(
        a_session(FIRST, createdAt=MADE),
        a_session(SECOND, createdAt=MADE),
        a_session(OTHER),
        a_session("s1"),
        a_session("s12"),
    )


@pytest.mark.parametrize(
    ("text", "found"),
    [(FIRST, FIRST), (SECOND, SECOND), ("f0", OTHER), ("f0a1b2c3-", OTHER), ("s1", "s1"), ("s12", "s12")],
)
async def test_a_whole_id_or_the_beginning_of_one_is_found(text: str, found: str) -> None:
    client = kept()
    assert await find_id(client, text) == found
    assert (await find_session(client, text)).id == found


async def test_a_whole_id_is_taken_as_it_is() -> None:
    client = kept()
    await find_id(client, FIRST)
    assert client.asked == []


@pytest.mark.parametrize("text", ["0", "0195518a-3c00-7d1a-9f42-6b1c2e8a4d1"])
async def test_what_several_begin_with_is_refused_with_their_names(text: str) -> None:
    with pytest.raises(CommandFailed, match="more than one session begins with") as failure:
        await find_id(kept(), text)

    assert failure.value.lines == (f"{FIRST}  Talk", f"{SECOND}  Talk")


async def test_very_many_are_not_all_listed() -> None:
    client = KeptSessions(*(a_session(f"many{number:03}") for number in range(300)))
    with pytest.raises(CommandFailed) as failure:
        await find_id(client, "many")

    assert len(failure.value.lines) == 11
    assert failure.value.lines[-1] == "…"


@pytest.mark.parametrize("text", ["x", "0195518b", "", " ", "0195518a-3c00-7d1a-9f42-6b1c2e8a4d12"])
async def test_what_no_session_begins_with_is_told_by_the_server(text: str) -> None:
    with pytest.raises(RequestFailed, match="There is no session"):
        await find_session(kept(), text)


async def test_a_session_is_found_on_a_later_page_and_in_the_trash() -> None:
    sessions = [*(a_session(f"many{number:03}") for number in range(300)), a_session("one", trashedAt="then")]
    assert await find_id(KeptSessions(*sessions), "on") == "one"


async def test_several_are_found_each_once() -> None:
    client = kept()
    found = await find_sessions(client, ["f0", "s1", "f0", "f0a1b2c3", SECOND])
    assert [session.id for session in found] == [OTHER, "s1", SECOND]
    with pytest.raises(RequestFailed, match="There is no session 'oops'"):
        await find_sessions(client, ["f0", "oops"])


async def test_only_what_begins_so_is_asked_for() -> None:
    client = kept()
    await find_id(client, "f0")
    (asked,) = [params for method, params in client.asked if method == "session/list"]
    assert asked["filter"] == {"idPrefix": "f0", "archived": "include", "trashed": "include", "tags": []}
    assert asked["limit"] == 11
