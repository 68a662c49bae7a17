"""Every setting, declared once: its type, default, one line of text, variable and flag."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

from threadkeep.config.shapes import (
    Shape,
    boolean,
    choice,
    choice_or_other,
    model_id,
    number,
    path,
    prose,
    text,
    texts,
    whole,
)
from threadkeep.ports.provider_settings import KNOWN_KINDS, Doubts, ProviderSettings
from threadkeep.values import Value, field

Titles = Literal["auto", "first-message", "off"]
LogLevel = Literal["debug", "info", "warning", "error"]
Scope = Literal["machine", "machine-overridable"]
"""VS Code's words: who may set it, the user alone or a workspace too."""


class Declared(Value):
    """What a setting is besides its type; lies in the metadata of the field that holds its value."""

    shape: Shape
    doc: str
    """One line."""
    env: str | None = None
    """The environment variable."""
    flag: str | None = None
    """The command line's flag."""
    default_label: str | None = None
    """For a default that is not one value."""
    is_secret: bool = False
    """Never shown."""
    is_client_only: bool = False
    """Counts only if an editor says so."""
    scope: Scope = "machine"
    needs_trust: bool = False
    """Whether VS Code takes no value of it from a workspace that is not trusted."""
    choice_docs: tuple[str, ...] = ()
    """For a choice: what each of its words means, in their order."""
    deprecated: str | None = None
    """Why it should no longer be set, and what should instead: one line. It holds all the same."""


class Table(Value):
    """Settings that an editor sets as one value."""

    doc: str
    """One line."""
    scope: Scope = "machine"
    needs_trust: bool = True


def declared(shape: Shape, doc: str, **more: Any) -> dict[str, Declared]:
    """Metadata for a field."""
    return {"declared": Declared(shape=shape, doc=doc, **more)}


class StoreSettings(Value):
    """Where the sessions are kept."""

    path: Path = field(
        metadata=declared(
            path(),
            "The folder that holds all sessions.",
            env="THREADKEEP_STORE",
            flag="--store",
            default_label="the platform's folder for data",
            needs_trust=True,
        )
    )


class SemanticSettings(Value):
    """What finds by meaning; off unless one of them is set."""

    model: str | None = field(
        default=None,
        metadata=declared(
            model_id(),
            "The provider's model that finds sessions by meaning: every message is sent to it once. Off if unset.",
            env="THREADKEEP_SEMANTIC_MODEL",
        ),
    )
    folder: Path | None = field(
        default=None,
        metadata=declared(
            path(),
            "A folder with a static embedding model that does so on this machine, instead of `semantic.model`.",
            env="THREADKEEP_SEMANTIC_FOLDER",
        ),
    )


class AgentSettings(Value):
    """An agent: a way to answer."""

    name: str
    description: str = field(default="", metadata=declared(prose(), "What the agent is for."))
    prompt: str = field(default="", metadata=declared(prose(), "What the model is told before all else."))
    model: str | None = field(
        default=None, metadata=declared(model_id(), "The model of this agent, instead of the default one.")
    )
    temperature: float | None = field(
        default=None, metadata=declared(number(0, 2), "How freely the model chooses its words.")
    )
    doubt: str | None = None
    """Why it is not what it was meant to be, as a sentence; then it cannot be used."""


class Settings(Value):
    """Everything a person can set."""

    store: StoreSettings
    default_model: str | None = field(
        default=None,
        metadata=declared(
            model_id(),
            "The model of a session that sets none.",
            env="THREADKEEP_DEFAULT_MODEL",
            scope="machine-overridable",
            needs_trust=True,
            default_label="the first provider that can answer",
        ),
    )
    default_agent: str = field(
        default="assistant",
        metadata=declared(
            text(),
            "The agent of a session that sets none.",
            env="THREADKEEP_DEFAULT_AGENT",
            scope="machine-overridable",
            needs_trust=True,
        ),
    )
    providers: tuple[ProviderSettings, ...] = ()
    agents: tuple[AgentSettings, ...] = ()
    semantic: SemanticSettings = SemanticSettings()
    doubts: Doubts = field(factory=Doubts)
    titles: Titles = field(
        default="auto",
        metadata=declared(
            choice("auto", "first-message", "off"),
            "How a session gets its title: from a model, from its first message, or not at all.",
            env="THREADKEEP_TITLES",
            choice_docs=(
                "A model writes it.",
                "The first message is the title.",
                "A session keeps its default title.",
            ),
        ),
    )
    context_messages: int = field(
        default=50,
        metadata=declared(
            whole(1, 10_000),
            "The most messages that a model is sent, the newest.",
            env="THREADKEEP_CONTEXT_MESSAGES",
        ),
    )
    retention_days: int | None = field(
        default=None,
        metadata=declared(
            whole(1, 36_500),
            "Days without activity after which a session goes into the trash by itself, where it stays for 30 days. Favourites and tagged sessions never do.",
            env="THREADKEEP_RETENTION_DAYS",
            default_label="never",
        ),
    )
    redact: bool = field(
        default=False,
        metadata=declared(
            boolean(),
            "Whether what looks like a key, token or password is taken out of messages before they are stored.",
            env="THREADKEEP_REDACT",
        ),
    )
    log_level: LogLevel = field(
        default="info",
        metadata=declared(
            choice("debug", "info", "warning", "error"),
            "The minimum severity to log.",
            env="THREADKEEP_LOG_LEVEL",
            flag="--log-level",
        ),
    )
    trusted_workspace: bool = field(
        default=False,
        metadata=declared(
            boolean(),
            "Whether the repository's own `.threadkeep/` files are read; only in `initializationOptions`.",
            is_client_only=True,
        ),
    )


PROVIDER_FIELDS: Mapping[str, Declared] = {
    "kind": Declared(
        shape=choice_or_other(*KNOWN_KINDS),
        doc="Which kind of service it is; `openai` is any endpoint that is compatible with OpenAI's. Installed "
        "packages may add kinds.",
        default_label="`openai`, or that of the built-in provider of this name",
    ),
    "base_url": Declared(
        shape=text("URL"), doc="Its address, which ends before `/chat/completions` or `/v1/messages`."
    ),
    "api_key_env": Declared(shape=text(), doc="The environment variable that holds the key."),
    "api_key_command": Declared(
        shape=texts(at_least=1), doc="A command, one list item a word, whose first line of output is the key."
    ),
    "api_key": Declared(
        shape=text(), doc="The key itself; the two settings above keep it out of this file.", is_secret=True
    ),
    "models": Declared(shape=texts(), doc="The models to offer, by the provider's names."),
    "timeout_seconds": Declared(
        shape=number(1, 86_400), doc="Seconds to wait for the next piece of an answer."
    ),
    "total_timeout_seconds": Declared(shape=number(1, 86_400), doc="Seconds that a whole answer may take."),
    "retries": Declared(shape=whole(0, 10), doc="How often to try again when the provider is busy."),
    "proxy": Declared(shape=text("URL"), doc="The address of an HTTP proxy."),
    "ca_file": Declared(shape=path(), doc="A PEM file of certificate authorities to trust."),
}
"""The fields of ProviderSettings: it is a port's value and knows nothing of files and flags."""

TABLES: Mapping[str, Table] = {
    "providers": Table(
        doc="Providers of models by name, as in `settings.toml`. Keys are better kept in an environment variable (`apiKeyEnv`) or a command (`apiKeyCommand`)."
    ),
    "agents": Table(doc="Agents by name: a prompt, and perhaps a model and a temperature of their own."),
    "semantic": Table(doc="Search by meaning: the model that compares texts. Nothing set: off."),
}
"""By the name on the wire. What stands in no table is set by itself, under its dotted name."""


def names_model(default: str | None) -> bool:
    """Whether a setting such as `defaultModel` names more than a provider, so that nothing has to be found for it."""
    return bool(default and default.partition(":")[2])
