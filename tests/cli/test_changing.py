"""The commands that change sessions and messages: what they ask for, and that they tell the truth."""

import argparse
import io
import json
from typing import Any

import pytest

from tests.support.kept_sessions import AT, KeptSessions, Keys, a_message, a_session
from threadkeep.cli.arguments import build_parser
from threadkeep.cli.failures import CommandFailed
from threadkeep.cli.terminal import Terminal
from threadkeep.client import RequestFailed


class Console:
    """Runs commands on sessions in memory."""

    def __init__(self, client: KeptSessions, *, typed: str | None = None) -> None:
        self.client = client
        self.out = io.StringIO()
        self.err = io.StringIO() if typed is None else Keys()
        keyboard = io.StringIO() if typed is None else Keys(typed)
        self._terminal = Terminal(keyboard=keyboard, out=self.out, err=self.err)

    async def run(self, *arguments: str) -> int:
        options: argparse.Namespace = build_parser().parse_args(["sessions", *arguments])
        return int(await options.show(self.client, options, self._terminal))

    @property
    def lines(self) -> list[str]:
        return self.out.getvalue().splitlines()


def one(**fields: Any) -> KeptSessions:
    return KeptSessions(a_session("s1", **fields))


@pytest.mark.parametrize(
    ("name", "before", "told", "again"),
    [
        ("pause", {}, "is paused", "was paused already"),
        ("resume", {"status": "paused"}, "goes on", "was not paused"),
        ("end", {}, "has ended", "had ended already"),
        ("archive", {}, "is archived", "was archived already"),
        ("unarchive", {"archivedAt": AT}, "is back in the lists", "was not archived"),
        ("delete", {}, "is in the trash", "was in the trash already"),
        ("restore", {"trashedAt": AT}, "is back", "was not in the trash"),
    ],
)
async def test_a_state_is_changed_once(name: str, before: dict[str, Any], told: str, again: str) -> None:
    console = Console(one(**before))
    assert [await console.run(name, "s1", "--reason", "why") for _ in range(2)] == [0, 0]

    assert console.lines == [f"s1  Talk: {told}", f"s1  Talk: {again}"]
    assert console.client.changes == [(f"session/{name}", {"sessionId": "s1", "reason": "why"})]


async def test_a_session_that_refuses_is_named_and_the_others_are_changed() -> None:
    client = KeptSessions(*(a_session(f"s{number}") for number in (1, 2, 3)))
    client.refuses["s2"] = "A session that is ended cannot become paused."
    console = Console(client)

    assert await console.run("pause", "s1", "s2", "s3") == 1
    assert console.lines == ["s1  Talk: is paused", "s3  Talk: is paused"]
    assert console.err.getvalue() == "threadkeep: s2  Talk: A session that is ended cannot become paused.\n"


STOPPED = "An answer is being written in this session (nvim, process 4 on box), and its window does not react"


@pytest.mark.parametrize("name", ["pause", "end", "delete"])
async def test_a_window_that_does_not_react_is_taken_over_after_a_question(name: str) -> None:
    client = one()
    client.stopped["s1"] = True
    console = Console(client, typed="y\n")
    assert await console.run(name, "s1") == 0
    assert [method for method, _ in client.changes] == [f"session/{name}", "chat/takeOver", f"session/{name}"]
    assert client.changes[1][1] == {"sessionId": "s1", "turnId": "t9"}
    asked = console.err.getvalue()
    assert "by nvim, process 4 on box, which does not react" in asked
    assert "What it has not stored yet of the answer is lost." in asked
    assert asked.endswith("Take over? [y/N] ")


@pytest.mark.parametrize("typed", ["n\n", "\n", ""])
async def test_without_a_yes_nothing_is_taken_over(typed: str) -> None:
    client = one()
    client.stopped["s1"] = True
    console = Console(client, typed=typed)
    assert await console.run("pause", "s1") == 1
    assert [method for method, _ in client.changes] == ["session/pause"]


async def test_where_nobody_types_a_flag_is_wanted() -> None:
    client = one()
    client.stopped["s1"] = True
    console = Console(client)
    assert await console.run("pause", "s1") == 1
    told = f"threadkeep: s1  Talk: {STOPPED} (--take-over ends it with the text that is stored).\n"
    assert console.err.getvalue() == told
    assert await console.run("pause", "s1", "--take-over") == 0
    assert console.lines == ["s1  Talk: is paused"]


async def test_a_window_of_an_older_version_is_not_taken_over() -> None:
    client = one()
    client.stopped["s1"] = False
    console = Console(client, typed="y\n")
    assert await console.run("delete", "s1", "--take-over") == 1
    assert "of an older version and cannot be taken over" in console.err.getvalue()
    assert [method for method, _ in client.changes] == ["session/delete"]


async def test_an_id_that_nobody_knows_changes_nothing() -> None:
    console = Console(one())
    with pytest.raises(RequestFailed, match="There is no session 'oops'"):
        await console.run("delete", "s1", "oops")

    assert console.client.changes == []


async def test_a_session_that_is_named_twice_is_changed_once() -> None:
    console = Console(KeptSessions(a_session("abc1")))
    await console.run("pause", "abc1", "abc", "abc1")

    assert console.lines == ["abc1  Talk: is paused"]


async def test_the_json_of_a_change_holds_all_sessions() -> None:
    console = Console(KeptSessions(a_session("s1", status="paused"), a_session("s2")))
    await console.run("pause", "s1", "s2", "--json")

    told = json.loads(console.out.getvalue())
    assert [(each["session"]["id"], each["session"]["status"]) for each in told] == [
        ("s1", "paused"),
        ("s2", "paused"),
    ]


@pytest.mark.parametrize(
    ("arguments", "before", "patch", "told"),
    [
        (["title", "s1", "My", "roses"], {}, {"title": "My roses"}, "title set"),
        (["title", "s1", "Talk"], {}, None, "had this title already"),
        (["title", "s1", "--clear"], {"titleSource": "user"}, {"title": None}, "title taken away"),
        (["title", "s1", "--clear"], {}, None, "had no title of yours"),
        (["note", "s1", "see 2"], {}, {"note": "see 2"}, "note set"),
        (["note", "s1", "see 2"], {"note": "see 2"}, None, "had this note already"),
        (["note", "s1", "--clear"], {"note": "x"}, {"note": None}, "note taken away"),
        (["note", "s1", "--clear"], {}, None, "had no note of yours"),
        (
            ["tag", "s1", "--add", "b", "--remove", "a"],
            {"tags": ["a", "c"]},
            {"tags": ["b", "c"]},
            "is changed",
        ),
        (["tag", "s1", "--add", "a"], {"tags": ["a"]}, None, "was so already"),
        (["tag", "s1", "--add", "a", "--favourite"], {"tags": ["a"]}, {"isFavourite": True}, "is changed"),
        (["tag", "s1", "--no-favourite"], {}, None, "was so already"),
        (
            ["link", "s1", "--add", "issue:P-1", "--url", "https://x"],
            {"links": [{"kind": "task", "value": "t"}]},
            {
                "links": [
                    {"kind": "task", "value": "t"},
                    {"kind": "issue", "value": "P-1", "url": "https://x"},
                ]
            },
            "is changed",
        ),
        (
            ["link", "s1", "--add", "issue:P-1"],
            {"links": [{"kind": "issue", "value": "P-1", "url": "https://x"}]},
            None,
            "was so already",
        ),
        (
            ["link", "s1", "--remove", "issue:P-1"],
            {"links": [{"kind": "issue", "value": "P-1"}]},
            {"links": []},
            "is changed",
        ),
        (["link", "s1", "--remove", "issue:P-1"], {}, None, "was so already"),
    ],
    ids=str,
)
async def test_what_a_person_keeps_with_a_session(
    arguments: list[str], before: dict[str, Any], patch: dict[str, Any] | None, told: str
) -> None:
    console = Console(one(**before))
    assert await console.run(*arguments) == 0

    assert console.lines[0].endswith(f": {told}")
    changes = [{"sessionId": "s1", "expectedRevision": 1, **patch}] if patch else []
    assert console.client.changes == [("session/update", change) for change in changes]


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["title", "s1"], "--clear"),
        (["title", "s1", "x", "--clear"], "--clear"),
        (["note", "s1", " "], "as TEXT"),
        (["tag", "s1"], "--add TAG"),
        (["link", "s1"], "--add KIND:VALUE"),
        (["link", "s1", "--remove", "a:b", "--url", "x"], "--url belongs"),
        (["mark", "s1", "1"], "--favourite"),
    ],
    ids=str,
)
async def test_a_change_that_says_nothing_is_told(arguments: list[str], told: str) -> None:
    console = Console(one())
    with pytest.raises(CommandFailed, match=told):
        await console.run(*arguments)

    assert console.client.changes == []


async def test_messages_are_marked_by_number_or_id_on_any_page() -> None:
    messages = tuple(a_message(number) for number in range(1, 8))
    console = Console(KeptSessions(a_session("s1"), messages=messages, page=3))
    assert await console.run("mark", "s1", "7", "#1", "m4", "--favourite", "--note", "good") == 0
    assert await console.run("mark", "s1", "1", "--favourite") == 0

    marks = {"isFavourite": True, "note": "good"}
    assert [params for _, params in console.client.changes][:3] == [
        {"messageId": message_id, **marks} for message_id in ("m7", "m1", "m4")
    ]
    assert console.lines == [
        "#7  words 7: is changed",
        "#1  words 1: is changed",
        "#4  words 4: is changed",
        "#1  words 1: was so already",
    ]


async def test_a_message_that_is_not_there_changes_no_other() -> None:
    console = Console(KeptSessions(a_session("s1"), messages=(a_message(1),)))
    with pytest.raises(CommandFailed, match="shows no message 2, m9: "):
        await console.run("mark", "s1", "1", "2", "m9", "--clear-note")

    assert console.client.changes == []


async def test_what_is_erased_is_in_the_trash_and_asked_for() -> None:
    client = KeptSessions(a_session("s1", trashedAt=AT), a_session("s2"))
    with pytest.raises(CommandFailed, match="s2  Talk is not in the trash: `threadkeep sessions delete s2`"):
        await Console(client).run("purge", "s2", "--yes")
    with pytest.raises(CommandFailed, match="this erases 1 session for good: say --yes"):
        await Console(client).run("purge", "s1")
    assert await Console(client, typed="no\n").run("purge", "s1") == 1
    assert client.changes == []

    console = Console(client, typed="y\n")
    assert await console.run("purge", "s1", "--json") == 0
    assert "Erase 1 session for good? [y/N] " in console.err.getvalue()
    assert json.loads(console.out.getvalue()) == [{"sessionId": "s1"}]
    assert list(client.sessions) == ["s2"]


async def test_what_is_refused_to_be_erased_is_named_and_the_others_are_erased() -> None:
    client = KeptSessions(*(a_session(f"s{number}", trashedAt=AT) for number in (1, 2, 3)))
    client.refuses["s2"] = "It was taken out of the trash."
    console = Console(client)

    assert await console.run("purge", "s1", "s2", "s3", "--yes", "--json") == 1
    assert json.loads(console.out.getvalue()) == [{"sessionId": "s1"}, {"sessionId": "s3"}]
    assert console.err.getvalue().splitlines() == [
        "s1  Talk: is erased",
        "threadkeep: s2  Talk: It was taken out of the trash.",
        "s3  Talk: is erased",
    ]
    assert list(client.sessions) == ["s2"]


async def test_what_is_not_in_the_trash_or_unknown_is_named_and_the_others_are_erased() -> None:
    client = KeptSessions(
        a_session("s1"),
        a_session("s2", trashedAt=AT),
        a_session("a1"),
        a_session("a2"),
        a_session("s3", trashedAt=AT),
    )
    console = Console(client)

    assert await console.run("purge", "s1", "s2", "gone", "a", "s3", "--yes", "--json") == 1
    assert json.loads(console.out.getvalue()) == [{"sessionId": "s2"}, {"sessionId": "s3"}]
    told = console.err.getvalue().splitlines()
    assert told[0] == (
        "threadkeep: s1 Talk is not in the trash: `threadkeep sessions delete s1` puts it there"
    )
    assert told[1].startswith("threadkeep: There is no session 'gone'")
    assert told[2].startswith("threadkeep: more than one session begins with a")
    assert told[3:5] == ["  a1  Talk", "  a2  Talk"]
    assert told[5:] == ["s2  Talk: is erased", "s3  Talk: is erased"]
    assert sorted(client.sessions) == ["a1", "a2", "s1"]


async def test_what_cannot_be_erased_is_named_before_the_question() -> None:
    client = KeptSessions(a_session("s1"), a_session("s2", trashedAt=AT))
    console = Console(client, typed="n\n")
    assert await console.run("purge", "s1", "s2") == 1
    told = console.err.getvalue()
    assert 0 <= told.index("s1 Talk is not in the trash") < told.index("Erase 1 session for good?")
    assert client.changes == []


async def test_where_nothing_can_be_erased_nothing_is_asked() -> None:
    client = KeptSessions(a_session("s1"), a_session("s2"))
    console = Console(client)
    assert await console.run("purge", "s1", "s2") == 1
    assert console.err.getvalue().count("is not in the trash") == 2
    assert client.changes == []


async def test_a_session_that_is_named_twice_is_erased_once() -> None:
    console = Console(KeptSessions(a_session("abc1", trashedAt=AT)))
    assert await console.run("purge", "abc1", "abc", "--yes") == 0
    assert console.client.changes == [("session/purge", {"sessionId": "abc1"})]


@pytest.mark.parametrize(
    "command", [["purge", "--yes"], ["delete"], ["tag", "--add", "x"], ["mark", "--favourite"]], ids=str
)
async def test_no_imported_copy_makes_a_beginning_look_like_the_only_one(command: list[str]) -> None:
    made, old = "2025-03-01T11:49:20.000Z", "2020-01-01T00:00:00.000Z"
    first, second = (f"0195518a-3c00-7d1a-9f42-6b1c2e8a4d1{number}" for number in (0, 1))
    client = KeptSessions(
        a_session(first, createdAt=made, trashedAt=AT), a_session(second, createdAt=old, trashedAt=AT)
    )
    name, *flags = command
    with pytest.raises(CommandFailed, match="more than one session begins with"):
        await Console(client).run(name, "0195518a", *(["1"] if name == "mark" else []), *flags)

    assert client.changes == []
