"""A store on a network file system is recognised on every platform, from what each one tells."""

import struct
from pathlib import Path

import pytest

from tests.support.store import FixedClock
from threadkeep.adapters.store import open_store
from threadkeep.adapters.store.engine import network_folders
from threadkeep.adapters.store.engine.network_folders import linux_type, mac_type, network_type, windows_type

MOUNTS = r"""
22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw
30 22 0:40 / /home rw - nfs4 server:/home rw
31 30 0:41 / /home/ann/fast rw master:2 - xfs /dev/sdb1 rw
32 22 0:42 / /mnt/a\040share rw - cifs //box/share rw
33 22 0:43 / /mnt/box rw - fuse.sshfs me@box: rw
34 22 0:44 / /mnt/host rw - 9p host rw
35 22 0:45 / /mnt/twice rw - ext4 /dev/sdc rw
36 22 0:46 / /mnt/twice rw - nfs server:/x rw
38 22 0:48 / /work rw - fakeowner /run/host_mark/Users rw
39 22 0:49 / /Users rw - virtiofs mount0 rw
a line that nobody understands
37 22 0:47
""".splitlines()


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("/var/lib/store", None),
        ("/home/ann/store", "nfs4"),
        ("/home", "nfs4"),
        ("/homely/store", None),
        ("/home/ann/fast/store", None),
        ("/mnt/a share/store", "cifs"),
        ("/mnt/box/store", "fuse.sshfs"),
        ("/mnt/host/store", "9p"),
        ("/mnt/twice/store", "nfs"),
        ("/work/store", "fakeowner"),
        ("/Users/ann/store", "virtiofs"),
    ],
)
def test_on_linux_the_nearest_mount_tells(path: str, found: str | None) -> None:
    assert linux_type(path, MOUNTS) == found


def test_the_disk_of_a_virtual_machine_is_no_share_of_its_host() -> None:
    assert linux_type("/var/lib/store", ["22 1 0:30 / / rw - virtiofs root rw"]) is None


@pytest.mark.parametrize(
    ("path", "found"),
    [
        (r"C:\Users\ann\store", None),
        (r"Z:\store", "network drive"),
        (r"\\server\share\store", "UNC"),
        ("//server/share/store", "UNC"),
        (r"\\?\UNC\server\share", "UNC"),
        (r"\\?\C:\store", None),
        (r"\\?\Z:\store", "network drive"),
        (r"\\.\pipe\x", None),
    ],
)
def test_on_windows_the_path_or_its_drive_tells(path: str, found: str | None) -> None:
    assert windows_type(path, drive_type={"Z:\\": 4, "C:\\": 3}.__getitem__) == found


@pytest.mark.parametrize(("flags", "found"), [(0, "smbfs"), (0x1000, None)])
def test_on_macos_the_flag_for_local_ones_tells(flags: int, found: str | None) -> None:
    answer = bytes(64) + struct.pack("=II16s", flags, 0, b"smbfs") + bytes(1000)
    assert mac_type(answer) == found


def test_here_it_can_be_asked(tmp_path: Path) -> None:
    assert network_type(tmp_path) in {None, *network_folders.NETWORK_TYPES}


def test_opening_a_store_on_a_network_warns_and_names_the_setting(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mounts = tmp_path / "mountinfo"
    mounts.write_text("1 1 0:1 / / rw - nfs4 server:/ rw\n")
    monkeypatch.setattr(network_folders, "MOUNTS", mounts)
    monkeypatch.setattr(network_folders.sys, "platform", "linux")
    store = open_store(tmp_path / "store", clock=FixedClock())
    ((kind, message),) = store.warnings()
    store.close()
    assert kind == "networkFileSystem"
    assert "nfs4" in message
    assert all(name in message for name in ("store.path", "THREADKEEP_STORE", "--store"))
