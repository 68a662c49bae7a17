"""How long a store lives is told from the mount that it lies on, and from what containers say of themselves."""

from pathlib import Path

import pytest

from threadkeep.adapters.store import lifetimes
from threadkeep.adapters.store.engine.network_folders import Mount, mount_of
from threadkeep.adapters.store.lifetimes import place_of, short_lived, store_place, where_it_runs

NAMELESS = "/var/lib/docker/volumes/" + "0123456789abcdef" * 4 + "/_data"
MOUNTS = f"""
1 0 0:50 / / rw - overlay overlay rw
2 1 8:1 /var/lib/docker/volumes/threadkeep/_data /home/dev/.local/share/threadkeep rw - ext4 /dev/sda1 rw
3 1 8:1 {NAMELESS} /cache rw - ext4 /dev/sda1 rw
4 1 8:2 /workspaces /workspaces rw - ext4 /dev/sdb rw
5 1 0:60 / /tmp rw - tmpfs tmpfs rw
6 1 8:1 /home/ann/code /code\\040here rw - ext4 /dev/sda1 rw
""".splitlines()
CODESPACE = {"CODESPACES": "true", "REMOTE_CONTAINERS": "true"}
DEV_CONTAINER = {"REMOTE_CONTAINERS": "true"}


@pytest.mark.parametrize(
    ("environ", "marks", "kernel", "runs_in"),
    [
        ({}, (), "6.1.0-18-amd64", None),
        (CODESPACE, ("/.dockerenv",), "6.5.0-azure", "codespaces"),
        (DEV_CONTAINER, ("/.dockerenv",), "", "devContainer"),
        ({}, ("/.dockerenv",), "5.15-microsoft-standard-WSL2", "container"),
        ({}, ("/run/.containerenv",), "", "container"),
        ({"container": "oci"}, (), "", "container"),
        ({"container": "lxc"}, (), "", None),
        ({"container": "flatpak"}, (), "", None),
        ({"KUBERNETES_SERVICE_HOST": "10.0.0.1"}, (), "", "container"),
        ({"WSL_DISTRO_NAME": "Ubuntu", "SSH_CONNECTION": "x"}, (), "", "wsl"),
        ({}, (), "5.15.90.1-microsoft-standard-WSL2", "wsl"),
        ({"SSH_CONNECTION": "10.0.0.1 1 10.0.0.2 22"}, (), "", "ssh"),
    ],
)
def test_where_it_runs_is_told_by_what_is_nearest_to_it(
    environ: dict[str, str], marks: tuple[str, ...], kernel: str, runs_in: str | None
) -> None:
    assert where_it_runs(environ, is_there=marks.__contains__, kernel=kernel) == runs_in


@pytest.mark.parametrize(
    ("path", "environ", "lifetime"),
    [
        ("/home/dev/.local/share/other", DEV_CONTAINER, "container"),
        ("/home/dev/.local/share/threadkeep", DEV_CONTAINER, None),
        ("/code here/.store", DEV_CONTAINER, None),
        ("/cache/store", DEV_CONTAINER, "container"),
        ("/tmp/store", DEV_CONTAINER, "restart"),
        ("/tmp/store", {}, "restart"),
        ("/home/dev/.local/share/other", {}, None),
        ("/home/codespace/.local/share/threadkeep", CODESPACE, "container"),
        ("/workspaces/.threadkeep", CODESPACE, "codespace"),
        ("/workspaces/.threadkeep", DEV_CONTAINER, None),
    ],
)
def test_what_lies_on_no_volume_goes_with_its_container(
    path: str, environ: dict[str, str], lifetime: str | None
) -> None:
    place = place_of(mount_of(path, MOUNTS), path=path, environ=environ, is_there=lambda _: False, kernel="")
    assert place.lifetime == lifetime
    assert (place.told is None) == (lifetime is None)


def test_what_keeps_a_store_in_a_container_is_said() -> None:
    mount = Mount(point="/", root="/", kind="overlay")
    place = place_of(mount, path="/root/x", environ=DEV_CONTAINER, is_there=lambda _: False, kernel="")
    assert place.told is not None
    assert all(word in place.told for word in ("named volume", "THREADKEEP_STORE", "store.path"))


def test_a_system_without_a_table_of_mounts_tells_no_lifetime() -> None:
    environ = {"SSH_CONNECTION": "x"}
    place = place_of(None, path="/Users/ann/x", environ=environ, is_there=lambda _: False, kernel="")
    assert (place.runs_in, place.lifetime) == ("ssh", None)


def test_here_it_can_be_asked(tmp_path: Path) -> None:
    assert store_place(tmp_path).lifetime in {None, "container", "restart"}


@pytest.fixture
def rebuilt(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of a dev container that no volume keeps."""
    mounts = tmp_path / "mountinfo"
    mounts.write_text("1 0 0:50 / / rw - overlay overlay rw\n")
    monkeypatch.setattr(lifetimes, "MOUNTS", mounts)
    monkeypatch.setattr(lifetimes.sys, "platform", "linux")
    monkeypatch.setenv("REMOTE_CONTAINERS", "true")
    return tmp_path / "store"


def test_a_store_that_is_begun_in_an_editors_container_warns_once(rebuilt: Path) -> None:
    ((kind, message),) = short_lived(rebuilt)
    assert kind == "shortLived"
    assert str(rebuilt) in message
    rebuilt.mkdir()
    (rebuilt / "threadkeep.db").touch()
    assert short_lived(rebuilt) == []


def test_elsewhere_nothing_is_warned_of(rebuilt: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("REMOTE_CONTAINERS")
    assert short_lived(rebuilt) == []
