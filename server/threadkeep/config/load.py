"""Puts the sources together: the stronger one wins, setting by setting, and every mistake is told."""

import re
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

from threadkeep.config.builtin_providers import BUILTIN_PROVIDERS
from threadkeep.config.folders import Folders, folders
from threadkeep.config.merge import Merged
from threadkeep.config.settings import AgentSettings, SemanticSettings, Settings, StoreSettings
from threadkeep.config.sources import Source, Unread, read_client, read_environment, read_file, read_flags
from threadkeep.config.table import ANY_NAME, DEFAULT_KIND, Setting, settings_table
from threadkeep.ports.provider_settings import Doubts, ProviderSettings
from threadkeep.values import Value

MASK = "********"

UNREAD = (
    "Fix this; until then the file is ignored, and no provider beyond this machine is asked unless a flag, "
    "the editor or the message names it."
)
"""What an unreadable settings file means: it may have named another provider than the one that would be chosen."""


class SettingValue(Value):
    """A setting as it holds now; secrets are masked."""

    name: str
    """Dotted, as in the settings file."""
    value: Any
    """Plain JSON."""
    source: str
    """`default`, the settings file's path, `environment NAME`, `client`, or `flag --name`."""


class Loaded(Value):
    """The settings, where each came from, and what was wrong with any of them."""

    settings: Settings
    values: tuple[SettingValue, ...]
    problems: tuple[str, ...]
    """Sentences for people: where, what, and what to do."""
    store_warnings: tuple[str, ...] = ()
    """What a person should know of where the store lies, where the settings do not say it: sentences."""


def load_settings(
    *,
    flags: Mapping[str, Any],
    environ: Mapping[str, str],
    settings_file: Path | None,
    client: Mapping[str, Any] | None,
    platform: str = sys.platform,
) -> Loaded:
    """The settings from all sources: defaults < file < environment < client < flags.

    A mistake is told in `problems` and costs only the value it is in. flags: by flag (`--store`,
    `store`), None for one that was not given. Raises InvalidValue if nothing tells the user's home.
    """
    places = folders(environ=environ, platform=platform)
    home = str(places.home)
    problems: list[str] = []
    sources: list[Source | None] = []
    file = read_file(settings_file) if settings_file else None
    unread = f"{file.problem} {UNREAD}" if isinstance(file, Unread) else None
    if isinstance(file, Source):
        sources.append(file)
    if unread:
        problems.append(unread)
    sources += read_environment(environ, home=home, problems=problems)
    sources.append(read_client(client, home=home, problems=problems))
    sources += read_flags(flags, home=home)
    merged = Merged(home=home, windows=platform == "win32", problems=problems)
    for source in sources:
        if source is not None:
            merged.add(source)
    settings = _settings(merged, places, unread)
    return Loaded(
        settings=settings,
        values=_values(settings, merged),
        problems=tuple(dict.fromkeys(problems)),
        store_warnings=() if ("store", "path") in merged.chosen else places.told,
    )


def client_settings(
    initialization_options: Mapping[str, Any] | None, changed: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """What an editor says now: `didChangeConfiguration` over `initializationOptions`, tables merged.

    Only the latter can trust a workspace: the former may repeat what a repository's settings say.
    """
    first = _threadkeep_section(initialization_options)
    later = _threadkeep_section(changed)
    later.pop("trustedWorkspace", None)
    return _laid_over(first, later)


def _threadkeep_section(told: Mapping[str, Any] | None) -> dict[str, Any]:
    if not isinstance(told, Mapping):
        return {}
    section = told.get("threadkeep")
    return dict(section if isinstance(section, Mapping) else told)


def _laid_over(below: Mapping[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    result = dict(below)
    for name, value in above.items():
        under = result.get(name)
        if isinstance(under, Mapping) and isinstance(value, Mapping):
            result[name] = _laid_over(under, value)
        elif value is not None:
            result[name] = value
    return result


def _settings(merged: Merged, places: Folders, unread: str | None) -> Settings:
    top: dict[str, Any] = {}
    for row in settings_table():
        if len(row.path) == 1 and row.path in merged.chosen:
            top[row.field] = merged.chosen[row.path].value
    store = merged.chosen.get(("store", "path"))
    semantic = {
        name: chosen.value
        for name in ("model", "folder")
        if (chosen := merged.chosen.get(("semantic", name))) is not None
    }
    if any(path[0] == "semantic" for path in merged.doubts):
        semantic = {}  # what was meant to stay on this machine must not go to a provider, or the reverse
    return Settings(
        store=StoreSettings(path=store.value if store else places.data),
        semantic=SemanticSettings(**semantic),
        doubts=_doubts(merged, unread),
        providers=tuple(
            ProviderSettings(**_provider(name, merged))
            for name in merged.names("providers")
            # Speaking another protocol to a service than the one asked for helps nobody.
            if ("providers", name, "kind") not in merged.refused
        ),
        agents=tuple(
            AgentSettings(name=name, doubt=_doubt(merged, "agents", name), **_fields("agents", name, merged))
            for name in merged.names("agents")
        ),
        **top,
    )


def _doubts(merged: Merged, unread: str | None) -> Doubts:
    default = merged.chosen.get(("defaultModel",))
    names = {path[1]: None for path in merged.doubts if path[0] == "providers" and len(path) > 1}
    providers = {name: _doubt(merged, "providers", name) or "" for name in names}
    default_doubt = merged.doubts.get(("defaultModel",))
    if default_doubt is None and default is None:  # then the first that can answer would be chosen
        default_doubt = next((told for path, told in merged.doubts.items() if path[0] == "providers"), unread)
    named = {*merged.names("providers"), *([default.value.partition(":")[0]] if default else [])}
    return Doubts(
        file=unread,
        default_model=default_doubt,
        providers=providers,
        named=frozenset(named) if unread else frozenset(),
    )


def _doubt(merged: Merged, table: str, name: str) -> str | None:
    """The first of what cannot be read of a provider or an agent."""
    return next((told for path, told in merged.doubts.items() if path[:2] == (table, name)), None)


def _provider(name: str, merged: Merged) -> dict[str, Any]:
    kind = next((each.kind for each in BUILTIN_PROVIDERS if each.name == name), DEFAULT_KIND)
    fields = {"name": name, "kind": kind, **_fields("providers", name, merged)}
    if "ca_file" in fields:
        fields["ca_file"] = str(fields["ca_file"])
    return fields


def _fields(table: str, name: str, merged: Merged) -> dict[str, Any]:
    found = {}
    for row in settings_table():
        chosen = merged.chosen.get((table, name, row.path[-1]))
        if row.path[:2] == (table, ANY_NAME) and chosen is not None:
            found[row.field] = chosen.value
    return found


def _values(settings: Settings, merged: Merged) -> tuple[SettingValue, ...]:
    values = []
    for row in settings_table():
        if row.path == ("store", "path"):
            values.append(_value(row, row.path, settings.store.path, merged))
        elif row.path[0] == "semantic":
            values.append(_value(row, row.path, getattr(settings.semantic, row.field), merged))
        elif len(row.path) == 1:
            values.append(_value(row, row.path, getattr(settings, row.field), merged))
    for table, held in (("providers", settings.providers), ("agents", settings.agents)):
        rows = [row for row in settings_table() if row.path[:2] == (table, ANY_NAME)]
        for one in cast("tuple[ProviderSettings | AgentSettings, ...]", held):
            values += [
                _value(row, (table, one.name, row.path[-1]), getattr(one, row.field), merged) for row in rows
            ]
    return tuple(values)


def _value(row: Setting, path: tuple[str, ...], value: Any, merged: Merged) -> SettingValue:
    chosen = merged.chosen.get(path)
    return SettingValue(
        name=".".join(path), value=_shown(row, value), source=chosen.source if chosen else "default"
    )


def _shown(row: Setting, value: Any) -> Any:
    if value is None:
        return None
    if row.is_secret:
        return MASK
    if isinstance(value, Path):
        return str(value)
    if isinstance(value, tuple):
        return [_without_credentials(item) for item in value]
    return _without_credentials(value) if isinstance(value, str) else value


def _without_credentials(text: str) -> str:
    """Without what stands between `://` and `@`, where URLs carry passwords."""
    return re.sub(r"(?<=://)[^/@\s]+(?=@)", MASK, text)
