"""What the model sees of open documents: what the editor shows, when the request was sent."""

import asyncio
from typing import Any

import attrs
from hypothesis import given
from hypothesis import strategies as st

from tests.support.documents import FakeDocuments
from tests.support.wire import notification, request
from tests.support.wire_endpoint import Bench
from threadkeep.faces.lsp.endpoint import Endpoint
from threadkeep.faces.lsp.open_buffers import OpenBuffers
from threadkeep.ports.documents import Document, Documents

URI = "file:///app/a.py"
ALPHABET = st.text(st.sampled_from("ab\né😀\x0c\u2028"), max_size=12)


def did_open(text: str, *, uri: str = URI, **members: Any) -> dict[str, Any]:
    return {"textDocument": {"uri": uri, "languageId": "python", "version": 1, "text": text, **members}}


def did_change(*changes: Any, uri: str = URI) -> dict[str, Any]:
    return {"textDocument": {"uri": uri, "version": 2}, "contentChanges": list(changes)}


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


@attrs.frozen(kw_only=True)
class Read:
    uri: str = URI


@attrs.frozen(kw_only=True)
class ReadResult:
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
