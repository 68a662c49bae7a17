"""What the model sees of open documents: what the editor shows, when the request was sent."""

import asyncio
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.documents import FakeDocuments
from tests.support.wire import notification, request
from tests.support.wire_endpoint import Bench
from threadkeep.faces.jsonrpc.endpoint import Endpoint
from threadkeep.faces.lsp.open_buffers import HELD, HELD_CHARACTERS, OpenBuffers
from threadkeep.ports.documents import Document, Documents, DocumentUnreadable
from threadkeep.values import Value

URI = "file:///app/a.py"
ALPHABET = st.text(st.sampled_from("ab\né😀\x0c\u2028"), max_size=12)


def did_open(text: str, *, uri: str = URI, **members: Any) -> dict[str, Any]:
    return {"textDocument": {"uri": uri, "languageId": "python", "version": 1, "text": text, **members}}


def did_change(*changes: Any, uri: str = URI, version: Any = 2) -> dict[str, Any]:
    return {"textDocument": {"uri": uri, "version": version}, "contentChanges": list(changes)}


def did_close(*, uri: str = URI) -> dict[str, Any]:
    return {"textDocument": {"uri": uri}}


def edit(start: tuple[int, int], end: tuple[int, int], text: str) -> dict[str, Any]:
    places = [{"line": line, "character": character} for line, character in (start, end)]
    return {"range": dict(zip(("start", "end"), places, strict=True)), "text": text}


def buffers(text: str = "saved", **files: str) -> OpenBuffers:
    opened = OpenBuffers(FakeDocuments({URI: "on disk", **files}))
    opened.opened(did_open(text))
    return opened


def shown(opened: OpenBuffers, uri: str = URI) -> str:
    return opened.now().read(uri).text


def test_an_open_document_is_read_as_the_editor_has_it():
    assert buffers("unsaved").now().read(URI) == Document(text="unsaved", language_id="python", is_open=True)


def test_a_closed_document_is_read_from_disk():
    opened = buffers("unsaved")
    opened.closed(did_close())
    assert opened.now().read(URI) == Document(text="on disk")


def test_a_document_that_has_no_file_is_read_while_it_is_open():
    opened = buffers()
    opened.opened(did_open("new", uri="untitled:Untitled-1", languageId=""))
    document = opened.now().read("untitled:Untitled-1")
    assert document == Document(text="new", is_open=True)


def test_an_empty_buffer_hides_the_file():
    assert shown(buffers("")) == ""


def test_names_are_the_files():
    assert buffers().now().name(URI, root="/app") == "a.py"


def test_changes_apply_in_their_order():
    opened = buffers("one\ntwo\n")
    opened.changed(did_change(edit((0, 0), (0, 3), "1"), edit((0, 1), (1, 0), "!"), {"text": "all"}))
    assert shown(opened) == "all"
    opened.changed(did_change(edit((0, 3), (0, 3), "\nnew"), edit((1, 0), (1, 1), "N")))
    assert shown(opened) == "all\nNew"


def test_an_edit_behind_a_form_feed_hits_the_line_that_the_editor_means():
    opened = buffers("one\n\x0ctwo\nthree\nfour")
    opened.changed(did_change(edit((2, 0), (2, 5), "3")))
    assert shown(opened) == "one\n\x0ctwo\n3\nfour"


@given(ALPHABET, st.lists(st.tuples(st.integers(0, 12), st.integers(0, 12), ALPHABET), max_size=5))
def test_any_sequence_of_edits_gives_the_editors_text(text, edits):
    opened = buffers(text)
    for one, other, by in edits:
        start, end = sorted((min(one, len(text)), min(other, len(text))))
        opened.changed(did_change(edit(position(text, start), position(text, end), by)))
        text = text[:start] + by + text[end:]
        assert shown(opened) == text


def position(text: str, index: int) -> tuple[int, int]:
    before = text[:index].split("\n")
    return len(before) - 1, len(before[-1].encode("utf-16-le")) // 2


def test_a_change_that_makes_no_sense_ends_what_is_known_of_the_buffer(caplog):
    nonsense = [
        {},
        {"text": 1},
        {"text": "x", "range": {}},
        edit((-1, 0), (0, 0), "secret"),
        edit(("0", 0), (0, 0), "secret"),  # type: ignore[arg-type]  # that is the point
        "secret",
    ]
    for change in nonsense:
        opened = buffers("unsaved")
        opened.changed(did_change({"text": "half"}, change))
        assert shown(opened) == "on disk"
    assert len(caplog.records) == len(nonsense)
    assert "secret" not in caplog.text


HELIX = "\n".join(
    # version, line, character and text of the insertions into "# Notes\\n\\nalpha beta gamma\\n", as Helix 25.01 sent
    # what a macro typed
    [
        "1 0 7 NL,2 1 0 p,3 1 1 e,9 1 7 /,10 1 8 a,11 1 9 .,12 1 10 p,13 1 11 y,14 1 12 NL,5 1 3 SP,4 1 2 n,7 1 5 r",
        "6 1 4 s,8 1 6 c,15 2 0 :,16 2 1 q,17 2 2 !,18 2 3 NL,19 3 0 :,20 3 1 q,21 3 2 a,22 3 3 !,23 3 4 NL",
    ]
)


def helix_changes() -> list[dict[str, Any]]:
    changes = []
    for each in HELIX.replace("\n", ",").split(","):
        version, line, character, text = each.split(" ")
        at = (int(line), int(character))
        by = {"NL": "\n", "SP": " "}.get(text, text)
        changes.append(did_change(edit(at, at, by), version=int(version)))
    return changes


def type_in(opened: OpenBuffers, *versions: Any, text: str = "x") -> None:
    """Each version writes its number at the beginning."""
    for version in versions:
        opened.changed(did_change(edit((0, 0), (0, 0), f"{version}{text}"), version=version))


def is_stand_in(opened: OpenBuffers) -> bool:
    document = opened.now().read(URI)
    assert document.is_stand_in == (document.text == "on disk")
    return document.is_stand_in


def helix() -> OpenBuffers:
    opened = OpenBuffers(FakeDocuments({URI: "on disk"}))
    opened.opened(did_open("# Notes\n\nalpha beta gamma\n", version=0))
    return opened


def test_changes_that_helix_sent_out_of_order_are_put_in_order():
    opened, ordered = helix(), helix()
    for change in helix_changes():
        opened.changed(change)
    for change in sorted(helix_changes(), key=lambda each: each["textDocument"]["version"]):
        ordered.changed(change)
    assert shown(opened) == shown(ordered)
    assert shown(opened) == "# Notes\npen src/a.py\n:q!\n:qa!\n\n\nalpha beta gamma\n"


@given(st.permutations(range(1, 9)))
def test_any_order_of_versions_that_count_by_one_gives_the_editors_text(order):
    opened = buffers("")
    opened.opened(did_open("", version=0))
    type_in(opened, *order)
    assert shown(opened) == "8x7x6x5x4x3x2x1x"


def test_while_a_version_is_missing_nothing_is_guessed():
    opened = buffers("")
    type_in(opened, 2, 4, 3)  # from here on this client is known to count by one
    assert shown(opened) == "4x3x2x"
    type_in(opened, 6)
    assert is_stand_in(opened)
    type_in(opened, 5)
    assert shown(opened) == "6x5x4x3x2x"
    type_in(opened, 9, 8)
    assert is_stand_in(opened)
    type_in(opened, 7)
    assert shown(opened) == "9x8x7x6x5x4x3x2x"


def test_a_version_that_stays_missing_ends_what_is_known_of_the_buffer():
    opened = buffers("")
    type_in(opened, 2, 4, 3)
    type_in(opened, *range(6, 6 + HELD + 1))
    assert is_stand_in(opened)
    type_in(opened, 5)  # too late
    assert is_stand_in(opened)
    opened.changed(did_change({"text": "fresh"}, version=200))
    assert shown(opened) == "fresh"


def test_versions_may_leave_some_out():
    opened = buffers("")
    type_in(opened, 3, 9, 10, 30, *range(40, 40 + 10 * HELD, 10))
    assert shown(opened).startswith(f"{30 + 10 * HELD}x")
    assert shown(opened).endswith("40x30x10x9x3x")


@pytest.mark.parametrize("versions", [(3, 9, 5), (5, 1), (5, 0), (2, 3, 2), (9, 7, 7), (2, 4, 3, 3)], ids=str)
def test_a_version_that_falls_otherwise_makes_the_buffer_untrusted_until_its_text_comes_whole(versions):
    opened = buffers("")
    type_in(opened, *versions)
    assert is_stand_in(opened)
    type_in(opened, 20, 21)
    assert is_stand_in(opened)
    opened.changed(
        did_change(edit((0, 0), (0, 0), "x"), {"text": "fresh"}, edit((0, 0), (0, 0), "! "), version=22)
    )
    assert shown(opened) == "! fresh"
    type_in(opened, 23)
    assert shown(opened) == "23x! fresh"


def test_a_buffer_that_is_lost_is_known_again_when_it_is_opened_again_or_saved_with_its_text():
    for renew in ("open", "save"):
        opened = buffers("")
        type_in(opened, 5, 2)
        type_in(opened, 1)
        assert is_stand_in(opened)
        if renew == "open":
            opened.closed(did_close())
            opened.opened(did_open("fresh", version=0))
            type_in(opened, 1)
        else:
            opened.saved(did_close())  # most say nothing of the text
            assert is_stand_in(opened)
            opened.saved({**did_close(), "text": "fresh"})
            type_in(opened, 2)
        assert shown(opened) in ("1xfresh", "2xfresh")


def test_a_text_that_comes_whole_makes_those_before_it_unimportant():
    opened = buffers("")
    type_in(opened, 2)
    opened.changed(did_change({"text": "whole"}, version=5))
    type_in(opened, 6)
    assert shown(opened) == "6xwhole"
    type_in(opened, 4)
    assert shown(opened) == "6xwhole"
    opened.changed(did_change(edit((9, 0), (9, 0), "?"), version=3))  # of a text that had ten lines
    type_in(opened, 7)
    assert shown(opened) == "7x6xwhole"


@pytest.mark.parametrize("version", [None, "2", True, 1.5])
def test_a_client_without_versions_is_taken_at_its_word(version):
    opened = buffers("")
    type_in(opened, 2)
    opened.changed(did_change(edit((0, 0), (0, 0), "a"), version=version))
    opened.changed(did_change(edit((0, 0), (0, 0), "b"), version=version))
    assert shown(opened) == "ba2x"
    opened.opened(did_open("", version=None))
    opened.changed(did_change(edit((0, 0), (0, 0), "a"), version=version))
    type_in(opened, 7, 8)
    assert shown(opened) == "8x7xa"
    type_in(opened, 2)
    assert is_stand_in(opened)


@pytest.mark.parametrize(
    "place", [((7, 0), (7, 1)), ((0, 1), (7, 0)), ((0, 3), (0, 1)), ((1, 5), (1, 5))], ids=str
)
def test_a_range_outside_of_the_text_makes_the_buffer_untrusted(place):
    opened = buffers("one line")
    opened.changed(did_change(edit(*place, "x")))
    assert is_stand_in(opened)


def test_what_is_behind_a_missing_version_is_bounded_in_characters():
    opened = buffers("")
    type_in(opened, 2, 4, 3)
    type_in(opened, 6, 7, text="x" * (HELD_CHARACTERS // 2))
    type_in(opened, 5)
    assert is_stand_in(opened)


def test_without_a_file_a_buffer_that_is_lost_is_refused_and_told_why():
    opened = OpenBuffers(FakeDocuments({}))
    opened.opened(did_open("", uri="untitled:1"))
    for version in (3, 1):
        opened.changed(did_change({"text": "x"}, uri="untitled:1", version=version))
    with pytest.raises(DocumentUnreadable, match="close and reopen"):
        opened.now().read("untitled:1")


def test_a_change_of_what_is_not_open_is_ignored():
    opened = buffers()
    opened.changed(did_change({"text": "x"}, uri="file:///app/b.py"))
    opened.closed(did_close(uri="file:///app/b.py"))
    assert shown(opened) == "saved"


def test_a_uri_may_be_quoted_in_another_way():
    opened = buffers()
    opened.opened(did_open("drive", uri="file:///c%3A/a%20b.py"))
    assert shown(opened, "file:///C:/a b.py") == "drive"


def test_what_is_typed_later_does_not_show_in_an_earlier_moment():
    opened = buffers("then")
    then = opened.now()
    opened.changed(did_change({"text": "now"}))
    opened.opened(did_open("new", uri="file:///app/b.py"))
    assert then.read(URI).text == "then"
    opened.closed(did_close())
    assert then.read(URI).text == "then"
    assert shown(opened, "file:///app/b.py") == "new"


class Read(Value):
    uri: str = URI


class ReadResult(Value):
    text: str


def attached_to(opened: OpenBuffers) -> Any:
    """Loads a request that reads a document in another thread, of the moment at which it came."""

    def load(endpoint: Endpoint) -> None:
        for method, take in (("Open", opened.opened), ("Change", opened.changed), ("Close", opened.closed)):
            endpoint._listen(f"textDocument/did{method}", take)  # type: ignore[arg-type]  # its params are a dict

        @endpoint.request("read", params=Read)
        async def read(params: Read) -> ReadResult:
            documents: Documents = opened.now()
            await asyncio.sleep(0.01)
            return ReadResult(text=(await asyncio.to_thread(documents.read, params.uri)).text)

    return load


async def test_a_request_reads_what_was_there_when_it_came() -> None:
    bench = Bench(attached_to(OpenBuffers(FakeDocuments({URI: "on disk"}))))
    bench.initialize()
    bench.put(
        request(1, "read", {}),
        notification("textDocument/didOpen", did_open("opened")),
        request(2, "read", {}),
        notification("textDocument/didChange", did_change({"text": "half"}, edit((0, 4), (0, 4), " done"))),
        request(3, "read", {}),
        notification("textDocument/didClose", did_close()),
        request(4, "read", {}),
    )
    answers = {message["id"]: message["result"]["text"] for message in await bench.until_quiet()}
    assert answers == {1: "on disk", 2: "opened", 3: "half done", 4: "on disk"}


async def test_nonsense_from_the_client_stops_nothing() -> None:
    bench = Bench(attached_to(OpenBuffers(FakeDocuments({URI: "on disk"}))))
    bench.initialize()
    for method in ("didOpen", "didChange", "didClose"):
        for params in ({}, {"textDocument": None}, {"textDocument": {"uri": 1, "text": 2}}):
            bench.put(notification(f"textDocument/{method}", params))
    bench.put(request(1, "read", {}))
    assert [message["result"]["text"] for message in await bench.until_quiet()] == ["on disk"]
