"""A session that goes out redacted holds no secret that it held at any place, nor what repeats one."""

import re
import weakref
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.store import a_message, a_session, at
from tests.support.transcripts import (
    REPOSITORY,
    a_conversation,
    a_full_transcript,
    a_transcript,
    hostile_parts,
)
from threadkeep.adapters.models.words import search_words
from threadkeep.adapters.plugins import exporters
from threadkeep.domain.messages import Message, Part, text_part
from threadkeep.domain.repositories import Alias
from threadkeep.domain.secret_traces import NO_SECRETS
from threadkeep.domain.secrets import REDACTED, redacted
from threadkeep.domain.sessions import LastMessage, Link
from threadkeep.domain.tool_calls import OutputItem, ToolCall
from threadkeep.domain.transcript_secrets import traces_in, without_any_secrets
from threadkeep.domain.transfer import Transcript
from threadkeep.values import evolve

TEXT_FORMATS = ("json", "jsonl", "csv", "markdown", "text", "html")
KEY = "sk-" + "ABCDEFGHijkl1234-mnop_qrst9999"  # built here, so that no scanner takes this file for a leak


def in_session(**fields: Any) -> Callable[[Transcript], Transcript]:
    return lambda full: evolve(full, session=evolve(full.session, **fields))


def in_message(at_: int, **fields: Any) -> Callable[[Transcript], Transcript]:
    def changed(full: Transcript) -> Transcript:
        told = evolve(full.messages[at_], **fields)
        return evolve(full, messages=(*full.messages[:at_], told, *full.messages[at_ + 1 :]))

    return changed


def places(text: str, *, message: int = 2) -> dict[str, Callable[[Transcript], Transcript]]:
    """Where words of people and of models stand in an export."""
    full = a_full_transcript()
    key, (question, answer, _, entry) = full.session.key, full.messages
    assert answer.error is not None
    assert entry.event is not None
    told = evolve(entry, event=evolve(entry.event, reason=text))
    attached = evolve(question.parts[1], text=text)
    return {
        "title": in_session(title=text),
        "note": in_session(note=text),
        "tag": in_session(tags=(text,)),
        "link": in_session(links=(Link(kind=text, value=text, url=text),)),
        "task": in_session(key=evolve(key, task=text, workflow=text)),
        "summary": in_session(context_summary=text),
        "metadata": in_session(metadata={text: [{"deep": text}]}),
        "preview": in_session(last_message=LastMessage(role="user", preview=text, at=at(99))),
        "agent": in_session(agent=text, model=text, provider=text),
        "repository": lambda given_: evolve(
            given_,
            repository=evolve(
                REPOSITORY, name=text, roots=(text,), remote=text, aliases=(Alias(kind="path", value=text),)
            ),
        ),
        "content": in_message(message, parts=(text_part(text),)),
        "thought": in_message(message, parts=(Part(type="reasoning", text=text, signature="s"),)),
        "two parts": in_message(message, parts=(text_part(text[:9]), text_part(text[9:]))),
        "attachment": in_message(message, parts=(attached,)),
        "message's note": in_message(message, note=text, metadata={"x": text}),
        "message's agent": in_message(message, agent=text, model=text),
        "error": in_message(1, error=evolve(answer.error, message=text, data={"provider": text})),
        "event": lambda given_: evolve(given_, messages=(*given_.messages[:3], told)),
    }


NAMES = {"task", "agent", "message's agent"}
"""Places of names by which a session goes on: what only repeats a secret stays there."""
letters = "bcdfghjklmnpqrstvwxzBCDFGHJKLMNPQRSTVWXZ123456789"
"""No vowels and no 0: no name of a member, and no hash that the session holds, is a word of a secret."""
tails = st.text(alphabet=letters + "-_", min_size=14, max_size=40).filter(lambda tail: tail[-1].isalnum())
plain_passwords = st.text(alphabet=letters + "-.!", min_size=8, max_size=20).filter(
    lambda word: word[0].isalnum() and word[-1].isalnum() and any(map(str.isdigit, word))
)


@st.composite
def secrets(draw: st.DrawFn) -> tuple[str, str]:
    """A text that gives a secret away, and the secret."""
    secret = draw(st.sampled_from(["sk-", "ghp_", "AKIA"]).flatmap(lambda start: tails.map(start.__add__)))
    if draw(st.booleans()):
        secret = draw(plain_passwords)
        before = draw(st.sampled_from(["password=", "api_key: ", '"client_secret": "', "https://ann:"]))
        return f"{before}{secret}{'@x.org' if before.startswith('http') else ''}", secret
    if secret.startswith("AKIA"):
        secret = re.sub("[^A-Z0-9]", "X", secret.upper())
    return f"use {secret} there", secret


def repeated(secret: str) -> str:
    """What a search for the secret's words tells of it, and what a short form leaves of it."""
    words = ", ".join(f"`{word}`" for word in search_words(secret))
    return f"It looked for {words}. {secret.upper()} x{secret}y {secret[:-2]}…"


def left_of(secret: str, exported: str) -> list[str]:
    """What gives the secret away in an exported text."""
    words = [word for word in re.findall(r"[^\W_]+", secret.lower()) if word not in NO_SECRETS]
    telling = [word for word in words if len(word) >= 8]
    plain = re.sub(r"\\([\\`*_\[\]<>|#~])", r"\1", exported).lower()
    return [each for each in (secret.lower(), *telling) if each in plain]


@given(data=st.data(), given_=secrets())
def test_no_format_holds_a_secret_nor_what_repeats_it_wherever_they_stand(
    data: st.DataObject, given_: tuple[str, str]
) -> None:
    text, secret = given_
    first = data.draw(st.sampled_from(sorted(places(""))))
    second = data.draw(st.sampled_from(sorted(set(places("")) - {first} - NAMES)))
    poisoned = places(repeated(secret), message=0)[second](places(text)[first](a_full_transcript()))
    cleaned = without_any_secrets(poisoned)
    for name in TEXT_FORMATS:
        exported = b"".join(exporters()[name].pieces([cleaned], is_single=True)).decode()
        assert left_of(secret, exported) == []
    assert without_any_secrets(cleaned) == cleaned


@pytest.mark.parametrize("place", sorted(places("")))
def test_a_secret_is_taken_out_at_every_place(place: str) -> None:
    cleaned = without_any_secrets(places(f"Take {KEY}!")[place](a_full_transcript()))
    exported = b"".join(exporters()["json"].pieces([cleaned], is_single=True)).decode()
    assert left_of(KEY, exported) == []
    assert REDACTED in exported


def answered(question: str, answer: str) -> str:
    return without_any_secrets(a_conversation(question, answer)).messages[1].content


def test_the_words_of_a_password_in_a_row_are_taken_out() -> None:
    words = ", ".join(f"`{word}`" for word in search_words("password=Hunter2-Gold.Fish"))
    assert answered("password=Hunter2-Gold.Fish", f"It looked for {words}.") == (
        f"It looked for `password`, `{REDACTED}`."
    )


def test_a_word_of_a_password_alone_stays_where_it_may_mean_something_else() -> None:
    assert answered("password=Hunter2-Gold.Fish", "A fish is not made of gold.") == (
        "A fish is not made of gold."
    )


EVERYDAY = (
    "write a basic bearer token secret password passwd: secret: password: api_key: authorization: is must keep the"
    " function functions usage assistant test Use authentication JavaScript user-name it. it, and Add"
    " internationalization command-line-arguments src/components/UserStore.py a/secret.py?"
)
everyday = st.sampled_from(re.split(" ", EVERYDAY))


@given(st.lists(everyday).map(" ".join), st.lists(everyday, min_size=1).map(" ".join))
def test_words_of_every_day_go_only_where_they_stand_behind_a_name(prose: str, other: str) -> None:
    plain = re.sub(r"\w+: ?", "", other)
    names = {"agent": "function", "model": "basic", "provider": "test"}
    given_ = a_conversation(prose, plain, title=f"Add {plain}", tags=("usage", "must"), **names)
    cleaned = without_any_secrets(given_)
    assert cleaned.messages[1] == given_.messages[1]
    assert evolve(cleaned.session, last_message=None) == evolve(given_.session, last_message=None)
    words, left = prose.split(), cleaned.messages[0].content.split()
    before = [re.sub(r" (?:basic|bearer)$", "", " ".join(words[:at_])) for at_ in range(len(words))]
    assert [word for word, told in zip(left, before, strict=True) if not told.endswith(":")] == [
        word for word, told in zip(words, before, strict=True) if not told.endswith(":")
    ]


@pytest.mark.parametrize(
    "prose",
    [
        "Write a basic function. Basic usage: call it. A basic assistant would do. Basic PostgreSQL.",
        "Bearer authentication and basic internationalization need oauth2 and html5.",
        "See basic src/components/v2/UserStore.py and basic command-line-arguments.",
    ],
)
def test_basic_and_bearer_are_words_too(prose: str) -> None:
    assert redacted(prose) == prose


@pytest.mark.parametrize(
    "secret", ["dXNlcjpwYXNzd29yZA==", "abcdefgh1234", "0123456789abcdef", "a.b-c~d/e+f1234"]
)
@pytest.mark.parametrize("scheme", ["Basic", "bearer"])
def test_credentials_behind_a_scheme_are_taken_out_everywhere(scheme: str, secret: str) -> None:
    told = without_any_secrets(
        a_conversation(f"basic password-check: {scheme} {secret}.", f"It is {secret}!")
    )
    assert [message.content for message in told.messages] == [
        f"basic password-check: {scheme} {REDACTED}",
        f"It is {REDACTED}!",
    ]


def test_a_secret_behind_words_that_look_like_a_scheme_is_found() -> None:
    assert redacted("basic password: hunter22 and bearer secret=hunter22") == (
        f"basic password: {REDACTED} and bearer secret={REDACTED}"
    )


def test_a_name_loses_only_what_is_a_secret_by_itself() -> None:
    names = {"agent": "hunter22", "model": KEY}
    session = without_any_secrets(a_conversation("password: hunter22", "Hi", **names)).session
    assert (session.agent, session.model) == ("hunter22", REDACTED)


def test_a_pass_phrase_is_taken_out_with_its_words_in_a_row() -> None:
    phrase = "correct-horse-battery-staple"
    assert answered(f"password: {phrase}", "Is it `correct`, `horse`, `battery`? The battery is flat.") == (
        f"Is it `{REDACTED}`? The battery is flat."
    )


@pytest.mark.parametrize(
    "code", ["password: string", "api_key = None", "secret=os.environ['X']", "password = self.password"]
)
def test_what_stands_in_code_for_a_secret_is_none(code: str) -> None:
    answer = "None of the string values in self.password or os.environ is true."
    assert answered(code, answer) == answer


def test_a_member_that_is_called_a_secret_is_one() -> None:
    given_ = a_conversation("letmein it is", metadata={"db": {"password": "letmein"}, "password": 5})
    cleaned = without_any_secrets(given_)
    assert cleaned.session.metadata == {"db": {"password": REDACTED}, "password": 5}
    assert cleaned.messages[0].content == f"{REDACTED} it is"


def test_members_whose_names_were_secret_stay_apart() -> None:
    cleaned = without_any_secrets(a_conversation("Hi", metadata={KEY: 1, f"{KEY}x": 2}))
    assert cleaned.session.metadata == {REDACTED: 1, f"{REDACTED} 2": 2}


def test_the_lines_of_a_private_key_are_taken_out_wherever_they_stand() -> None:
    line = "MIIEvQIBADANBgkqhkiG9w0BAQEFAASC" * 2
    begin, end = (f"-----{word} PRIVATE KEY-----" for word in ("BEGIN", "END"))
    key = f"{begin}\n{line}\n{end}"
    assert answered(f"Read {key} please", f"Its line {line[:40]} is odd") == f"Its line {REDACTED} is odd"
    assert answered(f"{begin} and so on, a wonderful conversation", "A wonderful conversation") == (
        "A wonderful conversation"
    )


def test_an_attachment_tells_the_fingerprint_of_what_is_left_of_it() -> None:
    full = places(f"x = '{KEY}'")["attachment"](a_full_transcript())
    (before,), (after,) = full.messages[2].parts, without_any_secrets(full).messages[2].parts
    assert before.attachment is not None
    assert after.attachment is not None
    assert after.text == f"x = '{REDACTED}'"
    assert after.attachment.hash != before.attachment.hash


def test_the_short_form_of_a_message_is_made_of_what_is_left_of_it() -> None:
    message = a_message("m1", text=f"{'word ' * 38}{KEY}")
    given_ = a_transcript(
        message, last_message=LastMessage(role="user", preview=message.preview, at=message.created_at)
    )
    cleaned = without_any_secrets(given_)
    assert cleaned.session.last_message is not None
    assert cleaned.session.last_message.preview == f"{'word ' * 38}{REDACTED}"


def test_looking_for_secrets_of_a_long_session_holds_one_message_at_a_time() -> None:
    held: list[weakref.ref[Message]] = []

    def messages() -> Iterator[Message]:
        for number in range(5):
            assert sum(each() is not None for each in held) <= 1
            made = a_message(f"m{number}", text=f"{number} is nice, and password: hunter2-{number}")
            held.append(weakref.ref(made))
            yield made
            del made

    traces = traces_in(a_session("s1"), messages())
    assert all(f"hunter2-{number}" not in traces.taken_out(f"Say hunter2-{number}!") for number in range(5))
    assert not any(isinstance(each, str) and "is nice" in each for each in traces.innocent)


def test_what_agents_did_loses_what_was_said_to_be_secret_anywhere() -> None:
    key = "sk-" + "abcdefghijklmnop"
    transcript = a_transcript(a_message("m1", role="assistant", parts=hostile_parts(f"use {key} now")))
    clean = without_any_secrets(transcript)
    assert key not in repr(clean)
    assert [part.type for part in clean.messages[0].parts] == [
        part.type for part in transcript.messages[0].parts
    ]
    before, after = (each.messages[0].parts[1].call for each in (transcript, clean))
    assert before is not None
    assert after is not None
    assert (after.id, after.kind, after.state) == (before.id, before.kind, before.state)
    assert after.output[5].blob == before.output[5].blob


def test_a_member_of_an_input_that_is_called_a_secret_goes_everywhere() -> None:
    secret = "Tr0ub4dor-and-3"
    call = ToolCall(
        id="c", input={"login": {"password": secret}}, output=(OutputItem(type="text", text=secret),)
    )
    told = a_message("m1", role="assistant", parts=(Part(type="toolCall", text="", call=call),))
    assert secret not in repr(without_any_secrets(a_transcript(told)))
