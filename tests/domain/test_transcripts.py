"""What is made of sessions that come from elsewhere."""

import itertools

import pytest
from hypothesis import given

from tests.support.store import at
from tests.support.transcripts import REPOSITORY, a_conversation, a_full_transcript, transcripts
from threadkeep.domain.foreign import from_foreign
from threadkeep.domain.imported_labels import within_limits
from threadkeep.domain.labels import MAX_LINKS, MAX_NOTE, MAX_TAG, MAX_TAGS, MAX_TITLE, clean_tags
from threadkeep.domain.messages import Usage, text_part
from threadkeep.domain.repositories import ALIAS_KINDS, MAX_BEGINNINGS, MAX_ROOTS, Alias, Checkout, Repository
from threadkeep.domain.sessions import DEFAULT_TITLE, ForkedFrom, LastMessage, Link
from threadkeep.domain.transcript_secrets import without_any_secrets
from threadkeep.domain.transcripts import at_rest, copied, problem_of
from threadkeep.domain.transfer import ForeignMessage, ForeignSession, Transcript
from threadkeep.domain.usage import MOST_DOLLARS, MOST_TOKENS, amount_of
from threadkeep.values import evolve


@pytest.mark.medium
@given(transcript=transcripts())
def test_a_session_at_rest_stays_as_it_is_and_can_be_stored(transcript: Transcript) -> None:
    assert problem_of(transcript) is None
    assert at_rest(transcript) == transcript


def test_messages_are_put_in_order() -> None:
    transcript = a_conversation("One", "Two", "Three")
    turned = evolve(transcript, messages=transcript.messages[::-1])
    assert problem_of(turned) is None
    assert at_rest(turned) == transcript


def test_the_visible_path_leads_to_the_head_and_ends_in_a_circle_too() -> None:
    full = a_full_transcript()
    assert [message.id for message in full.visible] == ["m1", "m3", "m4"]
    looped = evolve(full, messages=(evolve(full.messages[0], parent_id="m3"), *full.messages[1:]))
    assert [message.id for message in looped.visible] == ["m1", "m3", "m4"]
    assert evolve(full, session=evolve(full.session, head_id=None)).visible == ()


def test_a_copy_has_new_ids_and_the_same_tree() -> None:
    numbers = itertools.count(1)
    copy = copied(a_full_transcript(), lambda: f"new-{next(numbers)}", at=at(99))
    assert problem_of(copy) is None
    assert [message.content for message in copy.visible] == [m.content for m in a_full_transcript().visible]
    assert {message.turn_id for message in copy.messages} == {None}


def test_a_copy_is_a_fork_of_the_original_where_its_answers_were_paid() -> None:
    full = a_full_transcript()
    for now, made_at in ((at(99), at(99)), (at(1), at(6))):
        numbers = itertools.count(1)
        session = copied(full, lambda: f"new-{next(numbers)}", at=now).session  # noqa: B023 - used at once
        assert session.forked_from == ForkedFrom(session_id="s1", message_id="m4")
        assert (session.usage, session.created_at, session.last_activity_at) == (Usage(), made_at, made_at)
        copy = copied(full, lambda: f"new-{next(numbers)}", at=now)  # noqa: B023 - used at once
        assert [amount_of(message, copy.session) for message in copy.messages] == [None] * 4


def test_what_a_session_tells_of_its_messages_is_counted_anew() -> None:
    full = a_full_transcript()
    told = LastMessage(role="user", preview="Never said", at=at(1))
    wrong = evolve(full.session, message_count=99, last_message=told, usage=Usage(input_tokens=10**9))
    assert at_rest(evolve(full, session=wrong)) == full
    silent = evolve(full.session, last_message=None, message_count=0, usage=Usage())
    assert at_rest(evolve(full, session=silent)) == full
    bare = evolve(full, session=evolve(wrong, head_id=None), messages=())
    empty = at_rest(bare).session
    assert (empty.message_count, empty.last_message, empty.usage) == (0, None, Usage())


def test_an_answer_that_tells_more_tokens_than_there_can_be_spoils_no_sum() -> None:
    full = a_full_transcript()
    huge = evolve(full.messages[1], usage=Usage(output_tokens=2**53 - 1))
    session = at_rest(evolve(full, messages=(full.messages[0], huge, *full.messages[2:]))).session
    assert session.usage.output_tokens == MOST_TOKENS + 4


@pytest.mark.parametrize(("cost", "counted"), [(-3.0, 0.25), (1e300, MOST_DOLLARS + 0.25), (None, 0.25)])
def test_a_cost_that_cannot_be_spoils_no_sum(cost: float | None, counted: float) -> None:
    full = a_full_transcript()
    wrong = evolve(full.messages[1], usage=Usage(cost=cost))
    session = at_rest(evolve(full, messages=(full.messages[0], wrong, *full.messages[2:]))).session
    assert session.usage.cost == counted


def test_what_a_person_could_not_write_here_is_cut_and_told() -> None:
    full = a_full_transcript()
    assert within_limits(full) == (full, ())
    long = evolve(
        full.session,
        title="t" * (MAX_TITLE + 1),
        note="n" * (MAX_NOTE + 1),
        tags=("x" * (MAX_TAG + 1), *(f"{number}" for number in range(MAX_TAGS))),
        links=(
            Link(kind="issue", value="1", url="javascript:alert(1)"),
            *(Link(kind="issue", value=f"{number}") for number in range(MAX_LINKS + 1)),
        ),
    )
    noted = evolve(full.messages[0], note="m" * (MAX_NOTE + 1))
    cut, told = within_limits(evolve(full, session=long, messages=(noted, *full.messages[1:])))
    session, note = cut.session, cut.messages[0].note
    assert (session.title, session.note) == ("t" * (MAX_TITLE - 1) + "…", "n" * (MAX_NOTE - 1) + "…")
    assert (len(session.tags), len(session.tags[-1]), note) == (MAX_TAGS, MAX_TAG, "m" * (MAX_NOTE - 1) + "…")
    assert [link.value for link in session.links] == [f"{number}" for number in range(MAX_LINKS)]
    assert told[0] == "its title is cut to the first 1,000 of 1,001 characters"
    assert [next(word for word in WHAT if word in each) for each in told] == WHAT
    assert within_limits(cut) == (cut, ())


WHAT = ["title", "note is", "tag is", "tags", "link of", "links", "note on"]


def test_signs_that_nobody_sees_are_left_out_of_titles_and_tags() -> None:
    full = a_full_transcript()
    odd = evolve(full.session, title="bill\u202efdp\n .exe", tags=("a\u200bb", "ab", "\u200b"))
    session = within_limits(evolve(full, session=odd))[0].session
    assert (session.title, session.tags) == ("billfdp .exe", ("ab",))
    unseen = evolve(full.session, title="\x00\u202e")
    assert within_limits(evolve(full, session=unseen))[0].session.title == DEFAULT_TITLE


def test_tags_that_come_in_are_in_the_order_of_those_that_a_person_gives() -> None:
    full = a_full_transcript()
    mixed = evolve(full.session, tags=("b", "B", "a"))
    tags = within_limits(evolve(full, session=mixed))[0].session.tags
    assert tags == clean_tags(["b", "B", "a"])


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


@pytest.mark.parametrize(
    "known",
    [
        Checkout(root="/code/app", is_workspace=True),
        Checkout(root="/code/app", common_dir="/code/app/.git", origin="https://x.org/app"),
        Checkout(root="/code/app"),
    ],
    ids=["workspace", "git", "folder"],
)
def test_whatever_a_repository_is_known_by_may_come_in_again(known: Checkout) -> None:
    repository = Repository(id="r1", name="app", aliases=()).seen_at(known)
    other = Repository(id="r2", name="other", aliases=(Alias(kind="name", value="other"),))
    merged = repository.absorbing(other)
    transcript = evolve(a_full_transcript(), repository=merged)
    assert problem_of(transcript) is None
    assert {alias.kind for alias in merged.aliases} <= ALIAS_KINDS


@pytest.mark.parametrize(
    ("repository", "told"),
    [
        ({"id": ""}, "no id or no name"),
        ({"name": " "}, "no id or no name"),
        ({"roots": tuple(map(str, range(MAX_ROOTS + 1)))}, "too many things"),
        ({"beginnings": tuple(map(str, range(MAX_BEGINNINGS + 1)))}, "too many first commits"),
        ({"aliases": (Alias(kind="star", value="x"),)}, "does not know"),
        ({"name": "a\x00b"}, "cannot be"),
    ],
)
def test_a_repository_that_cannot_be_is_refused_with_its_reason(
    repository: dict[str, object], told: str
) -> None:
    transcript = evolve(a_full_transcript(), repository=evolve(REPOSITORY, **repository))
    problem = problem_of(transcript)
    assert problem is not None
    assert told in problem


def test_a_session_with_a_blank_name_or_a_seq_past_all_is_refused() -> None:
    transcript = a_full_transcript()
    for changed, told in [({"tags": ("a", " ")}, "is blank"), ({"seq": 2**63}, "larger than")]:
        problem = problem_of(evolve(transcript, session=evolve(transcript.session, **changed)))
        assert problem is not None
        assert told in problem


def test_a_message_with_a_time_of_another_form_is_refused() -> None:
    transcript = a_full_transcript()
    first, *others = transcript.messages
    problem = problem_of(evolve(transcript, messages=(evolve(first, created_at="yesterday"), *others)))
    assert problem is not None
    assert "a time is not written like" in problem
