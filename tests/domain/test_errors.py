"""What errors tell people to do works where they are."""

import sys

import pytest

from threadkeep.domain.errors import ExtraMissing, InvalidTransition, SettingsInvalid, install_command


@pytest.mark.parametrize(
    ("prefix", "executable", "system", "extra", "told"),
    [
        (
            "/srv/tk",
            "/srv/tk/bin/python",
            "linux",
            "threadkeep[pdf]",
            "/srv/tk/bin/python -m pip install 'threadkeep[pdf]'",
        ),
        ("/a b", "/a b/bin/python", "darwin", "regex", "\"/a b/bin/python\" -m pip install 'regex'"),
        (
            "C:\\tk",
            "C:\\tk\\python.exe",
            "win32",
            "threadkeep[pdf]",
            'C:\\tk\\python.exe -m pip install "threadkeep[pdf]"',
        ),
        (
            "/h/.local/share/uv/tools/threadkeep",
            "/x",
            "linux",
            "threadkeep[pdf]",
            "uv tool install 'threadkeep[pdf]'",
        ),
        (
            "/h/.local/share/uv/tools/threadkeep",
            "/x",
            "linux",
            "regex",
            "uv tool install threadkeep --with 'regex'",
        ),
        (
            "C:\\h\\pipx\\venvs\\threadkeep",
            "x",
            "win32",
            "threadkeep[pdf]",
            'pipx install --force "threadkeep[pdf]"',
        ),
        ("/h/.local/share/pipx/venvs/threadkeep", "/x", "linux", "regex", "pipx inject threadkeep 'regex'"),
        ("/srv/tk", "", "linux", "regex", "python -m pip install 'regex'"),
    ],
)
def test_a_missing_package_is_installed_beside_this_server(
    monkeypatch: pytest.MonkeyPatch, *, prefix: str, executable: str, system: str, extra: str, told: str
) -> None:
    for name, value in (("prefix", prefix), ("executable", executable), ("platform", system)):
        monkeypatch.setattr(sys, name, value)
    assert install_command(extra) == told
    error = ExtraMissing(extra, purpose="Exporting as PDF")
    assert f"run {told}, and restart the editor" in error.message
    assert error.data == {"extra": extra}


@pytest.mark.parametrize(
    ("from_", "to", "told"),
    [
        ("ended", "ended", "has ended already"),
        ("paused", "paused", "is paused already"),
        ("ended", "active", "fork it or create a new one"),
        ("active", "nowhere", "is active: it cannot be nowhere"),
    ],
)
def test_a_state_that_cannot_be_reached_is_told_with_its_reason(from_: str, to: str, told: str) -> None:
    assert told in str(InvalidTransition(from_=from_, to=to))


def test_settings_in_doubt_say_that_nothing_was_sent_and_what_to_do() -> None:
    error = SettingsInvalid("The place `x` is wrong.", provider="p", then="Mend it.")
    assert str(error) == "Nothing was sent. The place `x` is wrong. Mend it."
    assert error.data["problems"] == ["The place `x` is wrong."]
