"""Where this process runs, and how long what it stores there lives: containers are thrown away with what is in them."""

import os
import re
import sys
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Final

from threadkeep.adapters.store.engine.network_folders import MOUNTS, Mount, mount_of
from threadkeep.config import Loaded
from threadkeep.ports.store import StorePlace

DATABASE: Final = "threadkeep.db"
CONTAINER_MARKS: Final = ("/.dockerenv", "/run/.containerenv")
CONTAINER_NAMES: Final = frozenset({"docker", "podman", "oci", "containerd", "kube"})
"""What the variable `container` says in those that are thrown away; `lxc` and others are like machines."""
KERNEL: Final = Path("/proc/sys/kernel/osrelease")

_IN_MEMORY: Final = frozenset({"tmpfs", "ramfs"})
_NAMELESS: Final = re.compile(r".*/volumes/[0-9a-f]{64}/_data(/.*)?")
"""A volume without a name: the next container gets another one."""
_WATCHED: Final = frozenset({"devContainer", "codespaces"})
"""Where an editor makes and rebuilds the container, and a person may not know it."""

_KEEP: Final = (
    "To keep them, put a named volume there, or set THREADKEEP_STORE (or store.path in the settings) to a "
    "folder on one."
)
_TOLD: Final = {
    "container": f"It is part of a container, and is gone when that is removed or rebuilt. {_KEEP}",
    "codespace": "It outlives rebuilds of this codespace, and is gone when the codespace is deleted, which "
    "happens by itself after some weeks without use. `threadkeep store backup` makes a copy to be taken out.",
    "restart": "It is in memory, and is gone when this computer or container stops. Set THREADKEEP_STORE (or "
    "store.path in the settings) to a folder on a disk.",
}


def store_place(folder: Path) -> StorePlace:
    """Of the store in a folder, as this system tells it."""
    path = os.path.realpath(folder)
    return place_of(
        mount_of(path, _lines()) if sys.platform == "linux" else None,
        path=path,
        environ=os.environ,
        is_there=os.path.exists,
        kernel=_kernel(),
    )


def place_warnings(loaded: Loaded) -> list[tuple[str, str]]:
    """What a person should know of the place that the settings give, before a store is opened there."""
    told = [("storePlace", each) for each in loaded.store_warnings]
    return told + short_lived(loaded.settings.store.path)


def short_lived(folder: Path) -> list[tuple[str, str]]:
    """What a person should know before a store is begun where an editor's container keeps it."""
    if not _WATCHED & {where_it_runs(os.environ, is_there=os.path.exists, kernel="")}:
        return []
    place = store_place(folder)
    if place.told is None or place.lifetime == "codespace" or (folder / DATABASE).exists():
        return []
    return [("shortLived", f"The sessions are kept in {folder}. {place.told}")]


def place_of(
    mount: Mount | None,
    *,
    path: str,
    environ: Mapping[str, str],
    is_there: Callable[[str], bool],
    kernel: str,
) -> StorePlace:
    """mount: that the path lies under, where the system tells it. kernel: the name of its release."""
    runs_in = where_it_runs(environ, is_there=is_there, kernel=kernel)
    lifetime = _lifetime(mount, path, runs_in)
    return StorePlace(runs_in=runs_in, lifetime=lifetime, told=_TOLD[lifetime] if lifetime else None)


def where_it_runs(environ: Mapping[str, str], *, is_there: Callable[[str], bool], kernel: str) -> str | None:
    """What is between this process and the computer that a person sits at; None for nothing that is known."""
    if environ.get("CODESPACES", "").lower() == "true":
        return "codespaces"
    if environ.get("REMOTE_CONTAINERS", "").lower() == "true":
        return "devContainer"
    is_container = environ.get("container") in CONTAINER_NAMES or "KUBERNETES_SERVICE_HOST" in environ
    if is_container or any(map(is_there, CONTAINER_MARKS)):
        return "container"
    if "WSL_DISTRO_NAME" in environ or "microsoft" in kernel.lower():
        return "wsl"
    if "SSH_CONNECTION" in environ or "SSH_CLIENT" in environ:
        return "ssh"
    return None


def _lifetime(mount: Mount | None, path: str, runs_in: str | None) -> str | None:
    if mount is None:
        return None
    if mount.kind in _IN_MEMORY:
        return "restart"
    if runs_in not in ("container", "devContainer", "codespaces"):
        return None
    if mount.point == "/" or _NAMELESS.fullmatch(mount.root):
        return "container"
    is_codespaces_own = path == "/workspaces" or path.startswith("/workspaces/")
    return "codespace" if runs_in == "codespaces" and is_codespaces_own else None


def _lines() -> Iterable[str]:
    try:
        return MOUNTS.read_text(encoding="utf-8", errors="surrogateescape").splitlines()
    except OSError:
        return ()


def _kernel() -> str:
    try:
        return KERNEL.read_text(encoding="utf-8", errors="replace")
    except OSError:  # only Linux has such a file
        return ""
