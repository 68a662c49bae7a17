"""Writes an answer while it comes."""

from typing import Final

from threadkeep.cli.parts import OPEN, OUTPUT_CHARACTERS, last_lines, part_lines
from threadkeep.cli.terminal import Terminal
from threadkeep.protocol.types.messages import Delta, Message, PartNotice
from threadkeep.protocol.types.parts import Part, ToolCallPart

_UNTOLD: Final = frozenset({"pending"})
"""States of a call that are not worth a line."""


class AnswerWriter:
    """Writes deltas, and at the end what no delta brought."""

    def __init__(self, terminal: Terminal, *, written: int = 0, with_reasoning: bool = False) -> None:
        self._terminal = terminal
        self._written = written
        self._with_reasoning = with_reasoning
        self._is_reasoning = False
        self._ends_a_line = True
        self._outputs: dict[str, str] = {}
        """The end of what running calls have put out, by their ids."""
        self._told: dict[int, str] = {}
        """What was last told of a part, by its index."""

    def add(self, delta: Delta) -> None:
        """Writes a delta; reasoning dim, or not at all."""
        if delta.kind == "text":
            self._leave_reasoning()
            self._written += len(delta.text)
            self._write(delta.text)
        elif delta.kind == "toolOutput":
            id_ = delta.tool_call_id or ""
            if id_ in self._outputs or self._terminal.out.isatty():
                self._outputs[id_] = (self._outputs.get(id_, "") + delta.text)[-2 * OUTPUT_CHARACTERS :]
        elif self._with_reasoning:
            if not self._is_reasoning and not self._terminal.colours:
                self._write("(thinking) ")
            self._is_reasoning = True
            self._write(delta.text, "dim")

    def show(self, notice: PartNotice) -> None:
        """Tells of a part that came or changed, a line each; of what a call has put out its last lines, once it ends."""
        self._show(notice.index, notice.part)

    def end(self, message: Message) -> None:
        """Writes the rest of the message as stored, and ends the line."""
        self._leave_reasoning()
        index = 0
        for part in message.parts:
            if index in self._told:
                self._show(index, part)
            index += getattr(part, "count", 1)
        self._write(message.content[self._written :])
        if not self._ends_a_line:
            self._write("\n")

    def break_off(self) -> None:
        """Ends the line of an answer whose end will not come."""
        self._is_reasoning = False
        if not self._ends_a_line:
            self._write("\n")

    def _show(self, index: int, part: Part) -> None:
        is_call = isinstance(part, ToolCallPart)
        told = part.state if isinstance(part, ToolCallPart) else "\n".join(part_lines(part))
        if self._told.get(index) == told or (is_call and told in _UNTOLD) or not told:
            return
        self._told[index] = told
        lines = part_lines(part)
        if isinstance(part, ToolCallPart) and part.state not in OPEN:
            lines += last_lines(self._outputs.pop(part.tool_call_id, ""))
        self._leave_reasoning()
        if not self._terminal.out.isatty():
            for line in lines:
                self._terminal.note(f"threadkeep: {line}")
            return
        self._write("".join(f"{line}\n" for line in ([] if self._ends_a_line else [""]) + lines), "dim")

    def _leave_reasoning(self) -> None:
        if self._is_reasoning:
            self._write("\n\n")
            self._is_reasoning = False

    def _write(self, text: str, style: str | None = None) -> None:
        if text:
            self._terminal.write(text, style)
            self._ends_a_line = text.endswith("\n")
