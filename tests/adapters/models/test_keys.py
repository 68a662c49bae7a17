"""Where keys come from."""

import sys
import threading
from pathlib import Path
from typing import Any

import pytest

from threadkeep.adapters.models import keys
from threadkeep.adapters.models.keys import ApiKey
from threadkeep.domain.errors import ProviderAuth
from threadkeep.ports.provider_settings import ProviderSettings


def api_key(environ: dict[str, str] | None = None, **fields: Any) -> ApiKey:
    return ApiKey(ProviderSettings(name="work", kind="openai", **fields), environ or {})


def python(code: str, *arguments: str) -> tuple[str, ...]:
    return (sys.executable, "-c", code, *arguments)


@pytest.mark.parametrize(
    ("environ", "fields", "key", "source"),
    [
        ({}, {}, None, None),
        ({"K": " abc\n"}, {"api_key_env": "K"}, "abc", "environment variable K"),
        ({"K": "  "}, {"api_key_env": "K"}, None, None),
        ({}, {"api_key_env": "K"}, None, None),
        ({"K": "abc"}, {"api_key_env": "K", "api_key": "own"}, "own", "the settings"),
    ],
)
def test_a_key_comes_from_the_settings_or_the_environment(
    environ: dict[str, str], fields: dict[str, Any], key: str | None, source: str | None
) -> None:
    found = api_key(environ, **fields)
    assert (found.read(), found.source) == (key, source)


def test_a_command_prints_the_key_on_its_first_line() -> None:
    found = api_key(
        {"SEEN": "env"}, api_key_command=python("import os; print(' ' + os.environ['SEEN']); print(2)")
    )
    assert found.read() == "env"
    assert found.source == f"apiKeyCommand {sys.executable}"


def test_a_command_runs_once_until_its_key_is_forgotten(tmp_path: Path) -> None:
    log = tmp_path / "log"
    code = "import sys; open(sys.argv[1], 'a').write('x'); print('abc')"
    found = api_key(api_key_command=python(code, str(log)))
    threads = [threading.Thread(target=found.read) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert log.read_text() == "x"
    assert found.forget()
    assert not found.forget()
    assert found.read() == "abc"
    assert log.read_text() == "xx"


@pytest.mark.parametrize(
    ("command", "trouble"),
    [
        (
            python("import sys; print('secret'); print('secret', file=sys.stderr); sys.exit(3)"),
            "exit status 3",
        ),
        (python("print()"), "printed nothing"),
        (("/nowhere/at/all",), "cannot be started"),
        (("nul\0byte",), "cannot be started"),
    ],
)
def test_a_command_that_fails_is_told_without_its_output(command: tuple[str, ...], trouble: str) -> None:
    with pytest.raises(ProviderAuth) as caught:
        api_key(api_key_command=command).read()
    assert trouble in caught.value.message
    assert "secret" not in caught.value.message


def test_a_command_that_hangs_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keys, "COMMAND_SECONDS", 0.2)
    with pytest.raises(ProviderAuth, match="did not end"):
        api_key(api_key_command=python("import time; time.sleep(30)")).read()


@pytest.mark.parametrize("key", ["a\nb", "clé", "a\x00b", "x" * 20_000])
def test_a_key_that_cannot_be_sent_is_refused_without_showing_it(key: str) -> None:
    with pytest.raises(ProviderAuth) as caught:
        api_key(api_key=key).read()
    assert key not in caught.value.message


def test_a_key_is_in_no_repr() -> None:
    settings = ProviderSettings(name="work", kind="openai", api_key="sk-secret", proxy="http://u:sk-secret@p")
    assert "sk-secret" not in repr(settings) + repr(ApiKey(settings, {"K": "sk-secret"}))


def test_the_remedy_names_the_variable_or_the_settings() -> None:
    assert "WORK_KEY" in api_key(api_key_env="WORK_KEY").remedy
    assert "providers.work" in api_key().remedy
