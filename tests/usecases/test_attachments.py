import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.documents import FakeDocuments
from threadkeep.domain.attachments import MAX_ATTACHMENT_BYTES, MAX_ATTACHMENTS
from threadkeep.domain.errors import InvalidValue
from threadkeep.domain.folders import FolderAway
from threadkeep.domain.messages import Message, Part, Range, Staleness, WantedAttachment, text_part
from threadkeep.ports.documents import Document, DocumentBinary, DocumentTooLarge, DocumentUnreadable
from threadkeep.usecases.chat.attachments import (
    MAX_AWAY,
    MAX_LOOKED_AT,
    MAX_NAME_LENGTH,
    refreshed,
    snapshot,
)
from threadkeep.values import evolve

URI = "file:///app/a.py"
TEXT = "one\ntwo 😀 2\nthree\n"
TWO = Range(start_line=1, start_character=0, end_line=2, end_character=0)


def wanted(kind: str = "file", **fields: object) -> WantedAttachment:
    return WantedAttachment(kind=kind, **fields)  # type: ignore[arg-type]  # a builder


def the_part(one: WantedAttachment, text: str | Document = TEXT) -> Part:
    (part,) = snapshot([one], FakeDocuments({URI: text}))
    return part


def refusal(*all_wanted: WantedAttachment, documents: FakeDocuments | None = None) -> tuple[str, str]:
    """The field and the message of the one problem."""
    with pytest.raises(InvalidValue) as refused:
        snapshot(all_wanted, documents or FakeDocuments({URI: TEXT}))
    (problem,) = refused.value.data["problems"]
    return problem["field"], problem["message"]


def a_message(*parts: Part, id_: str = "m") -> Message:
    return Message(
        id=id_, session_id="s", seq=1, role="user", parts=(text_part("Why?"), *parts), created_at="2026-01-01"
    )


def a_part(kind: str = "file", *, stale: Staleness | None = None, **fields: object) -> Part:
    part = the_part(wanted(kind, **({"uri": URI} | fields)))
    assert part.attachment is not None
    return evolve(part, attachment=evolve(part.attachment, stale=stale))


def staleness(part: Part, documents: FakeDocuments) -> Staleness | None:
    (message,) = refreshed([a_message(part)], documents)
    attachment = message.parts[-1].attachment
    assert attachment is not None
    return attachment.stale


def test_a_file_is_taken_whole():
    part = the_part(wanted(uri=URI))
    assert (part.type, part.text) == ("attachment", TEXT)
    assert part.attachment is not None
    assert (part.attachment.kind, part.attachment.uri, part.attachment.range) == ("file", URI, None)


def test_an_empty_file_can_be_attached():
    assert the_part(wanted(uri=URI), "").text == ""


def test_a_file_is_what_is_read_whatever_text_and_range_come_with_it():
    part = the_part(wanted(uri=URI, range=TWO, text="mine"))
    assert part == the_part(wanted(uri=URI))


def test_a_range_is_taken_from_the_document():
    part = the_part(wanted("range", uri=URI, range=TWO))
    assert part.text == "two 😀 2\n"
    assert part.attachment is not None
    assert part.attachment.range == TWO


def test_a_range_past_the_end_is_kept_as_far_as_the_document_goes():
    part = the_part(wanted("range", uri=URI, range=evolve(TWO, end_line=99)))
    assert part.text == "two 😀 2\nthree\n"
    assert part.attachment is not None
    assert part.attachment.range == evolve(TWO, end_line=3)


def test_a_selection_is_its_given_text_and_else_its_range():
    given_text = the_part(wanted("selection", uri=URI, range=TWO, text="mine"))
    assert given_text.text == "mine"
    assert the_part(wanted("selection", text="mine")).text == "mine"
    assert the_part(wanted("selection", uri=URI, range=TWO)).text == "two 😀 2\n"


@pytest.mark.parametrize("kind", ["text", "diff"])
def test_text_and_diffs_are_taken_as_given(kind):
    documents = FakeDocuments()
    (part,) = snapshot([wanted(kind, uri="git:/HEAD", text="+ a")], documents)
    assert part.text == "+ a"
    assert documents.reads == []


@given(st.text())
def test_every_snapshot_has_the_hash_of_its_text(text):
    for one in (wanted(uri=URI), wanted("text", text=text)):
        part = the_part(one, text)
        assert part.attachment is not None
        assert part.attachment.hash == hashlib.sha256(text.encode()).hexdigest()


def test_the_language_is_the_given_one_and_else_the_editors():
    document = Document(text=TEXT, language_id="python", is_open=True)
    languages = [
        the_part(one, document).attachment
        for one in (wanted(uri=URI), wanted(uri=URI, language_id="cython"), wanted("text", text="a"))
    ]
    assert [found and found.language_id for found in languages] == ["python", "cython", None]


@pytest.mark.parametrize(
    ("one", "field"),
    [
        (wanted("file"), "uri"),
        (wanted("range", range=TWO), "uri"),
        (wanted("range", uri=URI), "range"),
        (wanted("selection", uri=URI), "range"),
        (wanted("selection"), "uri"),
        (wanted("text"), "text"),
        (wanted("diff", uri=URI, range=TWO), "text"),
    ],
)
def test_what_is_missing_is_named(one, field):
    assert refusal(wanted(uri=URI), one) == (
        f"attachments[1].{field}",
        f"is needed for an attachment of type {one.kind}",
    )


@pytest.mark.parametrize(
    "place",
    [
        Range(start_line=-1, start_character=0, end_line=1, end_character=0),
        Range(start_line=0, start_character=0, end_line=1, end_character=-1),
        Range(start_line=1, start_character=1, end_line=1, end_character=0),
        Range(start_line=4, start_character=0, end_line=4, end_character=0),
    ],
)
def test_a_range_that_is_none_or_outside_of_the_document_is_refused(place):
    assert refusal(wanted("range", uri=URI, range=place))[0] == "attachments[0].range"


@pytest.mark.parametrize("error", [DocumentBinary(), DocumentTooLarge(limit=1), DocumentUnreadable("No.")])
def test_a_document_that_cannot_be_read_is_named_with_the_reason(error):
    documents = FakeDocuments({"file:///x": error})
    assert refusal(wanted(uri="file:///x"), documents=documents) == ("attachments[0].uri", str(error))


def test_a_file_that_is_not_there_is_refused():
    assert refusal(wanted(uri="file:///x")) == ("attachments[0].uri", "There is no such file.")


def test_fifty_attachments_are_enough():
    assert len(snapshot([wanted("text", text="a")] * MAX_ATTACHMENTS, FakeDocuments())) == 50
    field, message = refusal(*[wanted("text", text="a")] * 51)
    assert (field, message) == ("attachments", "must be at most 50, not 51")


def test_an_attachment_holds_at_most_one_mebibyte_as_utf8():
    assert the_part(wanted("text", text="é" * (MAX_ATTACHMENT_BYTES // 2))).text
    too_large = wanted("text", text="é" * (MAX_ATTACHMENT_BYTES // 2) + "a")
    assert refusal(too_large) == ("attachments[0]", "must hold at most 1 MiB: attach less of it")


def test_a_part_of_a_large_buffer_can_be_attached():
    document = Document(text=TEXT + "x" * MAX_ATTACHMENT_BYTES, is_open=True)
    assert the_part(wanted("range", uri=URI, range=TWO), document).text == "two 😀 2\n"
    assert refusal(wanted(uri=URI), documents=FakeDocuments({URI: document}))[0] == "attachments[0]"


def test_all_attachments_hold_at_most_four_mebibytes():
    full = wanted("text", text="a" * MAX_ATTACHMENT_BYTES)
    assert len(snapshot([full] * 4, FakeDocuments())) == 4
    one_more = wanted("text", text="a")
    assert refusal(*[full] * 4, one_more) == ("attachments", "must hold at most 4 MiB together")


@pytest.mark.parametrize(("name", "field"), [("uri", "uri"), ("language_id", "languageId")])
def test_names_have_a_limit(name, field):
    one = wanted("text", text="a", **{name: "x" * (MAX_NAME_LENGTH + 1)})
    assert refusal(one)[0] == f"attachments[0].{field}"


def test_a_document_is_read_once_for_all_that_is_attached_of_it():
    documents = FakeDocuments({URI: TEXT})
    snapshot([wanted(uri=URI), wanted("range", uri=URI, range=TWO)], documents)
    assert documents.reads == [URI]


@pytest.mark.parametrize(
    ("part", "text", "stale"),
    [
        (a_part(), TEXT, None),
        (a_part(), TEXT.replace("\n", "\r\n"), None),
        (a_part(), "other", "changed"),
        (a_part("range", range=TWO), "ONE\ntwo 😀 2\nTHREE\n", None),
        (a_part("range", range=TWO), "two 😀 2\n", "changed"),
        (a_part("range", range=TWO), "", "changed"),
        (a_part("selection", range=TWO), "one\nTWO\n", "changed"),
        (a_part("selection", range=TWO, text="unsaved\n"), "one\nunsaved\n", None),
        (a_part("selection", range=TWO, text="unsaved\n"), TEXT, "changed"),
        (a_part(stale="changed"), TEXT, None),
        (a_part(stale="missing"), "other", "changed"),
    ],
)
def test_an_attachment_is_stale_once_its_place_holds_another_text(part, text, stale):
    assert staleness(part, FakeDocuments({URI: text})) == stale


@pytest.mark.parametrize("part", [a_part(), a_part("range", range=TWO), a_part("selection", range=TWO)])
def test_an_attachment_is_missing_once_its_file_is_gone(part):
    assert staleness(part, FakeDocuments()) == "missing"


@pytest.mark.parametrize(
    "part",
    [a_part("text", text="a"), a_part("diff", text="a", range=TWO), a_part("selection", text="a", uri=None)],
)
def test_what_has_no_place_is_never_stale(part):
    documents = FakeDocuments()
    assert staleness(part, documents) is None
    assert documents.reads == []


@pytest.mark.parametrize("stale", [None, "changed"])
def test_what_cannot_be_read_now_stays_as_it_was(stale):
    documents = FakeDocuments({URI: DocumentUnreadable("No.")})
    assert staleness(a_part(stale=stale), documents) == stale


@pytest.mark.parametrize("error", [DocumentTooLarge(limit=1), DocumentBinary()])
def test_a_whole_file_that_became_something_else_has_changed(error):
    documents = FakeDocuments({URI: error})
    assert staleness(a_part(), documents) == "changed"
    assert staleness(a_part("range", range=TWO), documents) is None


def test_only_messages_with_news_are_other_objects():
    history = [a_message(), a_message(a_part()), a_message(a_part("range", range=TWO))]
    now = refreshed(history, FakeDocuments({URI: "two\n" + TEXT.partition("\n")[2]}))
    assert [after is before for before, after in zip(history, now, strict=True)] == [True, False, True]


def test_a_message_that_was_just_sent_is_not_looked_at():
    documents = FakeDocuments()
    history = [a_message(a_part(), id_="old"), a_message(a_part(), id_="new")]
    now = refreshed(history, documents, just_sent="new")
    assert [message.id for message in now] == ["old", "new"]
    assert now[1] is history[1]
    assert now[0] is not history[0]


def test_the_newest_documents_are_looked_at_and_each_once():
    uris = [f"file:///app/{number}" for number in range(MAX_LOOKED_AT + 5)]
    documents = FakeDocuments(dict.fromkeys(uris, "now"))
    taken = snapshot([wanted(uri=uri) for uri in uris], FakeDocuments(dict.fromkeys(uris, "then")))
    history = [a_message(part, part) for part in taken]
    now = refreshed(history, documents)
    assert documents.reads == uris[: -(MAX_LOOKED_AT + 1) : -1]
    assert [after is before for before, after in zip(history, now, strict=True)] == [True] * 5 + [
        False
    ] * MAX_LOOKED_AT


class AwayDocuments(FakeDocuments):
    """Documents on a share that does not answer."""

    def read(self, uri: str) -> Document:
        super().read(uri)
        raise FolderAway(uri)


def test_documents_on_a_share_that_is_away_stay_as_they_were_and_few_are_tried():
    uris = [f"file:///share/{number}" for number in range(5)]
    documents = AwayDocuments(dict.fromkeys(uris, "text"))
    taken = snapshot([wanted(uri=uri) for uri in uris], FakeDocuments(dict.fromkeys(uris, "then")))
    history = [a_message(part) for part in taken]

    assert all(now is before for now, before in zip(refreshed(history, documents), history, strict=True))
    assert len(documents.reads) == MAX_AWAY
    with pytest.raises(FolderAway):
        snapshot([wanted(uri=uris[0])], documents)
