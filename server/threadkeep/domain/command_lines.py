"""Takes command lines apart, or says that it cannot; apart from the rules since it knows none of them.

Which shell runs a line is not known here, so that a line is taken apart only where bash, dash, zsh, fish and PowerShell
agree on what it runs. Whatever they might see differently (substitution, redirection, expansion in the place of a command,
control flow, wrappers such as `sudo`) gives nothing, and nothing is what no permission matches.
"""

import re
from collections.abc import Iterator
from typing import Final

from threadkeep.values import Value

MOST: Final = 8 * 1024
"""Characters of a line that is looked at."""
_NESTED: Final = 3
"""How deep `sh -c` in `sh -c` is followed."""


class Word(Value):
    """A word of a simple command, without its quotes."""

    text: str
    is_literal: bool = True
    """Whether it stands for itself; not so where a shell may make other words of it (`*`, `~`)."""


SimpleCommand = tuple[Word, ...]
"""A program and its arguments; never empty."""

_PROGRAM: Final = re.compile(r"[A-Za-z0-9_./][A-Za-z0-9_.+@:/-]*")
_ASSIGNMENT: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*(\[.*\])?\+?=", re.DOTALL)
_REFUSED: Final = frozenset("$`(){}<>\n\r")
"""Signs that are never taken apart, quoted with double quotes or not at all."""
_EXPANDED: Final = frozenset("*?[]^#~")
"""Signs of which some shell makes other words, unless they are quoted."""
_SHELLS: Final = frozenset(("sh", "bash", "dash", "zsh"))
_SHELL_FOLDERS: Final = ("", "/bin/", "/usr/bin/")
_SHELL_FLAGS: Final = frozenset(("-c", "-lc"))

_KEYWORDS: Final = (
    "if then else elif fi for foreach while until do done case esac in select function time coproc repeat begin end "
    "and or not switch nocorrect always [[ ]] ! { }"
)
RESERVED: Final = frozenset(_KEYWORDS.split())
"""Words that begin something other than a simple command in one of the shells."""
_RUN_OTHERS: Final = (
    "env sudo sudoedit doas su run0 pkexec runuser setpriv xargs parallel nohup nice ionice chrt timeout gtimeout "
    "command builtin exec eval source . noglob caffeinate arch stdbuf setsid taskset numactl flock chroot unshare "
    "nsenter bwrap firejail systemd-run script strace ltrace gdb watch entr ssh busybox toybox proxychains "
    "proxychains4 dbus-run-session xvfb-run faketime sh bash rbash dash ash ksh mksh zsh fish csh tcsh elvish nu xonsh "
    "pwsh powershell cmd start call wsl iex invoke-expression invoke-command icm start-process saps foreach-object "
    "where-object rundll32 mshta wscript cscript forfiles"
)
_CHANGE_MEANINGS: Final = (
    "alias unalias export declare typeset local readonly set unset setopt unsetopt shopt enable disable hash rehash "
    "trap bind bindkey zle autoload emulate read mapfile readarray let getopts fc history wait zmodload float integer "
    "private abbr complete compgen compdef"
)
RUNNERS: Final = frozenset(f"{_RUN_OTHERS} {_CHANGE_MEANINGS}".split())
"""Programs that run what their arguments say, or change what the rest of a line means."""


def simple_commands(line: str, *, is_windows: bool) -> tuple[SimpleCommand, ...] | None:
    """The simple commands that a line runs, all of them; None where that cannot be told for certain.

    is_windows: whether cmd or PowerShell may run it. Then only a line without any special character is taken apart.
    """
    if len(line) > MOST:
        return None
    return _plain_words(line) if is_windows else _taken_apart(line, depth=0)


def _plain_words(line: str) -> tuple[SimpleCommand, ...] | None:
    """A line of Windows, where two shells with rules of their own may read it."""
    if not re.fullmatch(r"[A-Za-z0-9 _./\\:=+-]+", line):
        return None
    words = tuple(Word(text=text) for text in line.split())
    is_program = bool(words) and re.fullmatch(r"[A-Za-z0-9_./\\][A-Za-z0-9_./\\:+-]*", words[0].text)
    return (words,) if is_program and _program(words[0].text) not in RESERVED | RUNNERS else None


def _taken_apart(line: str, *, depth: int) -> tuple[SimpleCommand, ...] | None:
    found: list[SimpleCommand] = []
    for words in _split(line) or (None,):
        inner = None if words is None else _commands_of(words, depth=depth)
        if inner is None:
            return None
        found += inner
    return tuple(found)


def _commands_of(words: SimpleCommand, *, depth: int) -> tuple[SimpleCommand, ...] | None:
    """The command itself, or those of the line that a shell is given; None where it runs what cannot be told."""
    first, *rest = words
    if not _PROGRAM.fullmatch(first.text):  # with no sign in it that a shell expands
        return None
    program = _program(first.text)
    if (
        program in _SHELLS
        and depth < _NESTED
        and first.text in {folder + program for folder in _SHELL_FOLDERS}
    ):
        is_line = len(rest) == 2 and rest[0].text in _SHELL_FLAGS and all(each.is_literal for each in rest)
        return _taken_apart(rest[1].text, depth=depth + 1) if is_line else None
    if program in RESERVED or program in RUNNERS or _runs_others(program, rest):
        return None
    return (words,)


def _runs_others(program: str, arguments: list[Word]) -> bool:
    """Whether these arguments have a program, which is harmless without them, run or change something else."""
    if program == "find":
        return any(
            re.match(r"-(exec|ok|delete|fprint|fls)", each.text) or not each.is_literal for each in arguments
        )
    return program == "printf" and any(each.text.startswith("-v") for each in arguments[:1])


def _program(text: str) -> str:
    """The name by which a program is known, wherever it lies."""
    name = re.split(r"[/\\]", text)[-1].casefold() or text
    return re.sub(r"\.(exe|com|cmd|bat)$", "", name)


def _split(line: str) -> list[SimpleCommand] | None:
    """The words between operators; None for a line with anything that is not taken apart."""
    commands: list[SimpleCommand] = []
    words: list[Word] = []
    operator = ""
    for token in _tokens(line):
        if isinstance(token, Word):
            words.append(token)
        elif token is None or not words:
            return None
        else:
            commands.append(tuple(words))
            words, operator = [], token
    if words:
        return [*commands, tuple(words)]
    return commands if operator in (";", "&") else None


_OPERATOR: Final = re.compile(r"&&|\|\||[;|]|&(?=[ \t]|\Z)")
"""To fish an `&` before anything but a blank belongs to the word."""
_SPACE: Final = re.compile(r"[ \t]+")
_SINGLE: Final = re.compile(r"'([^'\n\r]*)'")
_DOUBLE: Final = re.compile(r'"((?:[^"\\$`!\n\r]|\\(?![$`!"\\\n\r]))*)"')
_OTHER_QUOTES: Final = frozenset("‘’‚‛“”„‟")
"""What PowerShell takes for quotes."""


def _tokens(line: str) -> Iterator[Word | str | None]:
    """Words and operators; None, as the last, where the line cannot be read."""
    at = 0
    while at < len(line):
        if blank := _SPACE.match(line, at):
            at = blank.end()
        elif operator := _OPERATOR.match(line, at):
            yield operator[0]
            at = operator.end()
        elif line[at] == "&":
            yield None
            return
        else:
            end, word = _word(line, at)
            at = len(line) if word is None else end
            yield word


def _word(line: str, at: int) -> tuple[int, Word | None]:
    """The end of the word that begins there, and the word; None for what is not taken apart."""
    text, is_literal, start = "", True, at
    while at < len(line) and line[at] not in " \t;|&":
        char = line[at]
        if char == "'" and (quoted := _SINGLE.match(line, at)):
            # fish reads \' and \\ even there
            if "\\\\" in quoted[1] or quoted[1].endswith("\\"):
                return at, None
            text, at = text + quoted[1], quoted.end()
        elif char == '"' and (quoted := _DOUBLE.match(line, at)):
            text, at = text + quoted[1], quoted.end()
        elif char in _REFUSED or char in "'\"\\!" or not char.isprintable() or (at == start and char in "#^"):
            return at, None
        else:
            # zsh puts the path of a program in the place of =program, fish a number in that of %self
            is_literal = is_literal and char not in _EXPANDED and not (char in "=%" and at == start)
            text, at = text + char, at + 1
    return (
        (at, None)
        if not _OTHER_QUOTES.isdisjoint(text) or "\0" in text
        else (at, Word(text=text, is_literal=is_literal))
    )


def mentioned_commands(line: str, *, is_windows: bool) -> Iterator[tuple[str, ...]]:
    """What a line runs, or may run where that cannot be told: then too much rather than too little.

    For rules that forbid. The name of a program comes without its folder, and of a long line only the beginning.
    """
    commands = simple_commands(line, is_windows=is_windows)
    if commands is None:
        yield from _pieces(line[:MOST], depth=0)
        return
    for first, *rest in commands:
        yield (_program(first.text), *(each.text for each in rest))


def _pieces(line: str, *, depth: int) -> Iterator[tuple[str, ...]]:
    for each in dict.fromkeys((line, _QUOTES.sub("", line))):
        for piece in _CUT.split(each):
            words = [re.sub(r"\\(.)|[\"']", r"\1", word, flags=re.DOTALL) for word in _LOOSE.findall(piece)]
            yield from _beginnings(words)
            if depth < _NESTED:
                for word in words:
                    if re.search(r"\s", word):  # the line of a `sh -c`, perhaps
                        yield from _pieces(word, depth=depth + 1)


_QUOTES: Final = re.compile(r"[\"'\\^]")
_CUT: Final = re.compile(r"[;|&`(){}<>\n\r]+")
_LOOSE: Final = re.compile(r"""(?:'[^']*'|"(?:[^"\\]|\\.)*"|\\.|[^\s'"\\]|['"\\])+""", re.DOTALL)


def _beginnings(words: list[str]) -> Iterator[tuple[str, ...]]:
    """Where a command may begin among the words: first, and wherever one stands that runs another."""
    for at, word in enumerate(words):
        program = _program(word.lstrip("$!@"))
        yield (program, *words[at + 1 :])
        if _ASSIGNMENT.match(word) or program in RESERVED or program in RUNNERS or program in {"", "find"}:
            for later in range(at + 1, len(words)):
                yield (_program(words[later]), *words[later + 1 :])
        return


_AS_ANOTHER: Final = frozenset(("sudo", "sudoedit", "doas", "su", "run0", "pkexec", "runuser", "ssh"))
_CHANGES_FOLDER: Final = frozenset(("cd", "chdir", "pushd", "popd", "set-location", "sl"))


def may_leave(line: str, *, is_windows: bool) -> str | None:
    """What in a line may lead out of the folder, whatever its paths are: a clause for people. None for nothing."""
    if len(line) > MOST or "\0" in line:
        return "is too long to be looked through, or holds a NUL"
    if re.search(r"[$`%]" if is_windows else r"[$`]", line):
        return "holds a variable or a substitution"
    for program, *rest in mentioned_commands(line, is_windows=is_windows):
        if program in _AS_ANOTHER:
            return f"runs {program}"
        if program in _CHANGES_FOLDER and not [each for each in rest if not each.startswith("-")]:
            return "changes to another folder"
    return None


_NAME: Final = r"[^\s'\"`;|&<>(){}]*"
_PATH: Final = re.compile(
    rf"(?<![\w./\\~*-])(?:~{_NAME}|/{_NAME}|[A-Za-z]:[\\/]?{_NAME}|\\\\{_NAME})"
    rf"|[^\s'\"`;|&<>()=:,{{}}]*\.\.(?:[\\/]{_NAME})?(?![\w.])"
)
_REMOTE: Final = re.compile(r"\b(?:https?|wss?|git|ssh)://\S*")
_ATTACHED: Final = re.compile(r"(?<!\S)-[A-Za-z](?=[~/])")
_NOWHERE: Final = frozenset(("/dev/null", "/dev/stdin", "/dev/stdout", "/dev/stderr", "/dev/tty"))


def named_paths(line: str, *, is_windows: bool) -> tuple[str, ...]:
    """What in a line looks like a path that is absolute, in somebody's home, or leads upwards."""
    commands = simple_commands(line, is_windows=is_windows)
    if commands is None:
        texts = [line, _QUOTES.sub("", line)]
    else:  # where a program itself lies is no matter
        texts = [word.text for words in commands for word in words[1:]]
    found = [
        path
        for text in texts
        for path in _PATH.findall(_ATTACHED.sub(" ", _REMOTE.sub(" ", text)))
        if path not in _NOWHERE
    ]
    return tuple(dict.fromkeys(found))
