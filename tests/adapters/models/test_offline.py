"""The model that is none."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from tests.support.models import (
    FakePassages,
    collected,
    offline_model,
    passage,
    question,
    run_here,
    said,
    text_of,
)
from threadkeep.adapters.models.advice import how_to
from threadkeep.adapters.models.offline import OPENING, OfflineModel
from threadkeep.domain.errors import StoreUnavailable
from threadkeep.ports.models import Stop, TextDelta


async def answer(model: OfflineModel, text: str = "What does the store do?", **fields: Any) -> str:
    return text_of(await collected(model.stream(question(text, **fields))))


async def test_it_says_that_no_model_is_configured_and_how_to_add_one() -> None:
    text = await answer(offline_model())
    assert "no language model is configured" in text
    keys = ("OPENAI_API_KEY", "ANTHROPIC_API_KEY", "OPENROUTER_API_KEY", "GEMINI_API_KEY")
    for way in (*keys, "settings.toml", "ollama:MODEL"):
        assert way in text


async def test_it_says_which_models_could_answer_where_there_are_some() -> None:
    text = await answer(offline_model(ready=["openai:gpt"]))
    assert "`openai:gpt`" in text
    assert "no language model is configured" not in text
    assert how_to(None) not in text


async def test_the_way_to_add_a_model_is_told_once_a_conversation() -> None:
    messages = (said("user", "The store?"), said("assistant", f"{OPENING}so"), said("user", "And the store?"))
    assert how_to(None) not in await answer(offline_model(), messages=messages)


async def test_the_store_is_asked_for_the_words_that_carry_meaning() -> None:
    find = FakePassages()
    await answer(
        OfflineModel(find, run_here), "What does the Store do with sessions?", repository_id="repo-7"
    )
    assert find.asked == [("store sessions", "repo-7")]


async def test_passages_are_shown_with_their_session_time_and_place() -> None:
    long = "\n".join(["padding"] * 30 + ["The store keeps it."] + ["padding"] * 30)
    text = await answer(offline_model([passage(long, session_title="On *stores*", role="assistant")]))
    assert "**On \\*stores\\***, assistant, 2026-01-02 10:11 UTC" in text
    assert "The store keeps it." in text
    assert text.count("padding") < 10


async def test_the_question_itself_is_no_finding() -> None:
    asked = "What does the store do?"
    model = offline_model(
        [passage(asked, session_id="session-1"), passage("A store.", session_id="session-1")]
    )
    text = await answer(model, asked)
    assert asked not in text
    assert "A store." in text


async def test_what_an_earlier_search_showed_is_no_finding_and_nothing_is_shown_twice() -> None:
    found = [passage(f"{OPENING}the store"), passage("Store it.", session_id="a"), passage("Store it.\n")]
    text = await answer(offline_model(found))
    assert text.count("Store it.") == 1
    assert text.count(OPENING) == 1


async def test_a_handful_is_shown() -> None:
    text = await answer(offline_model([passage(f"store number {number}") for number in range(20)]))
    assert text.count("store number") == 5


async def test_files_are_shown_with_their_place(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("one\ntwo\n\ndef store():\n    pass\n")
    text = await answer(offline_model(), root=str(tmp_path))
    assert "`a.py:4`\n\n```text\ndef store():\n    pass\n```" in text


async def test_a_snippet_does_not_break_out_of_its_fence(tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text("store\n```\n# Not a heading\n````\n")
    text = await answer(offline_model([passage("```\nstore\n```")]), root=str(tmp_path))
    assert "`````text\nstore\n```\n# Not a heading\n````\n`````" in text
    assert "````text\n```\nstore\n```\n````" in text or "````text\nstore\n```\n````" in text


async def test_secrets_are_never_quoted(tmp_path: Path) -> None:
    for name in (".env", "id_rsa", "server.pem", "credentials", "prod.env"):
        (tmp_path / name).write_text("store = hunter2\n")
    (tmp_path / "notes.txt").write_text("store hunter2\n-----BEGIN RSA PRIVATE KEY-----\n")
    assert "hunter2" not in await answer(offline_model(), root=str(tmp_path))


async def test_finding_nothing_is_said(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("something else")
    text = await answer(offline_model(), root=str(tmp_path))
    assert "Nothing was found in earlier sessions and 1 text files of this repository." in text


@pytest.mark.parametrize("text", ["What is this?", "", "!?", "how do I do that please"])
async def test_a_message_without_words_to_search_for_searches_nothing(text: str, tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("what is this how do that")
    find = FakePassages()
    shown = await answer(OfflineModel(find, run_here), text, root=str(tmp_path))
    assert find.asked == []
    assert "no words to search for" in shown
    assert "a.txt" not in shown


async def test_a_store_that_fails_is_told_and_the_files_are_searched(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("the store")
    model = OfflineModel(FakePassages(failure=StoreUnavailable("busy")), run_here)
    text = await answer(model, root=str(tmp_path))
    assert "cannot be searched just now" in text
    assert "`a.txt:1`" in text


async def test_a_folder_that_is_gone_is_no_failure(tmp_path: Path) -> None:
    assert "Nothing was found" in await answer(offline_model(), root=str(tmp_path / "gone"))


async def test_an_answer_that_was_cut_off_goes_on_where_it_stopped() -> None:
    whole = await answer(offline_model())
    messages = (said("user", "What does the store do?"), said("assistant", whole[:50]))
    assert whole[:50] + await answer(offline_model(), messages=messages) == whole


async def test_another_partial_answer_is_followed_by_the_findings() -> None:
    messages = (said("user", "What does the store do?"), said("assistant", "It is"))
    assert (await answer(offline_model(), messages=messages)).startswith("\n\n" + OPENING)


async def test_the_pieces_are_words_and_make_up_the_whole() -> None:
    events = await collected(offline_model([passage("  The store:\n\n    indented\n")]).stream(question()))
    assert events[-1] == Stop(reason="endTurn")
    pieces = [event.text for event in events if isinstance(event, TextDelta)]
    assert all(len(piece.split()) == 1 for piece in pieces)
    assert "```text\n  The store:\n\n    indented\n```" in "".join(pieces)


async def test_a_cancelled_search_stops_reading_files(tmp_path: Path) -> None:
    for number in range(50):
        (tmp_path / f"{number}.txt").write_text("store\n" * 10_000)
    reader = asyncio.create_task(answer(offline_model(), root=str(tmp_path)))
    await asyncio.sleep(0.01)
    reader.cancel()
    with pytest.raises(asyncio.CancelledError):
        await reader
