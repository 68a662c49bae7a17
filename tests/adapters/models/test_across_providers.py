"""One conversation that goes from provider to provider: each gets it in its own shape."""

from tests.support.model_plan import Plan
from tests.support.model_server import ModelServer
from tests.support.models import (
    anthropic_model,
    collected,
    offline_model,
    openai_model,
    passage,
    question,
    said,
    text_of,
)
from threadkeep.ports.models import Model, ModelEvent, ModelMessage, ReasoningDelta, ReasoningText, Stop

PLAN = Plan(reasoning=("Let me ", "think."), signature="c2ln", texts=("It keeps ", "sessions."))


def kept(events: list[ModelEvent]) -> ModelMessage:
    """The answer as a session keeps it: reasoning in stretches, each up to its signature."""
    thoughts, heard = [], ""
    for event in events:
        if isinstance(event, ReasoningDelta):
            heard += event.text
            if event.signature:
                thoughts.append(ReasoningText(text=heard, signature=event.signature))
                heard = ""
    unsigned = [ReasoningText(text=heard)] if heard else []
    return said("assistant", text_of(events), *thoughts, *unsigned)


async def test_from_openai_to_anthropic_to_offline_and_back() -> None:
    async with ModelServer(PLAN) as server:
        openai, anthropic = openai_model(server.base_url), anthropic_model(server.base_url)
        offline = offline_model([passage("Sessions are kept in a store.")])
        history: list[ModelMessage] = []
        turns: list[tuple[str, Model]] = [
            ("What does it do?", openai),
            ("And then?", anthropic),
            ("Which sessions?", anthropic),
            ("And the store?", offline),
            ("Sum it up.", openai),
        ]
        for text, model in turns:
            history.append(said("user", text))
            events = await collected(model.stream(question(messages=tuple(history), system="Be brief.")))
            assert isinstance(events[-1], Stop)
            history.append(kept(events))
        await openai.aclose()
        await anthropic.aclose()
        first, second, third, last = (seen.body for seen in server.requests)

    answers = [message.content for message in history if message.role == "assistant"]
    assert answers[:3] == ["It keeps sessions."] * 3
    assert "store" in answers[3]

    assert [message["role"] for message in first["messages"]] == ["system", "user"]
    # Chat completions sign nothing: what came from there goes to nobody.
    assert [message["content"] for message in second["messages"]] == [
        "What does it do?",
        "It keeps sessions.",
        "And then?",
    ]
    assert second["system"] == "Be brief."
    # The Messages API gets back what it signed.
    assert third["messages"][3]["content"] == [
        {"type": "thinking", "thinking": "Let me think.", "signature": "c2ln"},
        {"type": "text", "text": "It keeps sessions."},
    ]
    # And nobody else does.
    assert [message["content"] for message in last["messages"][1:]] == [
        "What does it do?",
        "It keeps sessions.",
        "And then?",
        "It keeps sessions.",
        "Which sessions?",
        "It keeps sessions.",
        "And the store?",
        answers[3],
        "Sum it up.",
    ]
