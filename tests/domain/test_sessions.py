import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from threadkeep.domain.errors import InvalidTransition, RevisionConflict, SessionEnded, SessionPaused
from threadkeep.domain.messages import Message, text_part
from threadkeep.domain.sessions import DEFAULT_TITLE, TITLE_LENGTH, Session, SessionKey, title_from

STATUSES = ("active", "paused", "ended")
ALLOWED = {("active", "paused"), ("active", "ended"), ("paused", "active"), ("paused", "ended")}


def a_session(**fields: object) -> Session:
    times = dict.fromkeys(("created_at", "updated_at", "last_activity_at"), "2026-01-01T00:00:00.000Z")
    return Session(
        id="s", key=SessionKey(repository_id="r", task="main"), agent="assistant", **{**times, **fields}
    )


@pytest.mark.parametrize(("before", "after"), [*itertools.product(STATUSES, STATUSES)])
def test_only_the_moves_of_the_table_are_allowed(before, after):
    session = a_session(status=before)
    if (before, after) in ALLOWED:
        assert session.moved_to(after, at="2026-01-02T00:00:00.000Z").status == after
    else:
        with pytest.raises(InvalidTransition) as refused:
            session.moved_to(after, at="2026-01-02T00:00:00.000Z")
        assert refused.value.data == {"from": before, "to": after}


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        ("active", "active", "The session is active already."),
        ("paused", "paused", "The session is paused already."),
        ("ended", "ended", "The session has ended already."),
        ("ended", "paused", "The session has ended and stays so: fork it or create a new one to go on."),
    ],
)
def test_a_move_that_cannot_be_says_why(before, after, told):
    with pytest.raises(InvalidTransition) as refused:
        a_session(status=before).moved_to(after, at="2026-01-02T00:00:00.000Z")
    assert refused.value.message == told


def test_a_move_counts_a_revision_and_an_event():
    moved = a_session(revision=3, seq=7).moved_to("paused", at="2026-01-02T00:00:00.000Z")
    assert (moved.revision, moved.seq, moved.updated_at) == (4, 8, "2026-01-02T00:00:00.000Z")


def test_a_message_counts_an_event_but_no_revision():
    session = a_session(revision=3, seq=7)
    message = Message(
        id="m", session_id="s", seq=8, role="user", parts=(text_part("Hi"),), created_at="2026-01-02"
    )
    after = session.with_message(message)
    assert (after.revision, after.seq, after.message_count, after.head_id) == (3, 8, 1, "m")
    assert after.last_message.preview == "Hi"


LATER = "2026-01-02T00:00:00.000Z"
MESSAGE = Message(id="m", session_id="s", seq=1, role="user", parts=(text_part("Hi"),), created_at=LATER)


@pytest.mark.parametrize(
    "after",
    [
        a_session().with_message(MESSAGE),
        a_session().with_event(at=LATER, activity="running"),
        a_session().moved_to("paused", at=LATER),
        a_session().changed(at=LATER, trashed_at=None),
        a_session().changed(at=LATER, model="m", title="x"),
    ],
)
def test_whatever_is_said_or_done_is_a_change_and_activity(after):
    assert (after.updated_at, after.last_activity_at) == (LATER, LATER)


@pytest.mark.parametrize(
    "after",
    [
        a_session().changed(at=LATER, title="x", title_source="user"),
        a_session().changed(at=LATER, tags=("x",), note="n", is_favourite=True, metadata={"x": 1}),
        a_session().with_remark(at=LATER),
    ],
)
def test_labels_and_remarks_are_a_change_but_no_activity(after):
    assert (after.updated_at, after.last_activity_at) == (LATER, a_session().last_activity_at)


def test_what_a_person_did_is_no_message():
    entry = Message(id="m", session_id="s", seq=1, role="event", created_at="2026-01-02")
    after = a_session().with_message(entry)
    assert (after.message_count, after.last_message, after.head_id) == (0, None, "m")


@pytest.mark.parametrize(("status", "error"), [("paused", SessionPaused), ("ended", SessionEnded)])
def test_only_an_active_session_takes_messages(status, error):
    a_session(status="active").check_writable()
    with pytest.raises(error):
        a_session(status=status).check_writable()


def test_a_revision_must_be_the_one_the_client_has_seen():
    a_session(revision=2).check_revision(None)
    a_session(revision=2).check_revision(2)
    with pytest.raises(RevisionConflict) as refused:
        a_session(revision=2).check_revision(1)
    assert refused.value.data == {"expected": 1, "actual": 2}


@pytest.mark.parametrize(
    ("status", "archived", "trashed", "is_open"),
    [
        ("active", None, None, True),
        ("paused", None, None, True),
        ("ended", None, None, False),
        ("active", "2026", None, False),
        ("active", None, "2026", False),
    ],
)
def test_a_session_can_be_reopened_unless_it_is_ended_archived_or_trashed(status, archived, trashed, is_open):
    assert a_session(status=status, archived_at=archived, trashed_at=trashed).is_open is is_open


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("Why is the sky blue?", "Why is the sky blue?"),
        ("\n\n  ## Fix   the\tbug\nmore", "Fix the bug"),
        ("```\nx = 1\n```", "x = 1"),
        ("---\n", DEFAULT_TITLE),
        ("", DEFAULT_TITLE),
    ],
)
def test_a_title_is_the_first_line_with_words(text, title):
    assert title_from(text) == title


@given(st.text())
def test_a_title_is_one_short_line(text):
    title = title_from(text)
    assert 0 < len(title) <= TITLE_LENGTH
    assert title == " ".join(title.split())


class SessionStates(RuleBasedStateMachine):
    """Whatever is tried in whatever order, a session moves as the table says and never comes back from its end."""

    def __init__(self) -> None:
        super().__init__()
        self.session = a_session()
        self.has_ended = False

    @rule(status=st.sampled_from(STATUSES))
    def move(self, status):
        before = self.session
        try:
            self.session = before.moved_to(status, at="2026-01-02T00:00:00.000Z")
        except InvalidTransition:
            assert (before.status, status) not in ALLOWED
            return
        assert (before.status, status) in ALLOWED
        assert self.session.revision == before.revision + 1
        self.has_ended = self.has_ended or status == "ended"

    @invariant()
    def the_end_is_final(self):
        assert not self.has_ended or self.session.status == "ended"


TestSessionStates = SessionStates.TestCase
