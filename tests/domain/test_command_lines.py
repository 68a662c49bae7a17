"""A command line is taken apart only where every shell agrees on what it runs."""

import shlex
import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from threadkeep.domain.command_lines import (
    MOST,
    may_leave,
    mentioned_commands,
    named_paths,
    simple_commands,
)


def commands(line: str, *, is_windows: bool = False) -> list[list[str]] | None:
    found = simple_commands(line, is_windows=is_windows)
    return None if found is None else [[word.text for word in words] for words in found]


def mentioned(line: str) -> list[list[str]]:
    return [list(words) for words in mentioned_commands(line, is_windows=False)]


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("git status", [["git", "status"]]),
        ("  git\tlog  -1 ", [["git", "log", "-1"]]),
        ("a;b && c||d|e & f", [["a"], ["b"], ["c"], ["d"], ["e"], ["f"]]),
        ("a;", [["a"]]),
        ("a &", [["a"]]),
        ("git commit -m 'a; b' \"c && d\"", [["git", "commit", "-m", "a; b", "c && d"]]),
        ("g''it st\"at\"us ''", [["git", "status", ""]]),
        (r'grep "a\d" x', [["grep", "a\\d", "x"]]),
        (r"grep 'a\.b' x", [["grep", "a\\.b", "x"]]),
        ("npm run build -- --x=1", [["npm", "run", "build", "--", "--x=1"]]),
        ("./run.sh a#b", [["./run.sh", "a#b"]]),
        ("git show 'HEAD~1!'", [["git", "show", "HEAD~1!"]]),
        ("bash -lc 'git status && ls'", [["git", "status"], ["ls"]]),
        ("/bin/sh -c \"bash -c 'git log'\"", [["git", "log"]]),
        ("grep 'ä–b' ü", [["grep", "ä–b", "ü"]]),
        ("find . -name '*.py'", [["find", ".", "-name", "*.py"]]),
        ("printf %s a", [["printf", "%s", "a"]]),
    ],
)
def test_what_a_line_runs(line: str, expected: list[list[str]]) -> None:
    assert commands(line) == expected


@pytest.mark.parametrize(
    "line",
    [
        "",
        "   ",
        ";",
        "a;;b",
        "a; ; b",
        "&& a",
        "a &&",
        "a |",
        "| a",
        "a || | b",
        "a &b",
        "a&b",
        "a&;b",
        "a &| b",
        # substitution
        "git log $(rm x)",
        'git log "$(rm x)"',
        "git log `rm x`",
        'git log "`rm x`"',
        "git diff <(rm x)",
        "git log >(rm x)",
        "git log $X",
        'git log "$X"',
        "git log ${X}",
        "git log $((1))",
        "git log (rm x)",  # what fish runs in between
        r'git log "\$(x)"',
        # redirection
        "git log > x",
        "git log>>x",
        "git log 2>&1",
        "git log < x",
        "git log &> x",
        "cat <<EOF",
        "cat <<< x",
        # more than one line
        "git log\nrm x",
        "git log\r\nrm x",
        "git log 'a\nb'",
        'git log "a\nb"',
        "git log \\\nrm",
        # quoting that not every shell reads alike
        "git log $'\\x41'",
        'git log $"a"',
        r"git log 'a\' 'b; rm x #'",
        r"git log 'a\\b'",
        r"git log \x41",
        r"git log \; evil",
        r'git log "\"; evil; \""',
        r'git log "a\\b"',
        "git log 'a’; evil; ‘b'",
        "git log “a",
        "git log a\\ b",
        "git log 'a",
        'git log "a',
        "git log \\",
        'git log "a\\',
        # history
        "!!",
        "git log !x",
        'git log "!x"',
        "^a^b",
        # comments, groups, control flow
        "git log # x",
        "(git log)",
        "{ git log; }",
        "{rm,-rf,x}",
        "git log {a,b}",
        "! git log",
        "if git log; then rm x; fi",
        "while git log; do rm x; done",
        "for x in a; do rm x; done",
        "case x in x) rm;; esac",
        "f() { rm x; }",
        "function f",
        "time git log",
        "begin; rm x; end",
        "not git log",
        "[[ a ]]",
        # what stands in the place of a command
        "$X log",
        "*",
        "g* log",
        "gi? log",
        "[ a ]",
        "~/git log",
        "=git log",
        "%1",
        "-git log",
        "'git log'",
        "'' log",
        "X=1 git log",
        "X=1",
        "X+=1 git log",
        "a[0]=1 git log",
        ": x",
        # what runs what it is told
        "env X=1 git log",
        "env git log",
        "sudo git log",
        "/usr/bin/sudo git log",
        "SUDO git log",
        "doas git log",
        "xargs git log",
        "git log | xargs rm",
        "git log | sh",
        "git log | /bin/sh",
        "sh",
        "sh x.sh",
        "sh -c",
        "sh -c 'git log' x",
        "sh -ec 'git log'",
        "sh -c 'rm $(x)'",
        "sh -c *",
        "./sh -c 'git log'",
        "fish -c 'git log'",
        "command git log",
        "builtin cd x",
        "exec git log",
        "eval git log",
        "eval 'rm x'",
        "source x",
        ". x",
        "nohup git log",
        "timeout 5 git log",
        "nice git log",
        "ssh host git log",
        "watch git log",
        "parallel rm",
        "find . -exec rm x +",
        r"find . -exec rm '{}' \;",
        "find . -delete",
        "find . -fprintf x y",
        "find *",
        "powershell -c x",
        "cmd.exe /c x",
        # what changes what the rest means
        "alias git=rm; git log",
        "export PATH=x; git log",
        "hash -p x git; git log",
        "printf -vPATH x; git log",
        "printf -v PATH x; git log",
        "read PATH; git log",
        "set -x; git log",
        "trap x EXIT; git log",
        # signs that are not seen
        "git log\0",
        "git 'log\0'",
        "git log\x0brm",
        "git log\x1b",
        "git\u00a0log",
        "git log\u2028rm x",
        "git log\u202e",
        "a" * (MOST + 1),
        'bash -c "sh -c \\"sh -c \'sh -c ls\'\\""',
    ],
)
def test_what_cannot_be_told_for_certain_is_not_taken_apart(line: str) -> None:
    assert commands(line) is None


@pytest.mark.parametrize("word", ["*.py", "a?", "[ab]", "~/x", "~", "HEAD^", "=ls", "%self", "a~b"])
def test_a_word_that_a_shell_may_expand_is_no_literal(word: str) -> None:
    found = simple_commands(f"ls {word}", is_windows=False)
    assert found is not None
    assert [each.is_literal for each in found[0]] == [True, False]
    quoted = simple_commands(f"ls '{word}'", is_windows=False)
    assert quoted is not None
    assert all(each.is_literal for each in quoted[0])


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("git status -s", [["git", "status", "-s"]]),
        (".\\build.cmd x", [[".\\build.cmd", "x"]]),
        ("C:/tools/a.exe --x=1", [["C:/tools/a.exe", "--x=1"]]),
        *(
            (line, None)
            for line in (
                "",
                " ",
                "a & b",
                "a | b",
                "a > b",
                "a; b",
                "a ^b",
                "a %X%",
                "a $x",
                "a `b",
                "a 'b'",
                'a "b"',
                "a (b)",
                "a @b",
                "a #b",
                "a ~b",
                "a *",
                "a ’b’",
                "a\tb",
                "a\nb",
                "a !b!",
                "a,b",
                "-a b",
                "cmd /c x",
                "CMD.EXE /c x",
                "powershell x",
                "wsl rm x",
                ". x",
                "if x",
                "C:\\Windows\\System32\\cmd.exe /c x",
            )
        ),
    ],
)
def test_on_windows_only_a_line_without_special_characters_is_taken_apart(
    line: str, expected: list[list[str]] | None
) -> None:
    assert commands(line, is_windows=True) == expected


@given(
    st.lists(st.text(string.printable.replace("\n", "").replace("\r", "") + "äß中", max_size=9), max_size=6)
)
def test_what_shlex_quotes_is_read_as_it_was_or_not_at_all(arguments: list[str]) -> None:
    found = commands(shlex.join(["git", *arguments]))
    assert found in (None, [["git", *arguments]])
    if not any(set(each) & set("\\\x0b\x0c") for each in arguments):
        assert found is not None


WORDS = st.text(string.ascii_letters + string.digits + " ;&|$`()<>{}!*?[]~#=%^'\"\\\n", max_size=12)


@given(WORDS)
def test_all_that_is_read_is_what_shlex_reads(line: str) -> None:
    """An independent reader of the same language: of the shapes that are taken apart it sees the same words."""
    found = commands(line)
    if found is None or any(words[0] in ("sh", "bash") for words in found):
        return
    lexer = shlex.shlex(line, posix=True, punctuation_chars=";&|")
    lexer.whitespace_split, lexer.commenters = True, ""
    expected: list[list[str]] = [[]]
    for token in lexer:
        if token in (";", "&", "|", "&&", "||"):
            expected.append([])
        else:
            expected[-1].append(token)
    assert [words for words in expected if words] == found


OPERATORS = st.sampled_from(
    [";", "&&", "||", "|", "&", "\n", " $(", " `", " <(", " > ", " (", "; {", "; !", "; sudo "]
)


@given(OPERATORS, st.sampled_from(["", " "]), st.sampled_from(["evil", "evil x", "/bin/evil", "e'vi'l"]))
def test_no_operator_hides_a_command(operator: str, blank: str, hidden: str) -> None:
    line = f"git status{blank}{operator}{blank}{hidden}"
    found = commands(line)
    assert found is None or [words for words in found if words[0].endswith("evil")]
    assert any(words[0] == "evil" for words in mentioned(line))


@pytest.mark.parametrize(
    "line",
    [
        "rm -rf x",
        "/bin/rm -rf x",
        "RM -rf x",
        "git log; rm -rf x",
        "git log | rm -rf x",
        "sudo rm -rf x",
        "sudo -u me rm -rf x",
        "env A=1 rm -rf x",
        "A=1 rm -rf x",
        "xargs -n1 rm -rf x",
        "$(rm -rf x)",
        'echo "$(rm -rf x)"',
        "echo `rm -rf x`",
        "sh -c 'rm -rf x'",
        "sh -ec 'rm -rf x'",
        "eval 'rm -rf x'",
        "if true; then rm -rf x; fi",
        "! rm -rf x",
        "(rm -rf x)",
        "{ rm -rf x; }",
        "echo a\nrm -rf x",
        "r''m -rf x > y",
        "r\\m -rf x > y",
        "'rm' -rf x > y",
        "time rm -rf x",
        "find . -exec rm -rf x +",
        "timeout 5 rm -rf x",
        "bash -c \"sh -c 'rm -rf x' y\"",
    ],
)
def test_what_a_line_may_run_is_mentioned(line: str) -> None:
    assert any(words[:3] == ["rm", "-rf", "x"] for words in mentioned(line))


def test_a_word_of_a_command_that_was_understood_is_no_command() -> None:
    assert mentioned("git commit -m 'fix; rm x'") == [["git", "commit", "-m", "fix; rm x"]]
    assert mentioned("git rm x") == [["git", "rm", "x"]]


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("cat a.txt src/b.py", ()),
        ("/usr/bin/cat a", ()),
        ("cat /etc/passwd", ("/etc/passwd",)),
        ("cat '/etc/pass wd'", ("/etc/pass",)),
        ("cat /et''c/x", ("/etc/x",)),
        ("cat ~/x ~me/y", ("~/x", "~me/y")),
        ("cat ../x a/../../y", ("../x", "a/../../y")),
        ("cd ..", ("..",)),
        ("cc -I/usr/include --out=/tmp/x", ("/usr/include", "/tmp/x")),
        ("git log main..dev", ()),
        ("curl https://a.org/b/../c", ()),
        ("curl file:///etc/passwd", ("///etc/passwd",)),
        ("sed s/a/b/ x", ()),
        ("make > /dev/null 2>&1", ()),
        ("make > /etc/x", ("/etc/x",)),
        ("make >/et'c'/x", ("/et", "/x", "/etc/x")),
        ("python -c 'open(\"/etc/x\")'", ("/etc/x",)),
    ],
)
def test_paths_in_a_line_that_may_lead_elsewhere(line: str, expected: tuple[str, ...]) -> None:
    assert named_paths(line, is_windows=False) == expected


def test_paths_of_windows_in_a_line() -> None:
    found = named_paths("type C:\\a\\b & copy D:x \\\\srv\\s\\x", is_windows=True)
    assert {"C:\\a\\b", "D:x", "\\\\srv\\s\\x"} <= set(found)


@pytest.mark.parametrize(
    "line",
    [
        "cat $HOME/x",
        "cat `x`",
        "sudo ls",
        "ls; sudo ls",
        "ssh host",
        "cd",
        "cd; ls",
        "cd -",
        "pushd",
        "a\0",
        "a" * (MOST + 1),
    ],
)
def test_a_line_that_may_lead_anywhere(line: str) -> None:
    assert may_leave(line, is_windows=False)


def test_a_line_that_stays() -> None:
    assert may_leave("cd src && date +%F 2>&1 | tee out.txt", is_windows=False) is None
    assert may_leave("echo %PATH%", is_windows=True)


def test_a_quote_that_does_not_end_is_no_command() -> None:
    assert commands("echo 'a") is None


def test_lines_within_lines_are_looked_into_however_deep() -> None:
    def within(line: str, times: int) -> str:
        for _ in range(times):
            line = 'sh -c "' + line.replace("\\", "\\\\").replace('"', '\\"') + '"'
        return line

    assert ["rm", "x"] in mentioned(f"$X {within('rm x', 3)}")
    assert ["rm", "x"] in mentioned(f"$X {within('rm x', 9)}")
