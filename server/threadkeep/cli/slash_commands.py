"""The commands that are typed at the prompt, each after a slash."""

from collections.abc import Callable

from threadkeep.cli import formats
from threadkeep.cli.conversation import Conversation, Leave
from threadkeep.cli.opening import TAIL_MESSAGES, Opened
from threadkeep.protocol.types.lists import SessionFilter
from threadkeep.protocol.types.sessions import Session

_HELP = (
    ("/continue", "carry on with an answer that was cut off"),
    ("/new [TITLE]", "start another session of this repository and task"),
    ("/sessions [N]", "list the sessions of this repository, or go on in one of them"),
    ("/model [NAME]", "list the models, or choose who answers in this session"),
    ("/title [TEXT]", "show the title, or change it"),
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
    width = max(len(name) for name, _ in _HELP)
    for name, text in _HELP:
        chat.terminal.say(f"  {name.ljust(width)}  {text}")


def carry_on(chat: Conversation, _: str) -> None:
    """`/continue`."""
    written = len(chat.newest.content) if chat.newest is not None else 0
    chat.follow(chat.client.continuation(chat.session.id), written=written)


def pause(chat: Conversation, reason: str) -> None:
    """`/pause [REASON]`."""
    chat.session = chat.live.call(chat.client.pause_session(chat.session.id, reason=reason or None)).session
    chat.terminal.say("paused: /resume goes on with it", "yellow")


def resume(chat: Conversation, reason: str) -> None:
    """`/resume [REASON]`."""
    chat.session = chat.live.call(chat.client.resume_session(chat.session.id, reason=reason or None)).session
    chat.terminal.say("resumed", "yellow")


def end(chat: Conversation, reason: str) -> None:
    """`/end [REASON]`, after a question."""
    if not chat.confirms("End this session for good? It can only be read then. [y/N] "):
        chat.terminal.say("not ended", "dim")
        return
    chat.session = chat.live.call(chat.client.end_session(chat.session.id, reason=reason or None)).session
    chat.terminal.say("ended: /new starts another", "yellow")


def start_new(chat: Conversation, title: str) -> None:
    """`/new [TITLE]`."""
    old = chat.session
    made = chat.live.call(
        chat.client.create_session(
            repository=old.repository.id, task=old.task, workflow=old.workflow, title=title or None
        )
    )
    chat.enter(Opened(session=made.session, default_model=chat.default_model))


def sessions(chat: Conversation, number: str) -> None:
    """`/sessions [N]`."""
    listed = chat.live.call(
        chat.client.list_sessions(SessionFilter(repository=chat.session.repository.id))
    ).sessions
    if not number:
        _show_sessions(chat, listed)
    elif number.isascii() and number.isdigit() and 1 <= int(number) <= len(listed):
        _go_to(chat, listed[int(number) - 1])
    else:
        chat.terminal.say(f"/sessions takes a number from 1 to {len(listed)}", "red")


def model(chat: Conversation, name: str) -> None:
    """`/model [NAME]`."""
    if name:
        chat.session = chat.live.call(chat.client.set_model(chat.session.id, name)).session
        chat.show_where()
        return
    listed = chat.live.call(chat.client.models())
    current = formats.model_of(chat.session, default=listed.default)
    for each in listed.models:
        mark = "*" if each.id == current else " "
        chat.terminal.say(f"{mark} {each.id}" + ("" if each.available else " (not ready)"))


def title(chat: Conversation, text: str) -> None:
    """`/title [TEXT]`."""
    if text:
        chat.session = chat.live.call(chat.client.update_session(chat.session.id, title=text)).session
    chat.terminal.say(chat.session.title)


def leave(_: Conversation, __: str) -> None:
    """`/quit`."""
    raise Leave


COMMANDS: dict[str, Callable[[Conversation, str], None]] = {
    "help": show_help,
    "continue": carry_on,
    "pause": pause,
    "resume": resume,
    "end": end,
    "new": start_new,
    "sessions": sessions,
    "model": model,
    "title": title,
    "quit": leave,
}


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
    chat.live.call(chat.client.activate_session(chosen.id))
    history = chat.live.call(chat.client.session_history(chosen.id, limit=TAIL_MESSAGES))
    chat.enter(
        Opened(
            session=chosen,
            messages=history.messages,
            has_older=history.before_cursor is not None,
            default_model=chat.default_model,
        )
    )
