"""The server's own state, its models, and its store."""

from typing import Any, Literal

from threadkeep.protocol.request import Request
from threadkeep.protocol.types.common import Empty, JsonObject
from threadkeep.values import Value, field


class Limits(Value):
    """Bounds that a client may rely on."""

    max_page: int
    """The most items of one page."""
    max_message_bytes: int
    """The largest frame that is read; a larger one is answered with an error."""


class ThreadkeepCapability(Value):
    """`capabilities.experimental.threadkeep` of the `initialize` result."""

    protocol_version: int
    """Raised when something changes that a client would have to know."""
    methods: tuple[str, ...]
    """Requests that this server answers."""
    notifications: tuple[str, ...]
    """Notifications that it may send."""
    features: tuple[str, ...]
    """What is there beyond the methods: the extras that are installed (`pdf`, `keyring`, `prices`, `pydantic-ai`, `semantic`, `semantic-local`), what the store can do (`store:trash`, `store:erase`, `store:private`, `store:backup`, `store:doctor`), and the modes of search (`search:text`, `search:substring`, `search:regex`, `search:semantic`). More may come."""
    limits: Limits
    """Bounds."""


class SettingValue(Value):
    """A setting and where its value came from."""

    name: str
    """Dotted, as in the settings file."""
    value: Any = None
    """The value; keys are masked."""
    source: str
    """`default`, the settings file, `environment`, `client`, or `flag`."""


class ServerStatus(Value):
    """What this process is and does."""

    version: str
    """Threadkeep's version."""
    protocol_version: int
    """The protocol's version."""
    pid: int
    """This process."""
    python: str
    """The Python that runs it."""
    store: str
    """The store's folder."""
    log: str | None = None
    """The log file."""
    running_turns: int
    """Turns that this process runs."""
    settings: tuple[SettingValue, ...]
    """Every setting and its source."""
    problems: tuple[str, ...] = ()
    """Settings and agents that could not be used, and what to do."""


class ServerStatusParams(Empty, Request[ServerStatus]):
    """No members."""

    __slots__ = ()


class SchemaResult(Value):
    """The protocol, as JSON Schema 2020-12."""

    schema: JsonObject
    """Every type under `$defs`."""
    meta: JsonObject
    """Every method with its params, result and errors."""


class SchemaParams(Empty, Request[SchemaResult]):
    """No members."""

    __slots__ = ()


class StoreInfo(Value):
    """What the store holds."""

    path: str
    """The store's folder."""
    schema_version: int
    """The layout of its tables."""
    engine: str
    """The library that reads it, e.g. `SQLite 3.54.1`."""
    sessions: int
    """Sessions, archived and trashed ones included."""
    messages: int
    """Messages."""
    repositories: int
    """Repositories."""
    bytes: int
    """On disk, all files of the store."""
    runs_in: str | None = None
    """What is between the server and the computer that the person sits at: `codespaces`, `devContainer`, `container`,
    `wsl`, `ssh`; more may come. Absent for nothing that is known."""
    lifetime: str | None = None
    """Until when the store lives: `container` (until that is removed or rebuilt), `codespace` (until that is
    deleted), `restart` (it is in memory); more may come. Absent for a disk, as far as that can be told."""
    lifetime_note: str | None = None
    """For people: the same, and what keeps it longer."""


class StoreInfoParams(Empty, Request[StoreInfo]):
    """No members."""

    __slots__ = ()


class StoreWarning(Value):
    """Something about the store, or what is to go into it, that a person should know."""

    kind: str
    """`unavailable`; `readOnly`: what is stored can be read, and nothing can be written; `writable`: it can be
    again; `takenAway`: its files are not at their path any more, and what was open is written out; `rescued`: that
    waits to be taken in; `storeReopened`, `storeBack`: work goes on in the store that lies there then, or with the
    same files; `lockRestored`, `migrated`, `networkFileSystem`, `cloudFolder` (a service synchronises it),
    `storePlace` (it lies elsewhere than is usual, or another one does), `shortLived` (it goes with a container),
    `erasingUnfinished`, `retention`, `buffer` (a file was attached in the place of a buffer); more may come."""
    message: str
    """For people: what happened and what to do."""


class Model(Value):
    """A model that can be asked for."""

    id: str
    """`provider:model`."""
    provider: str
    """The provider's name in the settings."""
    name: str
    """The provider's name for it."""
    context_window: int | None = None
    """Tokens, if known."""
    available: bool
    """Whether its provider has what it needs."""


class ListModelsResult(Value):
    """The models that the settings name, the default one first."""

    models: tuple[Model, ...]
    """The models."""
    default: str
    """The model of a session that sets none."""
    problems: tuple[str, ...] | None = None
    """What is wrong with the settings, and what follows from it: for people, to be shown."""


class ListModelsParams(Request[ListModelsResult]):
    """Whether providers are asked."""

    refresh: bool = True
    """False: tells what is known, and asks no more than the default model needs; for a client that starts."""


class Provider(Value):
    """Somebody who runs models."""

    name: str
    """As in the settings."""
    kind: str
    """`offline`, `openai`, `anthropic`, `pydantic-ai`, or one of an installed package."""
    key_present: bool
    """Whether a key was found; true where none is needed."""
    key_source: str | None = None
    """Where the key came from, e.g. `environment OPENAI_API_KEY`; never the key."""
    reachable: bool | None = None
    """Whether it answered lately; absent if nobody looked."""
    label: str | None = None
    """For people."""
    local: bool | None = None
    """Whether it runs on this machine."""
    needs_key: bool | None = None
    """Whether it cannot be asked without a key."""
    key_page: str | None = None
    """Where a person gets a key."""


class ProviderKind(Value):
    """A way to speak to providers."""

    name: str
    """As in `providers.NAME.kind` of the settings."""
    label: str
    """For people; the name, where there is a problem."""
    settings: tuple[str, ...]
    """Those of a provider that it reads, such as `baseUrl`."""
    origin: str
    """`threadkeep`, or the installed package that brings it, with its version."""
    problem: str | None = None
    """Why it cannot be used, and what to do; absent for one that can. Another one may have its name."""


class SetKeyResult(Value):
    """Where the key comes from now."""

    key_source: str | None = None
    """In words, never the key; absent if there is none."""


class SetKeyParams(Request[SetKeyResult]):
    """A key that a person entered. It is never in logs, errors, settings files or results."""

    provider: str
    """As in the settings."""
    key: str | None = field(default=None, repr=False)
    """Absent: it is forgotten."""
    keep: Literal["keyring", "window"]
    """In the system's keyring, for every window from now on; or in this server's memory, where it comes before any
    other key, as long as the server lives."""


class ProviderTestResult(Value):
    """What the provider said when it was asked for its models."""

    ok: bool
    """Whether it gave at least one model."""
    models: tuple[str, ...] = ()
    """Their names, as the provider gives them."""
    message: str | None = None
    """What is wrong, and what to do; absent if nothing is."""


class ProviderTestParams(Request[ProviderTestResult]):
    """Whom to try."""

    provider: str
    """As in the settings."""


class ListProvidersResult(Value):
    """The providers that can be used or could be, with a key."""

    providers: tuple[Provider, ...]
    """The providers."""
    kinds: tuple[ProviderKind, ...] | None = None
    """What `kind` of a provider can be in the settings, if that was asked for."""


class ListProvidersParams(Request[ListProvidersResult]):
    """What is told besides the providers."""

    kinds: bool | None = None
    """Whether the kinds are, for which it is looked at what is installed; a client that starts does without."""
