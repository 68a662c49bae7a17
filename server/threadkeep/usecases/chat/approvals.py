"""Approvals: who may let a tool call run, what was decided, and for whom it is kept."""

from collections.abc import Callable, Sequence

from threadkeep.domain.approvals import Approval, ApprovalOption, PermissionRule, fingerprint_of, of_kind
from threadkeep.domain.errors import AlreadyDecided, ApprovalNotFound, InvalidValue
from threadkeep.domain.events import ApprovalClosed, ApprovalRequested, Event, SessionChanged
from threadkeep.domain.messages import Message
from threadkeep.domain.permission_proposals import propose_rule
from threadkeep.domain.permissions import Action, Decision, Scope, decide, matches
from threadkeep.domain.sessions import Session
from threadkeep.domain.tool_calls import CallState, ToolCall
from threadkeep.domain.turns import Holder, Turn
from threadkeep.domain.workspace_paths import PathRules
from threadkeep.ports.models import ApprovalAnswer, ApprovalAsked
from threadkeep.ports.permissions import PermissionRules
from threadkeep.ports.runtime import Ids
from threadkeep.ports.store import Changes
from threadkeep.usecases import timeline
from threadkeep.usecases.chat.answer_parts import Placed
from threadkeep.usecases.chat.turn_registry import TurnRegistry
from threadkeep.usecases.repositories.prefetch import prefetched_for_session
from threadkeep.usecases.store_context import StoreContext
from threadkeep.values import Value, evolve

NAMES = {"allowOnce": "Allow", "allowAlways": "Always allow", "rejectOnce": "Reject"}
"""What a person reads where an agent offers no options of its own."""


class Question(Value):
    """What came of a question: an answer at once, or an approval that waits."""

    answer: ApprovalAnswer | None = None
    approval: Approval | None = None
    events: tuple[Event, ...] = ()
    """What is to be announced."""


class Approvals(Value):
    """Asks for approvals and takes decisions. Blocking: run in the executor."""

    context: StoreContext
    ids: Ids
    running: TurnRegistry
    rules: Callable[[], PermissionRules]
    paths: Callable[[], PathRules]
    trusted_roots: Callable[[], Sequence[str]]
    holder: Callable[[], Holder]

    def judged(self, session_id: str, call: ToolCall) -> tuple[Decision, Action, Scope]:
        """What the rules and the session's mode say to a call."""
        with self.context.store.reading() as records:
            session = timeline.found(records, session_id)
            repository = records.repository(session.key.repository_id)
        roots = repository.roots if repository else ()
        scope = Scope(
            folders=tuple(roots),
            paths=self.paths(),
            repository=session.key.repository_id,
            session_id=session_id,
        )
        trusted = self.trusted_roots()
        action = action_of(call, cwd=roots[0] if roots else None)
        kept = self.rules().current()
        decision = decide(
            action,
            mode=session.mode,
            rules=kept.rules,
            is_trusted=not roots or any(root in trusted for root in roots),
            scope=scope,
        )
        return decision, action, scope

    def answered(self, message: Message, call_id: str) -> ApprovalAnswer:
        """What was decided of a call that has ended."""
        with self.context.store.reading() as records:
            of_session = records.approvals(message.session_id, is_open=False)
        mine = [each for each in of_session if (each.message_id, each.call_id) == (message.id, call_id)]
        return answer_of(mine[-1]) if mine else ApprovalAnswer(option=None)

    def ask(
        self,
        changes: Changes,
        turn: Turn,
        message: Message,
        placed: Placed,
        *,
        asked: ApprovalAsked,
        judged: tuple[Decision, Action, Scope],
    ) -> Question:
        """Stores the question, unless it was decided before, by a person before a restart or by a rule."""
        call = placed.part.call
        assert call is not None  # noqa: S101 - it is the part of a call
        session, fingerprint = timeline.found(changes, turn.session_id), fingerprint_of(call)
        earlier = _earlier(changes, turn, fingerprint)
        if earlier is not None and earlier.option is not None:
            changes.put_approval(evolve(earlier, is_used=True), n=placed.n, seq=session.seq)
            return Question(answer=answer_of(earlier))
        decision, action, scope = judged
        options = asked.options or _usual_options(action, scope)
        if decision.verdict != "ask":
            is_allowed = decision.verdict == "allow"
            kinds = ("allowOnce", "allowAlways") if is_allowed else ("rejectOnce", "rejectAlways")
            option = of_kind(options, *kinds)
            return Question(answer=ApprovalAnswer(option=option, note=decision.reason, decided_by="rule"))
        approval = Approval(
            id=earlier.id if earlier else self.ids.new(),
            session_id=session.id,
            turn_id=turn.id,
            message_id=message.id,
            call_id=call.id,
            title=asked.title or call.title or call.name or call.kind,
            detail=asked.detail or _detail(action),
            options=options,
            fingerprint=fingerprint,
            created_at=earlier.created_at if earlier else self.context.clock.now(),
        )
        return Question(
            approval=approval, events=self._put(changes, session, turn, message, placed, approval)
        )

    def _put(  # noqa: PLR0917 - all that a question is about
        self,
        changes: Changes,
        session: Session,
        turn: Turn,
        message: Message,
        placed: Placed,
        approval: Approval,
    ) -> tuple[Event, ...]:
        """Stores the question and its call, which waits, in one commit; gives what is to be announced."""
        at, origin, call = self.context.clock.now(), self.context.store.owner, placed.part.call
        part = evolve(placed.part, call=call.moved_to("waiting", at=at) if call else None)
        session, told = timeline.put_part(
            changes,
            session,
            turn,
            message,
            n=placed.n,
            part=part,
            is_new=placed.is_new,
            origin=origin,
            at=at,
        )
        session = timeline.put_approval(
            changes, session, approval, n=placed.n, origin=origin, at=at, activity="waiting"
        )
        view = self.context.repositories.view(changes, session)
        events = (told, ApprovalRequested(approval=approval), SessionChanged(view=view))
        return tuple(each for each in events if each is not None)

    def decide(
        self, session_id: str, approval_id: str, option_id: str, *, note: str | None = None
    ) -> Approval:
        """Decides; the first who does wins, from whichever window. What is to be kept always is kept first.

        Raises SessionNotFound, ApprovalNotFound, AlreadyDecided, InvalidValue for an option that there is not and
        for a rule that cannot be kept.
        """
        with self.context.store.reading() as records:
            timeline.found(records, session_id)
            approval = records.approval(session_id, approval_id)
            option = _option(approval, approval_id, option_id)
            message = records.message(approval.message_id) if approval else None
        if option.kind in {"allowAlways", "rejectAlways"} and option.rule is not None:
            self._keep(option.rule, session_id, message, approval)
        repositories = prefetched_for_session(self.context, session_id)
        with self.context.store.writing() as changes:
            at, origin = self.context.clock.now(), self.context.store.owner
            session = timeline.found(changes, session_id)
            approval = changes.approval(session_id, approval_id)
            _option(approval, approval_id, option_id)
            assert approval is not None  # noqa: S101 - else it was told
            decided = approval.decided(option, by=self.holder().client, at=at, note=note)
            session, events = close(changes, session, decided, origin=origin, at=at)
            view = repositories.view(changes, session)
        for event in (*events, SessionChanged(view=view)):
            self.context.announce(event)
        self.running.decided(decided)
        return decided

    def withdraw(self, session_id: str) -> None:
        """Takes back whatever waits in a session in which no turn runs. Raises SessionNotFound."""
        repositories = prefetched_for_session(self.context, session_id)
        with self.context.store.writing() as changes:
            session = timeline.found(changes, session_id)
            if session.running_turn_id is not None or session.activity != "waiting":
                return
            at, origin = self.context.clock.now(), self.context.store.owner
            session, events = withdraw_all(changes, session, origin=origin, at=at)
            view = repositories.view(changes, session)
        for event in (*events, SessionChanged(view=view)):
            self.context.announce(event)

    def _keep(
        self, rule: PermissionRule, session_id: str, message: Message | None, approval: Approval | None
    ) -> None:
        calls = [part.call for part in message.parts if part.call] if message else []
        call = next((each for each in calls if approval and each.id == approval.call_id), None)
        if call is None:
            self.rules().insert(rule, before=lambda _: False)
            return
        _, action, scope = self.judged(session_id, call)
        self.rules().insert(rule, before=lambda each: matches(each, action, scope))


def _earlier(changes: Changes, turn: Turn, fingerprint: str) -> Approval | None:
    """What an earlier turn of the session asked about the same call, and was not told yet."""
    of_session = changes.approvals(turn.session_id, is_open=False)
    for each in of_session:
        is_mine = each.fingerprint == fingerprint and each.turn_id != turn.id
        if is_mine and not (each.is_withdrawn or each.is_used):
            return each
    return None


def close(
    changes: Changes, session: Session, approval: Approval, *, origin: str, at: str
) -> tuple[Session, list[Event]]:
    """Stores an approval that waits no more, with what its call is then. Returns the session after it."""
    events: list[Event] = []
    message, turn = changes.message(approval.message_id, with_journal=False), changes.turn(approval.turn_id)
    n = 0
    for n, part in changes.open_parts(message) if message else ():
        if part.call is None or part.call.id != approval.call_id or turn is None or message is None:
            continue
        state: CallState = (
            "cancelled" if approval.is_withdrawn else "pending" if approval.is_allowed else "rejected"
        )
        changed = evolve(part, call=part.call.moved_to(state, at=at))
        session, told = timeline.put_part(
            changes, session, turn, message, n=n, part=changed, is_new=False, origin=origin, at=at
        )
        events += [told] if told else []
        break
    left = [each for each in changes.approvals(session.id) if each.id != approval.id]
    is_running = session.running_turn_id is not None and session.activity != "stopping"
    activity = "waiting" if left else "running" if is_running else session.activity
    if not left and activity == "waiting":
        activity = "interrupted"
    session = timeline.put_approval(changes, session, approval, n=n, origin=origin, at=at, activity=activity)
    return session, [*events, ApprovalClosed(approval=approval)]


def withdraw_all(changes: Changes, session: Session, *, origin: str, at: str) -> tuple[Session, list[Event]]:
    """Takes back whatever waits in a session. Returns the session after it."""
    events: list[Event] = []
    for approval in changes.approvals(session.id):
        session, told = close(changes, session, approval.withdrawn(at=at), origin=origin, at=at)
        events += told
    return session, events


def answer_of(approval: Approval) -> ApprovalAnswer:
    """What whoever asked is told."""
    return ApprovalAnswer(option=approval.option, note=approval.note, decided_by=approval.decided_by)


def action_of(call: ToolCall, *, cwd: str | None) -> Action:
    """What a call wants to do, as far as it shows it."""
    given = call.input if isinstance(call.input, dict) else {}
    command = next((item.command for item in call.output if item.command is not None), None)
    if command is None and call.kind == "execute":
        command = _text(given, "command", "cmd", "script")
    return Action(
        tool=call.name,
        kind=call.kind,
        command=command,
        cwd=_text(given, "cwd", "workdir", "directory") or cwd,
        paths=tuple(location.uri for location in call.locations),
        changes=tuple(item.uri for item in call.output if item.type == "diff" and item.uri is not None),
        url=_text(given, "url") if call.kind == "fetch" else None,
        input=call.input,
    )


def _text(given: dict[str, object], *names: str) -> str | None:
    found = next((given[name] for name in names if name in given), None)
    if isinstance(found, list) and all(isinstance(each, str) for each in found):
        import shlex  # seldom

        return shlex.join(found)
    return found if isinstance(found, str) else None


def _detail(action: Action) -> str:
    return action.command or action.url or "\n".join(action.every_path)


def _option(approval: Approval | None, approval_id: str, option_id: str) -> ApprovalOption:
    if approval is None:
        raise ApprovalNotFound(approval_id)
    if not approval.is_open:
        raise AlreadyDecided(option_id=approval.option_id, decided_by=approval.decided_by)
    option = next((each for each in approval.options if each.id == option_id), None)
    if option is None:
        known = ", ".join(each.id for each in approval.options)
        raise InvalidValue("optionId", f"is none of {known}")
    return option


def _usual_options(action: Action, scope: Scope) -> tuple[ApprovalOption, ...]:
    rule = propose_rule(action, scope)
    always = (ApprovalOption(id="allowAlways", name=NAMES["allowAlways"], kind="allowAlways", rule=rule),)
    return (
        ApprovalOption(id="allowOnce", name=NAMES["allowOnce"], kind="allowOnce"),
        *(always if rule is not None else ()),
        ApprovalOption(id="rejectOnce", name=NAMES["rejectOnce"], kind="rejectOnce"),
    )
