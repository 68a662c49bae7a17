"""The commands that are typed at the prompt, each after a slash; apart, since the conversation knows none of them."""

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from threadkeep.cli import formats
from threadkeep.cli.conversation import Conversation, Leave
from threadkeep.cli.opening import TAIL_MESSAGES, OpenChat
from threadkeep.cli.questions import QUESTION, at_stake, can_take_over
from threadkeep.client import RequestFailed
from threadkeep.protocol.request import Request
from threadkeep.protocol.types.agents import ListAgentsParams, SwitchAgentParams
from threadkeep.protocol.types.chat import CancelParams, ContinueParams, RetryParams, TakeOverParams
from threadkeep.protocol.types.lifecycle import (
    ActivateSessionParams,
    ClearSessionParams,
    CreateSessionParams,
    EndSessionParams,
    ForkParams,
    PauseSessionParams,
    ResumeSessionParams,
    SetModelParams,
    UpdateSessionParams,
)
from threadkeep.protocol.types.lists import ListSessionsParams, SessionFilter, SessionHistoryParams
from threadkeep.protocol.types.messages import Turn
from threadkeep.protocol.types.parts import Attachment
from threadkeep.protocol.types.server import ListModelsParams
from threadkeep.protocol.types.sessions import Session

T = TypeVar("T")

HELP = (
    ("/continue", "carry on with an answer that was cut off"),
    ("/retry", "ask for another answer to the last question; the old one is kept"),
    ("/attach [PATH]", "send a file along with the next message; without PATH, none"),
    ("/new [TITLE]", "start another session of this repository and task"),
    ("/sessions [N]", "list the sessions of this repository, or go on in one of them"),
    ("/fork [TITLE]", "go on in a new session that begins as this one went"),
    ("/clear", "begin with nothing before; what was said is kept as a branch"),
    ("/agent [NAME]", "list the agents, or choose who answers in this session"),
    ("/model [NAME]", "list the models, or choose which answers in this session"),
    ("/title [TEXT]", "show the title, or change it"),
    ("/stop", "stop an answer that another window writes in this session"),
    ("/pause, /resume", "set the session aside, and take it up again"),
    ("/end", "end the session for good; it can still be read"),
    ("/help", "show this"),
    ("Ctrl-C", "while an answer comes: stop it and keep what came; else: forget the line"),
    ("Ctrl-D, /quit", "leave"),
    ("a line's last \\", "go on with the message on the next line"),
    ("//...", "send a message that begins with a slash"),
)


def show_help(chat: Conversation, _: str) -> None:
    """`/help`."""
    width = max(len(name) for name, _ in HELP)
    for name, text in HELP:
        chat.terminal.say(f"  {name.ljust(width)}  {text}")


def carry_on(chat: Conversation, _: str) -> None:
    """`/continue`."""
    written = len(chat.newest.content) if chat.newest is not None else 0
    chat.follow(chat.client.follow(ContinueParams(session_id=chat.session.id)), written=written)


def retry(chat: Conversation, _: str) -> None:
    """`/retry`."""
    try:
        chat.follow(chat.client.follow(RetryParams(session_id=chat.session.id)))
    except RequestFailed as error:
        if error.kind != "messageNotFound":
            raise
        chat.terminal.say("There is no answer yet that another could stand beside.", "red")


def attach(chat: Conversation, path: str) -> None:
    """`/attach [PATH]`; the server reads the file when the message is sent."""
    if not path:
        chat.attachments = ()
        chat.terminal.say("nothing is attached", "dim")
        return
    try:
        file = Path(path).expanduser().resolve()
        if not file.is_file():
            chat.terminal.say(f"There is no file {path}: /attach takes one, from the current folder.", "red")
            return
    except (OSError, ValueError, RuntimeError) as error:  # a link to itself, a NUL, ~ of nobody
        chat.terminal.say(f"{path} cannot be attached: {error}", "red")
        return
    chat.attachments += (Attachment(type="file", uri=file.as_uri()),)
    chat.terminal.say(f"{path} goes along with the next message", "dim")


def pause(chat: Conversation, reason: str) -> None:
    """`/pause [REASON]`."""
    chat.session = _stopping(
        chat, PauseSessionParams(session_id=chat.session.id, reason=reason or None)
    ).session
    chat.terminal.say("paused: /resume goes on with it", "yellow")


def stop(chat: Conversation, _: str) -> None:
    """`/stop`: the answer of another window; what came of it is kept."""
    try:
        turn = chat.ask(CancelParams(session_id=chat.session.id)).turn
    except RequestFailed as error:
        turn = _taken_over(chat, error)
    told = "no answer is being written" if turn is None else f"{turn.status}: /continue carries on"
    chat.terminal.say(told, "yellow")


def resume(chat: Conversation, reason: str) -> None:
    """`/resume [REASON]`."""
    chat.session = chat.ask(ResumeSessionParams(session_id=chat.session.id, reason=reason or None)).session
    chat.terminal.say("resumed", "yellow")


def end(chat: Conversation, reason: str) -> None:
    """`/end [REASON]`, after a question."""
    if not chat.confirms("End this session for good? It can only be read then. [y/N] "):
        chat.terminal.say("not ended", "dim")
        return
    chat.session = _stopping(
        chat, EndSessionParams(session_id=chat.session.id, reason=reason or None)
    ).session
    chat.terminal.say("ended: /new starts another", "yellow")


def start_new(chat: Conversation, title: str) -> None:
    """`/new [TITLE]`."""
    old = chat.session
    made = chat.ask(
        CreateSessionParams(
            repository=old.repository.id, task=old.task, workflow=old.workflow, title=title or None
        )
    )
    chat.enter(OpenChat(session=made.session, default_model=chat.default_model))


def fork(chat: Conversation, title: str) -> None:
    """`/fork [TITLE]`."""
    made = chat.ask(ForkParams(session_id=chat.session.id, title=title or None))
    _enter(chat, made.session)


def clear(chat: Conversation, reason: str) -> None:
    """`/clear [REASON]`."""
    chat.session = chat.ask(ClearSessionParams(session_id=chat.session.id, reason=reason or None)).session
    chat.newest = None
    chat.terminal.say("cleared: what was said is kept as a branch", "yellow")


def sessions(chat: Conversation, number: str) -> None:
    """`/sessions [N]`."""
    of_here = SessionFilter(repository=chat.session.repository.id)
    listed = chat.ask(ListSessionsParams(filter=of_here)).sessions
    if not number:
        _show_sessions(chat, listed)
    elif number.isascii() and number.isdigit() and 1 <= int(number) <= len(listed):
        _go_to(chat, listed[int(number) - 1])
    else:
        chat.terminal.say(f"/sessions takes a number from 1 to {len(listed)}", "red")


def model(chat: Conversation, name: str) -> None:
    """`/model [NAME]`."""
    if name:
        chat.session = chat.ask(SetModelParams(session_id=chat.session.id, model=name)).session
        chat.show_where()
        return
    listed = chat.ask(ListModelsParams())
    current = formats.model_of(chat.session, default=listed.default)
    for each in listed.models:
        mark = "*" if each.id == current else " "
        chat.terminal.say(f"{mark} {each.id}" + ("" if each.available else " (not ready)"))


def agent(chat: Conversation, name: str) -> None:
    """`/agent [NAME]`."""
    if name:
        chat.session = chat.ask(SwitchAgentParams(session_id=chat.session.id, agent=name)).session
        chat.show_where()
        return
    listed = chat.ask(ListAgentsParams(repository=chat.session.repository.id)).agents
    width = max((len(each.name) for each in listed), default=0)
    for each in listed:
        mark = "*" if each.name == chat.session.agent else " "
        about = f"(not ready) {each.problems[0]}" if each.problems else each.description
        chat.terminal.say(f"{mark} {each.name.ljust(width)}  {formats.one_line(about)}".rstrip())


def title(chat: Conversation, text: str) -> None:
    """`/title [TEXT]`."""
    if text:
        chat.session = chat.ask(UpdateSessionParams(session_id=chat.session.id, title=text)).session
    chat.terminal.say(chat.session.title)


def leave(_: Conversation, __: str) -> None:
    """`/quit`."""
    raise Leave


COMMANDS: dict[str, Callable[[Conversation, str], None]] = {
    "help": show_help,
    "continue": carry_on,
    "retry": retry,
    "attach": attach,
    "stop": stop,
    "pause": pause,
    "resume": resume,
    "end": end,
    "new": start_new,
    "fork": fork,
    "clear": clear,
    "sessions": sessions,
    "agent": agent,
    "model": model,
    "title": title,
    "quit": leave,
}


def _stopping(chat: Conversation, params: Request[T]) -> T:
    """What is asked, and once more after the person agreed to take a turn over that was in its way."""
    try:
        return chat.ask(params)
    except RequestFailed as error:
        _taken_over(chat, error)
    return chat.ask(params)


def _taken_over(chat: Conversation, error: RequestFailed) -> Turn | None:
    """The turn that was in the way, as it has ended; raises the error where it cannot or is not to be ended."""
    if not can_take_over(error):
        raise error
    for line in at_stake(error):
        chat.terminal.say(line, "yellow")
    if not chat.confirms(f"{QUESTION} [y/N] "):
        raise error
    return chat.ask(TakeOverParams(session_id=chat.session.id, turn_id=error.data["turnId"])).turn


def _show_sessions(chat: Conversation, listed: tuple[Session, ...]) -> None:
    rows = [
        (
            "*" if each.id == chat.session.id else "",
            str(number),
            each.status,
            formats.moment(each.last_activity_at),
            each.task,
            each.title,
        )
        for number, each in enumerate(listed, start=1)
    ]
    for line in formats.table(
        ("", "N", "STATUS", "LAST ACTIVITY", "TASK", "TITLE"), rows, width=chat.terminal.width
    ):
        chat.terminal.say(line)


def _go_to(chat: Conversation, chosen: Session) -> None:
    chat.ask(ActivateSessionParams(session_id=chosen.id))
    _enter(chat, chosen)


def _enter(chat: Conversation, chosen: Session) -> None:
    history = chat.ask(SessionHistoryParams(session_id=chosen.id, limit=TAIL_MESSAGES))
    chat.enter(
        OpenChat(
            session=chosen,
            messages=history.messages,
            has_older=history.before_cursor is not None,
            default_model=chat.default_model,
        )
    )
