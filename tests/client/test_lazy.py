"""The package's names are there, and cost nothing before they are used."""

import subprocess
import sys

import pytest

import threadkeep.client


@pytest.mark.parametrize("name", threadkeep.client.__all__)
def test_every_name_is_there(name: str) -> None:
    assert getattr(threadkeep.client, name).__name__ == name
    assert name in dir(threadkeep.client)


def test_a_name_that_there_is_not_is_an_error() -> None:
    with pytest.raises(AttributeError, match="Clint"):
        threadkeep.client.Clint  # noqa: B018 - asking for it is the test


@pytest.mark.parametrize("module", ["threadkeep.cli.run", "threadkeep.client.client"])
def test_what_starts_a_server_loads_no_class_of_the_protocol_first(module: str) -> None:
    code = f"import sys, {module}; print([name for name in sys.modules if 'protocol.types.' in name or name == 'cattrs'])"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )

    assert done.stdout.strip() == "[]"
