"""What an answer in the making holds beside its words: which part is where, how each changes, and when it is told; apart from the runner, which knows of words alone."""

import hashlib
from collections.abc import Callable
from typing import TYPE_CHECKING

from threadkeep.domain.approvals import Approval
from threadkeep.domain.events import OutputStreamed, PartChanged
from threadkeep.domain.messages import Message, Part, utf8_length
from threadkeep.domain.tool_calls import CallState, MediaFile, OutputItem, ProviderBlock, ToolCall
from threadkeep.domain.turns import Turn
from threadkeep.ports.models import (
    ApprovalAnswer,
    ApprovalAsked,
    BlockCame,
    CallChanged,
    CallOutput,
    Compacted,
    MediaCame,
    PartEvent,
    PlanChanged,
    StepBegan,
)
from threadkeep.ports.store import Changes
from threadkeep.usecases import timeline
from threadkeep.usecases.chat.journal import AnswerJournal, Places
from threadkeep.usecases.store_context import StoreContext
from threadkeep.values import Value, evolve

if TYPE_CHECKING:
    from threadkeep.usecases.chat.approvals import Approvals

Change = CallChanged | CallOutput | PlanChanged | MediaCame | BlockCame | Compacted


class Placed(Value):
    """A part as it is to be stored: the k-th that is no words, and where it stands among all."""

    n: int
    index: int
    part: Part
    is_new: bool


class AnswerParts:
    """The parts of one answer. It holds calls of which more is to come, and no others."""

    def __init__(self, message: Message, places: Places, *, provider: str) -> None:
        """message: as the turn begins with it: calls of it that wait for a decision go on, and so do those that were cut
        off, if their agent names them again."""
        self._provider = provider
        self._places = places
        self._step: int | None = None
        self._calls = {
            part.call.id: Placed(n=n, index=message.index_of(n) or 0, part=_going_on(part), is_new=False)
            for n, part in message.kept.items()
            if part.call is not None and (part.is_open or part.call.state == "interrupted")
        }
        self._ended = {
            part.call.id for part in message.kept.values() if part.call and part.call.state == "rejected"
        }
        """Calls of which nothing more is taken; one that was rejected stays so when its agent asks again."""
        self._plan: Placed | None = None

    def begin_step(self) -> None:
        """What comes now belongs to the next response of the model."""
        self._step = 0 if self._step is None else self._step + 1

    def changed(self, change: Change, *, at: str, sha256: str | None = None) -> Placed | None:
        """The part that the change makes or changes; None where nothing is different.

        sha256: of the data of a `MediaCame`, which is stored.
        """
        match change:
            case CallChanged(id=id_) | CallOutput(id=id_):
                return self._call_changed(id_, change, at)
            case PlanChanged(entries=entries):
                plan = Part(type="plan", text="", plan=entries, step=self._step)
                if self._plan is None:
                    self._plan = self._added(plan)
                    return self._plan
                self._plan = evolve(self._plan, part=plan, is_new=False)
                return self._plan
            case MediaCame():
                media = MediaFile(
                    name=change.name, mime_type=change.mime_type, size=len(change.data), sha256=sha256 or ""
                )
                return self._added(Part(type=change.type, text="", media=media, step=self._step))
            case BlockCame(data=data):
                block = ProviderBlock(provider=self._provider, data=data)
                return self._added(Part(type="providerBlock", text="", block=block, step=self._step))
            case Compacted(text=text):
                return self._added(Part(type="compaction", text=text, step=self._step))

    def place_of_output(self, id_: str) -> tuple[int, int] | None:
        """`n` and index of a running call that takes output; None for one that does not."""
        placed = self._calls.get(id_)
        if placed is None or placed.part.call is None or not _takes_output(placed.part.call):
            return None
        return placed.n, placed.index

    def placed(self, call_id: str) -> Placed | None:
        """A call of which more is to come."""
        return self._calls.get(call_id)

    def take(self, placed: Placed) -> None:
        """Notes how a call is that was stored by somebody else."""
        call = placed.part.call
        if call is None:
            return
        if call.is_open:
            self._calls[call.id] = evolve(placed, is_new=False)
        else:
            self._calls.pop(call.id, None)
            self._ended.add(call.id)

    def _call_changed(self, id_: str, change: CallChanged | CallOutput, at: str) -> Placed | None:
        known = self._calls.get(id_)
        if id_ in self._ended:
            return None
        call = known.part.call if known and known.part.call else ToolCall(id=id_)
        if isinstance(change, CallOutput):
            after = call if _takes_output(call) else _taking_output(call)
            after = after.moved_to("running", at=at)
        else:
            after = _with(call, change, at)
        if known is not None and after == call:
            return None
        part = Part(type="toolCall", text="", call=after, step=known.part.step if known else self._step)
        placed = evolve(known, part=part, is_new=False) if known else self._added(part)
        if after.is_open:
            self._calls[id_] = evolve(placed, is_new=False)
        else:
            self._calls.pop(id_, None)
            self._ended.add(id_)
        return placed

    def _added(self, part: Part) -> Placed:
        n, index = self._places.take()
        return Placed(n=n, index=index, part=part, is_new=True)


class PartWriter(AnswerParts):
    """Stores and announces the parts of a running answer. Its methods belong to the event loop."""

    def __init__(
        self,
        turn: Turn,
        message: Message,
        places: Places,
        *,
        context: StoreContext,
        journal: AnswerJournal,
        approvals: "Approvals",
        begun: Callable[[], object],
    ) -> None:
        """begun: called when a part that is new was stored, ahead of anything else."""
        super().__init__(message, places, provider=turn.provider)
        self._turn = turn
        self._message = message
        self._context = context
        self._journal = journal
        self._approvals = approvals
        self._begun = begun
        self._asked: dict[str, ApprovalAsked] = {}
        """By the id of the approval that waits."""
        self._decided: dict[str, Approval] = {}
        """What was decided so soon that the question was not noted yet."""
        self._outputs: dict[int, int] = {}
        """Bytes of what running calls have put out, by their `n`."""

    async def write(self, event: PartEvent) -> None:
        """Stores what the model does, then announces it: in this order everybody hears the same. Raises StoreError, and
        Lost if the turn is not ours any more."""
        if isinstance(event, StepBegan):
            self.begin_step()
            return
        if isinstance(event, ApprovalAsked):
            await self._ask(event)
            return
        if not isinstance(event, CallOutput) or self.place_of_output(event.id) is None:
            await self._store(event)
        if isinstance(event, CallOutput) and (place := self.place_of_output(event.id)) is not None:
            self._put_out(event, *place)

    async def _ask(self, asked: ApprovalAsked) -> None:
        """Answers a question by what was decided before or by a rule; else stores it and asks everybody."""
        if self.placed(asked.call_id) is None:
            await self._store(CallChanged(id=asked.call_id))
        placed = self.placed(asked.call_id)
        if placed is None or placed.part.call is None:  # it has ended: there is nothing to allow
            answer = await self._context.executor(
                lambda: self._approvals.rejected_before(self._message, asked.call_id)
            )
            _resolve(asked, answer)
            return
        call = placed.part.call
        judged = await self._context.executor(lambda: self._approvals.judged(self._turn.session_id, call))
        question = await self._journal.write_with(
            lambda changes: self._approvals.ask(
                changes, self._turn, self._message, placed, asked=asked, judged=judged
            )
        )
        if question.approval is not None:
            self.take(evolve(placed, part=evolve(placed.part, call=evolve(call, state="waiting"))))
            self._asked[question.approval.id] = asked
        for event in question.events:
            self._context.announce(event)
        if question.answer is not None:
            await self._answer(asked, question.answer)
        elif question.approval is not None and question.approval.id in self._decided:
            self.decided(self._decided.pop(question.approval.id))

    def forget_questions(self) -> None:
        """Nobody is asked any more: whoever waits is told so."""
        for asked in self._asked.values():
            _resolve(asked, ApprovalAnswer(option=None))
        self._asked.clear()

    async def _answer(self, asked: ApprovalAsked, answer: ApprovalAnswer) -> None:
        if not answer.is_allowed:
            await self._store(CallChanged(id=asked.call_id, state="rejected", error=answer.note))
        _resolve(asked, answer)

    def decided(self, approval: Approval) -> None:
        """Tells whoever asked; the call is stored as it is then."""
        asked = self._asked.pop(approval.id, None)
        if asked is None:
            self._decided[approval.id] = approval
            return
        placed = self.placed(approval.call_id)
        if placed is not None and placed.part.call is not None:
            state: CallState = "pending" if approval.is_allowed else "rejected"
            call = placed.part.call.moved_to(state, at=approval.decided_at or "")
            self.take(evolve(placed, part=evolve(placed.part, call=call)))
        answer = ApprovalAnswer(option=approval.option, note=approval.note, decided_by=approval.decided_by)
        _resolve(asked, answer)

    def with_unsaved(self, n: int, part: Part) -> Part:
        """A running call, as it was read, with what it has put out and is not stored yet."""
        heard, call = self._outputs.get(n), part.call
        if heard is None or call is None or not call.is_open or call.output_size >= heard:
            return part
        missing = heard - call.output_size
        unsaved = self._journal.unsaved(n).encode("utf-8", "replace")[-missing:].decode("utf-8", "replace")
        return evolve(part, call=call.with_more(unsaved, size=heard))

    async def _store(self, event: Change) -> None:
        at = self._context.clock.now()
        sha256 = hashlib.sha256(event.data).hexdigest() if isinstance(event, MediaCame) else None
        placed = self.changed(event, at=at, sha256=sha256)
        if placed is None:
            return
        changed = await self._journal.write_with(lambda changes: self._put(changes, placed, at, event))
        if placed.is_new:
            self._begun()
        if changed is not None:
            self._context.announce(changed)

    def _put(self, changes: Changes, placed: Placed, at: str, event: Change) -> PartChanged | None:
        if isinstance(event, MediaCame):
            changes.put_blob(self._turn.session_id, event.data)
        return timeline.put_part(
            changes,
            timeline.found(changes, self._turn.session_id),
            self._turn,
            self._message,
            n=placed.n,
            part=placed.part,
            is_new=placed.is_new,
            origin=self._context.store.owner,
            at=at,
        )[1]

    def _put_out(self, event: CallOutput, n: int, index: int) -> None:
        """Passes on what a running call puts out, at once, and journals it as the words of the answer."""
        offset = self._outputs.get(n, 0)
        self._context.announce(
            OutputStreamed(
                session_id=self._turn.session_id,
                turn_id=self._turn.id,
                message_id=self._turn.message_id,
                index=index,
                call_id=event.id,
                offset=offset,
                text=event.text,
                saved_offset=self._journal.saved_outputs.get(n, 0),
            )
        )
        self._outputs[n] = offset + utf8_length(event.text)
        self._journal.add(n, event.text)


def _resolve(asked: ApprovalAsked, answer: ApprovalAnswer) -> None:
    if not asked.answer.done():  # who asked may have been stopped
        asked.answer.set_result(answer)


def _going_on(part: Part) -> Part:
    if part.call is None or part.is_open:
        return part
    return evolve(part, call=evolve(part.call, state="pending", ended_at=None))


def _with(call: ToolCall, change: CallChanged, at: str) -> ToolCall:
    given = {
        name: value
        for name in ("name", "title", "kind", "input", "output", "locations", "parent_id", "error")
        if (value := getattr(change, name)) is not None
    }
    call = evolve(call, **given)
    return call.moved_to(change.state, at=at) if change.state is not None else call


def _takes_output(call: ToolCall) -> bool:
    return any(item.takes_output for item in call.output)


def _taking_output(call: ToolCall) -> ToolCall:
    return evolve(call, output=(*call.output, OutputItem(type="terminal")))
