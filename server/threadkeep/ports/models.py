"""A language model, and where models are found."""

import asyncio
from collections.abc import AsyncGenerator, Mapping, Sequence
from typing import Any, Literal, Protocol

from threadkeep.domain.approvals import ALLOWING, ApprovalOption
from threadkeep.domain.messages import Usage
from threadkeep.domain.tool_calls import CallState, Location, OutputItem, PlanEntry, ToolKind
from threadkeep.ports.plugins import Offer
from threadkeep.ports.provider_settings import Doubts, ProviderSettings
from threadkeep.values import Value, field


class ReasoningText(Value):
    """A stretch of what a model thought aloud, as it was heard."""

    text: str
    """May be empty: some providers show the signature alone."""
    signature: str | None = None
    """As in ReasoningDelta; a provider of another kind leaves it out when it sends."""


class ModelMessage(Value):
    """One message as a model gets it."""

    role: Literal["user", "assistant"]
    content: str
    reasoning: tuple[ReasoningText, ...] = ()
    """What came before the content of an answer. Sent only to a provider that wants it back."""


class ModelRequest(Value):
    """All that a model needs for an answer."""

    model: str
    """The provider's name for the model."""
    messages: tuple[ModelMessage, ...]
    """Oldest first; the last is what to answer, or the partial answer to carry on with."""
    system: str | None = None
    temperature: float | None = None
    session_id: str
    repository_id: str
    root: str | None = None
    """A folder of the repository that is there now."""


class TextDelta(Value):
    text: str


class ReasoningDelta(Value):
    text: str
    """Empty where a signature comes alone."""
    signature: str | None = None
    """Ends the stretch of reasoning that came so far, and signs it. Opaque: to be kept and given back as it is."""


class UsageReport(Value):
    """Replaces an earlier one of the same stream."""

    usage: Usage


class Stop(Value):
    """The terminal event: exactly one, the last."""

    reason: str
    """`endTurn`, `maxTokens`, `contentFilter`, `refusal`, `toolCalls`, `error`, or the provider's own word."""
    words: str = ""
    """What the provider said of it, for people; without keys."""


class Link(Value):
    """A source that a model named."""

    uri: str
    """http or https."""
    title: str | None = None


class AnswerExtras(Value):
    """What came with an answer and is none of its text. Adds to an earlier one of the same stream."""

    links: tuple[Link, ...] = ()
    notices: tuple[str, ...] = ()
    """What was left out of the request since the model refuses it, as sentences."""
    data: Mapping[str, Any] = field(factory=dict)
    """What else the provider sent, as JSON, bounded; a later value of a name replaces an earlier one."""


class CallChanged(Value):
    """A tool call is announced, or something of it is known or is different: only what is given changes.

    The first one of an id begins the call, whatever it tells.
    """

    id: str
    name: str | None = None
    title: str | None = None
    kind: ToolKind | None = None
    state: CallState | None = None
    input: Any = None
    """JSON."""
    output: tuple[OutputItem, ...] | None = None
    """All of it. An item of type `terminal` or `text` without a text is what `CallOutput` adds to."""
    locations: tuple[Location, ...] | None = None
    parent_id: str | None = None
    error: str | None = None


class CallOutput(Value):
    """A running call put something out."""

    id: str
    text: str


class PlanChanged(Value):
    """Replaces the plan of this answer."""

    entries: tuple[PlanEntry, ...]


class MediaCame(Value):
    """The model sent something that is no text."""

    type: Literal["image", "audio", "file"]
    mime_type: str
    data: bytes
    name: str | None = None


class BlockCame(Value):
    """What its vendor wants back untouched, and what nobody here understands."""

    data: Mapping[str, Any]


class Compacted(Value):
    """Earlier turns were replaced by this summary."""

    text: str


class StepBegan(Value):
    """Another response of the model begins within this answer: what comes belongs to it."""


class ApprovalAnswer(Value):
    """What became of a question."""

    option: ApprovalOption | None
    """What was chosen; None where the question was withdrawn."""
    note: str | None = None
    """What the person, or the rule, said with it."""
    decided_by: str | None = None

    @property
    def is_allowed(self) -> bool:
        """Whether the call may run."""
        return self.option is not None and self.option.kind in ALLOWING


class ApprovalAsked:
    """A call may not run before it is allowed: whoever streams this waits for `answer`, and for nothing else.

    The call is known by then, with its input and diffs, by a `CallChanged`.
    """

    def __init__(
        self, call_id: str, options: Sequence[ApprovalOption] = (), *, title: str = "", detail: str = ""
    ) -> None:
        """options: None of them means *allow once*, *always allow* and *reject*."""
        self.call_id = call_id
        self.options = tuple(options)
        self.title = title
        self.detail = detail
        self.answer: asyncio.Future[ApprovalAnswer] = asyncio.get_running_loop().create_future()


PartEvent = (
    CallChanged | CallOutput | PlanChanged | MediaCame | BlockCame | Compacted | StepBegan | ApprovalAsked
)
ModelEvent = TextDelta | ReasoningDelta | UsageReport | AnswerExtras | Stop | PartEvent


class Model(Protocol):
    """One provider's way to answer."""

    def stream(self, request: ModelRequest) -> AsyncGenerator[ModelEvent]:
        """The answer as it comes. Closing the generator ends the provider's work and its socket.

        Raises ProviderError (see domain.errors); a stream that ends without its terminal event is
        ProviderNetwork. Raises ExtraMissing where the provider needs a package that is not installed.
        """
        ...

    async def aclose(self) -> None:
        """Gives back what it holds; a model that was never used holds nothing."""
        ...


class Key(Protocol):
    """The key of one provider, wherever it comes from."""

    @property
    def may_block(self) -> bool:
        """Whether reading it may take a while: do it in a thread then."""
        ...

    def read(self) -> str | None:
        """The key; None without one. Raises ProviderAuth for one that cannot be had."""
        ...


class ProviderKind(Protocol):
    """A way to speak to providers: a class, of which each provider of the settings gets an instance.

    One whose providers can be asked for their models has `list_models(settings, key)` as a class method besides,
    asynchronous, which gives their names.
    """

    @property
    def name(self) -> str:
        """As in `kind` of the settings."""
        ...

    @property
    def label(self) -> str:
        """For people."""
        ...

    @property
    def settings(self) -> tuple[str, ...]:
        """Those of a provider that it reads, such as `baseUrl`."""
        ...

    def __call__(self, settings: ProviderSettings, key: Any, /) -> Model:
        """A provider. Making it connects to nothing."""
        ...


class Tried(Value):
    """One thing that was tried of a model."""

    name: str
    is_working: bool
    told: str
    """What came, or why nothing did, on one line."""


class ModelInfo(Value):
    """A model that the settings name, or that its provider lists."""

    provider: str
    name: str
    context_window: int | None = None
    """Tokens; None when unknown."""
    is_available: bool = True

    @property
    def id(self) -> str:
        return f"{self.provider}:{self.name}"


class ProviderInfo(Value):
    """A provider; `key_source` says where its key came from, never the key."""

    name: str
    kind: str
    has_key: bool
    key_source: str | None = None
    is_reachable: bool | None = None
    """Whether it answered on this machine when it was last looked for; None if nobody looked."""
    label: str
    """For people."""
    is_here: bool
    """Whether it runs on this machine."""
    needs_key: bool
    key_page: str | None = None
    """Where a person gets a key."""


class Models(Protocol):
    """The models that can be asked."""

    def get(self, provider: str) -> Model:
        """The provider's adapter, made on first use. Raises ProviderNotFound."""
        ...

    def split(self, model: str) -> tuple[str, str]:
        """`provider:model` as its two halves, at the first colon.

        Raises ModelNotFound without a colon, ProviderNotFound for a provider that the settings lack.
        """
        ...

    def check(self, provider: str, *, is_named: bool = False) -> None:
        """Raises SettingsInvalid where the settings cannot be trusted to mean this provider.

        is_named: a person or a client has just named it; where a whole settings file is unreadable, that
        counts from now on.
        """
        ...

    @property
    def doubts(self) -> Doubts:
        """What the settings were meant to say and cannot be read."""
        ...

    def problems(self) -> Sequence[str]:
        """What is wrong with the kinds that the settings name, as sentences for people."""
        ...

    def kinds(self) -> Sequence[Offer[ProviderKind]]:
        """The kinds of providers that the settings can name, also those that cannot be used."""
        ...

    def retries(self, provider: str) -> int:
        """How often the provider is asked again when it fails before its first word."""
        ...

    @property
    def default(self) -> tuple[str, str]:
        """Provider and model of a session that sets none."""
        ...

    def models(self, provider: str | None = None) -> Sequence[ModelInfo]:
        """Those of the settings, then what the latest `probe` and `refresh` found; of one provider or of all."""
        ...

    def providers(self) -> Sequence[ProviderInfo]: ...

    async def probe(self) -> None:
        """Looks for providers on this machine, and for keys whose place takes time to look at.

        Takes well under a second, is remembered for a while, and never raises. May change `default`.
        """
        ...

    async def probe_if_new(self, provider: str) -> None:
        """Looks at a provider on this machine at which nobody has looked yet; never raises.

        Only the provider itself knows how much its models read.
        """
        ...

    async def refresh(self, provider: str | None = None, *, anew: bool = False) -> None:
        """Asks one provider, or each that can be asked, which models it has; never raises for one that fails.

        Remembered for minutes unless `anew`. Raises ProviderNotFound for a name that the settings lack.
        """
        ...

    async def take_key(self, provider: str, key: str | None, *, is_kept: bool) -> str | None:
        """Takes a key that a person entered, or with None forgets it; gives where its key comes from now.

        is_kept: in the system's keyring, else as long as this process lives. Raises ProviderNotFound,
        InvalidValue, ExtraMissing.
        """
        ...

    async def try_provider(self, provider: str) -> Sequence[str]:
        """The models that the provider lists when it is asked now.

        Raises ProviderNotFound, SettingsInvalid, and ProviderError for what is wrong with it.
        """
        ...

    async def aclose(self) -> None: ...
