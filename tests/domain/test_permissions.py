"""What a tool call may do: trust before rules that deny, before the mode readOnly, before other rules, before the mode."""

from functools import partial
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from threadkeep.domain.approvals import Mode, PermissionRule, Verdict
from threadkeep.domain.paths import path_key
from threadkeep.domain.permission_proposals import propose_rule
from threadkeep.domain.permissions import (
    KINDS,
    VERDICTS,
    Action,
    Decision,
    Scope,
    ToolKind,
    decide,
    describe,
    host_of,
    matches,
    rule_trouble,
)
from threadkeep.domain.workspace_paths import PathRules
from threadkeep.values import evolve

MODES: tuple[Mode, ...] = get_args(Mode)
PATHS = PathRules(platform="linux", resolve=str, key=partial(path_key, platform="linux"), home="/home/me")
SCOPE = Scope(folders=("/ws", "/other"), paths=PATHS, repository="r1", session_id="s1")
WINDOWS = Scope(
    folders=("C:\\ws",),
    paths=PathRules(platform="win32", resolve=str, key=partial(path_key, platform="win32")),
    repository="r1",
)


def call(kind: ToolKind, *paths: str, tool: str = "", **more: object) -> Action:
    return Action(tool=tool, kind=kind, paths=paths, cwd="/ws", **more)  # type: ignore[arg-type]


def run(line: str, *, cwd: str | None = "/ws") -> Action:
    return Action(tool="Bash", kind="execute", command=line, cwd=cwd)


def rule(decision: Verdict, tool: str = "*", match: str | None = None, **scope: str) -> PermissionRule:
    return PermissionRule(tool=tool, match=match, decision=decision, **scope)  # type: ignore[arg-type]


def decided(
    action: Action, *rules: PermissionRule, mode: Mode = "ask", is_trusted: bool = True, scope: Scope = SCOPE
) -> Decision:
    return decide(action, mode=mode, rules=rules, is_trusted=is_trusted, scope=scope)


def verdict(
    action: Action, *rules: PermissionRule, mode: Mode = "ask", is_trusted: bool = True, scope: Scope = SCOPE
) -> Verdict:
    return decided(action, *rules, mode=mode, is_trusted=is_trusted, scope=scope).verdict


READ, READ_OUT = call("read", "/ws/a"), call("read", "/etc/passwd")
EDIT, EDIT_OUT = call("edit", "/other/a"), call("edit", "/ws/a", "/etc/passwd")
FETCH = call("fetch", url="https://example.org/a")


@pytest.mark.parametrize(
    ("action", "ask", "accept_edits", "read_only", "allow_all"),
    [
        (READ, "allow", "allow", "allow", "allow"),
        (call("search", "/ws"), "allow", "allow", "allow", "allow"),
        (READ_OUT, "ask", "ask", "ask", "ask"),
        (call("read"), "ask", "ask", "ask", "ask"),
        (call("read", "/wsx/a"), "ask", "ask", "ask", "ask"),
        (EDIT, "ask", "allow", "deny", "allow"),
        (EDIT_OUT, "ask", "ask", "deny", "ask"),
        (call("edit"), "ask", "ask", "deny", "ask"),
        (call("edit", "/ws/.git/hooks/pre-commit"), "ask", "ask", "deny", "ask"),
        (call("read", "/ws/.git/config"), "allow", "allow", "allow", "allow"),
        (call("move", "/ws/a", "/ws/b"), "ask", "allow", "deny", "allow"),
        (call("move", "/ws/a", "/tmp/b"), "ask", "ask", "deny", "ask"),
        (call("delete", "/ws/a"), "ask", "ask", "deny", "allow"),
        (call("delete", "/a"), "ask", "ask", "deny", "ask"),
        (run("make"), "ask", "ask", "deny", "allow"),
        (run("make", cwd=None), "ask", "ask", "deny", "ask"),
        (run("make", cwd="/tmp"), "ask", "ask", "deny", "ask"),
        (call("execute", "/ws/a"), "ask", "ask", "deny", "ask"),
        (run("cat /etc/passwd"), "ask", "ask", "deny", "ask"),
        (run("cat ../x"), "ask", "ask", "deny", "ask"),
        (run("cat ~/x"), "ask", "ask", "deny", "ask"),
        (run("cat $X"), "ask", "ask", "deny", "ask"),
        (run("sudo make"), "ask", "ask", "deny", "ask"),
        (run("make > /dev/null 2>&1; cat /ws/a"), "ask", "ask", "deny", "allow"),
        (FETCH, "ask", "ask", "deny", "allow"),
        (call("fetch", url="file:///etc/passwd"), "ask", "ask", "deny", "ask"),
        (call("fetch"), "ask", "ask", "deny", "ask"),
        (call("other"), "ask", "ask", "deny", "allow"),
        (call("other", "/etc/x"), "ask", "ask", "deny", "ask"),
        (call("think"), "allow", "allow", "allow", "allow"),
        (call("switchMode"), "allow", "allow", "deny", "allow"),
        # what a call shows goes before what it says it is
        (call("read", command="make"), "ask", "ask", "deny", "allow"),
        (call("think", command="make"), "ask", "ask", "deny", "allow"),
        (call("read", changes=("/ws/a",)), "ask", "allow", "deny", "allow"),
        (call("switchMode", changes=("/etc/a",)), "ask", "ask", "deny", "ask"),
        (call("read", "/ws/a", changes=("/etc/a",)), "ask", "ask", "deny", "ask"),
        (call("read", url="https://example.org"), "ask", "ask", "deny", "allow"),
        (call("edit", "/ws/a", changes=("/ws/a",), url="https://a.org"), "ask", "ask", "deny", "allow"),
    ],
)
def test_modes(
    action: Action, ask: Verdict, accept_edits: Verdict, read_only: Verdict, allow_all: Verdict
) -> None:
    found = [verdict(action, mode=mode) for mode in MODES]
    assert found == [ask, accept_edits, read_only, allow_all]
    # whatever the mode, a folder that is not trusted is read-only, and no plan begins there
    assert [verdict(action, mode=mode, is_trusted=False) for mode in MODES] == [read_only] * 4


@pytest.mark.parametrize("mode", MODES)
def test_a_folder_without_trust_goes_before_rules(mode: Mode) -> None:
    allowing = rule("allow")
    assert verdict(run("make"), allowing, mode=mode, is_trusted=False) == "deny"
    assert verdict(EDIT, allowing, mode=mode, is_trusted=False) == "deny"
    assert verdict(READ, rule("deny", "read"), mode=mode, is_trusted=False) == "deny"
    assert verdict(READ, rule("ask", "read"), mode=mode, is_trusted=False) == "ask"
    assert "readOnly" in decided(READ, mode=mode, is_trusted=False).reason


@pytest.mark.parametrize("mode", MODES)
def test_a_rule_that_denies_goes_before_all_others_and_every_mode(mode: Mode) -> None:
    allowing, denying = rule("allow"), rule("deny", "read", "**/.env")
    found = decided(call("read", "/ws/a/.env"), allowing, denying, mode=mode)
    assert (found.verdict, found.rule) == ("deny", denying)
    assert "`**/.env`" in found.reason
    assert verdict(call("think"), rule("deny", "think"), mode=mode) == "deny"


def test_read_only_goes_before_rules_that_allow() -> None:
    assert verdict(run("make"), rule("allow"), mode="readOnly") == "deny"
    assert verdict(READ_OUT, rule("allow", "read", "/etc/**"), mode="readOnly") == "allow"


def test_of_the_other_rules_the_first_that_matches_holds() -> None:
    ask, allow = rule("ask", "execute", "git push *"), rule("allow", "execute", "git *")
    assert verdict(run("git push"), ask, allow) == "ask"
    assert verdict(run("git push"), allow, ask) == "allow"
    assert verdict(run("git log"), ask, allow) == "allow"
    assert verdict(run("git log && git push"), ask, allow) == "ask"
    assert verdict(READ, rule("ask", "read")) == "ask"


def test_thinking_and_planning_are_never_asked_for() -> None:
    for kind in ("think", "switchMode"):
        assert verdict(call(kind), rule("ask")) == "allow"  # type: ignore[arg-type]


def test_a_rule_holds_in_its_repository_and_its_session_alone() -> None:
    for scope, expected in [
        ({"repository": "r1"}, "allow"),
        ({"repository": "r2"}, "ask"),
        ({"session_id": "s1"}, "allow"),
        ({"session_id": "s2"}, "ask"),
        ({"repository": "r1", "session_id": "s2"}, "ask"),
    ]:
        assert verdict(run("make"), rule("allow", "execute", "make", **scope)) == expected
    nowhere = Scope(folders=("/ws",), paths=PATHS)
    assert verdict(run("make"), rule("allow", "execute", "make", repository="r1"), scope=nowhere) == "ask"


@pytest.mark.parametrize(
    ("match", "line", "is_allowed"),
    [
        ("git status", "git status", True),
        ("git status", "git  'status'", True),
        ("git status", "git status -s", False),
        ("git status", "git", False),
        ("git status", "git statusx", False),
        ("git status", "/usr/bin/git status", False),
        ("git status", "./git status", False),
        ("git status", "Git status", False),
        ("git log *", "git log", True),
        ("git log *", "git log -1 --oneline", True),
        ("git log *", "git log *.py", True),
        ("git log *", "git -c x=y log", False),
        ("git * -s", "git status -s", True),
        ("git * -s", "git a b -s", False),
        ("git * -s", "git * -s", False),
        ("npm run *", "npm run a && npm run b", True),
        ("npm run *", "npm run a && npm test", False),
        ("npm run *", "npm run a & npm test", False),
        ("npm run *", "npm run a | tee x", False),
        ("npm run *", "npm run a; $X", False),
        ("npm run *", "npm run a > x", False),
        ("npm run *", "npm run $(x)", False),
        ("npm run *", "bash -c 'npm run a'", True),
        ("npm run *", "bash -c 'npm run a; x'", False),
        ("npm run build-*", "npm run build-a", True),
        ("npm run build-*", "npm run build-a b", False),
        ("npm run build-*", "npm run build-*", False),
        ("ls a?", "ls ab", False),
        ("ls 'a?'", "ls 'a?'", True),
        ("ls 'a?'", "ls a?", False),
        ("ls [a]", "ls a", False),
        ('git commit -m "a b"', "git commit -m 'a b'", True),
        ("*", "anything at all", True),
        ("*", "sudo anything", False),
        ("*", "anything > x", False),
        ("*", "", False),
        ("sudo *", "sudo ls", False),
        ("xargs *", "xargs rm", False),
        ("'x", "'x", False),
        ("", "ls", False),
    ],
)
def test_a_rule_allows_a_line_if_every_command_in_it_matches(match: str, line: str, is_allowed: bool) -> None:
    assert matches(rule("allow", "execute", match), run(line), SCOPE) == is_allowed


NOT_ALLOWED = st.sampled_from(
    ["evil", "rm -rf /", "/bin/evil", "git push", "sudo git log", "env git log", "sh -c evil"]
)
JOINED = st.sampled_from([";", "&&", "||", "|", "&", "\n", "|&", ";;", " ; ! ", "$(", "`", ">", "<(", "("])
ALLOWED = st.sampled_from(["git log", "git log -1", "git log 'a; b'", 'git log "c"', "git log a'|'b"])


@given(
    st.lists(st.tuples(ALLOWED, JOINED), max_size=3),
    NOT_ALLOWED,
    st.lists(st.tuples(JOINED, ALLOWED), max_size=2),
)
def test_no_line_with_another_command_in_it_is_allowed(
    before: list[tuple[str, str]], hidden: str, after: list[tuple[str, str]]
) -> None:
    line = "".join(f"{command} {operator} " for command, operator in before) + hidden
    line += "".join(f" {operator} {command}" for operator, command in after)
    assert not matches(rule("allow", "execute", "git log *"), run(line), SCOPE)


@given(
    st.text(" ;&|$`()<>{}!*?[]~#=%^'\"\\\nab-/.", max_size=10),
    st.text(" ;&|$`()<>{}!*?'\"\\\nab", max_size=10),
)
def test_whatever_is_around_it_an_evil_command_is_not_allowed_unless_it_is_an_argument(
    before: str, after: str
) -> None:
    line = f"{before}git log{after}"
    if matches(rule("allow", "execute", "git log *"), run(line), SCOPE):
        assert not any(each in line for each in ("\n", "`", "$(", "<(", ">("))
        assert before.strip(" ;&|") == "" or "'" in before or '"' in before


@pytest.mark.parametrize(
    ("match", "line", "is_denied"),
    [
        ("rm *", "rm x", True),
        ("rm *", "/bin/rm x", True),
        ("/bin/rm *", "rm x", True),
        ("rm *", "sudo rm x", True),
        ("rm *", "ls | xargs rm", True),
        ("rm *", "echo $(rm x)", True),
        ("rm *", "sh -c 'rm x; $y'", True),
        ("rm *", "git rm x", False),
        ("rm *", "git commit -m 'rm x'", False),
        ("rm -rf *", "rm -r x", False),
        ("rm", "rm x", False),
        ("curl *", "CURL x", True),
        ("'x", "'x", False),
        ("*", "", True),
        ("**", "ls", True),
    ],
)
def test_a_rule_denies_a_line_if_any_command_in_it_may_match(match: str, line: str, is_denied: bool) -> None:
    assert (verdict(run(line), rule("deny", "execute", match)) == "deny") == is_denied


@pytest.mark.parametrize(
    ("match", "paths", "is_allowed"),
    [
        ("src/**", ["/ws/src/a"], True),
        ("src/**", ["src/a", "/other/src/b"], True),
        ("src/**", ["/ws/src/a", "/ws/b"], False),
        ("src/**", ["/ws/src/../b"], False),
        ("src/**", [], False),
        ("src/**", ["/ws/src/a", "~/x"], False),
        (None, ["/ws/a"], True),
        (None, ["/etc/a"], False),
        (None, [], False),
        ("/etc/**", ["/etc/a"], True),
        ("**", ["/ws/.git/config"], False),
        ("**", ["/ws/a", "/ws/sub/.git/hooks/x"], False),
        (".git/**", ["/ws/.git/config"], True),
    ],
)
def test_a_rule_allows_an_edit_if_every_path_matches(
    match: str | None, paths: list[str], is_allowed: bool
) -> None:
    action = call("edit", *paths[:1], changes=tuple(paths[1:]))
    assert matches(rule("allow", "edit", match), action, SCOPE) == is_allowed


@pytest.mark.parametrize(
    ("tool", "action", "is_denied"),
    [
        ("read", call("read", "/ws/a", "/home/me/.ssh/id"), True),
        ("*", call("read", "~/.ssh/id"), True),
        ("*", call("other", "~/.ssh/id", tool="fs.read"), True),
        ("fs.*", call("other", "file:///home/me/.ssh/id", tool="fs.read"), True),
        ("*", run("cat ~/.ssh/id"), True),
        ("*", run("cat /home/me/.ssh/id"), True),
        ("edit", call("edit", changes=("/home/me/.ssh/id",)), True),
        ("read", call("read", changes=("/home/me/.ssh/id",)), True),
        ("execute", run("cat ~/.ssh/id"), False),
        ("read", call("edit", "/home/me/.ssh/id"), False),
        ("*", call("read", "/home/me/.sshx"), False),
        ("*", call("read", "~you/.ssh/id"), False),
    ],
)
def test_a_rule_denies_a_call_if_any_path_in_it_matches(tool: str, action: Action, is_denied: bool) -> None:
    assert (verdict(action, rule("deny", tool, "~/.ssh/**")) == "deny") == is_denied


def test_a_home_that_nobody_knows_is_not_guessed() -> None:
    scope = evolve(SCOPE, paths=evolve(PATHS, home=None))
    assert verdict(call("read", "~/.ssh/id"), rule("deny", "*", "~/.ssh/**"), scope=scope) == "ask"


def test_a_rule_about_all_files_denies_what_names_none() -> None:
    assert verdict(call("edit"), rule("deny", "edit", "**")) == "deny"
    assert verdict(call("edit"), rule("deny", "edit", "src/**")) == "ask"
    assert verdict(call("edit", "/ws/a/b"), rule("deny", "edit", "*")) == "ask"


@pytest.mark.parametrize(
    ("match", "url", "is_allowed"),
    [
        ("example.org", "https://example.org", True),
        ("example.org", "HTTP://EXAMPLE.org.:8080/a?b#c", True),
        ("example.org", "https://example.org?a=b", True),
        ("Example.org", "https://example.org/a@b", True),
        ("example.org", "https://a.example.org/", False),
        ("*.example.org", "https://a.b.example.org/", True),
        ("*.example.org", "https://example.org/", False),
        ("[::1]", "http://[::1]/", True),
        (None, "https://anything.org/", True),
        (None, None, True),
        ("*", None, False),
        *(
            ("example.org", url, False)
            for url in (
                "https://example.org.evil.net/",
                "https://example.org@evil.net/",
                "https://example.org:80@evil.net/",
                "https://evil.net/example.org",
                "https://evil.net?example.org",
                "https://example.org\\@evil.net/",
                "https://example.org#@evil.net/",
                "https://example.org?@evil.net/",
                "https:\\\\example.org",
                "https:example.org",
                "https:///example.org",
                "ftp://example.org",
                "file://example.org/etc",
                "example.org",
                "https://example.org/a\nb",
                " https://example.org",
                "https://example.org/\t",
                "https://ex\u200cample.org",
                "https://",
            )
        ),
        (None, "https://a@b/", False),
    ],
)
def test_a_rule_allows_an_address_by_its_host(match: str | None, url: str | None, is_allowed: bool) -> None:
    assert matches(rule("allow", "fetch", match), call("fetch", url=url), SCOPE) == is_allowed


@pytest.mark.parametrize(
    "url",
    [
        "https://evil.net/",
        "https://a@evil.net:80/x",
        "https://a.org\\evil.net",
        "//EVIL.net",
        "ftp://evil.net.",
    ],
)
def test_a_rule_denies_every_address_that_may_be_of_its_host(url: str) -> None:
    assert verdict(call("fetch", url=url), rule("deny", "fetch", "evil.net")) == "deny"
    assert verdict(FETCH, rule("deny", "fetch", "evil.net")) == "ask"


@pytest.mark.parametrize(
    ("tool", "action", "is_allowed"),
    [
        ("jira.read", call("other", tool="jira.read"), True),
        ("jira.*", call("other", tool="jira.read"), True),
        ("jira.*", call("other", tool="jirax"), False),
        ("jira?read", call("other", tool="jira.read"), False),
        ("other", call("other", tool="jira.read"), True),
        ("*", call("other"), True),
        ("jira.*", call("other"), False),
        ("read", call("other", tool="read"), False),  # a kind is a kind, whatever a tool is called
        ("read", call("read", "/ws/a", tool="x"), True),
        ("read", call("read", command="make"), False),
        ("read", call("read", changes=("/ws/a",)), False),
        ("execute", call("execute", "/ws/a"), False),
        ("Bash", run("make"), True),
        ("*", call("edit", "/ws/a", command="make", changes=("/ws/a",)), False),
        ("*", call("fetch", "/etc/x", url="https://a.org"), False),
    ],
)
def test_a_rule_is_about_a_kind_or_a_name(tool: str, action: Action, is_allowed: bool) -> None:
    assert matches(rule("allow", tool), action, SCOPE) == is_allowed


def test_a_match_is_nothing_to_a_tool_whose_input_is_unknown() -> None:
    assert not matches(rule("allow", "jira.*", "src/**"), call("other", tool="jira.read"), SCOPE)
    assert matches(rule("allow", "jira.*", "*"), call("other", tool="jira.read"), SCOPE)


def test_a_denial_is_about_what_a_call_says_it_is_and_about_what_it_shows() -> None:
    action = call("read", "/ws/a", command="make")
    assert verdict(action, rule("deny", "read")) == verdict(action, rule("deny", "execute")) == "deny"


def test_what_is_inside_for_some_readers_only_is_asked_for() -> None:
    scope = evolve(
        SCOPE, paths=evolve(PATHS, resolve=lambda path: "/etc" if path == "/ws/out/../a" else path)
    )
    assert verdict(call("read", "/ws/out/../a"), scope=scope) == "ask"


def test_links_are_followed_once_for_all_rules() -> None:
    asked: list[str] = []

    def resolve(path: str) -> str:
        asked.append(path)
        return path

    scope = evolve(SCOPE, paths=evolve(PATHS, resolve=resolve))
    decided(READ, *(rule("ask", "read", f"{n}/**") for n in range(9)), scope=scope)
    assert sorted(asked) == ["/other", "/ws", "/ws/a"]


def test_on_windows_a_rule_allows_only_plain_lines() -> None:
    allowing = rule("allow", "execute", "git log *")
    assert matches(allowing, run("git log -1"), WINDOWS)
    for line in ("git log & del x", "git log %X%", "git log 'a'", "git log ^& x", "git log $x"):
        assert not matches(allowing, run(line), WINDOWS)
        assert verdict(run(line), rule("deny", "execute", "git *"), scope=WINDOWS) == "deny"


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("mode", MODES)
def test_every_decision_is_told_in_a_sentence(kind: ToolKind, mode: Mode) -> None:
    for is_trusted in (True, False):
        for rules in (
            [],
            [rule("allow")],
            [rule("deny", match="x" * 500)],
            [rule("ask", "*", repository="r1", session_id="s1")],
        ):
            found = decide(call(kind, "/ws/a\n"), mode=mode, rules=rules, is_trusted=is_trusted, scope=SCOPE)
            assert found.verdict in VERDICTS
            assert found.reason.endswith(".")
            assert len(found.reason) < 400
            assert "\n" not in found.reason


def test_a_rule_is_told_with_its_scope() -> None:
    assert describe(rule("allow", "execute", "git log *")) == "allow execute `git log *`"
    assert describe(rule("deny", repository="r1", session_id="s1")) == "deny * in r1 in this session"


@pytest.mark.parametrize(
    ("made", "part"),
    [
        (rule("allow", " "), "`tool` is empty"),
        (rule("allow", "execute", " "), "`match` is empty"),
        (rule("allow", "execute", "a\0"), "`match` is empty"),
        (rule("allow", "execute", "git 'x"), "quote that is not closed"),
        (rule("allow", "edit", "../x"), "`..`"),
        (rule("allow", "Write", "../x"), "`..`"),
        (rule("allow", "read", "~me/x"), "~"),
        (rule("allow", "fetch", "https://a.org"), "the host alone"),
    ],
)
def test_a_rule_that_means_nothing_is_told(made: PermissionRule, part: str) -> None:
    assert part in (rule_trouble(made) or "")


@pytest.mark.parametrize(
    "made",
    [
        rule("allow"),
        rule("deny", "execute", "rm ../*"),
        rule("ask", "edit", "it's/**"),
        rule("ask", "fetch", "*.org"),
        rule("deny", "*", "~/.ssh/**"),
    ],
)
def test_a_rule_that_means_something(made: PermissionRule) -> None:
    assert rule_trouble(made) is None


@pytest.mark.parametrize(
    ("line", "match"),
    [
        ("git status", "git status *"),
        ("git status -s", "git status *"),
        ("git status && git status -s", "git status *"),
        ("bash -lc 'git status'", "git status *"),
        ("ls src", "ls *"),
        ("npm run build", "npm run build"),
        ("npm test && npm test", "npm test"),
        ("pytest -q 'a b'", "pytest -q 'a b'"),
        ("git log --output=x", "git log --output=x"),
        ("./run.sh", "./run.sh"),
        *(
            (line, None)
            for line in (
                "",
                "git",
                "git -c a=b status",
                "git push",
                "rm x",
                "/bin/rm x",
                "curl x",
                "sudo ls",
                "ls > x",
                "ls $X",
                "npm run a && npm run b",
                "pytest *.py",
                "echo 'a*'",
                "x " + "y" * 600,
            )
        ),
    ],
)
def test_always_allowing_a_command_makes_a_narrow_rule(line: str, match: str | None) -> None:
    expected = None if match is None else rule("allow", "execute", match, repository="r1")
    assert propose_rule(run(line), SCOPE) == expected


@pytest.mark.parametrize(
    ("action", "expected"),
    [
        (EDIT, rule("allow", "edit", "**", repository="r1")),
        (call("move", "/ws/a", "b"), rule("allow", "move", "**", repository="r1")),
        (EDIT_OUT, None),
        (call("edit"), None),
        (call("edit", "/ws/.git/config"), None),
        (call("delete", "/ws/a"), None),
        (READ_OUT, None),
        (FETCH, rule("allow", "fetch", "example.org")),
        (call("fetch"), None),
        (call("fetch", url="http://localhost/"), None),
        (call("fetch", url="http://127.0.0.1/"), None),
        (call("fetch", url="http://[::1]/"), None),
        (call("other", tool="jira.read"), rule("allow", "jira.read", repository="r1")),
        (call("other"), None),
        (call("other", tool="read"), None),
        (call("other", tool="a*"), None),
        (call("edit", "/ws/a", command="make", changes=("/ws/a",)), None),
    ],
)
def test_always_allowing_makes_a_rule_only_where_one_is_safe(
    action: Action, expected: PermissionRule | None
) -> None:
    assert propose_rule(action, SCOPE) == expected


def test_without_a_repository_no_rule_about_its_files_and_commands_is_made() -> None:
    scope = Scope(folders=("/ws",), paths=PATHS)
    assert propose_rule(run("make"), scope) is propose_rule(EDIT, scope) is None


@given(st.text(max_size=20))
def test_a_proposed_rule_allows_the_call_that_it_was_made_of(line: str) -> None:
    made = propose_rule(run(line), SCOPE)
    assert made is None or verdict(run(line), made) == "allow"


def test_the_host_of_an_address() -> None:
    assert host_of("https://Docs.Python.org/3/") == "docs.python.org"
    assert host_of(None) is None
