"""What is made of sessions that come from elsewhere."""

import itertools

import attrs
from hypothesis import given

from tests.support.store import at
from tests.support.transcripts import REPOSITORY, a_conversation, a_full_transcript, transcripts
from threadkeep.domain.foreign import from_foreign
from threadkeep.domain.messages import Usage, text_part
from threadkeep.domain.transcript_secrets import without_any_secrets
from threadkeep.domain.transcripts import at_rest, copied, problem_of
from threadkeep.domain.transfer import ForeignMessage, ForeignSession, Transcript


@given(transcript=transcripts())
def test_a_session_at_rest_stays_as_it_is_and_can_be_stored(transcript: Transcript) -> None:
    assert problem_of(transcript) is None
    assert at_rest(transcript) == transcript


def test_messages_are_put_in_order() -> None:
    transcript = a_conversation("One", "Two", "Three")
    turned = attrs.evolve(transcript, messages=transcript.messages[::-1])
    assert problem_of(turned) is None
    assert at_rest(turned) == transcript


def test_the_visible_path_leads_to_the_head_and_ends_in_a_circle_too() -> None:
    full = a_full_transcript()
    assert [message.id for message in full.visible] == ["m1", "m3", "m4"]
    looped = attrs.evolve(full, messages=(attrs.evolve(full.messages[0], parent_id="m3"), *full.messages[1:]))
    assert [message.id for message in looped.visible] == ["m1", "m3", "m4"]
    assert attrs.evolve(full, session=attrs.evolve(full.session, head_id=None)).visible == ()


def test_a_copy_has_new_ids_and_the_same_tree() -> None:
    numbers = itertools.count(1)
    copy = copied(a_full_transcript(), lambda: f"new-{next(numbers)}")
    assert problem_of(copy) is None
    assert [message.content for message in copy.visible] == [m.content for m in a_full_transcript().visible]
    assert {message.turn_id for message in copy.messages} == {None}


def test_what_holds_no_secret_is_not_changed() -> None:
    assert without_any_secrets(a_full_transcript()) == a_full_transcript()


def test_the_tokens_of_another_tool_are_counted() -> None:
    messages = tuple(
        ForeignMessage(
            origin_id=str(number),
            parent_origin_id=None if number == 0 else "0",
            role="assistant",
            parts=(text_part("x"),),
            model="large",
            usage=Usage(input_tokens=number, cost=0.5),
        )
        for number in range(3)
    )
    foreign = ForeignSession(
        origin="codex",
        origin_id="x",
        title=" A\ntitle ",
        created_at=at(1),
        updated_at=at(9),
        head_origin_id="1",
        messages=messages,
        branch=" ",
    )
    transcript = from_foreign(foreign, REPOSITORY)
    assert problem_of(transcript) is None
    session = transcript.session
    assert session.usage == Usage(input_tokens=3, cost=1.5)
    assert (session.title, session.title_source, session.key.task) == ("A title", "generated", "default")
    assert [message.created_at for message in transcript.messages] == [at(1)] * 3
    assert [message.id for message in transcript.visible] == [m.id for m in transcript.messages[:2]]
    assert from_foreign(foreign, REPOSITORY) == transcript
