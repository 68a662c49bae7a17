"""`permissions.toml` and `trusted.toml`: what is said of them, when they are read, and what a change leaves alone."""

import os
import stat
import subprocess
import sys
import threading
import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from threadkeep.adapters.permissions import tables
from threadkeep.adapters.permissions.rules import PermissionsFile
from threadkeep.adapters.permissions.trust import TrustedFoldersFile
from threadkeep.domain.approvals import PermissionRule
from threadkeep.domain.errors import InvalidValue

POSIX = pytest.mark.skipif(os.name == "nt", reason="as on POSIX")
GIT = PermissionRule(tool="execute", match="git log *", decision="allow")
ASK = PermissionRule(tool="*", decision="ask")

WRITTEN = """\
# My rules.

# never
[[permissions]]
tool = "execute"  # all of them
match = 'rm *'
decision = "deny"

# look first
[[ permissions ]]
decision = "ask"
tool = "execute"
sessionId = "s1"
repository = "r1"
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "threadkeep" / "permissions.toml"


@pytest.fixture
def rules(path: Path) -> PermissionsFile:
    return PermissionsFile(path)


def write(path: Path, text: str | bytes) -> None:
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    path.chmod(0o600)


def test_without_a_file_there_are_no_rules_and_no_problems(rules: PermissionsFile) -> None:
    found = rules.current()
    assert (found.rules, found.problems) == ((), ())


def test_rules_are_read_in_their_order(rules: PermissionsFile, path: Path) -> None:
    write(path, WRITTEN)
    assert rules.current().rules == (
        PermissionRule(tool="execute", match="rm *", decision="deny"),
        PermissionRule(tool="execute", decision="ask", session_id="s1", repository="r1"),
    )
    assert rules.current().problems == ()


def test_a_change_is_seen_at_once_and_an_old_file_is_read_once(
    rules: PermissionsFile, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(path, WRITTEN)
    assert len(rules.current().rules) == 2
    write(path, WRITTEN.replace('"deny"', '"ask" '))
    assert rules.current().rules[0].decision == "ask"
    os.utime(path, (1, 1))
    monkeypatch.setattr(tables, "_SETTLED_NS", -1)
    before = rules.current()
    monkeypatch.setattr(tables, "_contents", None)  # whoever reads again fails
    assert rules.current() == before
    path.unlink()
    monkeypatch.undo()
    assert rules.current().rules == ()


def test_a_young_file_is_read_again_though_nothing_tells_of_a_change(
    rules: PermissionsFile, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(path, WRITTEN)
    state = tables._state(path)
    monkeypatch.setattr(tables, "_state", lambda _: state)
    monkeypatch.setattr(tables, "_SETTLED_NS", 10**18)
    assert len(rules.current().rules) == 2
    write(path, "")
    assert rules.current().rules == ()


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("[[permissions]]\ntool = \n", "permissions.toml: Invalid value (at line 2, column 8)."),
        (b"\xff\xfe", "permissions.toml: is not UTF-8: save it as UTF-8."),
        ("x = " + "[" * 5000, "permissions.toml: "),
        ("# " + "x" * tables.MOST_BYTES, "permissions.toml: cannot be read (it is larger than 1024 KiB)."),
        ("[[permission]]\n", 'permissions.toml:1: unknown key "permission". Did you mean "permissions"?'),
        ("\n\nmode = 1\n", 'permissions.toml:3: unknown key "mode". Known: permissions.'),
        ("permissions = 1", "permissions.toml: [[permissions]] number 1: is not a table: "),
        ("permissions = [1]", "permissions.toml: [[permissions]] number 1: is not a table: "),
        ('[[permissions]]\ntool = "a"', "permissions.toml:1: `decision` is missing."),
        ('[[permissions]]\ndecision = "ask"', "permissions.toml:1: `tool` is missing."),
        (
            '[[permissions]]\ntool = "a"\n\ndecision = "alow"',
            'permissions.toml:4: "alow" is no decision. Did you mean "allow"?',
        ),
        (
            '[[permissions]]\ntool = "a"\ndecision = "ask"\n\n  repo = "x"',
            'permissions.toml:5: unknown key "repo". ',
        ),
        (
            '[[permissions]]\ntool = "a"\ndecision = "ask"\nsession_id = "x"',
            'permissions.toml:4: unknown key "session_id". Did you mean "sessionId"?',
        ),
        (
            '[[permissions]]\ntool = "a"\ndecision = "ask"\nmatch = 1',
            "permissions.toml:4: `match` must be a text, between quotes.",
        ),
        (
            '[[permissions]]\ntool = "a"\ndecision = "ask"\nrepository = ""',
            "permissions.toml:4: `repository` must be a text, between quotes.",
        ),
        ('[[permissions]]\ntool = ["a"]\ndecision = "ask"', "permissions.toml:2: `tool` must be a text"),
        ('[[permissions]]\ntool = "a"\ndecision = ["ask"]', "permissions.toml:3: `decision` must be a text"),
        ('[[permissions]]\ndecision = "ask"\ntool = ""', "permissions.toml:3: `tool` is empty"),
        (
            '[[permissions]]\ndecision = "ask"\ntool = "execute"\nmatch = "git \'x"',
            "permissions.toml:4: `match` holds a quote that is not closed",
        ),
        (
            'permissions = [{tool = "edit", match = "../x", decision = "allow"}]',
            "permissions.toml: [[permissions]] number 1: `match` leads upwards",
        ),
    ],
)
def test_what_cannot_be_understood_is_told_and_asks_about_everything(
    rules: PermissionsFile, path: Path, text: str | bytes, told: str
) -> None:
    write(path, text)
    found = rules.current()
    assert f"{path.parent}{os.sep}{told}" in found.problems[0]
    assert found.problems[-1] == "Until this is mended, you are asked about everything that is not denied."
    assert found.rules[0] == ASK


def test_rules_that_deny_hold_beside_one_that_cannot_be_understood(
    rules: PermissionsFile, path: Path
) -> None:
    write(path, WRITTEN.replace('tool = "execute"\nsession', 'toool = "execute"\nsession'))
    found = rules.current()
    assert found.rules == (ASK, PermissionRule(tool="execute", match="rm *", decision="deny"))
    assert len(found.problems) == 3
    assert ':12: unknown key "toool". Did you mean "tool"?' in found.problems[0]


@POSIX
def test_a_file_that_everybody_may_write_or_that_is_none_asks_about_everything(
    rules: PermissionsFile, path: Path
) -> None:
    write(path, WRITTEN)
    path.chmod(0o606)
    assert "chmod 600" in rules.current().problems[0]
    assert rules.current().rules[0] == ASK
    path.unlink()
    path.mkdir()
    assert "cannot be read" in rules.current().problems[0]
    path.rmdir()
    os.mkfifo(path)
    assert "it is no file" in rules.current().problems[0]


def test_a_first_rule_makes_the_file_for_its_owner_alone(rules: PermissionsFile, path: Path) -> None:
    rules.insert(GIT, before=lambda _: True)
    assert path.read_text() == '[[permissions]]\ntool = "execute"\nmatch = "git log *"\ndecision = "allow"\n'
    assert rules.current().rules == (GIT,)
    if os.name != "nt":
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_a_rule_goes_before_the_first_that_is_meant_and_all_else_stays(
    rules: PermissionsFile, path: Path
) -> None:
    write(path, WRITTEN)
    rules.insert(GIT, before=lambda rule: rule.decision == "ask")
    added = '[[permissions]]\ntool = "execute"\nmatch = "git log *"\ndecision = "allow"\n\n'
    assert path.read_text() == WRITTEN.replace("# look first", f"{added}# look first")
    first = PermissionRule(tool='a"\\\x7f\t', decision="ask", repository="r", session_id="s")
    rules.insert(first, before=lambda _: True)
    assert rules.current().rules[0] == first
    assert path.read_text().startswith('# My rules.\n\n[[permissions]]\ntool = "a')


def test_a_rule_that_goes_before_none_goes_last(rules: PermissionsFile, path: Path) -> None:
    write(path, WRITTEN)
    rules.insert(GIT, before=lambda _: False)
    assert path.read_text().startswith(WRITTEN)
    assert rules.current().rules[2] == GIT


def test_a_comment_at_the_top_is_about_the_file(rules: PermissionsFile, path: Path) -> None:
    write(path, '# My rules.\n[[permissions]]\ntool = "a"\ndecision = "ask"')
    rules.insert(GIT, before=lambda _: True)
    assert path.read_text().startswith('# My rules.\n[[permissions]]\ntool = "execute"\n')


def test_a_rule_that_stands_there_is_not_kept_twice(rules: PermissionsFile, path: Path) -> None:
    write(path, WRITTEN)
    rules.insert(GIT, before=lambda _: False)
    once = path.read_text()
    rules.insert(GIT, before=lambda rule: rule == GIT)
    rules.insert(GIT, before=lambda _: False)
    assert path.read_text() == once
    rules.insert(GIT, before=lambda _: True)
    assert [rule == GIT for rule in rules.current().rules] == [True, False, False, True]


@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("tail", ["", "\n", "\n\n\n"])
def test_line_ends_stay(rules: PermissionsFile, path: Path, end: str, tail: str) -> None:
    write(path, "\ufeff" + (WRITTEN.rstrip("\n") + tail).replace("\n", end))
    for decision in ("deny", "ask", "never"):
        rules.insert(
            PermissionRule(tool=decision, decision="allow"),
            before=lambda rule, d=decision: rule.decision == d,
        )
    data = path.read_bytes().decode()
    assert data.count("\r\n") == (data.count("\n") if end == "\r\n" else 0)
    assert [rule.tool for rule in rules.current().rules] == ["deny", "execute", "ask", "execute", "never"]


@pytest.mark.parametrize(
    "text",
    [
        'permissions = [{tool = "a", decision = "ask"}]',
        '[[permissions]]\ntool = """\n[[permissions]]\n"""\ndecision = "ask"\n',
        '[["permissi\\u006fns"]]\ntool = "a"\ndecision = "ask"\n',
    ],
)
def test_what_cannot_take_a_rule_is_left_and_the_rule_told(
    rules: PermissionsFile, path: Path, text: str
) -> None:
    write(path, text)
    with pytest.raises(InvalidValue, match=r"Put this there yourself: \[\[permissions\]\]; tool = "):
        rules.insert(GIT, before=lambda _: True)
    assert path.read_text() == text
    assert [each.name for each in path.parent.iterdir() if each.suffix == ".part"] == []


def test_a_broken_file_is_left(rules: PermissionsFile, path: Path) -> None:
    write(path, "[[")
    with pytest.raises(InvalidValue, match="Nothing can be kept there until then"):
        rules.insert(GIT, before=lambda _: True)
    assert path.read_text() == "[["


def test_a_rule_that_means_nothing_is_not_kept(rules: PermissionsFile, path: Path) -> None:
    with pytest.raises(InvalidValue):
        rules.insert(PermissionRule(tool="edit", match="..", decision="allow"), before=lambda _: True)
    assert not path.exists()


@POSIX
def test_a_link_stays_a_link(rules: PermissionsFile, path: Path, tmp_path: Path) -> None:
    write(tmp_path / "real.toml", WRITTEN)
    path.parent.mkdir()
    path.symlink_to(tmp_path / "real.toml")
    rules.insert(GIT, before=lambda _: False)
    assert path.is_symlink()
    assert len(rules.current().rules) == 3


@POSIX
@pytest.mark.skipif(hasattr(os, "geteuid") and os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_cannot_be_written_is_told(rules: PermissionsFile, path: Path) -> None:
    path.parent.mkdir(mode=0o500)
    with pytest.raises(InvalidValue, match="could not be written"):
        rules.insert(GIT, before=lambda _: False)


def test_a_file_in_the_place_of_the_folder_is_told(rules: PermissionsFile, path: Path) -> None:
    path.parent.write_text("")
    with pytest.raises(InvalidValue, match="could not be written"):
        rules.insert(GIT, before=lambda _: False)


def test_what_somebody_else_wrote_meanwhile_stays(rules: PermissionsFile, path: Path) -> None:
    write(path, WRITTEN)

    def interfere(_: PermissionRule) -> bool:
        write(path, WRITTEN + "# mine\n")
        return True

    with pytest.raises(InvalidValue, match="changed meanwhile"):
        rules.insert(GIT, before=interfere)
    assert path.read_text().endswith("# mine\n")


def test_rules_that_are_kept_at_once_are_all_there(path: Path) -> None:
    threads = [
        threading.Thread(
            target=PermissionsFile(path).insert,
            args=(PermissionRule(tool=f"t{n}", decision="ask"),),
            kwargs={"before": lambda _: False},
        )
        for n in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(rule.tool for rule in PermissionsFile(path).current().rules) == [f"t{n}" for n in range(8)]


def test_a_lock_that_is_never_given_back_is_told(
    rules: PermissionsFile, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(path, WRITTEN)
    monkeypatch.setattr(tables, "LOCK_SECONDS", 0.0)
    with tables._locked(path), pytest.raises(InvalidValue, match="another process is changing it"):
        rules.insert(GIT, before=lambda _: False)


NAMES = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1, max_size=6)


@given(st.lists(st.tuples(NAMES, st.integers(0, 4), st.booleans()), max_size=5))
def test_any_rules_mean_what_they_meant_after_one_more(
    tmp_path_factory: pytest.TempPathFactory, made: list[tuple[str, int, bool]]
) -> None:
    path = tmp_path_factory.mktemp("rules") / "permissions.toml"
    kept = PermissionsFile(path)
    expected: list[PermissionRule] = []
    for name, at, has_comment in made:
        rule = PermissionRule(tool=f"x{name}", decision="ask", repository=f"y{name}")
        if rule in expected:
            continue
        following = expected[at] if at < len(expected) else None
        kept.insert(rule, before=lambda each, meant=following: each == meant)
        expected.insert(at if following else len(expected), rule)
        if has_comment:
            path.write_text(path.read_text() + "# said\n")
    assert list(kept.current().rules) == expected


# --- folders that are trusted


@pytest.fixture
def trusted(tmp_path: Path) -> TrustedFoldersFile:
    (tmp_path / "code" / "app").mkdir(parents=True)
    (tmp_path / "code" / "apps").mkdir()
    return TrustedFoldersFile(tmp_path / "config" / "trusted.toml")


def test_nothing_is_trusted_at_first(trusted: TrustedFoldersFile, tmp_path: Path) -> None:
    assert trusted.folders() == trusted.problems == ()
    assert not trusted.is_trusted(str(tmp_path))


def test_a_folder_is_trusted_with_all_in_it_and_nothing_beside(
    trusted: TrustedFoldersFile, tmp_path: Path
) -> None:
    app = tmp_path / "code" / "app"
    assert trusted.trust(str(app)) == str(app.resolve())
    assert trusted.folders() == (str(app.resolve()),)
    assert trusted.is_trusted(str(app))
    assert trusted.is_trusted(str(app / "src" / "not there"))
    for other in (app.parent, app.parent / "apps", app / "..", "app", ".", "", "\0", str(app) + "\0"):
        assert not trusted.is_trusted(str(other))


@POSIX
def test_a_link_is_trusted_for_where_it_leads(trusted: TrustedFoldersFile, tmp_path: Path) -> None:
    app = tmp_path / "code" / "app"
    (tmp_path / "link").symlink_to(app)
    (app / "out").symlink_to(tmp_path / "code" / "apps")
    assert trusted.trust(str(tmp_path / "link")) == str(app.resolve())
    assert trusted.is_trusted(str(app))
    assert not trusted.is_trusted(str(app / "out"))
    assert trusted.distrust(str(tmp_path / "link"))


def test_a_folder_is_kept_once_and_taken_out_again(trusted: TrustedFoldersFile, tmp_path: Path) -> None:
    app, apps = tmp_path / "code" / "app", tmp_path / "code" / "apps"
    for each in (app, apps, app):
        trusted.trust(str(each))
    file = tmp_path / "config" / "trusted.toml"
    file.write_text("# mine\n" + file.read_text() + "# last\n")
    assert len(trusted.folders()) == 2
    assert trusted.distrust(str(app))
    assert not trusted.distrust(str(app))
    assert trusted.folders() == (str(apps.resolve()),)
    assert file.read_text().startswith("# mine\n[[trusted]]\n")
    assert trusted.distrust(str(apps))
    assert trusted.folders() == trusted.problems == ()


def test_a_folder_that_was_written_twice_is_taken_out_whole(
    trusted: TrustedFoldersFile, tmp_path: Path
) -> None:
    app = str((tmp_path / "code" / "app").resolve())
    block = f"[[trusted]]\npath = '{app}'\n"
    write(tmp_path / "config" / "trusted.toml", f"{block}\n# why\n{block}")
    assert trusted.distrust(app)
    assert tomllib.loads((tmp_path / "config" / "trusted.toml").read_text()) == {}


@pytest.mark.parametrize("path", ["nowhere", "file", "/", "", "a\0"])
def test_what_is_no_folder_or_everything_cannot_be_trusted(
    trusted: TrustedFoldersFile, tmp_path: Path, path: str
) -> None:
    (tmp_path / "file").write_text("")
    meant = str(Path(tmp_path.anchor)) if path == "/" else str(tmp_path / path) if path else path
    with pytest.raises(InvalidValue):
        trusted.trust(meant)
    assert trusted.folders() == ()


@pytest.mark.parametrize(
    "text",
    [
        "[[",
        "[[trusted]]\n",
        '[[trusted]]\npath = "code"\n',
        "[[trusted]]\npath = 1\n",
        "trusted = 1",
        "[[trustd]]\n",
    ],
)
def test_what_cannot_be_understood_trusts_nothing_and_is_told(
    trusted: TrustedFoldersFile, tmp_path: Path, text: str
) -> None:
    write(tmp_path / "config" / "trusted.toml", text)
    assert len(trusted.problems) == 1
    assert trusted.folders() == ()
    assert not trusted.is_trusted(str(tmp_path))


def test_an_entry_with_more_than_a_path_is_not_trusted_and_others_are(
    trusted: TrustedFoldersFile, tmp_path: Path
) -> None:
    app, apps = (str((tmp_path / "code" / each).resolve()) for each in ("app", "apps"))
    write(
        tmp_path / "config" / "trusted.toml",
        f"[[trusted]]\npath = '{app}'\nuntil = 'x'\n[[trusted]]\npath = '{apps}'\n",
    )
    assert trusted.folders() == (apps,)
    assert "trusted.toml:1:" in trusted.problems[0]
    assert not trusted.distrust(app)
    assert trusted.distrust(apps)


@POSIX
def test_a_list_that_everybody_may_write_trusts_nothing(trusted: TrustedFoldersFile, tmp_path: Path) -> None:
    trusted.trust(str(tmp_path / "code"))
    (tmp_path / "config" / "trusted.toml").chmod(0o602)
    assert trusted.folders() == ()
    assert "chmod 600" in trusted.problems[0]


def test_windows_knows_no_case(tmp_path: Path) -> None:
    trusted = TrustedFoldersFile(tmp_path / "trusted.toml", platform="darwin")
    (tmp_path / "App").mkdir()
    trusted.trust(str(tmp_path / "App"))
    assert trusted.is_trusted(str(tmp_path / "app" / "src"))


def test_looking_for_trust_loads_no_rules_and_nothing_heavy() -> None:
    code = (
        "import sys, threadkeep.adapters.permissions.trust; "
        "print(sorted({'threadkeep.domain.permissions', 'apsw', 'pygls', 'httpx2', 'asyncio'} & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=30
    )
    assert done.stdout.strip() == "[]"
