"""The rule that "always allow" would make of a tool call; as narrow as is of use, and none where none is safe."""

import re
import shlex
from typing import Final

from threadkeep.domain.approvals import PermissionRule
from threadkeep.domain.command_lines import simple_commands
from threadkeep.domain.permissions import KINDS, Action, Scope, host_of, matches

_USUAL: Final = {
    "git": frozenset(("add", "commit", "ls-files", "rev-parse", "status")),
    "ls": None,
}
"""Commands whose further words only say what is shown or kept: none of them runs or writes anything elsewhere."""
_LONGEST: Final = 500
"""Characters of a proposed match: a person reads it before it is kept."""
_BETTER_READ: Final = (
    "rm rmdir unlink shred dd mkfs fdisk mount umount kill pkill killall shutdown reboot chmod chown chgrp chattr ln mv "
    "cp install rsync scp sftp curl wget nc ncat telnet docker podman kubectl helm terraform aws gcloud az gh brew apt "
    "apt-get dnf yum pacman pip pip3 pipx uv systemctl launchctl crontab at del erase rd format reg remove-item"
)
_ONCE: Final = frozenset(_BETTER_READ.split())
"""Programs whose commands are better read each time."""
_GIT_ONCE: Final = frozenset(
    ("push", "reset", "clean", "rebase", "config", "remote", "filter-branch", "checkout", "restore")
)


def propose_rule(action: Action, scope: Scope) -> PermissionRule | None:
    """The rule that always allowing this call would make: as narrow as is of use; None where none is safe. Blocking.

    A rule about commands or files holds in the repository alone, and there is none without one.
    """
    if action.is_mixed:
        return None
    rule, kind = None, action.true_kind
    if kind == "execute" and scope.repository:
        rule = _of_command(action.command or "", scope)
    elif kind in ("edit", "move") and scope.repository:
        rule = PermissionRule(tool=kind, match="**", decision="allow", repository=scope.repository)
    elif kind == "fetch":
        host = host_of(action.url)
        is_public = host is not None and re.fullmatch(r"[a-z0-9._-]+\.[a-z][a-z0-9-]*", host) is not None
        rule = PermissionRule(tool="fetch", match=host, decision="allow") if is_public else None
    elif kind == "other" and action.tool not in ("", *KINDS) and "*" not in action.tool:
        rule = PermissionRule(tool=action.tool, decision="allow", repository=scope.repository)
    return rule if rule is not None and matches(rule, action, scope) else None


def _of_command(line: str, scope: Scope) -> PermissionRule | None:
    commands = simple_commands(line, is_windows=scope.is_windows)
    found = {_pattern([word.text for word in words]) for words in commands or ()}
    pattern = found.pop() if len(found) == 1 else None
    if pattern is None or len(pattern) > _LONGEST:
        return None
    return PermissionRule(tool="execute", match=pattern, decision="allow", repository=scope.repository)


def _pattern(words: list[str]) -> str | None:
    program, *rest = words
    name = program.rpartition("/")[2].casefold()
    is_for_once = name in _ONCE or (
        name == "git" and (not rest or rest[0].startswith("-") or rest[0] in _GIT_ONCE)
    )
    if is_for_once or any("*" in word for word in words):  # a star would mean more than itself
        return None
    if program in _USUAL:
        usual = _USUAL[program]
        if usual is None:
            return f"{program} *"
        if rest and rest[0] in usual:
            return f"{program} {rest[0]} *"
    return shlex.join(words)
