"""The real `git`, away from the settings of whoever runs the tests."""

import os
import subprocess
from pathlib import Path

DATE = "2026-01-02T03:04:05Z"


class Git:
    """Runs `git` in folders below one of its own."""

    def __init__(self, folder: Path) -> None:
        home = folder / "nobody's home"
        home.mkdir(parents=True, exist_ok=True)
        self._environ = {
            **{name: value for name, value in os.environ.items() if not name.startswith("GIT_")},
            "HOME": str(home),
            "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_CONFIG_GLOBAL": os.devnull,
            "GIT_AUTHOR_NAME": "Ann",
            "GIT_AUTHOR_EMAIL": "ann@example.com",
            "GIT_COMMITTER_NAME": "Ann",
            "GIT_COMMITTER_EMAIL": "ann@example.com",
        }

    def __call__(self, *arguments: str | Path, at: Path, date: str = DATE) -> str:
        """What it printed; a command that fails fails the test. date: that of a commit."""
        options = ("-c", "init.defaultBranch=main", "-c", "protocol.file.allow=always")
        done = subprocess.run(
            ["git", *options, *map(str, arguments)],
            cwd=at,
            env={**self._environ, "GIT_AUTHOR_DATE": date, "GIT_COMMITTER_DATE": date},
            capture_output=True,
            text=True,
            timeout=30,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    def repository(self, root: Path, *, origin: str | None = None, first: str = "first") -> Path:
        """A new repository on `main`. Its first commit depends on nothing but the text `first`."""
        root.mkdir(parents=True, exist_ok=True)
        self("init", "-q", ".", at=root)
        if origin is not None:
            self("remote", "add", "origin", origin, at=root)
        self.commit(root, first)
        return root

    def commit(self, root: Path, text: str) -> str:
        """One more commit; its name."""
        (root / "file.txt").write_text(text)
        self("add", "file.txt", at=root)
        self("commit", "-q", "-m", text, at=root)
        return self("rev-parse", "HEAD", at=root)
