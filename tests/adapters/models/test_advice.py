"""What people are told to do names what the client in front of them has."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.support.models import FakePassages, collected, question, run_here, text_of
from threadkeep.adapters.models.advice import NEOVIM_COMMAND, VS_CODE_COMMAND, how_to, key_remedy
from threadkeep.adapters.models.configured import ConfiguredModels
from threadkeep.adapters.models.key_ring import KeyRing
from threadkeep.domain.errors import ProviderAuth

CLIENTS = Path(__file__).parents[3] / "editor-clients"
VS_CODES = ("Visual Studio Code", "Visual Studio Code - Insiders", "code-server", "VSCodium", "Cursor")


def models(client: str | None, **fields: Any) -> ConfiguredModels:
    return ConfiguredModels(
        (), environ={}, find=FakePassages(), run=run_here, client=lambda: client, **fields
    )


def test_what_is_named_is_there() -> None:
    manifest = json.loads((CLIENTS / "vscode" / "package.json").read_text(encoding="utf-8"))
    titles = {f"{each['category']}: {each['title']}" for each in manifest["contributes"]["commands"]}
    assert VS_CODE_COMMAND in titles
    commands = (CLIENTS / "neovim/lua/threadkeep/subcommands.lua").read_text(encoding="utf-8")
    assert f'name = "{NEOVIM_COMMAND.removeprefix(":Threadkeep ")}"' in commands


@pytest.mark.parametrize(
    ("client", "told", "not_told"),
    [
        *((name, VS_CODE_COMMAND, "OPENAI_API_KEY") for name in VS_CODES),
        ("Neovim", NEOVIM_COMMAND, "OPENAI_API_KEY"),
        ("threadkeep-cli", "your terminal starts from", "your editor"),
        ("Helix", "your editor starts from", ":Threadkeep"),
        (None, "your editor starts from", ":Threadkeep"),
    ],
)
async def test_the_offline_answer_names_what_the_client_has(
    client: str | None, told: str, not_told: str
) -> None:
    answer = text_of(await collected(models(client).get("offline").stream(question("Where is the parser?"))))
    assert told in answer
    assert not_told not in answer
    assert answer.count(how_to(client)) == 1


@pytest.mark.parametrize(
    ("client", "told"),
    [
        ("Visual Studio Code", VS_CODE_COMMAND),
        ("Neovim", NEOVIM_COMMAND),
        ("threadkeep-cli", "set the environment variable OPENAI_API_KEY in this terminal"),
        ("Helix", "set the environment variable OPENAI_API_KEY where your editor starts"),
    ],
)
async def test_a_missing_key_says_what_to_do_in_this_client(client: str, told: str) -> None:
    with pytest.raises(ProviderAuth, match="There is no API key") as caught:
        await collected(models(client, ring=KeyRing(lambda *_: None)).get("openai").stream(question("?")))
    assert told in caught.value.message


def test_other_clients_have_no_way_of_their_own() -> None:
    assert [key_remedy(client) for client in (None, "Helix", "threadkeep-cli")] == [None] * 3
