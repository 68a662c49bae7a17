"""From an empty profile to the first answer: what can answer is listed, a key is entered, tried, and stands nowhere."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.neovim.conftest import Start
from tests.neovim.editor import Neovim, server_command
from tests.neovim.talk import completed
from tests.support.product import ModelProcess

pytestmark = pytest.mark.slow

RIGHT = "sk-right-0123456789"
WRONG = "sk-wrong-0123456789"

KEYRING = """
import json, os, pathlib
from keyring.backend import KeyringBackend
class Ring(KeyringBackend):
    priority = 9
    path = pathlib.Path(os.environ["TEST_KEYRING"])
    def _all(self):
        return json.loads(self.path.read_text()) if self.path.exists() else {}
    def get_password(self, service, username):
        return self._all().get(f"{service}/{username}")
    def set_password(self, service, username, password):
        self.path.write_text(json.dumps({**self._all(), f"{service}/{username}": password}))
"""


@pytest.fixture(scope="module")
def provider() -> Iterator[ModelProcess]:
    """A provider that wants a key."""
    process = ModelProcess(
        {"key": RIGHT, "models": [{"id": "gpt-5"}, {"id": "gpt-5-mini"}], "texts": ["Hello you"]}
    )
    yield process
    process.close()


@pytest.fixture
def options(tmp_path: Path, provider: ModelProcess) -> dict[str, Any]:
    """Options of somebody who has set nothing; only that OpenAI is the tests' own."""
    return {
        "cmd": server_command(tmp_path / "store"),
        "settings": {"providers": {"openai": {"kind": "openai", "baseUrl": provider.base_url}}},
    }


@pytest.fixture
def ring(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A keyring of the system; its content."""
    modules = tmp_path / "modules"
    modules.mkdir()
    (modules / "ring_of_test.py").write_text(KEYRING)
    monkeypatch.setenv("PYTHONPATH", str(modules))
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "ring_of_test.Ring")
    monkeypatch.setenv("TEST_KEYRING", str(tmp_path / "ring.json"))
    return tmp_path / "ring.json"


def choose(editor: Neovim, label: str) -> None:
    """A person who chooses the first item with a text in it."""
    editor.lua(
        """
        local wanted = ...
        vim.ui.select = function(items, options, done)
          _G.title, _G.labels = options.prompt, vim.tbl_map(options.format_item, items)
          for _, item in ipairs(items) do
            if options.format_item(item):find(wanted, 1, true) then return done(item) end
          end
        end
        """,
        label,
    )


def type_key(editor: Neovim, key: str) -> None:
    editor.lua("_G.key = ... vim.fn.inputsecret = function(prompt) _G.asked = prompt return _G.key end", key)


def screen(editor: Neovim) -> str:
    """What a person sees, as text."""
    editor.command("redraw")
    return str(
        editor.lua(
            """
            local lines = {}
            for row = 1, vim.o.lines do
              local line = {}
              for column = 1, vim.o.columns do line[column] = vim.fn.screenstring(row, column) end
              lines[row] = (table.concat(line):gsub("%s+$", ""))
            end
            return table.concat(lines, "\\n")
            """
        )
    )


def nowhere(folder: Path, key: str, *, but: Path | None = None) -> None:
    for file in (file for file in folder.rglob("*") if file.is_file() and file != but):
        assert key.encode() not in file.read_bytes(), file


def test_a_person_without_anything_has_an_answer_after_four_actions(
    start: Start, tmp_path: Path, ring: Path, record_property: Any
) -> None:
    editor = start()
    editor.command("set columns=120 lines=30")
    seen = {"0 nothing": screen(editor)}
    choose(editor, "Enter a key for openai")
    type_key(editor, RIGHT)

    # 1 and 2: the command, and what is chosen of its list; 3: the key.
    editor.command("Threadkeep model")
    editor.told("openai answers; it has 2 models: gpt-5, gpt-5-mini")
    editor.told("answers from now on")
    seen["1 the list"] = "\n".join([editor.lua("return _G.title"), *editor.lua("return _G.labels")])
    seen["2 the key"] = editor.lua("return _G.asked")
    seen["3 tried"] = "\n".join([*editor.notices(), screen(editor)])

    # 4: the question.
    editor.lua("vim.api.nvim_set_current_win(require('threadkeep.view').windows().prompt)")
    editor.feed("iHello<C-s>")
    completed(editor, 1)
    editor.shows("Hello you")
    seen["4 the answer"] = screen(editor)
    assert "Hello you" in seen["4 the answer"]
    for step, picture in seen.items():
        record_property(step, picture)
    (tmp_path / "walk.txt").write_text("\n\n".join(f"== {step}\n{picture}" for step, picture in seen.items()))

    assert RIGHT in ring.read_text()
    assert RIGHT not in str(
        editor.lua(
            "return { vim.fn.execute('messages'), vim.fn.histget('input', -1), vim.fn.histget(':', -1) }"
        )
    )
    editor.close()
    nowhere(tmp_path, RIGHT, but=ring)
    again = start()
    again.command("Threadkeep")
    again.until("require('threadkeep.current').default_model ~= nil")
    assert again.lua("return require('threadkeep.current').default_model") == "gpt-5-mini"


def test_what_is_there_and_what_could_be_is_listed(start: Start, ring: Path) -> None:
    editor = start()
    choose(editor, "nothing of it")
    editor.command("Threadkeep model")
    labels = "\n".join(editor.until("_G.labels"))
    for words in ("Enter a key for openai…", "Enter a key for Anthropic…", "no language model"):
        assert words in labels
    assert "Ollama does not run on this machine" in labels
    assert "anthropic:" not in labels
    editor.until("require('threadkeep.chat').prompt() ~= nil")


def test_who_has_no_model_is_told_where_to_choose_one(start: Start, tmp_path: Path) -> None:
    editor = start(settings={})
    editor.command("Threadkeep")
    editor.until("require('threadkeep.chat').prompt() ~= nil")
    editor.until("require('threadkeep.chat').prompt().hint:find(':Threadkeep model', 1, true) ~= nil")


def test_a_wrong_key_is_told_as_what_it_is(start: Start, ring: Path) -> None:
    editor = start()
    choose(editor, "Enter a key for openai")
    type_key(editor, WRONG)
    editor.command("Threadkeep model")
    editor.told("does not accept the API key")
    assert WRONG not in str(editor.notices())
    type_key(editor, "")
    choose(editor, "Test openai")
    editor.lua("_G.notices = {}")
    editor.command("Threadkeep model")
    editor.told("does not accept the API key")


def test_without_a_keyring_the_key_holds_until_neovim_ends_also_over_a_crash(
    start: Start, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.fail.Keyring")
    editor = start()
    choose(editor, "Enter a key for openai")
    type_key(editor, RIGHT)
    editor.command("Threadkeep model")
    editor.told("holds until Neovim ends")
    editor.told("answers from now on")
    editor.command("Threadkeep restart")
    editor.lua("vim.api.nvim_set_current_win(require('threadkeep.view').windows().prompt)")
    editor.feed("iHello<C-s>")
    completed(editor, 1)
    editor.shows("Hello you")
    editor.close()
    nowhere(tmp_path, RIGHT)
