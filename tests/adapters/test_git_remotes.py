"""A remote that somebody tells of is written as the origin of a checkout is."""

import pytest

from threadkeep.adapters.git import GitCheckouts


@pytest.mark.parametrize(
    ("url", "origin"),
    [
        ("git@example.com:team/app.git", "https://example.com/team/app"),
        ("https://user:secret@example.com/team/app", "https://example.com/team/app"),
        ("ext::sh -c whoami", None),
        (" ", None),
    ],
)
def test_a_remote_is_written_in_one_way_without_secrets(url: str, origin: str | None) -> None:
    assert GitCheckouts().origin(url) == origin
