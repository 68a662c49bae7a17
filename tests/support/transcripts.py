"""Transcripts: one with everything in it, and any that there can be."""

import base64
import hashlib
from typing import Any

from hypothesis import strategies as st

from tests.support.store import a_message, a_session, an_attachment, at
from threadkeep.domain.messages import (
    Failure,
    Message,
    Part,
    Range,
    TimelineEvent,
    Usage,
    text_part,
)
from threadkeep.domain.repositories import Alias, Repository, RootCommit
from threadkeep.domain.sessions import (
    DEFAULT_TITLE,
    ForkedFrom,
    LastMessage,
    Link,
    SessionKey,
    last_message,
)
from threadkeep.domain.text import one_line
from threadkeep.domain.tool_calls import (
    BLOB_BYTES,
    Blob,
    Location,
    MediaFile,
    OutputItem,
    PlanEntry,
    ProviderBlock,
    ToolCall,
)
from threadkeep.domain.transfer import Transcript
from threadkeep.values import evolve

REPOSITORY = Repository(
    id="r1",
    name="app",
    aliases=(
        Alias(kind="commonDir", value="/code/app/.git"),
        Alias(kind="origin", value="https://x.org/app"),
    ),
    roots=("/code/app",),
    remote="https://x.org/app",
    beginnings=(RootCommit(common_dir="/code/app/.git", commit="0" * 40, at=at(1)),),
    refused=('["alike", "r2"]',),
)


def a_transcript(*messages: Message, **session: Any) -> Transcript:
    """A session of these messages, the last of which is its head."""
    session_id = session.pop("session_id", "s1")
    given: dict[str, Any] = {
        "head_id": messages[-1].id if messages else None,
        "message_count": sum(message.is_counted for message in messages),
        "seq": max((message.seq for message in messages), default=0) + 1,
        "last_message": _newest([message for message in messages if message.is_counted]),
    }
    return Transcript(
        session=a_session(session_id, **given | session), repository=REPOSITORY, messages=messages
    )


def _newest(messages: list[Message]) -> LastMessage | None:
    """What a session tells of the newest of its messages that say something, or else of the newest."""
    newest = ([message for message in messages if message.content] or messages)[-1:]
    return last_message(newest[0]) if newest else None


def a_conversation(*texts: str, session_id: str = "s1", **session: Any) -> Transcript:
    """A session in which a person and a model speak in turn."""
    messages = [
        a_message(
            f"{session_id}-m{seq}",
            seq=seq,
            text=text,
            session_id=session_id,
            role="user" if seq % 2 else "assistant",
            parent_id=f"{session_id}-m{seq - 1}" if seq > 1 else None,
            completed_at=at(seq),
        )
        for seq, text in enumerate(texts, start=1)
    ]
    return a_transcript(*messages, session_id=session_id, **session)


def a_full_transcript() -> Transcript:
    """A session in which every field is set, with two branches and an entry of the history."""
    place = Range(start_line=2, start_character=0, end_line=4, end_character=1)
    question = a_message(
        "m1",
        seq=2,
        parts=(text_part("Why?\n```py\n"), an_attachment(range_=place, stale="changed")),
        note="asked twice",
        is_favourite=True,
        metadata={"window": [1, {"deep": None}], "ключ": 1.5},
        completed_at=at(2),
    )
    answer = a_message(
        "m2",
        seq=3,
        role="assistant",
        parent_id="m1",
        parts=(Part(type="reasoning", text="Hm.", signature="sig"), text_part("Because. 😀 \x00 \ud83d")),
        status="failed",
        stop_reason="error",
        turn_id="t1",
        agent="coder",
        model="large",
        provider="work",
        usage=Usage(input_tokens=3, output_tokens=4, cached_tokens=1, reasoning_tokens=2, cost=0.25),
        error=Failure(kind="providerTimeout", message="Silent.", retryable=True, data={"status": 504}),
        erased_at=at(4),
        completed_at=at(4),
    )
    other = evolve(
        answer,
        id="m3",
        seq=5,
        status="complete",
        stop_reason="maxTokens",
        error=None,
        erased_at=None,
        parts=(text_part("So."),),
        created_at=at(5),
        completed_at=at(5),
    )
    event = TimelineEvent(kind="agentSwitched", at=at(6), from_="assistant", to="coder", reason="code")
    entry = a_message("m4", seq=6, role="event", parent_id="m3", event=event, completed_at=at(6))
    return a_transcript(
        question,
        answer,
        other,
        entry,
        key=SessionKey(repository_id="r1", task="main", workflow="review"),
        links=(Link(kind="issue", value="PROJ-1", url="https://x.org/1"), Link(kind="mine", value="x")),
        title="Why is it so?",
        title_source="user",
        status="ended",
        archived_at=at(8),
        trashed_at=at(9),
        activity="failed",
        agent="coder",
        model="large",
        provider="work",
        agent_switch_count=1,
        tags=("a", "ü"),
        is_favourite=True,
        note="A note.",
        metadata={"any": ["thing", True, None]},
        last_message=LastMessage(role="assistant", preview="So.", at=at(5)),
        context_summary="They asked why.",
        context_summary_seq=3,
        usage=Usage(input_tokens=6, output_tokens=8, cached_tokens=2, reasoning_tokens=4, cost=0.5),
        forked_from=ForkedFrom(session_id="s0", message_id="m0"),
        updated_at=at(9),
        last_activity_at=at(9),
        revision=7,
        seq=9,
    )


texts = st.text(max_size=40)
"""Any text, halves of surrogate pairs and NUL included."""
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=5,
)
metadata = st.dictionaries(texts, json_values, max_size=3)


PIXEL = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
"""A picture."""


def a_picture(data: bytes = PIXEL, *, name: str = "shot.png", mime_type: str = "image/png") -> Part:
    """An image with its bytes."""
    digest, encoded = hashlib.sha256(data).hexdigest(), base64.b64encode(data).decode()
    media = MediaFile(mime_type=mime_type, size=len(data), sha256=digest, name=name, data=encoded)
    return Part(type="image", text="", media=media)


def agent_parts() -> tuple[Part, ...]:
    """What an agent does in an answer: one of each."""
    output = "".join(f"line {number}\n" for number in range(50))
    call = ToolCall(
        id="c1",
        title="Edit a.py",
        kind="edit",
        state="completed",
        output=(
            OutputItem(type="diff", uri="file:///a.py", old_text="one\n", new_text="two\n"),
            OutputItem(type="terminal", command="make", text=output, exit_code=-9),
        ),
    )
    plan = (
        PlanEntry(content="Look", status="completed"),
        PlanEntry(content="Mend", status="inProgress"),
    )
    return (
        text_part("First."),
        Part(type="compaction", text="They asked."),
        Part(type="plan", text="", plan=plan),
        Part(type="toolCall", text="", call=call),
        a_picture(),
        text_part("Last."),
    )


def hostile_parts(text: str) -> tuple[Part, ...]:
    """The same text wherever a person or a model may put one."""
    encoded = base64.b64encode(PIXEL).decode()
    image = Blob(sha256="0" * 64, size=len(PIXEL), data=encoded)
    items = (
        OutputItem(type="diff", uri=text, old_text=text, new_text=f"{text}\n{text}"),
        OutputItem(type="terminal", command=text, text=text, cwd=text, signal=text),
        OutputItem(type="text", text=f"{text}\n" * 3),
        OutputItem(type="resource", uri=text, text=text, mime_type=text),
        OutputItem(type="resourceLink", uri=text, name=text, mime_type=text),
        OutputItem(type="image", blob=image, name=text, mime_type="image/png"),
        OutputItem(type="image", blob=image, name=text, mime_type=text),
    )
    call = ToolCall(id="c", name=text, title=text, state="failed", error=text, input=text, output=items)
    return (
        text_part(text),
        Part(type="toolCall", text="", call=call),
        Part(type="plan", text="", plan=(PlanEntry(content=text, priority=text, status=text),)),
        Part(type="compaction", text=text),
        a_picture(name=text),
        a_picture(name=text, mime_type=text),
        Part(type="providerBlock", text="", block=ProviderBlock(provider=text, data={text: text})),
        text_part(text),
    )


@st.composite
def media(draw: st.DrawFn) -> MediaFile:
    """A file with its bytes."""
    data = draw(st.binary(max_size=60))
    return MediaFile(
        mime_type=draw(st.sampled_from(["image/png", "image/svg+xml", "audio/wav", "x"])),
        size=len(data),
        sha256=hashlib.sha256(data).hexdigest(),
        name=draw(st.none() | texts),
        data=base64.b64encode(data).decode(),
    )


long_texts = texts | st.sampled_from(["ä" * BLOB_BYTES, "x" * BLOB_BYTES, "0123456789\n" * BLOB_BYTES])
"""Some of which lie apart."""


@st.composite
def output_items(draw: st.DrawFn) -> OutputItem:
    """What came of a call."""
    kind = draw(st.sampled_from(["text", "terminal", "diff", "resourceLink"]))
    if kind == "diff":
        old = draw(st.none() | long_texts)
        return OutputItem(type="diff", uri=draw(texts), old_text=old, new_text=draw(long_texts))
    if kind == "resourceLink":
        return OutputItem(type="resourceLink", uri=draw(texts), name=draw(texts), mime_type="text/x")
    code = draw(st.none() | st.integers(-300, 2**32)) if kind == "terminal" else None
    return OutputItem(
        type="terminal" if kind == "terminal" else "text",
        text=draw(long_texts),
        exit_code=code,
        signal=draw(st.none() | texts),
        is_truncated=draw(st.booleans()),
    )


@st.composite
def calls(draw: st.DrawFn) -> ToolCall:
    """One that has ended."""
    return ToolCall(
        id=draw(texts.filter(bool)),
        name=draw(texts),
        title=draw(texts),
        kind=draw(st.sampled_from(["read", "edit", "execute", "other"])),
        state=draw(st.sampled_from(["completed", "failed", "rejected", "cancelled", "interrupted"])),
        input=draw(json_values | long_texts),
        output=tuple(draw(st.lists(output_items(), max_size=3))),
        locations=tuple(
            draw(st.lists(st.builds(Location, uri=texts, line=st.none() | st.integers(0, 9)), max_size=2))
        ),
        parent_id=draw(st.none() | texts),
        started_at=at(1),
        ended_at=at(2),
        error=draw(st.none() | texts),
    )


def parts() -> st.SearchStrategy[Part]:
    """A part of any type, with all that lies apart inside of it."""
    step = st.none() | st.integers(0, 3)
    entries = st.lists(st.builds(PlanEntry, content=texts, priority=texts, status=texts), max_size=3)
    return (
        texts.map(text_part)
        | st.builds(Part, type=st.just("toolCall"), text=st.just(""), call=calls(), step=step)
        | st.builds(Part, type=st.just("plan"), text=st.just(""), plan=entries.map(tuple), step=step)
        | st.builds(
            Part, type=st.sampled_from(["image", "audio", "file"]), text=st.just(""), media=media(), step=step
        )
        | st.builds(Part, type=st.just("compaction"), text=texts, step=step)
        | st.builds(
            Part,
            type=st.just("providerBlock"),
            text=st.just(""),
            block=st.builds(ProviderBlock, provider=texts, data=metadata),
            step=step,
        )
    )


@st.composite
def transcripts(draw: st.DrawFn, *, session_id: str = "s1") -> Transcript:
    """A session at rest, with any words and any tree of messages."""
    count = draw(st.integers(0, 5))
    messages: list[Message] = []
    for index in range(count):
        parent = draw(st.none() | st.sampled_from([message.id for message in messages])) if messages else None
        messages.append(
            a_message(
                f"{session_id}-m{index}",
                seq=index * 2 + 1,
                session_id=session_id,
                role=draw(st.sampled_from(["user", "assistant", "system", "tool"])),
                status=draw(st.sampled_from(["complete", "interrupted", "cancelled"])),
                parent_id=parent,
                parts=tuple(draw(st.lists(parts(), max_size=2))),
                note=draw(st.none() | texts),
                metadata=draw(metadata),
                completed_at=at(index),
            )
        )
    head = draw(st.none() | st.sampled_from([message.id for message in messages])) if messages else None
    return a_transcript(
        *messages,
        session_id=session_id,
        head_id=head,
        title=one_line(draw(texts)) or DEFAULT_TITLE,
        note=draw(st.none() | texts),
        metadata=draw(metadata),
        seq=count * 2 + 2,
    )
