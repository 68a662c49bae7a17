"""Approvals: who may let a tool call run, what was decided, and for whom it is kept."""

from collections.abc import Callable, Sequence

from threadkeep.domain.approvals import Approval, ApprovalOption, PermissionRule, fingerprint_of, of_kind
from threadkeep.domain.errors import AlreadyDecided, ApprovalNotFound, InvalidValue, ThreadkeepError
from threadkeep.domain.events import ApprovalClosed, ApprovalRequested, Event, SessionChanged, StoreWarned
from threadkeep.domain.messages import Message
from threadkeep.domain.permission_proposals import propose_rule
from threadkeep.domain.permissions import Action, Decision, Scope, decide, matches
from threadkeep.domain.secrets import redacted
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
        # what this window has open, and nothing that the repository was ever seen at
        root = self.context.repositories.answering_root(repository) if repository else None
        scope = Scope(
            folders=(root,) if root else (),
            paths=self.paths(),
            repository=session.key.repository_id,
            session_id=session_id,
        )
        action = action_of(call, cwd=root)
        kept = self.rules().current()
        is_trusted = root is not None and root in self.trusted_roots()
        decision = decide(action, mode=session.mode, rules=kept.rules, is_trusted=is_trusted, scope=scope)
        return decision, action, scope

    def rejected_before(self, message: Message, call_id: str) -> ApprovalAnswer:
        """What was said of a call that has ended, if it was rejected: nothing else answers for another call."""
        with self.context.store.reading() as records:
            of_session = records.approvals(message.session_id, is_open=False)
        mine = [each for each in of_session if (each.message_id, each.call_id) == (message.id, call_id)]
        return answer_of(mine[-1]) if mine and not mine[-1].is_allowed else ApprovalAnswer(option=None)

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
        earlier = _earlier(changes, turn, message, fingerprint)
        decision, action, scope = judged
        options = asked.options or _usual_options(action, scope)
        is_decided = earlier is not None and earlier.option is not None
        if earlier is not None and is_decided and (decision.verdict != "deny" or not earlier.is_allowed):
            changes.put_approval(evolve(earlier, is_used=True))
            return Question(answer=answer_of(earlier))
        if decision.verdict != "ask":
            events = self._without_question(changes, session, earlier)
            is_allowed = decision.verdict == "allow"
            kinds = ("allowOnce", "allowAlways") if is_allowed else ("rejectOnce", "rejectAlways")
            answer = ApprovalAnswer(option=of_kind(options, *kinds), note=decision.reason, decided_by="rule")
            return Question(answer=answer, events=events)
        earlier = None if is_decided else earlier
        told: list[Event] = []
        if earlier is not None and earlier.call_id != call.id:  # it is asked for another call by now
            origin, at = self.context.store.owner, self.context.clock.now()
            session, told = _with_call(changes, session, earlier, "interrupted", origin=origin, at=at)
        title, detail, options = _shown(turn, asked, call, action, options)
        approval = Approval(
            id=earlier.id if earlier else self.ids.new(),
            session_id=session.id,
            turn_id=turn.id,
            message_id=message.id,
            call_id=call.id,
            title=title,
            detail=detail,
            options=options,
            fingerprint=fingerprint,
            created_at=earlier.created_at if earlier else self.context.clock.now(),
        )
        told += self._put(changes, session, turn, message, placed, approval)
        return Question(approval=approval, events=tuple(told))

    def _without_question(
        self, changes: Changes, session: Session, open_one: Approval | None
    ) -> tuple[Event, ...]:
        """A rule answers by now what was asked before: nobody is to be asked any more."""
        if open_one is None or not open_one.is_open:
            return ()
        at, origin = self.context.clock.now(), self.context.store.owner
        closed = open_one.withdrawn(at=at)
        session = timeline.put_approval(changes, session, closed, origin=origin, at=at, activity="running")
        view = self.context.repositories.view(changes, session)
        return ApprovalClosed(approval=closed), SessionChanged(view=view)

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
        """Decides; the first who does wins, from whichever window. What is to be decided so always is kept then.

        Raises SessionNotFound, ApprovalNotFound, AlreadyDecided, InvalidValue for an option that there is not.
        """
        repositories = prefetched_for_session(self.context, session_id)
        with self.context.store.writing() as changes:
            at, origin = self.context.clock.now(), self.context.store.owner
            session = timeline.found(changes, session_id)
            approval = changes.approval(session_id, approval_id)
            option = _option(approval, approval_id, option_id)
            assert approval is not None  # noqa: S101 - else it was told
            decided = approval.decided(option, by=self.holder().client, at=at, note=note)
            call = _call_of(changes, approval)
            session, events = close(changes, session, decided, origin=origin, at=at)
            view = repositories.view(changes, session)
        for event in (*events, SessionChanged(view=view)):
            self.context.announce(event)
        self.running.decided(decided)
        if option.rule is not None:
            self._keep(option.rule, session_id, call)
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

    def _keep(self, rule: PermissionRule, session_id: str, call: ToolCall | None) -> None:
        """Keeps what is always to be decided so, before the first rule that speaks of the call; one that cannot be kept
        takes nothing from the decision, and is told."""
        try:
            if call is None:
                self.rules().insert(rule, before=lambda _: False)
            else:
                _, action, scope = self.judged(session_id, call)
                self.rules().insert(rule, before=lambda each: matches(each, action, scope))
        except ThreadkeepError as error:
            told = f"It was decided this once; the rule for next time could not be kept: {error.message}"
            self.context.announce(StoreWarned(kind="permissions", message=told))


def _call_of(changes: Changes, approval: Approval) -> ToolCall | None:
    message = changes.message(approval.message_id, with_journal=False)
    calls = [part.call for _, part in changes.open_parts(message)] if message else []
    return next((each for each in calls if each and each.id == approval.call_id), None)


def _earlier(changes: Changes, turn: Turn, message: Message, fingerprint: str) -> Approval | None:
    """What an earlier turn of the same answer asked about the same call, if that call has not begun to run: a decision
    is for one run."""
    begun = {part.call.id for part in message.kept.values() if part.call and part.call.started_at is not None}
    for each in changes.approvals(turn.session_id, is_open=False):
        is_mine = (each.message_id, each.fingerprint) == (message.id, fingerprint)
        is_over = each.is_withdrawn or each.is_used or each.turn_id == turn.id
        if is_mine and not is_over and each.call_id not in begun:
            return each
    return None


def _with_call(
    changes: Changes, session: Session, approval: Approval, state: CallState, *, origin: str, at: str
) -> tuple[Session, list[Event]]:
    """Stores the state of the call that an approval is about, if more of it was to come. Returns the session after it."""
    message, turn = changes.message(approval.message_id, with_journal=False), changes.turn(approval.turn_id)
    for n, part in changes.open_parts(message) if message else ():
        if part.call is None or part.call.id != approval.call_id or turn is None or message is None:
            continue
        changed = evolve(part, call=part.call.moved_to(state, at=at))
        session, told = timeline.put_part(
            changes, session, turn, message, n=n, part=changed, is_new=False, origin=origin, at=at
        )
        return session, [told] if told else []
    return session, []


def close(
    changes: Changes, session: Session, approval: Approval, *, origin: str, at: str
) -> tuple[Session, list[Event]]:
    """Stores an approval that waits no more, with what its call is then. Returns the session after it."""
    state: CallState = (
        "cancelled" if approval.is_withdrawn else "pending" if approval.is_allowed else "rejected"
    )
    session, events = _with_call(changes, session, approval, state, origin=origin, at=at)
    left = [each for each in changes.approvals(session.id) if each.id != approval.id]
    is_running = session.running_turn_id is not None and session.activity != "stopping"
    activity = "waiting" if left else "running" if is_running else session.activity
    if not left and activity == "waiting":
        activity = "interrupted"
    session = timeline.put_approval(changes, session, approval, origin=origin, at=at, activity=activity)
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


def _shown(
    turn: Turn, asked: ApprovalAsked, call: ToolCall, action: Action, options: tuple[ApprovalOption, ...]
) -> tuple[str, str, tuple[ApprovalOption, ...]]:
    """What a person reads and may choose; without secrets where these are not to be stored."""
    title = asked.title or call.title or call.name or call.kind
    detail = asked.detail or _detail(action)
    if not turn.redacts:
        return title, detail, options
    harmless = (each for each in options if not each.rule or _is_clean(each.rule.match or ""))
    return redacted(title), redacted(detail), tuple(harmless)


def _is_clean(text: str) -> bool:
    return redacted(text) == text


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
