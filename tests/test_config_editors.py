"""The server's settings in the editors: declared once, handed over under the same names."""

import json
from typing import Any

import pytest

from threadkeep.config.editors import SECTION, editor_settings, to_lua, to_manifest, to_typescript
from threadkeep.config.shapes import boolean, choice, text
from threadkeep.config.table import Setting, settings_table, to_json_schema, to_markdown
from threadkeep.values import evolve

MANIFEST = {
    "capabilities": {
        "untrustedWorkspaces": {
            "restrictedConfigurations": ["threadkeep.server.command", "threadkeep.goneSetting"]
        }
    },
    "contributes": {
        "configuration": [
            {"title": "Editor", "properties": {"threadkeep.server.command": {"scope": "machine"}}},
            {"title": SECTION, "properties": {"threadkeep.goneSetting": {"scope": "machine"}}},
        ]
    },
}


def row(**changes: Any) -> Setting:
    """A setting that there is not, as the table would hold it."""
    plain = Setting(
        path=("colour",),
        field="colour",
        shape=choice("red", "green"),
        default="red",
        default_label=None,
        doc="What colour it has.",
        env=None,
        flag=None,
        is_secret=False,
        is_client_only=False,
        scope="machine",
        needs_trust=False,
        choice_docs=(),
        deprecated=None,
    )
    return evolve(plain, **changes)


def manifest(*rows: Setting) -> dict[str, Any]:
    content: dict[str, Any] = json.loads(to_manifest(json.dumps(MANIFEST), rows))
    return content


def properties(*rows: Setting) -> dict[str, Any]:
    sections = manifest(*rows)["contributes"]["configuration"]
    found: dict[str, Any] = next(each for each in sections if each["title"] == SECTION)["properties"]
    return found


def test_nothing_is_set_in_vs_code_until_a_person_sets_it() -> None:
    declared = properties(row(choice_docs=("Like blood.", "Like grass.")))["threadkeep.colour"]
    assert declared == {
        "type": ["string", "null"],
        "enum": ["red", "green", None],
        "enumDescriptions": ["Like blood.", "Like grass.", "The server's settings file decides."],
        "default": None,
        "markdownDescription": "What colour it has. Unset: the server's settings file decides, else `red`.",
        "scope": "machine",
        "order": 1,
    }


def test_an_empty_text_in_vs_code_says_nothing() -> None:
    plain, model = text(), next(each for each in settings_table() if each.name == "defaultModel")
    assert "minLength" not in properties(row(shape=plain, default=None))["threadkeep.colour"]
    assert properties(model)["threadkeep.defaultModel"]["pattern"].startswith("^$|")


def test_a_setting_that_is_gone_leaves_the_manifest_and_what_is_written_by_hand_stays() -> None:
    content = manifest(row())
    sections = content["contributes"]["configuration"]
    assert list(sections[0]["properties"]) == ["threadkeep.server.command"]
    assert list(sections[1]["properties"]) == ["threadkeep.colour"]
    restricted = content["capabilities"]["untrustedWorkspaces"]["restrictedConfigurations"]
    assert restricted == ["threadkeep.server.command"]


def test_what_needs_trust_is_restricted_in_the_manifest() -> None:
    content = manifest(row(needs_trust=True))
    restricted = content["capabilities"]["untrustedWorkspaces"]["restrictedConfigurations"]
    assert restricted == ["threadkeep.server.command", "threadkeep.colour"]


def test_only_the_users_own_settings_name_programs_keys_and_places() -> None:
    for each in editor_settings():
        is_shared = each.name in {"defaultModel", "defaultAgent"}
        assert each.scope == ("machine-overridable" if is_shared else "machine"), each.name
    trusted = {each.name for each in editor_settings() if each.needs_trust}
    assert trusted == {"store.path", "defaultModel", "defaultAgent", "providers", "agents", "semantic"}


def test_a_manifest_without_the_section_is_an_error() -> None:
    with pytest.raises(ValueError, match="no section"):
        to_manifest('{"contributes": {"configuration": []}, "capabilities": {}}')


def test_every_setting_reaches_every_editor_but_what_only_an_editor_may_say() -> None:
    typescript, lua = to_typescript("it"), to_lua("it")
    for each in settings_table():
        assert (f'name = "{each.name}"' in lua) is not each.is_client_only, each.name
        assert (f"---@field {each.path[-1]}? " in lua) is not each.is_client_only, each.name
    assert all(f'  "{each.name}",' in typescript for each in editor_settings())
    assert "trustedWorkspace" not in typescript


def test_typescript_tells_what_a_trusted_workspace_may_choose() -> None:
    rows = (row(scope="machine-overridable"), row(path=("shape",), shape=boolean()))
    names, overridable = to_typescript("it", rows).split("OVERRIDABLE_SETTINGS")
    assert '"colour"' in names
    assert '"shape"' in names
    assert '"colour"' in overridable
    assert '"shape"' not in overridable


def test_a_deprecated_setting_says_so_wherever_it_is_described() -> None:
    old = row(deprecated="set `shape` instead.")
    assert properties(old)["threadkeep.colour"]["markdownDeprecationMessage"] == "set `shape` instead."
    assert "Deprecated: set `shape` instead." in to_markdown([old])
    assert "Deprecated: set `shape` instead." in to_lua("it", [old])
    assert to_json_schema([old])["properties"]["colour"]["deprecated"] is True
