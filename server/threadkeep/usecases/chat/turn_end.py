"""How a turn ends: what its answer is then, why it failed, and the end of one whose process is dead."""

import asyncio
import logging
import threading
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal

from threadkeep.domain.errors import (
    ContextTooLong,
    ProviderBadRequest,
    ProviderError,
    ProviderOverloaded,
    ThreadkeepError,
)
from threadkeep.domain.events import ApprovalClosed, Event
from threadkeep.domain.exhaustion import exhausted
from threadkeep.domain.messages import MAX_TOKENS, Failure, Message, Usage
from threadkeep.domain.secrets import redacted, without_secrets
from threadkeep.domain.sessions import Activity, Session, last_message
from threadkeep.domain.text import without_steering
from threadkeep.domain.tool_calls import CallState
from threadkeep.domain.turns import Turn
from threadkeep.ports.store import Changes, Store
from threadkeep.usecases import timeline
from threadkeep.usecases.store_context import StoreContext
from threadkeep.values import evolve

if TYPE_CHECKING:
    from threadkeep.ports.models import AnswerExtras, Link, Stop

PRICE_SECONDS = 2.0
"""An answer's end does not wait longer for its price."""

NAMES = ("links", "notices", "provider")
"""What of an answer's metadata the server adds, and no client."""

MOST_LINKS = 200
"""Sources that are kept of one answer."""

Ending = Literal["completed", "cancelled", "interrupted", "failed"]
_MESSAGE_STATUS: dict[Ending, Literal["complete", "cancelled", "interrupted", "failed"]] = {
    "completed": "complete",
    "cancelled": "cancelled",
    "interrupted": "interrupted",
    "failed": "failed",
}
CALL_STATE: Mapping[Ending, CallState] = {
    "completed": "interrupted",
    "cancelled": "cancelled",
    "interrupted": "interrupted",
    "failed": "interrupted",
}
"""What becomes of calls that have not ended when their turn does."""
_ACTIVITY: dict[Ending, Activity] = {
    "completed": "idle",
    "cancelled": "idle",
    "interrupted": "interrupted",
    "failed": "failed",
}
_NO_SUCCESS: Mapping[str, tuple[type[ProviderError], str]] = {
    "error": (ProviderOverloaded, "The provider broke its answer off with an error: try again."),
    "contentFilter": (
        ProviderBadRequest,
        "The provider's content filter kept the answer back: say it in other words, or choose another model.",
    ),
    "refusal": (
        ProviderBadRequest,
        "The model refuses to answer: say it in other words, or choose another one.",
    ),
    "toolCalls": (
        ProviderBadRequest,
        "The model asked for a tool instead of answering, and was offered none: say so, or choose another model.",
    ),
    MAX_TOKENS: (
        ProviderBadRequest,
        "The limit of tokens was reached by thinking alone: shorten the conversation, or raise the limit.",
    ),
}
UNSTORED = (
    "The answer is whole, but only in this process's memory: it is stored by the first write that succeeds. "
    "Do not close the editor before that."
)

logger = logging.getLogger(__name__)


def extras(message: Message) -> dict[str, Any]:
    """What of the message's metadata the server added."""
    return {name: value for name, value in message.metadata.items() if name in NAMES}


def with_extras(message: Message, came: "Sequence[AnswerExtras]") -> Message:
    """The message with what came; an answer that is carried on keeps what came before."""
    before = extras(message)
    links = {each["uri"]: each for each in before.get("links", ())}
    for link in (link for each in came for link in each.links):
        if link.uri in links or len(links) < MOST_LINKS:
            links[link.uri] = _fuller(links.get(link.uri), link)
    notices = [*before.get("notices", ()), *(notice for each in came for notice in each.notices)]
    data = dict(before.get("provider", {}))
    for each in came:
        data.update(each.data)
    added = {"links": list(links.values()), "notices": list(dict.fromkeys(notices)), "provider": data}
    return evolve(
        message, metadata={**message.metadata, **{name: value for name, value in added.items() if value}}
    )


def metadata_without_secrets(metadata: Mapping[str, Any]) -> dict[str, Any]:
    """The metadata without what looks like a secret in what the server added."""
    return {name: _redacted(value) if name in NAMES else value for name, value in metadata.items()}


def _fuller(known: Mapping[str, Any] | None, link: "Link") -> dict[str, Any]:
    title = link.title or (known or {}).get("title")
    return {"uri": link.uri, **({"title": title} if title else {})}


def _redacted(value: Any) -> Any:
    if isinstance(value, str):
        return redacted(value)
    if isinstance(value, Mapping):
        return {name: _redacted(inner) for name, inner in value.items()}
    return [_redacted(each) for each in value] if isinstance(value, list) else value


def ended(
    turn: Turn,
    message: Message,
    *,
    status: Ending,
    at: str,
    usage: Usage | None,
    error: Failure | None = None,
    stop_reason: str | None = None,
) -> tuple[Turn, Message]:
    """The turn and its message in their final state, as they are stored. The usage is the turn's own."""
    if turn.redacts:
        metadata = metadata_without_secrets(message.metadata)
        message = evolve(message, parts=without_secrets(message.parts), metadata=metadata)
    total = message.usage + usage if message.usage and usage else usage or message.usage
    turn = evolve(turn, status=status, ended_at=at, usage=usage, holder=None)
    message = evolve(message, status=_MESSAGE_STATUS[status], completed_at=at, usage=total)
    return (
        evolve(turn, error=error, stop_reason=stop_reason),
        evolve(message, error=error, stop_reason=stop_reason),
    )


def put_ended(
    changes: Changes, session: Session, turn: Turn, message: Message, *, status: Ending, origin: str
) -> tuple[Session, Message]:
    """Stores the end of a turn. Returns the session after it and the message, with a person's marks on it."""
    stored = changes.message(message.id)
    if stored is not None:
        message = evolve(
            message,
            is_favourite=stored.is_favourite,
            note=stored.note,
            metadata={**stored.metadata, **extras(message)},
        )
    after = timeline.put_turn(
        changes,
        session,
        turn,
        message,
        origin=origin,
        at=turn.ended_at or turn.started_at,
        activity=_activity(changes, session, message, status),
        running_turn_id=None,
        last_message=last_message(message) if message.content else session.last_message,
        usage=session.usage + turn.usage if turn.usage else session.usage,
    )
    return after, message


def _activity(changes: Changes, session: Session, message: Message, status: Ending) -> Activity:
    if status == "interrupted" and message.has_more_than_words and changes.approvals(session.id):
        return "waiting"
    return _ACTIVITY[status]


def close_calls(
    changes: Changes,
    session: Session,
    turn: Turn,
    *,
    state: CallState,
    keeps_waiting: bool,
    origin: str,
    at: str,
) -> tuple[Session, list[Event]]:
    """Ends the calls of a turn that ends, each as an event of its own, and takes back what they ask. Returns the
    session after them.

    keeps_waiting: those that wait for a decision go on waiting: it may come after a restart.
    """
    told: list[Event] = []
    message = changes.message(turn.message_id, with_journal=False)
    waiting = () if keeps_waiting else changes.approvals(session.id)
    for n, part in changes.open_parts(message) if message else ():
        if message is None or part.call is None or (keeps_waiting and part.call.state == "waiting"):
            continue
        closed = evolve(part, call=part.call.moved_to(state, at=at))
        session, event = timeline.put_part(
            changes, session, turn, message, n=n, part=closed, is_new=False, origin=origin, at=at
        )
        told += [event] if event else []
    for approval in waiting:
        closed_one = approval.withdrawn(at=at)
        session = timeline.put_approval(
            changes, session, closed_one, origin=origin, at=at, activity=session.activity
        )
        told.append(ApprovalClosed(approval=closed_one))
    return session, told


def interrupt_orphan(store: Store, changes: Changes, session: Session, *, at: str) -> Session:
    """The session, its running turn marked interrupted if the process that ran it is dead."""
    turn = changes.turn(session.running_turn_id) if session.running_turn_id else None
    if turn is None or (turn.holder is not None and store.is_alive(turn.holder)):
        return session
    return take_over(changes, session, turn, origin=store.owner, at=at)


def take_over(changes: Changes, session: Session, turn: Turn, *, origin: str, at: str) -> Session:
    """The session, its running turn interrupted with the text that is stored; whoever ran it finds its epoch over."""
    message = changes.message(turn.message_id)
    turn = evolve(turn, epoch=turn.epoch + 1)
    if message is None:
        # Nothing can be read of the answer: the session must not wait for it for ever.
        changes.put_turn(evolve(turn, status="interrupted", ended_at=at, holder=None))
        return timeline.put_noted(
            changes, session, origin=origin, at=at, activity="interrupted", running_turn_id=None
        )
    session, _ = close_calls(
        changes, session, turn, state="interrupted", keeps_waiting=True, origin=origin, at=at
    )
    turn, message = ended(turn, message, status="interrupted", at=at, usage=turn.usage)
    return put_ended(changes, session, turn, message, status="interrupted", origin=origin)[0]


def recover(store: Store, *, at: str) -> list[Turn]:
    """Marks every turn of a dead process interrupted, and returns them as they are then. Blocking."""
    with store.reading() as records:
        orphans = [
            turn
            for turn in records.running_turns()
            if turn.status != "queued" and (turn.holder is None or not store.is_alive(turn.holder))
        ]
    recovered = []
    for turn in orphans:
        with store.writing() as changes:
            session = changes.session(turn.session_id)
            if session is None or session.running_turn_id != turn.id:
                continue
            interrupt_orphan(store, changes, session, at=at)
            ended_turn = changes.turn(turn.id)
            if ended_turn is not None and ended_turn.is_final:
                recovered.append(ended_turn)
    return recovered


def failure_of(error: BaseException) -> Failure:
    """A named error as it is kept; an unnamed one tells no detail, the log does."""
    if not isinstance(error, ThreadkeepError):
        error = exhausted(error) or error
    if isinstance(error, ThreadkeepError):
        return Failure(
            kind=error.kind,
            message=without_steering(error.message),
            retryable=error.retryable,
            data=error.data,
        )
    logger.error("a turn failed", exc_info=error)
    return Failure(kind="internalError", message="Internal error, see the log.")


def check_room(stop: "Stop", answer: Message, *, provider: str) -> None:
    """Raises ContextTooLong for a limit that was reached before anything was said: nothing of the model's window
    was left for an answer (some servers cut what they are sent until it just fits)."""
    if stop.reason == MAX_TOKENS and not (answer.content.strip() or answer.reasoning.strip()):
        told = "The conversation leaves the model no room for an answer: clear or shorten it."
        raise ContextTooLong(f"{provider}: {told}", provider=provider)


def check_end(stop: "Stop", answer: Message, *, provider: str) -> None:
    """Raises ProviderError for an end that is no success: an error, or one before any text."""
    if stop.reason != "error" and (answer.content.strip() or answer.has_more_than_words):
        return
    kind, told = _NO_SUCCESS.get(stop.reason) or (ProviderOverloaded, _nothing(stop.reason, answer))
    said = f" It said: {stop.words}" if stop.words else ""
    raise kind(f"{provider}: {told}{said}", provider=provider)


def _nothing(reason: str, answer: Message) -> str:
    told = "" if reason == "endTurn" else f" ({reason})"
    if answer.reasoning.strip():
        return f"The model thought, but gave no answer{told}: try again."
    return f"The answer is empty{told}: try again. Some servers do this when a conversation is too long."


def unstored(turn: Turn, message: Message, failure: Failure) -> tuple[Turn, Message]:
    """The turn and its message as they are told as long as their end is not stored."""
    failure = evolve(failure, message=f"{failure.message} {UNSTORED}")
    return (
        evolve(turn, status="failed", error=failure),
        evolve(message, status="failed", error=failure),
    )


class Storing:
    """Stores the end of a turn, once: whoever writes next may do it too. Any thread may call it."""

    def __init__(self, store: Callable[[], list[Event]], *, wake: asyncio.Event) -> None:
        """wake: set when it is stored. Make it on the event loop."""
        self._store = store
        self._wake = wake
        self._loop = asyncio.get_running_loop()
        self._lock = threading.Lock()
        self.events: list[Event] | None = None
        """What is to be announced then."""

    def __call__(self) -> None:
        with self._lock:
            if self.events is None:
                self.events = self._store()
                self._loop.call_soon_threadsafe(self._wake.set)


async def priced(context: StoreContext, turn: Turn, usage: Usage | None) -> Usage | None:
    """The usage with what it cost, if that is known soon."""
    if usage is None or usage.cost is not None:
        return usage
    try:
        # Beside the executor: the price lists take a while to load the first time.
        async with asyncio.timeout(PRICE_SECONDS):
            cost = await context.side_executor(lambda: context.prices.cost(turn.provider, turn.model, usage))
    except TimeoutError:
        return usage
    return usage if cost is None else evolve(usage, cost=cost)
