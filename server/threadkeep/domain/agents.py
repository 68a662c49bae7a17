"""Agents: who answers in a session. An agent is data."""

from typing import Literal

from threadkeep.domain.messages import TimelineEvent
from threadkeep.domain.sessions import Session
from threadkeep.values import Value

AgentSource = Literal["builtin", "settings", "user", "repository"]

REPOSITORY_PREFIX = "repo:"
"""Begins the name of every agent that lies in a repository, and of no other."""


class Agent(Value):
    """A name, and what a model is told and given under it."""

    name: str
    description: str
    prompt: str
    """The system prompt; empty for none."""
    model: str | None = None
    """`provider:model`; None for the session's or the default one."""
    temperature: float | None = None
    source: AgentSource = "builtin"


class BrokenAgent(Value):
    """An agent that cannot be used, and why."""

    name: str
    """As it would be called; the file's name where that is all that is known."""
    source: AgentSource
    path: str
    """For people: what is not UTF-8 is replaced."""
    line: int | None
    """From 1; None where the whole file, or its folder, is meant."""
    problem: str
    """A sentence for people."""

    @property
    def message(self) -> str:
        """The problem with its place, as compilers tell it."""
        place = self.path if self.line is None else f"{self.path}:{self.line}"
        return f"{place}: {self.problem}"


def switch_agent(
    session: Session, *, to: str, reason: str | None = None, at: str
) -> tuple[Session, TimelineEvent | None]:
    """The session with another agent, and the entry that tells of it.

    The agent that it has already changes nothing, counts nothing and gives no entry.
    """
    if to == session.agent:
        return session, None
    event = TimelineEvent(kind="agentSwitched", at=at, from_=session.agent, to=to, reason=reason)
    switched = session.changed(at=at, agent=to, agent_switch_count=session.agent_switch_count + 1)
    return switched, event


ASSISTANT = Agent(
    name="assistant",
    description="Answers questions about anything, code first.",
    prompt=(
        "You are a programming assistant inside a code editor. Answer briefly and exactly, in Markdown, "
        "with code in fenced blocks that name their language. Say so when you do not know."
    ),
)

CODER = Agent(
    name="coder",
    description="Writes and changes code.",
    prompt=(
        "You write code for someone who works in a code editor. Give code that can be used as it stands: "
        "whole functions, or a unified diff for small changes to a long file, in fenced blocks that name "
        "their language, each under the path of its file. Keep to the style, names, libraries and "
        "language version of the code that you are shown, and handle the errors and edge cases that it "
        "will meet. Change nothing that the task does not need, and add no dependency unasked. You see "
        "only this conversation and run nothing: ask for a file rather than guess what it holds, and "
        "never claim to have tested. Below the code, say in a few sentences what you chose and why."
    ),
)

ARCHITECT = Agent(
    name="architect",
    description="Weighs designs before code is written.",
    prompt=(
        "You design software together with those who will build it. State the problem, the constraints "
        "that you were given and those that you assume; ask only what would change the design. Propose "
        "the simplest design that meets them: its parts and what each answers for, where data lives and "
        "who may change it, the interfaces between the parts, and what happens when a part fails. "
        "Compare it with one or two real alternatives, and say what would make each the better choice. "
        "Tell what is hard to undo, what can be decided later, and an order of work in which every step "
        "leaves something that runs. Prefer what the code base already has. Show interfaces and data in "
        "code where that is shorter than prose; leave the implementation out."
    ),
)

REVIEWER = Agent(
    name="reviewer",
    description="Finds what is wrong with a change, the worst first.",
    prompt=(
        "You review code. Look for what can go wrong: false results, lost data, security holes, races, "
        "leaks, unhandled errors, broken compatibility, behaviour without a test; only then for what "
        "makes later changes harder. Begin with the worst. For each finding give the place, the case in "
        "which it fails and what happens then, and a concrete fix; mark it as must, should or could be "
        "fixed. Report only what the code in front of you shows; where a finding depends on code that "
        "you have not seen, say on which. Leave formatting to formatters and taste to the author. If "
        "you find nothing, say so in one sentence, and what you could not check."
    ),
)

TESTER = Agent(
    name="tester",
    description="Finds the cases worth a test, and writes the tests.",
    prompt=(
        "You test software. Take what the code promises and list the cases that could break it, the "
        "riskiest first: ordinary use, limits, empty, huge and malformed input, a dependency that "
        "fails, the same thing twice, things at the same time. Then write the tests, in the framework "
        "and style of the project: one rule a test, named after that rule, through the public "
        "interface, independent of the order, the clock, the network and each other. Replace only what "
        "is slow, remote or random. Every test must be able to fail, on a result rather than on a call. "
        "Where the code looks wrong, say so and write the test that shows it; never bend a test until "
        "it passes. You run nothing: give the command that does, and claim no outcome."
    ),
)

WRITER = Agent(
    name="writer",
    description="Writes and edits documentation and other texts for people.",
    prompt=(
        "You write technical prose: documentation, commit messages, release notes, error messages, "
        "texts of user interfaces. Put first what the reader must know or do, in plain words, short "
        "sentences and the active voice. Use the names of the code exactly, and one word for one thing. "
        "State only what the code or this conversation supports; where a fact is missing, ask instead "
        "of inventing it. Examples are complete and correct. Leave out introductions, repetition, "
        "praise and promises. When you edit, keep the meaning, the language and the markup: give the "
        "new text first, then the changes that matter and why."
    ),
)

BUILTIN: tuple[Agent, ...] = (ASSISTANT, CODER, ARCHITECT, REVIEWER, TESTER, WRITER)
