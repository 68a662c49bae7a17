"""Keys in the operating system's keyring."""

import sys
import threading
from importlib.machinery import ModuleSpec
from types import ModuleType

import pytest

from threadkeep.adapters.models.key_ring import KeyRing
from threadkeep.adapters.models.keys import ApiKey
from threadkeep.ports.provider_settings import ProviderSettings


class FakeRing:
    """Stands for the package: gives what it holds, and remembers what it was asked."""

    def __init__(self, **kept: str) -> None:
        self.kept = kept
        self.asked: list[tuple[str, str]] = []

    def __call__(self, service: str, user: str) -> str | None:
        self.asked.append((service, user))
        return self.kept.get(user)


def api_key(ring: FakeRing, environ: dict[str, str] | None = None, **fields: object) -> ApiKey:
    settings = ProviderSettings(name="work", kind="openai", **fields)  # type: ignore[arg-type]  # a test's shorthand
    return ApiKey(settings, environ or {}, KeyRing(ring))


def test_a_key_is_kept_under_the_providers_name() -> None:
    ring = FakeRing(work=" sk-kept\n")
    key = api_key(ring, api_key_env="WORK_KEY")
    assert (key.source, key.may_block) == (None, True)
    assert key.read() == "sk-kept"
    assert key.source == "the keyring"
    assert ring.asked == [("threadkeep", "work")]


@pytest.mark.parametrize(
    ("environ", "fields"),
    [
        ({"WORK_KEY": "sk-env"}, {"api_key_env": "WORK_KEY"}),
        ({}, {"api_key": "sk-own"}),
        ({}, {"api_key_command": (sys.executable, "-c", "print('sk-said')")}),
        ({}, {"base_url": "http://127.0.0.1:9/v1"}),
    ],
)
def test_it_is_asked_last_and_not_for_what_needs_no_key(
    environ: dict[str, str], fields: dict[str, object]
) -> None:
    ring = FakeRing(work="sk-kept")
    key = api_key(ring, environ, **fields)
    assert key.read() != "sk-kept"
    key.look()
    assert ring.asked == []


def test_looking_tells_the_source_beforehand() -> None:
    key = api_key(FakeRing(work="sk-kept"), api_key_env="WORK_KEY")
    key.look()
    assert key.source == "the keyring"


def test_a_key_that_is_kept_later_is_found() -> None:
    ring = FakeRing()
    key = api_key(ring, api_key_env="WORK_KEY")
    assert key.read() is None
    ring.kept["work"] = "sk-new"
    assert key.read() == "sk-new"


def test_the_remedy_names_the_keyring() -> None:
    assert "keyring set threadkeep work" in api_key(FakeRing(), api_key_env="WORK_KEY").remedy


def test_a_keyring_that_fails_holds_nothing() -> None:
    def fail(_service: str, _user: str) -> str | None:
        raise RuntimeError("no backend")

    assert KeyRing(fail).password("work") is None


def test_a_package_that_is_missing_or_broken_holds_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    broken = ModuleType("keyring")  # it has no get_password
    broken.__spec__ = ModuleSpec("keyring", None)
    monkeypatch.setitem(sys.modules, "keyring", broken)
    assert KeyRing().is_installed
    assert KeyRing().password("work") is None
    monkeypatch.setitem(sys.modules, "keyring", ModuleType("keyring"))  # nobody knows what it is
    assert not KeyRing().is_installed
    monkeypatch.setitem(sys.modules, "keyring", None)
    assert KeyRing().password("work") is None
    assert not KeyRing().is_installed


def test_a_keyring_that_waits_for_a_person_is_not_waited_for() -> None:
    unlocked = threading.Event()
    asked: list[str] = []

    def locked(_service: str, user: str) -> str | None:
        asked.append(user)
        unlocked.wait(10)
        return "sk-kept"

    ring = KeyRing(locked)
    assert ring.password("work", seconds=0.01) is None
    assert ring.password("work", seconds=0.01) is None
    unlocked.set()
    assert ring.password("work") == "sk-kept"
    assert asked == ["work"]
    assert ring.known("work") == "sk-kept"
    assert ring.known("other") is None


def test_the_real_package_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("keyring")
    from keyring import core
    from keyring.backend import KeyringBackend

    class InMemory(KeyringBackend):
        priority = -1  # type: ignore[assignment]  # never chosen by itself

        def get_password(self, service: str, username: str) -> str | None:
            return f"{service}/{username}"

        def set_password(self, service: str, username: str, password: str) -> None:
            raise AssertionError("nothing is ever kept by us")

    monkeypatch.setattr(core, "_keyring_backend", InMemory())
    assert KeyRing().password("work") == "threadkeep/work"
