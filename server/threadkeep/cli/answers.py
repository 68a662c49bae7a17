"""Writes an answer while it comes."""

from threadkeep.cli.terminal import Terminal
from threadkeep.protocol.types.messages import Delta, Message


class AnswerWriter:
    """Writes deltas, and at the end what no delta brought."""

    def __init__(self, terminal: Terminal, *, written: int = 0, with_reasoning: bool = False) -> None:
        self._terminal = terminal
        self._written = written
        self._with_reasoning = with_reasoning
        self._is_reasoning = False
        self._ends_a_line = True

    def add(self, delta: Delta) -> None:
        """Writes a delta; reasoning dim, or not at all."""
        if delta.kind == "text":
            self._leave_reasoning()
            self._written += len(delta.text)
            self._write(delta.text)
        elif self._with_reasoning:
            if not self._is_reasoning and not self._terminal.colours:
                self._write("(thinking) ")
            self._is_reasoning = True
            self._write(delta.text, "dim")

    def end(self, message: Message) -> None:
        """Writes the rest of the message as stored, and ends the line."""
        self._leave_reasoning()
        self._write(message.content[self._written :])
        if not self._ends_a_line:
            self._write("\n")

    def break_off(self) -> None:
        """Ends the line of an answer whose end will not come."""
        self._is_reasoning = False
        if not self._ends_a_line:
            self._write("\n")

    def _leave_reasoning(self) -> None:
        if self._is_reasoning:
            self._write("\n\n")
            self._is_reasoning = False

    def _write(self, text: str, style: str | None = None) -> None:
        if text:
            self._terminal.write(text, style)
            self._ends_a_line = text.endswith("\n")
