"""What agents did comes in with a session as it went out: calls, contents, and blobs byte for byte."""

import base64
import hashlib
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.store import a_message
from tests.support.transcripts import a_transcript, parts
from tests.support.world import World
from tests.usecases.test_importing import stored, take, told, written
from threadkeep.domain.messages import Part, text_part
from threadkeep.domain.tool_calls import Blob, MediaFile, OutputItem, ToolCall
from threadkeep.domain.transfer import Transcript
from threadkeep.usecases.transfer.import_merging import OnConflict
from threadkeep.values import evolve

LONG = "0123456789ä\n" * 20_000
DATA = bytes(range(256))


def a_call(**given: Any) -> Part:
    fields = {"id": "c1", "title": "Run", "state": "completed", "ended_at": "2026-03-01T00:00:09.000Z"}
    return Part(type="toolCall", text="", call=ToolCall(**(fields | given)))


def an_image(data: bytes = DATA, **given: Any) -> Part:
    fields = {"mime_type": "image/png", "size": len(data), "sha256": hashlib.sha256(data).hexdigest()}
    media = MediaFile(**(fields | {"data": base64.b64encode(data).decode()} | given))
    return Part(type="image", text="", media=media)


def saying(*what: Part) -> Transcript:
    question = a_message("m1", seq=1, text="Do it")
    return a_transcript(
        question,
        a_message(
            "m2", seq=2, role="assistant", parent_id="m1", parts=what, completed_at=question.created_at
        ),
    )


def parts_of(world: World, session_id: str = "s1") -> list[tuple[Part, ...]]:
    transcript = stored(world, session_id)
    assert transcript is not None
    return [message.parts for message in transcript.messages if message.role == "assistant"]


@pytest.mark.medium
@given(what=st.lists(parts(), max_size=6), format_=st.sampled_from(["json", "jsonl"]))
async def test_any_parts_come_back_from_a_store_as_they_went_in(what: list[Part], format_: str) -> None:
    one, two, given_ = World(), World(), saying(*what)
    assert told(await take(one, given_, format_=format_)) == []
    kept = stored(one, "s1")
    assert kept == given_
    await take(two, kept, format_=format_)
    assert written(stored(two, "s1"), format_=format_) == written(given_, format_=format_)


async def test_long_contents_lie_apart_again_and_are_read_in_pieces() -> None:
    world = World()
    call = a_call(output=(OutputItem(type="terminal", text=LONG, exit_code=-9),), input={"text": LONG})
    await take(world, saying(call, an_image()))
    digest = hashlib.sha256(LONG.encode()).hexdigest()
    with world.store.reading() as records:
        shown = records.path(records.session("s1"), limit=9)[-1].parts[0].call
        assert records.blob("s1", digest, offset=0, limit=1 << 20) == (LONG.encode(), len(LONG.encode()))
        image = hashlib.sha256(DATA).hexdigest()
        assert records.blob("s1", image, offset=0, limit=1 << 20) == (DATA, 256)
    assert (shown.output[0].blob.sha256, shown.output[0].text, shown.input) == (digest, None, None)
    assert shown.output[0].exit_code == -9


async def test_what_runs_in_an_export_is_cut_off_with_all_that_it_has_put_out() -> None:
    world = World()
    call = a_call(state="running", ended_at=None, output=(OutputItem(type="terminal", text="so far"),))
    running = saying(call)
    running = evolve(running, messages=(running.messages[0], evolve(running.messages[1], status="streaming")))
    await take(world, running)
    ((part,),) = parts_of(world)
    assert (part.call.state, part.call.output[0].text) == ("interrupted", "so far")


@pytest.mark.parametrize("mode", get_args(OnConflict))
async def test_what_comes_in_again_and_says_the_same_is_there_once(mode: OnConflict) -> None:
    world, given_ = World(), saying(text_part("So"), a_call(), an_image())
    await take(world, given_)
    imported = await take(world, given_, mode=mode)
    assert told(imported) == []
    assert parts_of(world) == [given_.messages[1].parts]
    if mode == "duplicate":
        (copy,) = imported.session_ids
        assert parts_of(world, copy) == [given_.messages[1].parts]


async def test_a_message_whose_call_is_another_one_is_kept_beside_the_one_here() -> None:
    world = World()
    here, there = saying(text_part("So"), a_call(title="One")), saying(text_part("So"), a_call(title="Two"))
    await take(world, here)
    await take(world, there, mode="replace")
    assert parts_of(world) == [here.messages[1].parts, there.messages[1].parts]


async def test_a_call_that_was_cut_off_here_and_ended_there_is_the_same_call() -> None:
    world = World()
    here = saying(text_part("So"), a_call(state="interrupted"))
    here = evolve(here, messages=(here.messages[0], evolve(here.messages[1], status="interrupted")))
    there = saying(text_part("So"), a_call(), text_part("Done."))
    await take(world, here)
    await take(world, there, mode="replace")
    assert parts_of(world) == [there.messages[1].parts]


async def test_a_content_is_named_by_its_bytes_whatever_the_file_calls_it() -> None:
    world = World()
    secret = hashlib.sha256(b"of another session").hexdigest()
    blob = Blob(sha256=secret, size=1, data=base64.b64encode(DATA).decode())
    call = a_call(output=(OutputItem(type="image", blob=blob, mime_type="image/png"),))
    await take(world, saying(call, an_image(sha256=secret, size=3)))
    ((called, image),) = parts_of(world)
    digest = hashlib.sha256(DATA).hexdigest()
    assert (called.call.output[0].blob.sha256, image.media.sha256, image.media.size) == (digest, digest, 256)


@pytest.mark.parametrize(
    "part",
    [
        Part(type="omitted", text="", count=5),
        Part(type="toolCall", text=""),
        Part(type="image", text=""),
        Part(type="text", text="", call=ToolCall(id="c")),
        Part(type="text", text="", media=an_image().media),
    ],
)
async def test_a_part_that_cannot_be_is_refused(part: Part) -> None:
    world = World()
    assert len(told(await take(world, saying(part)))) == 1
    assert stored(world, "s1") is None


async def test_contents_that_are_no_base64_are_refused() -> None:
    world = World()
    assert "does not take it" in told(await take(world, saying(an_image(data=b"x"), _broken())))[0]


def _broken() -> Part:
    part = an_image()
    return evolve(part, media=evolve(part.media, data="no base64"))
