"""Whether a folder lies on a network, or is another system's (a container's host's): SQLite's locks, on which the store relies, may not work there."""

import os
import struct
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Final

from threadkeep.values import Value

MOUNTS: Final = Path("/proc/self/mountinfo")

HOSTS_ROOT: Final = "virtiofs"
"""The whole disk of some virtual machines, which nobody else writes; below the root it is the host's folder."""

NETWORK_TYPES: Final = frozenset(
    [
        "9p",
        "acfs",
        "afp",
        "afs",
        "ceph",
        "cifs",
        "coda",
        "davfs",
        "drvfs",
        "fakeowner",
        "fuse.blobfuse",
        "fuse.blobfuse2",
        "fuse.ceph",
        "fuse.cifs",
        "fuse.davfs",
        "fuse.davfs2",
        "fuse.gcsfuse",
        "fuse.glusterfs",
        "fuse.goofys",
        "fuse.google-drive-ocamlfuse",
        "fuse.grpcfuse",
        "fuse.gvfsd-fuse",
        "fuse.juicefs",
        "fuse.mountpoint-s3",
        "fuse.nfs",
        "fuse.onedriver",
        "fuse.rclone",
        "fuse.s3fs",
        "fuse.smbnetfs",
        "fuse.sshfs",
        "fuse.vmhgfs-fuse",
        "gfs2",
        "glusterfs",
        "gpfs",
        "grpcfuse",
        "lustre",
        "ncpfs",
        "nfs",
        "nfs3",
        "nfs4",
        "ocfs2",
        "osxfs",
        "prl_fs",
        "pvfs2",
        "smb",
        "smb2",
        "smb3",
        "smbfs",
        "sshfs",
        "vboxsf",
        "virtiofs",
        "vmhgfs",
        "webdav",
    ]
)
_STATFS: Final = struct.Struct("=II16s")
"""f_flags, f_fssubtype, f_fstypename."""
_STATFS_AT: Final = 64
_MNT_LOCAL: Final = 0x1000
_REMOTE_DRIVE: Final = 4
"""What GetDriveType says of a drive on a network."""


def network_type(folder: Path, *, platform: str = sys.platform) -> str | None:
    """The type of the network file system that the folder lies on; None on a local one, or if nobody can tell."""
    resolved = os.path.realpath(folder)
    if platform == "win32":
        return windows_type(resolved, drive_type=_drive_type)
    try:
        if platform == "darwin":
            return mac_type(_statfs(resolved))
        with MOUNTS.open(encoding="utf-8", errors="surrogateescape") as lines:
            return linux_type(resolved, lines)
    except OSError:  # the BSDs have no such file
        return None


def network_warning(folder: Path) -> tuple[str, str] | None:
    """What a person should know of a store on a network; None on a local file system."""
    found = network_type(folder)
    if found is None:
        return None
    told = (
        f"The store's folder {folder} lies on a network file system, or one of another system ({found}): its "
        "locks may not hold, and the store can be damaged. Move it to a local disk: set store.path in the settings, or THREADKEEP_STORE, "
        "or give --store."
    )
    return "networkFileSystem", told


class Mount(Value, kw_only=False):
    """A line of mountinfo."""

    point: str
    """Where it is mounted."""
    root: str
    """What of the file system is."""
    kind: str
    """The file system's type."""


def linux_type(path: str, mounts: Iterable[str]) -> str | None:
    """The network type of the mount that a resolved path lies under. mounts: the lines of mountinfo."""
    mount = mount_of(path, mounts)
    if mount is None or (mount.kind == HOSTS_ROOT and mount.point == "/"):
        return None
    return mount.kind if mount.kind in NETWORK_TYPES else None


def mount_of(path: str, mounts: Iterable[str]) -> Mount | None:
    """The mount that a resolved path lies under. mounts: the lines of mountinfo."""
    best = None
    for line in mounts:
        before, dash, after = line.partition(" - ")
        fields, kinds = before.split(), after.split()
        if not dash or len(fields) < 5 or not kinds:
            continue
        point = _unescaped(fields[4])
        # of mounts over each other the last one counts
        if _is_under(path, point) and (best is None or len(point) >= len(best.point)):
            best = Mount(point=point, root=_unescaped(fields[3]), kind=kinds[0])
    return best


def windows_type(path: str, *, drive_type: Callable[[str], int]) -> str | None:
    """`UNC` for a path on another computer, `network drive` for a letter that stands for one."""
    plain = path.replace("/", "\\")
    if plain.upper().startswith("\\\\?\\UNC\\"):
        return "UNC"
    plain = plain.removeprefix("\\\\?\\")
    if plain.startswith("\\\\"):
        return None if plain.startswith("\\\\.\\") else "UNC"
    if plain[1:2] == ":" and drive_type(plain[:2] + "\\") == _REMOTE_DRIVE:
        return "network drive"
    return None


def mac_type(answer: bytes) -> str | None:
    """The file system's name in macOS's `struct statfs` (64-bit inodes), unless it is marked as local."""
    flags, _, name = _STATFS.unpack_from(answer, _STATFS_AT)
    return None if flags & _MNT_LOCAL else name.split(b"\0")[0].decode("ascii", "replace") or None


def _statfs(path: str) -> bytes:
    import ctypes

    library = ctypes.CDLL(None, use_errno=True)
    # the plain name means 64-bit inodes on Apple's own processors, and 32-bit ones on Intel's
    call = getattr(library, "statfs$INODE64", None) or library.statfs
    answer = ctypes.create_string_buffer(4096)
    if call(os.fsencode(path), answer) != 0:
        raise OSError(ctypes.get_errno(), "statfs failed")
    return answer.raw


def _is_under(path: str, point: str) -> bool:
    return path == point or path.startswith(point if point.endswith("/") else f"{point}/")


def _unescaped(field: str) -> str:
    """mountinfo writes spaces, tabs, newlines and backslashes as octal numbers."""
    for written, meant in (("\\040", " "), ("\\011", "\t"), ("\\012", "\n"), ("\\134", "\\")):
        field = field.replace(written, meant)
    return field


if sys.platform == "win32":
    import ctypes

    def _drive_type(root: str) -> int:
        return int(ctypes.windll.kernel32.GetDriveTypeW(root))

else:

    def _drive_type(root: str) -> int:
        del root
        return 0
