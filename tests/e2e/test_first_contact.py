"""From no key to an answer, over the wire: who is there, a key, a try, an answer."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.product import Editor, ModelProcess

RIGHT = "sk-right-0123456789"
WRONG = "sk-wrong-0123456789"

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def provider() -> Iterator[ModelProcess]:
    """A provider that wants a key."""
    process = ModelProcess({"key": RIGHT, "models": [{"id": "gpt-5"}, {"id": "gpt-5-mini"}]})
    yield process
    process.close()


@pytest.fixture
def editor(tmp_path: Path, provider: ModelProcess) -> Iterator[Editor]:
    """An editor without a key."""
    settings = {"providers": {"openai": {"kind": "openai", "baseUrl": provider.base_url}}, "titles": "off"}
    product = Editor(tmp_path, settings=settings)
    product.begin(client="Visual Studio Code")
    yield product
    product.close()


def test_a_key_that_is_entered_answers_at_once_and_stands_nowhere(editor: Editor) -> None:
    providers = {each["name"]: each for each in editor.result("provider/list")["providers"]}
    assert (providers["openai"]["keyPresent"], providers["ollama"]["label"]) == (False, "Ollama")
    wrong = editor.result("provider/setKey", {"provider": "openai", "key": WRONG, "keep": "window"})
    assert "the entry in this window" in wrong["keySource"]
    tried = editor.result("provider/test", {"provider": "openai"})
    assert (tried["ok"], tried["models"]) == (False, [])
    assert "does not accept the API key" in tried["message"]
    editor.result("provider/setKey", {"provider": "openai", "key": RIGHT, "keep": "window"})
    assert editor.result("provider/test", {"provider": "openai"}) == {
        "ok": True,
        "models": ["gpt-5", "gpt-5-mini"],
    }
    session = editor.result("session/create", {"title": "First", "model": "openai:gpt-5"})["session"]
    assert editor.say(session["id"], "Hi")["turn"]["status"] == "completed"
    editor.close()
    for file in (file for file in editor.home.parent.rglob("*") if file.is_file()):
        data = file.read_bytes()
        assert RIGHT.encode() not in data, file
        assert WRONG.encode() not in data, file


def test_without_a_key_the_failure_says_what_to_do_in_this_editor(editor: Editor) -> None:
    session = editor.result("session/create", {"title": "First", "model": "openai:gpt-5"})["session"]
    failed = editor.say(session["id"], "Hi")["turn"]
    assert failed["status"] == "failed"
    assert "Threadkeep: Choose a Model…" in failed["error"]["message"]


def test_a_key_for_nobody_is_refused_and_not_repeated(editor: Editor) -> None:
    for params in (
        {"provider": "opnai", "key": RIGHT, "keep": "window"},
        {"provider": "openai", "key": RIGHT, "keep": "drawer"},
        {"provider": "openai", "key": [RIGHT], "keep": "window"},
        {"provider": "openai", "key": RIGHT + "ü", "keep": "window"},
    ):
        error = editor.error("provider/setKey", params)
        assert RIGHT not in str(error)
