"""Servers as they really are, played back to the product over real stdio: see the table in tests.support.quirks."""

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.product import KEY, Editor
from tests.support.quirks import QUIRKS, Quirk
from tests.support.raw_server import SLOWLY, RawServer

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def provider() -> Iterator[RawServer]:
    with RawServer({quirk.name: quirk.raw for quirk in QUIRKS}) as server:
        yield server


@pytest.fixture(scope="module")
def editor(provider: RawServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Editor]:
    """One process for all: what it learns of one model must not reach another."""
    shared = {"baseUrl": f"  {provider.base_url} ", "apiKey": KEY, "retries": 0}
    root = {**shared, "baseUrl": provider.base_url.removesuffix("/v1")}
    settings = {
        "providers": {"openai": {"kind": "openai", **shared}, "anthropic": {"kind": "anthropic", **root}},
        "titles": "off",
    }
    product = Editor(tmp_path_factory.mktemp("providers"), settings=settings)
    product.begin()
    yield product
    product.close()


def met(editor: Editor, quirk: Quirk, *, is_slow: bool = False) -> dict[str, Any]:
    """The turn and the message of a question that meets the quirk, as they are stored."""
    model = f"{quirk.kind}:{quirk.name}{SLOWLY if is_slow else ''}"
    session = editor.result("session/create", {"title": quirk.name, "model": model})["session"]
    done = editor.say(session["id"], "Hi")
    (stored,) = [
        message
        for message in editor.result("session/history", {"sessionId": session["id"]})["messages"]
        if message["role"] == "assistant"
    ]
    assert stored == done["message"]
    return done


@pytest.mark.parametrize("is_slow", [False, True], ids=["whole", "one byte a write"])
@pytest.mark.parametrize("quirk", QUIRKS, ids=lambda quirk: quirk.name)
def test_a_turn_tells_the_truth(editor: Editor, provider: RawServer, quirk: Quirk, is_slow: bool) -> None:
    done = met(editor, quirk, is_slow=is_slow)
    turn, message = done["turn"], done["message"]
    assert (turn["status"], message["content"], turn.get("stopReason")) == (
        quirk.status,
        quirk.text,
        quirk.stop,
    )
    assert message.get("stopReason") == quirk.stop
    assert (
        "".join(part["text"] for part in message["parts"] if part["type"] == "reasoning") == quirk.reasoning
    )
    if quirk.status == "failed":
        assert turn["error"] == message["error"]
        assert quirk.words in turn["error"]["message"]
        assert quirk.error in (None, turn["error"]["kind"])
        assert KEY not in turn["error"]["message"]
    links = message["metadata"].get("links", [])
    assert tuple(link["uri"] for link in links) == quirk.links
    if not is_slow:
        assert len(message["metadata"].get("notices", [])) == quirk.notices
        if quirk.requests is not None:
            assert len(provider.asked(quirk.name)) == quirk.requests


def test_every_quirk_says_whose_it_is_and_where_that_is_told() -> None:
    assert len({quirk.name for quirk in QUIRKS}) == len(QUIRKS)
    assert all(quirk.whose and quirk.source for quirk in QUIRKS)
    assert len(QUIRKS) >= 60


def test_a_wait_that_is_told_in_the_body_reaches_the_client(editor: Editor) -> None:
    (quirk,) = [quirk for quirk in QUIRKS if quirk.name == "gemini-429"]
    assert met(editor, quirk)["turn"]["error"]["retryAfterMs"] == 34000


def test_what_a_model_refuses_is_left_out_from_then_on_and_told_once(
    editor: Editor, provider: RawServer
) -> None:
    (quirk,) = [quirk for quirk in QUIRKS if quirk.name == "no-system"]
    met(editor, quirk)  # whichever test comes first
    before = len(provider.asked(quirk.name))
    done = met(editor, quirk)
    (asked,) = provider.asked(quirk.name)[before:]
    assert [message["role"] for message in asked["messages"]] == ["user"]
    assert asked["messages"][0]["content"].endswith("\n\nHi")
    assert "notices" not in done["message"]["metadata"]


def test_a_paused_answer_goes_back_as_it_came(editor: Editor, provider: RawServer) -> None:
    (quirk,) = [quirk for quirk in QUIRKS if quirk.name == "anthropic-pause"]
    met(editor, quirk, is_slow=True)
    asked = provider.asked(f"{quirk.name}{SLOWLY}")[1]
    assert asked["messages"][-1] == {"role": "assistant", "content": [{"type": "text", "text": "Hel"}]}


def test_what_the_limit_cut_off_is_continued_and_no_thought_is_sent_back(
    editor: Editor, provider: RawServer
) -> None:
    session = editor.result("session/create", {"model": "openai:think-tags"})["session"]
    editor.say(session["id"], "How many?")
    editor.result("session/setModel", {"sessionId": session["id"], "model": "openai:length"})
    first = editor.say(session["id"], "And now?")
    begun = editor.result("chat/continue", {"sessionId": session["id"]})
    whole = editor.result("chat/wait", {"sessionId": session["id"], "turnId": begun["turnId"]})
    assert whole["message"]["id"] == first["message"]["id"]
    assert whole["message"]["content"] == "Cut off in the midCut off in the mid"
    said = str(provider.asked("length")[-1]["messages"])
    assert "Three" in said
    assert "secret" not in said


def test_no_thought_becomes_a_title(provider: RawServer, tmp_path: Path) -> None:
    settings = {
        "providers": {"openai": {"kind": "openai", "baseUrl": provider.base_url, "apiKey": KEY}},
        "titles": "auto",
    }
    editor = Editor(tmp_path, settings=settings)
    try:
        editor.begin()
        session = editor.result("session/create", {"model": "openai:think-tags"})["session"]
        editor.say(session["id"], "How many?")
        deadline = time.monotonic() + 10
        title = session["title"]
        while title != "Three" and time.monotonic() < deadline:
            title = editor.result("session/get", {"sessionId": session["id"]})["session"]["title"]
            time.sleep(0.05)
        assert title == "Three"
    finally:
        editor.close()
