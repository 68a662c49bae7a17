"""A conversation at a prompt: shows where it is, sends what is typed, writes what comes."""

import re
from collections.abc import Callable
from typing import TypeVar

from threadkeep.cli import formats
from threadkeep.cli.answers import AnswerWriter
from threadkeep.cli.failures import AnswerBroken, explain, retrying
from threadkeep.cli.formats import one_line
from threadkeep.cli.hints import hint_lines
from threadkeep.cli.keyboard import Keyboard, Lines, read_message
from threadkeep.cli.live import Live
from threadkeep.cli.opening import OpenChat
from threadkeep.cli.terminal import Terminal
from threadkeep.client import Client, RequestFailed, ServerGone, TurnStream
from threadkeep.protocol.request import Request
from threadkeep.protocol.types.chat import CancelParams
from threadkeep.protocol.types.messages import Delta, Message
from threadkeep.protocol.types.parts import Attachment

T = TypeVar("T")

_COMMAND = re.compile(r"/([a-z]+)(?:\s+(.*))?", re.DOTALL)
_STATES = {
    "paused": "This session is paused: /resume goes on with it.",
    "ended": "This session has ended and can only be read: /new starts another.",
}


class Leave(Exception):
    """The person wants to go."""


class Conversation:
    """What is said at the prompt, until the person leaves."""

    def __init__(
        self,
        live: Live,
        client: Client,
        terminal: Terminal,
        opened: OpenChat,
        *,
        commands: "dict[str, Callable[[Conversation, str], None]]",
        keyboard: Keyboard | None = None,
    ) -> None:
        self.live = live
        self.client = client
        self.terminal = terminal
        self.default_model = opened.default_model
        self.session = opened.session
        self.newest: Message | None = None
        """The newest message on the screen."""
        self.attachments: tuple[Attachment, ...] = ()
        """What goes along with the next message."""
        self._commands = commands
        self._keyboard = keyboard or Lines()
        self.enter(opened)

    def ask(self, params: Request[T]) -> T:
        """What the server answers; raises as `Client.request` does."""
        return self.live.call(self.client.request(params))

    def run(self) -> int:
        """Reads and obeys until Ctrl-D, or Ctrl-C twice."""
        interrupted = False
        while True:
            try:
                text = read_message(self._keyboard, is_command=self._is_command)
            except EOFError:
                self.terminal.say()
                return 0
            except KeyboardInterrupt:
                self.terminal.say()
                if interrupted:
                    return 0
                interrupted = True
                self.terminal.say("Ctrl-C again or Ctrl-D leaves.", "dim")
                continue
            interrupted = False
            try:
                self._obey(text)
            except Leave:
                return 0
            except KeyboardInterrupt:
                self.terminal.say()
            except RequestFailed as error:
                self.terminal.say(explain(error, in_chat=True), "red")
                if self.attachments:
                    count = formats.plural(len(self.attachments), "file")
                    self.terminal.say(f"{count} still attached: /attach without a path drops them", "dim")

    def enter(self, opened: OpenChat) -> None:
        """Goes on in another session."""
        self.session, self.newest = opened.session, None
        self.show_where()
        for problem in opened.problems:
            self.terminal.say(f"Settings: {one_line(problem)}", "yellow")
        for line in hint_lines(opened.hint) if opened.hint else ():
            self.terminal.say(line, "yellow")
        if opened.messages:
            said = [message for message in opened.messages if message.role != "event"]
            self.newest = said[-1] if said else None
            self._show_tail(opened)
        if self.session.status in _STATES:
            self.terminal.say(_STATES[self.session.status], "yellow")
        elif self.newest is not None:
            self._show_cut_off(self.newest)

    def show_where(self) -> None:
        """Repository, task, title, agent and model."""
        self.terminal.say(formats.where(self.session, default_model=self.default_model), "bold")
        self.terminal.say("/help lists the commands, Ctrl-D leaves.", "dim")

    def follow(self, turn: TurnStream, *, written: int = 0) -> None:
        """Writes a turn's answer; Ctrl-C cancels it and keeps what came."""
        writer = AnswerWriter(self.terminal, written=written, with_reasoning=True)
        turn.on_part = writer.show
        turn.on_retrying = lambda event: self.terminal.say(retrying(event), "dim")
        try:
            self.live.call(_enter(turn))
            while (delta := self.live.call(_next_delta(turn))) is not None:
                writer.add(delta)
        except KeyboardInterrupt:
            if not turn.turn_id:
                self.ask(CancelParams(session_id=self.session.id))
                self.terminal.say("\ncancelled", "yellow")
                return
            self.live.call(_cancel(turn))
        except ServerGone as error:
            if not turn.turn_id:
                raise
            writer.break_off()
            raise AnswerBroken(error) from error
        writer.end(turn.message)
        self.newest = turn.message
        self._announce_end(turn)

    def confirms(self, question: str) -> bool:
        """Whether the person answers yes."""
        try:
            return self._keyboard.read_line(question).strip().lower() in {"y", "yes"}
        except EOFError:
            return False

    def _is_command(self, line: str) -> bool:
        command = _COMMAND.fullmatch(line.strip())
        return command is not None and command[1] in self._commands

    def _obey(self, text: str) -> None:
        if not text:
            return
        command = _COMMAND.fullmatch(text)
        if command is None:
            # a message may begin with a slash if it is doubled
            message = text[1:] if text.startswith("//") else text
            turn = self.client.turn(self.session.id, message, attachments=self.attachments)
            self.follow(turn)
            self.attachments = ()
            return
        name, argument = command[1], (command[2] or "").strip()
        obey = self._commands.get(name)
        if obey is None:
            self.terminal.say(
                f"There is no command /{name}: /help lists them. A message may begin with //.", "red"
            )
        else:
            obey(self, argument)

    def _show_tail(self, opened: OpenChat) -> None:
        self.terminal.say("── earlier " + ("(the newest of it) " if opened.has_older else "") + "──", "dim")
        for message in opened.messages:
            for line in formats.tail_lines(message):
                self.terminal.say(line, "dim")
        self.terminal.say("── now ──", "dim")

    def _show_cut_off(self, newest: Message) -> None:
        if newest.status in {"interrupted", "cancelled", "failed"}:
            self.terminal.say(f"The last answer was {_state(newest.status)}: /continue carries on.", "yellow")
        elif newest.stop_reason == "maxTokens":
            self.terminal.say(
                f"The last answer was {formats.stopped(newest)}: /continue carries on.", "yellow"
            )
        elif newest.status == "streaming":
            self.terminal.say("An answer is being written in another window.", "yellow")

    def _announce_end(self, turn: TurnStream) -> None:
        status, kept = turn.turn.status, len(turn.message.content)
        if status == "completed":
            self._show_extras(turn.message)
        elif status == "failed" and turn.turn.error is not None:
            self.terminal.say(f"{formats.one_line(turn.turn.error.message)} /continue tries again.", "red")
        else:
            self.terminal.say(f"{status}, kept {kept:,} characters: /continue carries on.", "yellow")

    def _show_extras(self, message: Message) -> None:
        for line in formats.beside_lines(message):
            self.terminal.say(line, "dim")
        stopped = formats.stopped(message)
        if stopped is None:
            self.terminal.say()
        else:
            more = ": /continue carries on" if message.stop_reason == "maxTokens" else ""
            self.terminal.say(f"{stopped}{more}.", "yellow")


def _state(status: str) -> str:
    return "not completed" if status == "failed" else status


async def _enter(turn: TurnStream) -> None:
    await turn.__aenter__()


async def _next_delta(turn: TurnStream) -> Delta | None:
    return await anext(turn, None)


async def _cancel(turn: TurnStream) -> None:
    await turn.cancel()
    await turn.finish()
