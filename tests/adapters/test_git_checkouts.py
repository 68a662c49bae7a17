import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.hanging_share import hanging
from tests.support.used_up import no_descriptors
from threadkeep.adapters.git import GitCheckouts
from threadkeep.adapters.git.layouts import leads_away
from threadkeep.domain.errors import InvalidValue
from threadkeep.domain.folders import FolderAway
from threadkeep.domain.repositories import Alias, Checkout

Git = Callable[..., str]


@pytest.fixture
def git(tmp_path: Path) -> Git:
    home = tmp_path / "nobody's home"
    home.mkdir()
    environ = {
        **{name: value for name, value in os.environ.items() if not name.startswith("GIT_")},
        "HOME": str(home),
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_AUTHOR_NAME": "Ann",
        "GIT_AUTHOR_EMAIL": "ann@example.com",
        "GIT_COMMITTER_NAME": "Ann",
        "GIT_COMMITTER_EMAIL": "ann@example.com",
        "GIT_EDITOR": "true",
    }

    def run(*arguments: str | Path, at: Path, fails: bool = False) -> str:
        options = ("-c", "init.defaultBranch=main", "-c", "protocol.file.allow=always")
        done = subprocess.run(
            ["git", *options, *map(str, arguments)],
            cwd=at,
            env=environ,
            capture_output=True,
            text=True,
            timeout=30,
            check=False,
        )
        assert (done.returncode != 0) == fails, done.stderr
        return done.stdout.strip()

    return run


@pytest.fixture
def app(tmp_path: Path, git: Git) -> Path:
    """A repository with a commit on main."""
    return repository(tmp_path / "app", git)


def repository(root: Path, git: Git) -> Path:
    root.mkdir()
    git("init", "-q", ".", at=root)
    commit(root, git, "first")
    return root


def commit(root: Path, git: Git, text: str) -> None:
    (root / "file.txt").write_text(text)
    git("add", ".", at=root)
    git("commit", "-q", "-m", text, at=root)


def identity(path: Path) -> str:
    """How a common directory is written, which nobody is shown."""
    return os.path.normcase(path)


def read(folder: Path) -> Checkout:
    return GitCheckouts().read(folder.as_uri())


def test_a_folder_without_git_is_known_by_its_path(tmp_path: Path) -> None:
    assert read(tmp_path) == Checkout(root=str(tmp_path))


def test_a_repository_is_found_from_a_folder_and_a_file_in_it(app: Path) -> None:
    (app / "deep" / "er").mkdir(parents=True)
    expected = Checkout(
        root=str(app), common_dir=identity(app / ".git"), branch="main", head_file=str(app / ".git" / "HEAD")
    )
    assert [read(app), read(app / "deep/er"), read(app / "file.txt")] == [expected] * 3


def test_a_file_opened_from_inside_the_git_directory_belongs_to_the_work_tree(app: Path) -> None:
    assert read(app / ".git" / "config") == read(app)


def test_a_link_to_a_folder_is_that_folder(app: Path, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(app)
    assert read(tmp_path / "link") == read(app)


def test_a_link_to_a_file_elsewhere_belongs_to_where_the_link_is(app: Path, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(app / "file.txt")
    assert read(tmp_path / "link").root == str(tmp_path)


def test_a_folder_that_is_gone_is_one_without_git(app: Path) -> None:
    assert read(app / "gone") == Checkout(root=str(app / "gone"))


def test_an_unborn_branch_is_the_branch(tmp_path: Path, git: Git) -> None:
    git("init", "-q", "-b", "feature/new", ".", at=tmp_path)
    assert read(tmp_path).branch == "feature/new"


def test_a_renamed_branch_is_read_anew(app: Path, git: Git) -> None:
    git("branch", "-m", "main", "été/x", at=app)
    assert read(app).branch == "été/x"


def test_a_detached_head_is_on_no_branch(app: Path, git: Git) -> None:
    git("checkout", "-q", "--detach", at=app)
    assert read(app).branch is None
    assert read(app).task == "default"


@pytest.mark.parametrize("backend", ["--merge", "--apply"])
def test_the_branch_being_rebased_is_the_branch(app: Path, git: Git, backend: str) -> None:
    git("checkout", "-q", "-b", "side/1", at=app)
    commit(app, git, "side")
    git("checkout", "-q", "main", at=app)
    commit(app, git, "main")
    git("rebase", backend, "main", "side/1", at=app, fails=True)
    assert (app / ".git" / "HEAD").read_text().startswith("ref:") is False
    assert read(app).branch == "side/1"


def test_the_branch_being_bisected_is_the_branch(app: Path, git: Git) -> None:
    for number in range(4):
        commit(app, git, str(number))
    git("checkout", "-q", "-b", "hunt/bug", at=app)
    git("bisect", "start", "HEAD", "HEAD~4", at=app)
    assert read(app).branch == "hunt/bug"


def test_a_bisection_that_began_detached_is_on_no_branch(app: Path, git: Git) -> None:
    for number in range(4):
        commit(app, git, str(number))
    git("checkout", "-q", "--detach", at=app)
    git("bisect", "start", "HEAD", "HEAD~4", at=app)
    assert read(app).branch is None


def test_work_trees_share_the_common_directory_and_have_their_own_branch(
    app: Path, tmp_path: Path, git: Git
) -> None:
    tree = tmp_path / "tree"
    git("worktree", "add", "-q", "-b", "other", tree, at=app)
    found = read(tree)
    assert (found.root, found.common_dir, found.branch) == (str(tree), identity(app / ".git"), "other")
    assert found.head_file == str(app / ".git" / "worktrees" / "tree" / "HEAD")
    assert read(app / ".git" / "worktrees" / "tree") == found


def test_a_rebase_in_a_work_tree_is_that_tree_alone(app: Path, tmp_path: Path, git: Git) -> None:
    tree = tmp_path / "tree"
    git("worktree", "add", "-q", "-b", "other", tree, at=app)
    commit(tree, git, "other")
    commit(app, git, "main")
    git("rebase", "main", at=tree, fails=True)
    assert (read(tree).branch, read(app).branch) == ("other", "main")


def test_a_work_tree_whose_repository_is_gone_is_a_folder_without_git(
    app: Path, tmp_path: Path, git: Git
) -> None:
    tree = tmp_path / "tree"
    git("worktree", "add", "-q", tree, at=app)
    app.rename(tmp_path / "moved")
    assert read(tree) == Checkout(root=str(tree))


def test_a_lost_work_tree_does_not_fall_to_the_repository_around_it(
    app: Path, tmp_path: Path, git: Git
) -> None:
    (app / "inner").mkdir()
    (app / "inner" / ".git").write_text(f"gitdir: {tmp_path}/nowhere\n")
    assert read(app / "inner") == Checkout(root=str(app / "inner"))


def test_a_submodule_is_its_own_repository(app: Path, tmp_path: Path, git: Git) -> None:
    library = repository(tmp_path / "library", git)
    git("submodule", "add", "-q", library, "lib/one", at=app)
    found = read(app / "lib" / "one")
    assert found.root == str(app / "lib" / "one")
    assert found.common_dir == identity(app / ".git" / "modules" / "lib" / "one")
    assert found.origin == str(library)
    assert found.branch == "main"


def test_a_clone_knows_where_it_came_from(app: Path, tmp_path: Path, git: Git) -> None:
    git("clone", "-q", app, "clone", at=tmp_path)
    assert read(tmp_path / "clone").origin == str(app)
    git("remote", "set-url", "origin", "ssh://git@Example.com:22/Ann/app.git", at=tmp_path / "clone")
    assert read(tmp_path / "clone").aliases == (
        Alias(kind="commonDir", value=identity(tmp_path / "clone" / ".git")),
        Alias(kind="origin", value="https://example.com/Ann/app"),
    )


def test_a_work_tree_has_the_origin_of_its_repository(app: Path, tmp_path: Path, git: Git) -> None:
    git("remote", "add", "origin", "https://example.com/app", at=app)
    git("worktree", "add", "-q", tmp_path / "tree", at=app)
    assert read(tmp_path / "tree").origin == "https://example.com/app"


def test_a_bare_repository_is_a_repository(tmp_path: Path, git: Git) -> None:
    git("init", "-q", "--bare", "bare.git", at=tmp_path)
    bare = tmp_path / "bare.git"
    assert read(bare / "hooks") == Checkout(
        root=str(bare), common_dir=identity(bare), branch="main", head_file=str(bare / "HEAD")
    )


def test_a_work_tree_of_a_bare_repository_belongs_to_it(app: Path, tmp_path: Path, git: Git) -> None:
    git("clone", "-q", "--bare", app, "bare.git", at=tmp_path)
    git("worktree", "add", "-q", "-b", "x", tmp_path / "tree", at=tmp_path / "bare.git")
    assert read(tmp_path / "tree").common_dir == identity(tmp_path / "bare.git")


def test_git_kept_apart_from_its_work_tree_is_found(tmp_path: Path, git: Git) -> None:
    (tmp_path / "tree").mkdir()
    git("init", "-q", "--separate-git-dir", tmp_path / "kept", ".", at=tmp_path / "tree")
    assert read(tmp_path / "tree").common_dir == identity(tmp_path / "kept")


def test_a_head_that_is_a_link_is_understood(app: Path) -> None:
    head = app / ".git" / "HEAD"
    head.unlink()
    head.symlink_to("refs/heads/old/way")
    assert read(app).branch == "old/way"


def test_a_repository_with_reftables_is_on_an_unknown_branch(app: Path) -> None:
    (app / ".git" / "HEAD").write_text("ref: refs/heads/.invalid\n")
    assert (read(app).common_dir, read(app).branch) == (identity(app / ".git"), None)


def test_a_branch_whose_name_is_not_utf8_can_be_stored(app: Path) -> None:
    (app / ".git" / "HEAD").write_bytes(b"ref: refs/heads/caf\xe9\n")
    assert read(app).branch == "caf%E9"


@pytest.mark.parametrize("name", ["../../etc", "a b", "a\x1b[31m", "x" * 2000, "", "/x", "a//b", ".hidden"])
def test_a_name_that_git_allows_no_branch_is_none(app: Path, name: str) -> None:
    (app / ".git" / "HEAD").write_text(f"ref: refs/heads/{name}\n")
    assert read(app).branch is None


def test_an_empty_git_folder_is_looked_past(app: Path) -> None:
    (app / "inner" / ".git").mkdir(parents=True)
    assert read(app / "inner").root == str(app)


@pytest.mark.parametrize(
    "content", [b"", b"gitdir:", b"nonsense", b"gitdir: \x00", b"gitdir: " + b"x" * 5000]
)
def test_a_git_file_that_leads_nowhere_is_no_error(tmp_path: Path, content: bytes) -> None:
    (tmp_path / ".git").write_bytes(content)
    assert read(tmp_path) == Checkout(root=str(tmp_path))


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="may read everything")
def test_a_git_folder_that_may_not_be_read_is_no_error(app: Path) -> None:
    (app / ".git").chmod(0)
    try:
        assert read(app / "file.txt") == Checkout(root=str(app))
    finally:
        (app / ".git").chmod(0o700)


@pytest.mark.skipif(sys.platform == "win32", reason="has no such pipes")
def test_a_pipe_in_place_of_a_file_is_not_waited_for(app: Path) -> None:
    for name in ("HEAD", "config"):
        (app / ".git" / name).unlink()
        os.mkfifo(app / ".git" / name)
    assert read(app) == Checkout(root=str(app))


def test_nothing_in_a_poisoned_configuration_is_run_or_followed(app: Path, tmp_path: Path) -> None:
    trap = tmp_path / "trapped"
    included = tmp_path / "included"
    included.write_text('[remote "origin"]\nurl = https://evil.example/x\n')
    (app / ".git" / "config").write_text(
        f'[core]\nfsmonitor = "touch {trap}"\nworktree = {tmp_path}\nbare = true\nsshCommand = touch {trap}\n'
        f'[include]\npath = {included}\n[alias]\nstatus = "!touch {trap}"\n'
        '[url "https://evil.example/"]\ninsteadOf = https://example.com/\n'
        '[remote "origin"]\nurl = https://example.com/app\n'
    )
    found = read(app)
    assert (found.root, found.origin) == (str(app), "https://example.com/app")
    assert not trap.exists()


def test_variables_of_git_change_nothing(app: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_DIR", str(app / ".git"))
    monkeypatch.setenv("GIT_WORK_TREE", str(app))
    assert read(tmp_path) == Checkout(root=str(tmp_path))


def test_a_git_directory_that_claims_a_foreign_folder_does_not_get_it(
    app: Path, tmp_path: Path, git: Git
) -> None:
    git("worktree", "add", "-q", tmp_path / "tree", at=app)
    private = repository(tmp_path / "private", git)
    own = app / ".git" / "worktrees" / "tree"
    (own / "gitdir").write_text(f"{private}/.git\n")
    assert read(own).root == str(own)


@pytest.mark.parametrize(
    ("target", "folder", "away"),
    [
        ("\\\\evil\\share\\x", "C:\\code", True),
        ("//evil/share/x", "C:\\code", True),
        ("\\\\Home\\Share\\x", "\\\\home\\share\\code", False),
        ("\\\\evil\\share\\x", "\\\\home\\share\\code", True),
        ("..\\x", "C:\\code", False),
        ("D:\\x", "C:\\code", False),
    ],
)
def test_a_path_to_a_foreign_share_is_recognised_on_windows(target: str, folder: str, away: bool) -> None:
    assert leads_away(target, folder=folder, windows=True) == away
    assert not leads_away(target, folder=folder, windows=False)


def test_odd_names_of_folders_make_no_difference(tmp_path: Path, git: Git) -> None:
    root = repository(tmp_path / "a b#c?d%20é", git)
    found = read(root)
    assert (found.root, found.branch) == (str(root), "main")
    assert GitCheckouts().read(GitCheckouts().uri(found.root)) == found


@pytest.mark.skipif(sys.platform != "linux", reason="file names are bytes on Linux only")
def test_a_folder_whose_name_is_not_utf8_can_be_stored(tmp_path: Path) -> None:
    Path(os.fsdecode(os.fsencode(tmp_path) + b"/caf\xe9")).mkdir()
    assert GitCheckouts().read(f"{tmp_path.as_uri()}/caf%E9").root == f"{tmp_path}/caf%E9"


def test_a_folder_is_present_until_it_is_gone(tmp_path: Path) -> None:
    (tmp_path / "x").mkdir()
    assert GitCheckouts().is_present(str(tmp_path / "x"))
    (tmp_path / "x").rmdir()
    assert not GitCheckouts().is_present(str(tmp_path / "x"))


def test_a_path_that_is_too_long_is_a_folder_that_is_not_there(tmp_path: Path) -> None:
    folder = tmp_path / ("x" * 5000)
    assert read(folder) == Checkout(root=str(folder))


def test_a_uri_of_another_scheme_is_refused() -> None:
    with pytest.raises(InvalidValue, match="untitled"):
        GitCheckouts().read("untitled:Untitled-1")


def test_a_share_that_fails_tells_nothing_of_its_folders(tmp_path: Path) -> None:
    share = tmp_path / "share"
    (share / "app").mkdir(parents=True)
    checkouts = GitCheckouts()
    with hanging(share, fails=True):
        roots = [str(share / "app"), str(tmp_path), str(tmp_path / "none")]
        assert checkouts.presence(roots) == dict(zip(roots, [None, True, False], strict=True))
        with pytest.raises(FolderAway):
            checkouts.read((share / "app").as_uri())
    assert checkouts.is_present(str(share / "app"))


def test_folders_above_are_told_up_to_the_home_folder_and_the_root() -> None:
    checkouts = GitCheckouts(home="/home/ada")
    assert checkouts.above("/home/ada/a/b") == ["/home/ada/a"]
    assert checkouts.above("/srv/a/b") == ["/srv/a", "/srv"]
    assert checkouts.above("/home/bob/a") == ["/home/bob"]
    assert checkouts.above("/home") == checkouts.above("/") == []


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such limit")
def test_a_repository_is_not_taken_for_a_folder_without_one_when_no_file_can_be_opened(
    app: Path,
) -> None:
    checkouts = GitCheckouts()
    with no_descriptors(), pytest.raises(OSError, match="open files"):
        checkouts.read(app.as_uri())
    assert checkouts.read(app.as_uri()).common_dir is not None
