"""What a tool call may do: the user's rules, the modes of a session, and the decision between them."""

import fnmatch
import re
import shlex
from collections.abc import Iterator, Sequence
from functools import cache
from typing import Final

from threadkeep.domain.approvals import Mode, PermissionRule, Verdict
from threadkeep.domain.command_lines import (
    SimpleCommand,
    may_leave,
    mentioned_commands,
    named_paths,
    simple_commands,
)
from threadkeep.domain.tool_calls import ToolKind
from threadkeep.domain.workspace_paths import LocatedPath, PathGlob, PathRules, glob_trouble, places
from threadkeep.values import Value, evolve

VERDICTS: Final[tuple[Verdict, ...]] = ("allow", "ask", "deny")
KINDS: Final[tuple[ToolKind, ...]] = (
    "read", "edit", "delete", "move", "search", "execute", "think", "fetch", "switchMode", "other"
)  # fmt: skip
OF_PATHS: Final = frozenset(("read", "search", "edit", "delete", "move"))
_READS: Final = frozenset(("read", "search"))


class Action(Value):
    """What a tool call wants to do, as its agent tells it."""

    tool: str
    """The tool's name; empty where the agent tells none."""
    kind: ToolKind
    command: str | None = None
    """The whole command line. One that comes as a list is to be joined by `shlex.join` before."""
    cwd: str | None = None
    """The folder that relative paths and the command begin at: an absolute path."""
    paths: tuple[str, ...] = ()
    """What it names: paths or `file:` URIs."""
    changes: tuple[str, ...] = ()
    """The files of the diffs that it shows, likewise."""
    url: str | None = None
    """What it fetches. Whoever is led on to another address asks again."""
    input: object = None
    """The input as it came; for people, no rule looks into it."""

    @property
    def every_path(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys((*self.paths, *self.changes)))

    @property
    def true_kind(self) -> ToolKind:
        """The kind that it is by what it shows: whoever brings a command or a diff does not only read."""
        if self.command is not None:
            return "execute"
        if self.changes and self.kind not in ("edit", "delete", "move", "execute"):
            return "edit"
        if self.url is not None and self.kind in (*_READS, "think", "switchMode"):
            return "fetch"
        return self.kind

    @property
    def is_mixed(self) -> bool:
        """Whether it shows more than one thing, so that no rule speaks of all of it."""
        has_files = bool(self.changes or (self.url is not None and self.paths))
        return (self.command is not None) + has_files + (self.url is not None) > 1


class Decision(Value):
    """What becomes of a tool call, and why."""

    verdict: Verdict
    reason: str
    """A sentence for people."""
    rule: PermissionRule | None = None
    """The rule that decided it."""


class Scope(Value):
    """Where a tool call happens."""

    folders: tuple[str, ...]
    """The workspace folders, absolute paths."""
    paths: PathRules
    repository: str | None = None
    session_id: str | None = None

    @property
    def is_windows(self) -> bool:
        return self.paths.platform == "win32"


def decide(
    action: Action, *, mode: Mode, rules: Sequence[PermissionRule], is_trusted: bool, scope: Scope
) -> Decision:
    """What becomes of the call. In this order: the folder's trust, rules that deny, the mode `readOnly`, the other
    rules of which the first that matches holds, the mode. Blocking, since links are followed.
    """
    resolve = cache(scope.paths.resolve)  # every rule sees the same links, and no link is followed twice
    scope = evolve(scope, paths=evolve(scope.paths, resolve=resolve))
    kind = action.true_kind
    only_reads = kind in (*_READS, "think") and not action.is_mixed
    if not is_trusted and not only_reads:
        return Decision(
            verdict="deny",
            reason="The folder is not trusted, so that nothing but reading and searching is done in it: "
            "`threadkeep trust PATH` trusts it.",
        )
    denying = next((rule for rule in rules if rule.decision == "deny" and matches(rule, action, scope)), None)
    if denying is not None:
        return Decision(verdict="deny", reason=f"A rule denies it: {describe(denying)}.", rule=denying)
    if mode == "readOnly" and not only_reads:
        return Decision(
            verdict="deny",
            reason="The session is in the mode readOnly: nothing but reading and searching is done.",
        )
    if kind in ("think", "switchMode") and not action.is_mixed:
        return Decision(verdict="allow", reason="Thinking and planning need no permission.")
    others = (rule for rule in rules if rule.decision != "deny")
    rule = next((each for each in others if matches(each, action, scope)), None)
    if rule is not None:
        verb = "allows it" if rule.decision == "allow" else "wants you to be asked"
        return Decision(verdict=rule.decision, reason=f"A rule {verb}: {describe(rule)}.", rule=rule)
    return _by_mode(action, "readOnly" if not is_trusted else mode, scope)


def _by_mode(action: Action, mode: Mode, scope: Scope) -> Decision:
    runs = {"acceptEdits": (*_READS, "edit", "move"), "allowAll": KINDS}.get(mode, _READS)
    if action.true_kind not in runs or (action.is_mixed and mode != "allowAll"):
        return Decision(verdict="ask", reason=f"The mode {mode} leaves this to you.")
    leaving = _leaving(action, scope)
    if leaving is not None:
        return Decision(verdict="ask", reason=leaving)
    return Decision(verdict="allow", reason=f"The mode {mode} allows it inside the workspace's folders.")


def _leaving(action: Action, scope: Scope) -> str | None:
    """Why it cannot be said to stay in the workspace's folders: a sentence. None if it does."""
    kind = action.true_kind
    if kind in OF_PATHS and not action.every_path:
        return "It does not tell which files it is about."
    if kind == "fetch" and host_of(action.url) is None:
        return "It does not tell a web address that can be understood."
    paths = action.every_path
    if kind == "execute":
        if action.command is None or action.cwd is None:
            return "It does not tell which command runs, and where."
        if clause := may_leave(action.command, is_windows=scope.is_windows):
            return f"The command {clause}."
        paths = (action.cwd, *paths, *named_paths(action.command, is_windows=scope.is_windows))
    return next((reason for path in paths if (reason := _leading_out(path, action, scope))), None)


def _leading_out(path: str, action: Action, scope: Scope) -> str | None:
    found = _places(path, action, scope)
    if not found or any(each.below is None for each in found):
        return f"{_shown(path)} is outside the workspace's folders."
    if action.true_kind not in _READS and any(each.is_metadata for each in found):
        return f"{_shown(path)} belongs to version control, which runs what lies there."
    return None


def _places(path: str, action: Action, scope: Scope) -> tuple[LocatedPath, ...]:
    return places(path, cwd=action.cwd, folders=scope.folders, rules=scope.paths)


def matches(rule: PermissionRule, action: Action, scope: Scope) -> bool:
    """Whether a rule speaks of this call. One that allows speaks of less than one that asks or denies: what cannot be
    told for certain is never allowed by a rule. Blocking."""
    if rule.repository not in (None, scope.repository) or rule.session_id not in (None, scope.session_id):
        return False
    is_allowing = rule.decision == "allow"
    if not _is_of_tool(rule.tool, action, is_allowing=is_allowing):
        return False
    if is_allowing:
        return not action.is_mixed and _allows(rule.match, action, scope)
    return rule.match is None or _touches(rule, rule.match, action, scope)


def _is_of_tool(tool: str, action: Action, *, is_allowing: bool) -> bool:
    if tool in KINDS:  # never a tool that only bears such a name
        return tool == action.true_kind or (tool == action.kind and not is_allowing)
    return tool == "*" or (bool(action.tool) and _star(tool).fullmatch(action.tool) is not None)


def _allows(match: str | None, action: Action, scope: Scope) -> bool:
    """Whether all that the call shows is within the match."""
    kind = action.true_kind
    if kind == "execute":
        commands = simple_commands(action.command or "", is_windows=scope.is_windows)
        return commands is not None and (match is None or all(_is_command(match, each) for each in commands))
    if kind == "fetch":
        if action.url is None:  # a search of the web, which tells none
            return match is None
        host = host_of(action.url)
        return host is not None and (match is None or _is_host(match, host))
    if kind in OF_PATHS:
        glob = PathGlob("**" if match is None else match, scope.paths)
        found = [_places(path, action, scope) for path in action.every_path]
        is_within = bool(found) and all(each and all(map(glob.matches, each)) for each in found)
        is_usual = not any(place.is_metadata for each in found for place in each)
        return is_within and (kind in _READS or is_usual or glob.names_metadata())
    return match in (None, "*", "**")


def _touches(rule: PermissionRule, match: str, action: Action, scope: Scope) -> bool:
    """Whether anything that the call shows, or may mean, is within the match."""
    paths = list(action.every_path)
    if match in ("*", "**") and (action.true_kind not in OF_PATHS or not paths):
        return True
    if action.command is not None:
        commands = mentioned_commands(action.command, is_windows=scope.is_windows)
        if any(_is_mentioned(match, words) for words in commands):
            return True
        paths += named_paths(action.command, is_windows=scope.is_windows)
    if action.url is not None and any(_is_host(match, part) for part in _hosts_in(action.url)):
        return True
    if rule.tool in ("execute", "fetch"):
        return False
    if scope.paths.home is not None:
        paths = [re.sub(r"^~(?=[/\\]|$)", lambda _: str(scope.paths.home), path) for path in paths]
    glob = PathGlob(match, scope.paths)
    return any(glob.matches(place) for path in paths for place in _places(path, action, scope))


def _is_command(match: str, words: SimpleCommand) -> bool:
    parts, is_open = _command_glob(match)
    is_literal = all(word.is_literal for word in words[: len(parts)])
    return is_literal and _fits(parts, [word.text for word in words], is_open=is_open)


def _is_mentioned(match: str, words: Sequence[str]) -> bool:
    """As `_is_command`, whichever folder the program lies in."""
    parts, is_open = _command_glob(match)
    parts[:1] = [part.rpartition("/")[2].casefold() for part in parts[:1]]
    return _fits(parts, words, is_open=is_open)


def _command_glob(match: str) -> tuple[list[str], bool]:
    """The words of a match for commands, and whether a last `*` stands for any further ones, also for none."""
    try:
        words = shlex.split(match)
    except ValueError:  # unbalanced quotes, which no command fits
        return ["\0"], False
    return (words[:-1], True) if words[-1:] == ["*"] else (words, False)


def _fits(parts: Sequence[str], words: Sequence[str], *, is_open: bool) -> bool:
    if len(words) < len(parts) or (len(words) > len(parts) and not is_open):
        return False
    return all(_star(part).fullmatch(word) is not None for part, word in zip(parts, words, strict=False))


def _star(pattern: str) -> re.Pattern[str]:
    """A pattern in which `*` stands for any characters, and nothing else for anything but itself."""
    return re.compile(fnmatch.translate(re.sub(r"([?\[])", r"[\1]", pattern)))


_URL: Final = re.compile(
    r"https?://(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?\.?)(?::[0-9]{1,5})?"
    r"(?:/[!-\[\]-~]*|[?#][!-?A-\[\]-~]*)?",
    re.IGNORECASE,
)


def host_of(url: str | None) -> str | None:
    """The host of a web address that every program reads alike; None for any other."""
    found = _URL.fullmatch(url or "")
    return found[1].lower().rstrip(".") if found else None


def _hosts_in(url: str) -> Iterator[str]:
    """What some program may take for the host of an address."""
    for part in re.split(r"[\s/\\@?#]+", url):
        yield part.lower().rstrip(".")
        yield re.sub(r":[0-9]*$", "", part.lower()).rstrip(".")


def _is_host(match: str, host: str) -> bool:
    return _star(match.lower().rstrip(".")).fullmatch(host) is not None


def rule_trouble(rule: PermissionRule) -> str | None:
    """Why nothing can be meant by a rule: a clause for people, which begins with the member. None for one that can."""
    if not rule.tool.strip():
        return "`tool` is empty: give a kind of tool such as `execute`, the name of a tool, or `*`"
    if rule.match is None:
        return None
    if not rule.match.strip() or "\0" in rule.match:
        return "`match` is empty: leave it out where the rule is about everything"
    if rule.tool not in OF_PATHS and _command_glob(rule.match)[0] == ["\0"]:
        return f"`match` holds a quote that is not closed: {_shown(rule.match)}"
    if rule.tool == "fetch":
        is_host = re.search(r"[/\s@]", rule.match) is None
        return (
            None
            if is_host
            else f"`match` is to be the host alone, such as `docs.python.org`: {_shown(rule.match)}"
        )
    clause = glob_trouble(rule.match) if rule.tool != "execute" else None
    return clause and f"`match` {clause}"


def describe(rule: PermissionRule) -> str:
    """A rule on one line, for people."""
    about = "" if rule.match is None else f" `{_shown(rule.match)}`"
    where = [f"in {rule.repository}"] if rule.repository else []
    where += ["in this session"] if rule.session_id else []
    return f"{rule.decision} {rule.tool}{about}{' ' if where else ''}{' '.join(where)}"


def _shown(text: str) -> str:
    line = "".join(char if char.isprintable() else "�" for char in text)
    return line if len(line) <= 200 else f"{line[:199]}…"
