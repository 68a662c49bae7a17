"""json and jsonl hold everything, come back as they were, and take nothing on trust."""

import json
from collections.abc import Iterable, Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.transcripts import a_conversation, a_full_transcript, a_transcript, transcripts
from threadkeep.adapters.formats.own_json import JsonFormat
from threadkeep.adapters.formats.own_jsonl import JsonlFormat
from threadkeep.domain.errors import ImportInvalid
from threadkeep.domain.transfer import Transcript, TransferProblem
from threadkeep.values import fields

FORMATS = {"json": JsonFormat, "jsonl": JsonlFormat}


@pytest.fixture(params=FORMATS)
def own(request: pytest.FixtureRequest) -> JsonFormat | JsonlFormat:
    return FORMATS[request.param]()


def written(own: JsonFormat | JsonlFormat, *given: Transcript) -> bytes:
    return b"".join(own.pieces(given, is_single=False))


def cut(data: bytes, size: int) -> Iterator[bytes]:
    return (data[start : start + size] for start in range(0, len(data), size))


def read(own: JsonFormat | JsonlFormat, data: bytes) -> list[Transcript | TransferProblem]:
    return list(own.read([data]))


def messages_of(found: Iterable[Transcript | TransferProblem]) -> list[str]:
    return [each.message for each in found if isinstance(each, TransferProblem)]


def test_every_field_comes_back(own: JsonFormat | JsonlFormat) -> None:
    full = a_full_transcript()
    assert read(own, written(own, full, a_transcript())) == [full, a_transcript()]


def test_no_field_has_its_default_in_the_full_transcript() -> None:
    full = a_full_transcript()
    for value in (full.session, full.messages[0], full.messages[1], full.repository):
        plain = {field.name for field in fields(type(value)) if not field.is_required}
        left = {
            each.name
            for each in fields(type(value))
            if each.name in plain and getattr(value, each.name) == each.default
        }
        assert left <= {
            "erased_at",
            "is_private",
            "mode",  # which a person sets for a session of one store
            "running_turn_id",
            "parent_id",
            "turn_id",
            "agent",
            "model",
            "provider",
        } | {
            "usage",
            "event",
            "error",
            "is_favourite",
            "note",
            "status",
            "stop_reason",
        }


@pytest.mark.medium
@given(data=st.data())
@pytest.mark.parametrize("name", FORMATS)
def test_any_session_comes_back_however_the_file_is_cut(name: str, data: st.DataObject) -> None:
    own = FORMATS[name]()
    given_ = [data.draw(transcripts(session_id=f"s{n}")) for n in range(data.draw(st.integers(0, 2)))]
    size = data.draw(st.integers(1, 200))
    assert list(own.read(cut(written(own, *given_), size))) == given_


def test_the_file_is_in_utf_8_and_json(own: JsonFormat | JsonlFormat) -> None:
    text = written(own, a_full_transcript()).decode("utf-8")
    lines = [text] if own.name == "json" else text.splitlines()
    assert [json.loads(line) for line in lines]
    assert "ключ".encode() in written(own, a_conversation("ключ"))


def test_a_file_of_ours_is_recognised_by_its_beginning() -> None:
    for own in (JsonFormat(), JsonlFormat()):
        head = written(own, a_conversation("Hi"))[:500]
        found = [name for name, kind in FORMATS.items() if kind().recognises(head)]
        assert own.name in found
        assert (JsonlFormat().recognises(head)) is (own.name == "jsonl")
        assert not own.recognises(b'{"format":"another"}')
        assert not own.recognises(b"\xff\xfe\x00")


def test_json_laid_out_anew_is_read_all_the_same() -> None:
    own, full = JsonFormat(), a_full_transcript()
    pretty = json.dumps(json.loads(written(own, full)), indent=4, sort_keys=False)
    assert read(own, b"\xef\xbb\xbf" + pretty.encode()) == [full]


def test_members_of_a_later_minor_version_are_ignored(own: JsonFormat | JsonlFormat) -> None:
    text = written(own, a_conversation("Hi")).decode().replace('"role":', '"mood":"good","role":')
    assert read(own, text.encode()) == [a_conversation("Hi")]


@pytest.mark.parametrize(
    ("head", "told"),
    [
        ('{"format":"other","version":1', "no export of Threadkeep"),
        ('{"version":1', "no export of Threadkeep"),
        ('{"format":"threadkeep","version":"1"', "no export of Threadkeep"),
        ('{"format":"threadkeep","version":true', "no export of Threadkeep"),
        ('{"format":"threadkeep","version":2', "newer Threadkeep"),
        ('{"format":"threadkeep","version":0', "none that there can be"),
    ],
)
def test_another_format_or_a_newer_version_is_refused(
    own: JsonFormat | JsonlFormat, head: str, told: str
) -> None:
    rest = ',"sessions":[{}]}' if own.name == "json" else ',"type":"header"}\n'
    with pytest.raises(ImportInvalid, match=told):
        read(own, (head + rest).encode())


@pytest.mark.parametrize(
    "data", [b"", b"\n", b"null", b"[]", b'"x"', b"{}", b"\x00\x00", b"{", b"[" * 10_000]
)
def test_what_is_no_export_is_refused(own: JsonFormat | JsonlFormat, data: bytes) -> None:
    with pytest.raises(ImportInvalid):
        read(own, data)


HOSTILE: list[tuple[str, Any]] = [
    ("messages", "x"),
    ("messages", [1]),
    ("messages", {}),
    ("session", None),
    ("session", []),
    ("repository", {"id": 5}),
]


@pytest.mark.parametrize(("member", "value"), HOSTILE)
def test_a_session_of_a_wrong_shape_is_a_problem_and_the_others_are_read(member: str, value: Any) -> None:
    own = JsonFormat()
    document = json.loads(written(own, a_conversation("Hi"), a_conversation("Ho", session_id="s2")))
    document["sessions"][0][member] = value
    problem, other = read(own, json.dumps(document).encode())
    assert isinstance(problem, TransferProblem)
    assert other == a_conversation("Ho", session_id="s2")


@pytest.mark.parametrize(
    ("member", "value"),
    [
        ("id", 5),
        ("seq", "1"),
        ("seq", True),
        ("seq", 1.5),
        ("seq", -1),
        ("seq", 2**53),
        ("role", "god"),
        ("role", []),
        ("parts", "text"),
        ("parts", [{"type": "text"}]),
        ("parts", [{"type": "spell", "text": ""}]),
        ("isFavourite", 1),
        ("metadata", []),
        ("usage", {"cost": "free"}),
        ("event", "paused"),
    ],
)
def test_a_member_of_a_wrong_type_is_told_with_its_name(
    own: JsonFormat | JsonlFormat, member: str, value: Any
) -> None:
    lines = (
        written(own, a_conversation("Hi", "Ho"), a_conversation("He", session_id="s2")).decode().split("\n")
    )
    spoilt = [
        _with(line, member, value)
        if f'"{"s1-m1"}"' in line and '"role"' in line and "lastMessage" not in line
        else line
        for line in lines
    ]
    found = read(own, "\n".join(spoilt).encode())
    (told,) = messages_of(found)
    assert member in told
    assert [each.session.id for each in found if isinstance(each, Transcript)] == ["s2"]


def _with(line: str, member: str, value: Any) -> str:
    text = line.rstrip(",]}\n")
    for end in ("", "}", "}}"):
        try:
            data = json.loads(text + end)
            break
        except ValueError:
            continue
    rest = line[len(text + end) :]
    data.get("message", data)[member] = value
    return json.dumps(data) + rest


def test_a_missing_member_is_told_with_its_name(own: JsonFormat | JsonlFormat) -> None:
    text = written(own, a_conversation("Hi", last_message=None)).decode().replace('"role":"user",', "")
    (told,) = messages_of(read(own, text.encode()))
    assert (
        told
        == {
            "json": 'Entry 1 of "sessions" cannot be read: messages[0].role is required.',
            "jsonl": "The message cannot be read, so its session (line 2) is not imported: role is required.",
        }[own.name]
    )


@pytest.mark.parametrize("value", ["NaN", "Infinity", "1e999", "9" * 5000, "[" * 300 + "]" * 300])
def test_json_that_could_not_be_kept_is_a_problem(own: JsonFormat | JsonlFormat, value: str) -> None:
    text = written(own, a_conversation("Hi"), a_conversation("Ho", session_id="s2")).decode()
    spoilt = text.replace('"metadata":{}', f'"metadata":{{"x":{value}}}', 1)
    found = read(own, spoilt.encode())
    assert len(messages_of(found)) == 1
    assert [each.session.id for each in found if isinstance(each, Transcript)] == ["s2"]


def test_bytes_that_are_no_utf_8_are_a_problem(own: JsonFormat | JsonlFormat) -> None:
    data = written(own, a_conversation("Hi"), a_conversation("Ho", session_id="s2")).replace(b"Hi", b"H\xff")
    found = read(own, data)
    assert "UTF-8" in messages_of(found)[0]
    assert [each.session.id for each in found if isinstance(each, Transcript)] == ["s2"]


def test_a_file_cut_short_is_told_and_what_is_whole_is_read(own: JsonFormat | JsonlFormat) -> None:
    data = written(own, a_conversation("Hi"), a_conversation("Ho", "He", session_id="s2"))
    for length in range(len(written(own, a_conversation("Hi"))) + 200, len(data) - 5, 37):
        found = read(own, data[:length])
        assert [each.session.id for each in found if isinstance(each, Transcript)] == ["s1"]
        assert messages_of(found)


def test_a_problem_names_its_line() -> None:
    lines = written(JsonlFormat(), a_conversation("Hi", "Ho")).decode().split("\n")
    lines[2] = "{"
    found = read(JsonlFormat(), "\n".join(lines).encode())
    assert [each.line for each in found if isinstance(each, TransferProblem)] == [3, 2]
    assert messages_of(found)[1].endswith("it is not imported.")
    text = written(JsonFormat(), a_conversation("Hi"), a_conversation("Ho", session_id="s2")).decode()
    first, second = text.split('{"session":{"id":"s2"')
    spoilt = first + '{"session":{"id":"s2"' + second.replace('"role":"user"', '"role":"x"')
    _, problem = read(JsonFormat(), spoilt.encode())
    assert isinstance(problem, TransferProblem)
    assert problem.line == 4


def test_a_line_of_a_message_that_is_missing_takes_its_session_along() -> None:
    lines = written(JsonlFormat(), a_conversation("Hi", "Ho")).decode().split("\n")
    del lines[3]
    (told,) = messages_of(read(JsonlFormat(), "\n".join(lines).encode()))
    assert told == (
        "The session was written with 2 messages, of which 1 can be read here: it is not imported."
    )


def test_a_message_without_a_session_and_other_lines_are_problems() -> None:
    header, _, message, *_ = written(JsonlFormat(), a_conversation("Hi")).decode().split("\n")
    found = read(JsonlFormat(), "\n".join([header, message, "[]", '{"type":"poem"}', ""]).encode())
    assert messages_of(found) == [
        "The message has no session before it.",
        "The line is no session and no message.",
        "The line is no session and no message.",
    ]


strays = (
    st.none() | st.integers() | st.booleans() | st.text(max_size=5) | st.just([]) | st.just([{"a": [{}]}])
)


@given(
    entries=st.lists(st.just("session") | strays.map(lambda each: [each]), max_size=8),
    size=st.integers(1, 90),
)
def test_whatever_is_no_session_is_told_with_its_place_and_the_others_come_in(
    entries: list[str | list[Any]], size: int
) -> None:
    document = json.loads(written(JsonFormat(), a_conversation("Hi")))
    given_ = document["sessions"][0]
    document["sessions"] = [given_ if each == "session" else each[0] for each in entries]
    data = json.dumps(document, indent=1).encode()
    found = list(JsonFormat().read(cut(data, size)))
    whole = [each for each in found if isinstance(each, Transcript)]
    assert whole == [a_conversation("Hi")] * entries.count("session")
    assert messages_of(found) == [
        f'Entry {number} of "sessions" is no session.'
        for number, each in enumerate(entries, start=1)
        if each != "session"
    ]
    document["sessions"] = [{} if each == "session" else each[0] for each in entries]
    told = messages_of(JsonFormat().read(cut(json.dumps(document).encode(), size)))
    assert {int(each.split()[1]) for each in told} == set(range(1, len(entries) + 1))


def test_a_line_that_is_no_message_costs_no_whole_session() -> None:
    one, two = a_conversation("Hi"), a_conversation("Ho", session_id="s2")
    lines = written(JsonlFormat(), one, two).decode().splitlines()
    lines[3:3] = ['"stray"', "5", '{"type":"poem"}']
    found = read(JsonlFormat(), "\n".join(lines).encode())
    assert [each for each in found if isinstance(each, Transcript)] == [one, two]
    assert [each.line for each in found if isinstance(each, TransferProblem)] == [4, 5, 6]


def test_a_line_that_is_too_long_is_left_out_without_being_held() -> None:
    own = JsonlFormat(max_line_bytes=2_000)
    data = written(own, a_conversation("x" * 10_000), a_conversation("Ho", session_id="s2"))
    found = list(own.read(cut(data, 100)))
    assert "too long" in messages_of(found)[0]
    assert [each.session.id for each in found if isinstance(each, Transcript)] == ["s2"]


@pytest.mark.parametrize("name", FORMATS)
def test_a_session_that_is_too_large_is_left_out_without_being_held(name: str) -> None:
    own = FORMATS[name](max_session_bytes=5_000)
    data = written(own, a_conversation(*["x" * 900] * 10), a_conversation("Ho", session_id="s2"))
    found = list(own.read(cut(data, 100)))
    assert "larger than" in messages_of(found)[0]
    assert [each.session.id for each in found if isinstance(each, Transcript)] == ["s2"]


def test_what_is_beside_the_sessions_may_not_be_endless() -> None:
    def endless() -> Iterator[bytes]:
        yield b'{"format":"threadkeep","version":1,"x":"'
        while True:
            yield b"x" * 1_000_000

    with pytest.raises(ImportInvalid, match="too much beside"):
        list(JsonFormat().read(endless()))


@given(noise=st.binary(max_size=300))
@pytest.mark.parametrize("name", FORMATS)
def test_noise_is_refused_or_reported_and_never_crashes(name: str, noise: bytes) -> None:
    own = FORMATS[name]()
    good = written(own, a_conversation("Hi"))
    middle = len(good) // 2
    for data in (noise, good[:middle] + noise + good[middle:], good + noise):
        try:
            found = read(own, data)
        except ImportInvalid:
            continue
        assert all(isinstance(each, Transcript | TransferProblem) for each in found)


@given(data=st.data())
@pytest.mark.parametrize("name", FORMATS)
def test_any_json_in_the_place_of_a_member_is_reported_or_read(name: str, data: st.DataObject) -> None:
    own = FORMATS[name]()
    document = json.loads(written(JsonFormat(), a_full_transcript()))["sessions"][0]
    places = [(document, key) for key in document]
    places += [(document["session"], key) for key in document["session"]]
    places += [(message, key) for message in document["messages"] for key in message]
    where, key = data.draw(st.sampled_from(places))
    where[key] = data.draw(
        st.sampled_from([None, 0, -1, 2.5, "", "x", [], {}, [[]], {"a": {}}, True, "\ud800"])
    )
    if name == "json":
        text = json.dumps({"format": "threadkeep", "version": 1, "sessions": [document]})
    else:
        messages = document["messages"] if isinstance(document["messages"], list) else []
        head = {"type": "session", **document, "messages": len(messages)}
        lines = [{"type": "header", "format": "threadkeep", "version": 1}, head]
        lines += [{"type": "message", "message": message} for message in messages]
        text = "\n".join(json.dumps(line) for line in lines)
    for found in own.read([text.encode()]):
        assert isinstance(found, Transcript | TransferProblem)
