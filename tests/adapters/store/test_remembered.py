"""What is read again and again is parsed once."""

from pathlib import Path

from tests.support.store import a_message, a_session, opened_store, put
from threadkeep.adapters.store.engine.json_text import json_text
from threadkeep.adapters.store.tables.documents import (
    REMEMBERED_LENGTH,
    message_document,
    remembered,
    session_document,
)
from threadkeep.domain.messages import Message
from threadkeep.domain.sessions import Session
from threadkeep.ports.session_filter import SessionFilter, SessionSort


def test_the_same_document_gives_the_very_same_value() -> None:
    text = json_text(session_document(a_session(title="One")))
    again = json_text(session_document(a_session(title="One")))
    assert remembered(text, Session) is remembered(again, Session)
    assert remembered(text, Session) == a_session(title="One")


def test_a_document_that_changed_gives_its_own_value() -> None:
    texts = [json_text(session_document(a_session(title=title))) for title in ("One", "Two")]
    assert [remembered(text, Session).title for text in texts] == ["One", "Two"]


def test_a_long_document_is_read_each_time() -> None:
    message = a_message("m", seq=1, text="x" * REMEMBERED_LENGTH)
    text = json_text(message_document(message))
    assert remembered(text, Message) == message
    assert remembered(text, Message) is not remembered(text, Message)


def test_a_list_gives_what_did_not_change_as_it_was(tmp_path: Path) -> None:
    def listed() -> list[Session]:
        with store.reading() as records:
            return list(records.sessions(SessionFilter(), SessionSort(), limit=9))

    with opened_store("sqlite", tmp_path) as store:
        put(store, a_session("s1"), a_session("s2"))
        before = {session.id: session for session in listed()}
        put(store, a_session("s2", title="New"))
        after = {session.id: session for session in listed()}
    assert after["s1"] is before["s1"]
    assert after["s2"].title == "New"
