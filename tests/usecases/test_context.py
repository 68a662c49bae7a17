import asyncio

import pytest

from tests.support.fake_models import FakeModel
from tests.support.world import FOLDER, World
from threadkeep.domain.errors import ContextTooLong, ProviderOverloaded
from threadkeep.domain.events import MessageAdded
from threadkeep.domain.messages import Range, Usage, WantedAttachment
from threadkeep.domain.sessions import DEFAULT_TITLE
from threadkeep.ports.models import Stop, TextDelta, UsageReport
from threadkeep.usecases.chat.attachments import snapshot
from threadkeep.usecases.chat.prompt_context import SUMMARISE, SUMMARY_HEADING, TITLE
from threadkeep.usecases.chat.turn_start import Outgoing

END = Stop(reason="endTurn")
FILE = f"{FOLDER}/a.py"


class Secretary(FakeModel):
    """Answers, and does what a secretary does beside: summaries and titles, each with its own words."""

    def __init__(self, **beside: object) -> None:
        super().__init__()
        self.beside = {SUMMARISE: "They spoke of X.", TITLE: '"About X"', **beside}
        self.asked_beside: list[str] = []

    async def stream(self, request):
        if request.system in self.beside:
            self.asked_beside.append(request.messages[0].content)
            said = self.beside[request.system]
            if isinstance(said, Exception):
                raise said
            yield TextDelta(text=said)
            yield END
            return
        async for event in super().stream(request):
            yield event


async def talked(world: World, *texts: str):
    session = world.new_session()
    for text in texts:
        await world.say(session.id, text)
    return session


async def test_the_oldest_part_is_replaced_by_a_summary_in_what_is_sent_only():
    world = World(Secretary())
    world.preferences.context_messages = 4
    session = await talked(world, "one", "two", "three")
    request = world.model.requests[-1]
    assert request.system.endswith(f"{SUMMARY_HEADING}\nThey spoke of X.")
    assert [m.content for m in request.messages] == ["three"]
    assert world.model.asked_beside == [
        "user: one\n\nassistant: Hello world\n\nuser: two\n\nassistant: Hello world"
    ]
    assert len(world.messages(session.id)) == 6
    stored = world.session(session.id)
    assert stored.context_summary == "They spoke of X."
    assert stored.revision == 2


async def test_a_summary_is_made_anew_only_when_much_was_said_since():
    world = World(Secretary())
    world.preferences.context_messages = 10
    session = await talked(world, *[f"{n}" for n in range(12)])
    assert 1 <= len(world.model.asked_beside) <= 4
    assert world.model.asked_beside[-1].startswith(SUMMARY_HEADING)
    last = [m.content for m in world.model.requests[-1].messages]
    assert last[-1] == "11"
    assert len(world.messages(session.id)) == 24


async def test_without_a_model_to_summarise_the_ends_of_it_stay():
    world = World(Secretary(**{SUMMARISE: ProviderOverloaded("Busy.", provider="fake")}))
    world.preferences.context_messages = 4
    await talked(world, "one", "two", "three")
    assert "user: one" in world.model.requests[-1].system


async def test_a_conversation_is_cut_to_the_models_window():
    world = World(Secretary())
    world.preferences.models.context_window = 1000
    long = "word " * 500
    await talked(world, long, long, "short")
    sent = world.model.requests[-1].messages
    assert sum(len(m.content) for m in sent) < 4000
    assert sent[-1].content == "short"
    # one on the person's machine tells its window only when it is looked at
    assert set(world.preferences.models.met) == {"fake"}


async def test_a_question_larger_than_the_window_is_sent_all_the_same():
    world = World(Secretary())
    world.preferences.models.context_window = 10
    await talked(world, "word " * 500)
    assert world.model.requests[-1].messages[-1].content.startswith("word")


async def test_a_provider_that_finds_it_too_long_is_asked_once_more_with_less():
    class Narrow(Secretary):
        async def stream(self, request):
            if request.system not in self.beside and len(request.messages) > 2:
                self.requests.append(request)
                raise ContextTooLong("Too long.", provider="fake")
            async for event in super().stream(request):
                yield event

    world = World(Narrow())
    session = await talked(world, "one", "two", "three")
    assert world.messages(session.id)[-1].status == "complete"
    assert world.model.requests[-1].messages[-1].content == "three"


def attached(world: World, *wanted: WantedAttachment):
    return lambda: snapshot(wanted, world.documents)


async def send(world: World, session, text: str, *wanted: WantedAttachment):
    begun = await world.chat.send(
        Outgoing(session_id=session.id, text=text), snapshot=attached(world, *wanted)
    )
    await world.chat.wait(session.id, begun.turn.id)
    return begun


async def test_an_attachment_is_sent_as_it_was_when_the_message_was_sent():
    world = World()
    world.documents.texts[FILE] = "x = 1\ny = 2\n"
    session = world.new_session()
    place = Range(start_line=1, start_character=0, end_line=1, end_character=5)
    await send(world, session, "Why?", WantedAttachment(kind="range", uri=FILE, range=place))
    sent = world.model.requests[-1].messages[-1].content
    assert sent.startswith("Why?")
    assert "y = 2" in sent
    assert "x = 1" not in sent
    part = world.messages(session.id)[0].parts[1]
    assert (part.type, part.text, part.attachment.uri) == ("attachment", "y = 2", FILE)
    assert world.messages(session.id)[0].content == "Why?"


async def test_a_file_that_changed_since_is_told_as_stale_on_the_next_turn():
    world = World()
    world.documents.texts[FILE] = "x = 1\n"
    session = world.new_session()
    await send(world, session, "Why?", WantedAttachment(kind="file", uri=FILE))
    world.documents.texts[FILE] = "x = 2\n"
    world.audience.forget()
    await world.say(session.id, "And now?")
    question = world.messages(session.id)[0]
    assert (question.parts[1].text, question.parts[1].attachment.stale) == ("x = 1\n", "changed")
    assert question in [event.message for event in world.audience.of(MessageAdded)]
    del world.documents.texts[FILE]
    await world.say(session.id, "And now?")
    assert world.messages(session.id)[0].parts[1].attachment.stale == "missing"
    world.documents.texts[FILE] = "x = 1\n"
    await world.say(session.id, "And now?")
    assert world.messages(session.id)[0].parts[1].attachment.stale is None


async def test_an_edit_keeps_the_attachments_unless_others_are_given():
    world = World()
    world.documents.texts[FILE] = "x = 1\n"
    session = world.new_session()
    first = await send(world, session, "Why?", WantedAttachment(kind="file", uri=FILE))
    begun = await world.chat.send(
        Outgoing(session_id=session.id, text="How?", replaces=first.user_message.id)
    )
    await world.chat.wait(session.id, begun.turn.id)
    assert [part.text for part in world.messages(session.id)[0].parts] == ["How?", "x = 1\n"]
    bare = await world.chat.send(
        Outgoing(session_id=session.id, text="What?", replaces=first.user_message.id), snapshot=lambda: ()
    )
    await world.chat.wait(session.id, bare.turn.id)
    assert [part.text for part in world.messages(session.id)[0].parts] == ["What?"]


async def titled(world: World, session) -> str:
    async with asyncio.timeout(5):
        while world.session(session.id).title_source == "default":  # noqa: ASYNC110 - nothing to wait for
            await asyncio.sleep(0)
    return world.session(session.id).title


async def test_a_model_names_the_session_after_its_first_answer():
    world = World(Secretary())
    world.preferences.titles = "auto"
    session = await talked(world, "What is X?")
    assert await titled(world, session) == "About X"
    assert world.session(session.id).title_source == "generated"
    await world.say(session.id, "More")
    assert len(world.model.asked_beside) == 1


@pytest.mark.parametrize("titles", ["first-message", "off"])
async def test_no_model_is_asked_for_a_title_unless_that_is_wanted(titles):
    world = World(Secretary())
    world.preferences.titles = titles
    session = await talked(world, "What is X?")
    await asyncio.sleep(0.01)
    assert world.model.asked_beside == []
    assert world.session(session.id).title == (DEFAULT_TITLE if titles == "off" else "What is X?")


async def test_a_title_that_cannot_be_had_costs_nothing():
    world = World(Secretary(**{TITLE: ProviderOverloaded("Busy.", provider="fake")}))
    world.preferences.titles = "auto"
    session = await talked(world, "What is X?")
    await asyncio.sleep(0.01)
    assert (world.session(session.id).title, world.session(session.id).activity) == ("What is X?", "idle")


async def test_a_person_who_is_quicker_names_the_session():
    world = World(Secretary())
    world.preferences.titles = "auto"
    session = world.new_session(title="Mine")
    await world.say(session.id, "What is X?")
    await asyncio.sleep(0.01)
    assert world.session(session.id).title == "Mine"


async def test_an_empty_title_from_the_model_changes_nothing():
    world = World(Secretary(**{TITLE: " \n"}))
    world.preferences.titles = "auto"
    session = await talked(world, "What is X?")
    await asyncio.sleep(0.01)
    assert (world.session(session.id).title, world.session(session.id).title_source) == (
        "What is X?",
        "default",
    )


async def test_what_a_title_costs_is_counted_in_the_session():
    class Counting(Secretary):
        async def stream(self, request):
            async for event in super().stream(request):
                if isinstance(event, Stop):
                    yield UsageReport(usage=Usage(input_tokens=10, output_tokens=1))
                yield event

    world = World(Counting())
    world.preferences.titles = "auto"
    session = await talked(world, "What is X?")
    await titled(world, session)
    assert world.session(session.id).usage.output_tokens == 2
