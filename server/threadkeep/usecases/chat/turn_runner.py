"""A running turn: passes the model's text on as it comes, journals it, and stores its end."""

import asyncio
import logging
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Literal

from threadkeep.domain.approvals import Approval
from threadkeep.domain.errors import SessionNotFound
from threadkeep.domain.events import Event, SessionChanged, TextStreamed, TurnCompleted
from threadkeep.domain.messages import Failure, Message, utf16_length
from threadkeep.domain.turns import Turn
from threadkeep.ports.models import PartEvent
from threadkeep.ports.store import Changes
from threadkeep.usecases import timeline
from threadkeep.usecases.chat.journal import AnswerJournal, Kind, Lost, Places, joined
from threadkeep.usecases.chat.listening import Listener, ModelCall
from threadkeep.usecases.chat.turn_end import (
    CALL_STATE,
    Ending,
    Storing,
    close_calls,
    ended,
    failure_of,
    priced,
    put_ended,
    unstored,
    with_extras,
)
from threadkeep.usecases.repositories.prefetch import prefetched_for_session
from threadkeep.usecases.store_context import StoreContext

if TYPE_CHECKING:
    from threadkeep.usecases.chat.answer_parts import PartWriter
    from threadkeep.usecases.chat.approvals import Approvals

FINISH_RETRIES = (0.2, 1.0, 3.0)
"""Seconds to wait before the end of a turn is stored once more; after them it is told as failed."""
UNSTORED_SECONDS = 1.0
"""How often it is tried from then on, beside each write of this process."""
CLOSE_SECONDS = 1.0
"""How long a provider may take to let go of a stopped answer."""

Ended = tuple[Turn, Message]

logger = logging.getLogger(__name__)


class TurnRunner:
    """One answer in the making, in this process. All its methods belong to the event loop."""

    def __init__(
        self,
        turn: Turn,
        message: Message,
        *,
        context: StoreContext,
        lose: Callable[[str, Turn | None, Message | None], object],
        approvals: "Callable[[], Approvals]",
    ) -> None:
        """lose: told, in the executor, when the turn was taken over, and what is stored of it; it has `lost` called."""
        loop = asyncio.get_running_loop()
        self.turn = turn
        self._begun_with = message
        self._message = message.outline if message.has_more_than_words else message
        self._context = context
        self._lose = lose
        self._approvals = approvals
        self._journal = AnswerJournal(
            message,
            store=context.store,
            executor=context.executor,
            announce=context.announce,
            is_ours=self._is_ours,
        )
        self._places = Places(message)
        self._parts: PartWriter | None = None
        self._offsets = dict(self._journal.saved_offsets)
        self._changing: asyncio.Task[None] | None = None
        """What stores the newest change of a part."""
        self._said: list[tuple[Kind | Literal["signature", "part"], str]] = []
        self._unsaid: list[str] = []
        self._unsaid_kind: Kind = "text"
        self._listener = Listener(
            turn,
            announce=context.announce,
            hear=self._hear,
            sign=self._sign,
            change=self._change,
            so_far=self._all_so_far,
        )
        self._is_lost = False
        self._ending: Ending | None = None
        self._reading: asyncio.Task[None] | None = None
        self._is_leaving = False
        self._wake = asyncio.Event()
        """Set when the end was stored by somebody else's write, or when this process leaves."""
        self._final: Ended | None = None
        """The end, once it is stored."""
        self._is_stopped: asyncio.Future[None] = loop.create_future()
        self._ended: asyncio.Future[Ended] = loop.create_future()
        self._task: asyncio.Task[None] | None = None

    def start(
        self, call: ModelCall, *, before: Sequence[Event], at_end: Callable[[Ended | None], object]
    ) -> None:
        """Begins in the next step of the event loop, so that the reply to the request that caused it
        is written first; announces `before` ahead of anything else, calls `at_end` after the last."""
        self._task = asyncio.get_running_loop().create_task(self._run(call, before))
        self._task.add_done_callback(lambda task: at_end(self._outcome(task)))

    def stop(self, ending: Ending) -> None:
        """Ends the turn with what came so far; `interrupted` also gives up a store that refuses."""
        if ending == "interrupted":
            self._is_leaving = True
            self._wake.set()
        if self._ending is not None:
            return
        self._ending = ending
        if self._reading is not None:
            self._reading.cancel()
            # A provider that does not let go must not keep the turn from ending.
            asyncio.get_running_loop().call_later(CLOSE_SECONDS, self._give_up)

    def decided(self, approval: Approval) -> None:
        """What a call of this turn waits for was decided."""
        if self._parts is not None:
            self._parts.decided(approval)

    def lost(self, turn: Turn | None, message: Message | None) -> None:
        """Another process has ended the turn so, or erased it: nothing is said or stored of it any more, and
        the client is told what is stored."""
        self._is_lost = True
        self._unsaid.clear()
        if turn is not None and message is not None:
            self._context.announce(TurnCompleted(turn=turn, message=message))
            if not self._ended.done():
                self._ended.set_result((turn, message))
        elif not self._ended.done():
            self._ended.set_exception(SessionNotFound(self.turn.session_id))
            self._ended.exception()  # nobody may be waiting for it
        self.stop("interrupted")

    def _outcome(self, task: asyncio.Task[None]) -> Ended | None:
        """None if it was lost or broke off: who waits is told, and the store is put right by who comes next."""
        if self._is_lost:
            return None
        if self._ended.done() and not self._ended.cancelled():
            return self._final or self._ended.result()
        self._ended.cancel()
        if not task.cancelled() and task.exception() is not None:
            logger.error("turn %s broke off", self.turn.id, exc_info=task.exception())
        return None

    async def wait(self) -> Ended:
        """The turn and its message once their end is stored and announced; cancelling this stops nothing."""
        return await asyncio.shield(self._ended)

    @property
    def so_far(self) -> Message:
        """The message with all text that was announced."""
        message = self._message
        for kind, text in joined(self._said):
            if kind == "signature":
                message = message.signed(text)
            elif kind == "part":
                message = message.with_omitted(len(text))
            else:
                message = message.grown(kind, text)
        beside = self._listener.extras
        return with_extras(message, beside) if beside else message

    def up_to_date(self, read: Message) -> Message:
        """The message with all that was announced; read: as the store gave it, with its newest parts."""
        message = self.so_far
        if self._parts is None:
            return message.filled(read.kept)
        return message.filled({n: self._parts.with_unsaved(n, part) for n, part in read.kept.items()})

    def _all_so_far(self) -> Message:
        self._say()
        return self.so_far

    async def _run(self, call: ModelCall, before: Sequence[Event]) -> None:
        for event in before:
            self._context.announce(event)
        failure = await self._read_to_the_end(call)
        self._say()
        if self._changing is not None:
            await asyncio.wait([self._changing])
        if self._parts is not None:
            self._parts.forget_questions()
        outputs = await self._journal.stop()
        if not self._is_lost:
            await self._finish(failure, outputs)

    async def _read_to_the_end(self, call: ModelCall) -> Failure | None:
        if self._ending is not None:
            return None
        self._reading = asyncio.get_running_loop().create_task(self._listener.read(call))
        await asyncio.wait([self._reading, self._is_stopped], return_when=asyncio.FIRST_COMPLETED)
        if not self._reading.done():
            self._reading.add_done_callback(lambda task: task.cancelled() or task.exception())
            return None
        error = None if self._reading.cancelled() else self._reading.exception()
        if error is None or self._ending is not None:
            return None
        self._listener.failed(error)
        return failure_of(error)

    def _hear(self, kind: Kind, text: str) -> None:
        """Takes text in. What comes in one step of the event loop goes out as one delta, at once."""
        if not text or self._ending is not None:
            return
        if self._unsaid and kind != self._unsaid_kind:
            self._say()
        if not self._unsaid:
            self._unsaid_kind = kind
            asyncio.get_running_loop().call_soon(self._say)
        self._unsaid.append(text)

    def _sign(self, signature: str) -> None:
        self._say()
        self._said.append(("signature", signature))
        self._places.sign()

    async def _change(self, event: PartEvent) -> None:
        """Takes in what the model does beside speaking; what comes after it waits until it is stored."""
        if self._ending is not None:
            return
        self._say()
        # a turn that is stopped meanwhile ends when this is stored
        self._changing = asyncio.get_running_loop().create_task(self._written(event))
        await asyncio.shield(self._changing)

    async def _written(self, event: PartEvent) -> None:
        if self._parts is None:
            from threadkeep.usecases.chat.answer_parts import PartWriter  # most answers are words alone

            self._parts = PartWriter(
                self.turn,
                self._begun_with,
                self._places,
                context=self._context,
                journal=self._journal,
                approvals=self._approvals(),
                begun=lambda: self._said.append(("part", "1")),
            )
        await self._parts.write(event)

    def _say(self) -> None:
        if not self._unsaid:
            return
        kind, text = self._unsaid_kind, "".join(self._unsaid)
        self._unsaid.clear()
        self._said.append((kind, text))
        self._context.announce(
            TextStreamed(
                session_id=self.turn.session_id,
                turn_id=self.turn.id,
                message_id=self.turn.message_id,
                kind=kind,
                index=self._places.of_words(kind),
                offset=self._offsets[kind],
                text=text,
                saved_offset=self._journal.saved_offsets[kind],
            )
        )
        self._offsets[kind] += utf16_length(text)
        self._journal.add(kind, text)

    async def _finish(self, failure: Failure | None, outputs: Sequence[tuple[int, str]]) -> None:
        """Stores and announces the end. A store that refuses is tried again until it takes it, or this
        process ends: then it says "running" still, which becomes "interrupted", with the journaled text."""
        status: Ending = self._ending or ("failed" if failure else "completed")
        at = self._context.clock.now()
        usage = await priced(self._context, self.turn, self._listener.usage)
        turn, message = ended(
            self.turn,
            self.so_far,
            status=status,
            at=at,
            usage=usage,
            error=failure,
            stop_reason=self._listener.stop_reason(status),
        )
        storing = Storing(self._storing(turn, message, status, outputs), wake=self._wake)
        try:
            await self._context.executor(storing)
        except Lost:
            await asyncio.wait([self._ended])  # the client is told first
            return
        except Exception as error:  # noqa: BLE001 - whatever it is, the answer must not be given up
            self._context.owed.owe(turn.id, storing)
            await self._store_when_possible(storing, turn, message, error)
            self._context.owed.forget(turn.id)
        if storing.events is None:
            return
        for event in storing.events:
            self._context.announce(event)
            if isinstance(event, TurnCompleted):
                turn, message = event.turn, event.message
        self._final = turn, message
        if not self._ended.done():
            self._ended.set_result(self._final)

    async def _store_when_possible(
        self, storing: Storing, turn: Turn, message: Message, error: Exception
    ) -> None:
        """Returns when the end is stored, by the next write that succeeds or by trying again; or when this
        process leaves."""
        pauses = iter(FINISH_RETRIES)
        while storing.events is None:
            pause = next(pauses, None)
            if pause is None and not self._ended.done() and not isinstance(error, Lost):
                await self._report_unstored(turn, message, error)
            if self._is_lost or (pause is None and self._is_leaving):
                return
            await self._pause(pause or UNSTORED_SECONDS)
            try:
                await self._context.executor(self._context.owed.pay)
            except Exception as refused:  # noqa: BLE001 - as above
                error = refused

    async def _report_unstored(self, turn: Turn, message: Message, error: Exception) -> None:
        """Everybody of this process hears and reads that it failed, until it is stored: then what it is."""
        logger.error("the end of turn %s could not be stored: %s", turn.id, error)
        turn, message = unstored(turn, message, failure_of(error))
        self._context.owed.report(turn, message)
        self._context.announce(TurnCompleted(turn=turn, message=message))
        self._ended.set_result((turn, message))
        await self._context.executor(lambda: self._context.announce_session(self.turn.session_id))

    async def _pause(self, seconds: float) -> None:
        """Shorter if it was stored meanwhile, or if this process leaves."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._wake.wait()

    def _storing(
        self, turn: Turn, message: Message, status: Ending, outputs: Sequence[tuple[int, str]]
    ) -> Callable[[], list[Event]]:
        def store() -> list[Event]:
            context = self._context
            repositories = prefetched_for_session(context, turn.session_id)
            with context.store.writing() as changes:
                if not self._is_ours(changes):
                    raise Lost
                session = timeline.found(changes, turn.session_id)
                origin = context.store.owner
                for n, text in outputs:
                    changes.append_output(message, n, text)
                closed: list[Event] = []
                if self._places.count:
                    at, state = turn.ended_at or turn.started_at, CALL_STATE[status]
                    session, closed = close_calls(
                        changes,
                        session,
                        turn,
                        state=state,
                        keeps_waiting=status == "interrupted",
                        origin=origin,
                        at=at,
                    )
                session, stored = put_ended(changes, session, turn, message, status=status, origin=origin)
                if self._places.count:
                    stored = changes.message(message.id) or stored
                view = repositories.view(changes, session)
            return [*closed, TurnCompleted(turn=turn, message=stored), SessionChanged(view=view)]

        return store

    def _is_ours(self, changes: Changes) -> bool:
        """Whether nobody has ended, taken over or erased the turn: asked in each transaction that writes of it."""
        stored = changes.turn(self.turn.id)
        if stored is not None and stored.is_held_as(self.turn):
            return True
        self._lose(self.turn.id, stored, changes.message(stored.message_id) if stored else None)
        return False

    def _give_up(self) -> None:
        if not self._is_stopped.done():
            self._is_stopped.set_result(None)
