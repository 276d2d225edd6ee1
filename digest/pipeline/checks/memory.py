"""Looks at the ledger's file: where it lies, who may read it, is it sound, and has it room?"""

import os
import re
import shutil
import stat
from collections.abc import Iterator
from pathlib import Path

from digest.ledger.look import condition_of
from digest.pipeline.checks.report import Check, Level, fail, ok, warn

_SUBJECT = "ledger"
_MOUNTS = Path("/proc/self/mountinfo")
_MB = 1024 * 1024
_TOO_FULL = 50 * _MB
_NEARLY_FULL = 250 * _MB
_TIMES_ITSELF = 4  # room for what an edition adds, its log, and a copy
# File systems of other machines, where locks and logs cannot be relied on.
_REMOTE = re.compile(
    r"nfs\d?|cifs|smb\w*|9p|afs|ceph|glusterfs|lustre|davfs2?|fuse\.(sshfs|glusterfs|s3fs|gcsfuse|rclone)"
)
_IN_MEMORY = frozenset({"tmpfs", "ramfs"})


def ledger_checks(path: Path, mounts: Path = _MOUNTS) -> Iterator[Check]:
    """Look at the ledger's file, or at where it will be; nothing is made or changed.

    Args:
        path: of the ledger, absolute.
        mounts: the system's list of what is mounted where; a file that is not there is no fault.
    """
    found = tuple(_about_place(path, _read(mounts)))
    yield from found
    if path.exists() and not path.is_file():
        yield fail(_SUBJECT, f"{path} is no file", "set `ledger` to where a file can be")
    elif path.exists():
        yield from _about_rights(path)
        yield from _about_content(path)
    elif not any(check.level is Level.FAIL for check in found):
        yield ok(_SUBJECT, f"there is none yet; the first run makes {path}")


def filesystem_of(path: Path, mounts: str) -> str:
    """Return the kind of file system that a path (absolute) lies on; empty where the list does not tell.

    `mounts` is as Linux writes /proc/self/mountinfo.
    """
    best, kind = -1, ""
    for line in mounts.splitlines():
        mounted, dash, source = line.partition(" - ")
        fields = mounted.split()
        if not dash or len(fields) < 5:  # noqa: PLR2004 - the mount point is the fifth
            continue
        point = Path(re.sub(r"\\([0-7]{3})", lambda octal: chr(int(octal[1], 8)), fields[4]))
        # Of two on one point the later covers the earlier.
        if path.is_relative_to(point) and len(point.parts) >= best:
            best, kind = len(point.parts), source.split()[0]
    return kind


def _about_place(path: Path, mounts: str) -> Iterator[Check]:
    folder = next(place for place in path.parents if os.access(place, os.F_OK))
    if not folder.is_dir() or not os.access(folder, os.W_OK | os.X_OK):
        yield fail(
            _SUBJECT, f"{folder} cannot be written to", "give this account the right to, or set `ledger`"
        )
        return
    kind = filesystem_of(path, mounts)
    if _REMOTE.fullmatch(kind):
        yield fail(
            _SUBJECT, f"{path} lies on a network share ({kind})", "set `ledger` to a path on a local disk"
        )
    elif kind in _IN_MEMORY:
        found = f"{path} lies in memory ({kind}) and is gone when the machine restarts"
        yield warn(_SUBJECT, found, "set `ledger` to a path on a disk")
    elif kind == "overlay":
        found = f"{path} lies in the container's own layer and goes with it; editions would go out again"
        yield warn(_SUBJECT, found, "put it on a volume")
    yield from _about_room(path, folder)
    if folder == path.parent:  # one that has yet to be made will be ours alone
        yield from _about_folder(folder)


def _about_room(path: Path, folder: Path) -> Iterator[Check]:
    free = shutil.disk_usage(folder).free
    size = path.stat().st_size if path.exists() else 0
    found = f"{free // _MB} MB are free on the disk of {folder}"
    if free < _TOO_FULL:
        yield fail(_SUBJECT, found, "free some: without room nothing is sent")
    elif free < max(_NEARLY_FULL, _TIMES_ITSELF * size):
        yield warn(_SUBJECT, found, "free some")


def _about_folder(folder: Path) -> Iterator[Check]:
    mode = folder.stat().st_mode
    if mode & stat.S_IWOTH and not mode & stat.S_ISVTX:
        yield fail(
            _SUBJECT, f"everybody may put another file in its place in {folder}", f"chmod o-w {folder}"
        )
    elif mode & stat.S_IROTH and all(
        place.stat().st_mode & stat.S_IXOTH for place in (folder, *folder.parents)
    ):
        yield warn(_SUBJECT, f"every account of this machine can look into {folder}", f"chmod o-rx {folder}")


def _about_rights(path: Path) -> Iterator[Check]:
    status = path.stat()
    mode = stat.S_IMODE(status.st_mode)
    if mode & 0o077:
        found = f"others may read {path} (mode {mode:04o}); the program changes that whenever it opens it"
        yield warn(_SUBJECT, found, "see to it that nothing else sets its mode")
    if hasattr(os, "geteuid") and status.st_uid != os.geteuid():
        found = f"{path} belongs to another account (uid {status.st_uid})"
        yield warn(_SUBJECT, found, "call the doctor as that one: for you things may look other than for it")


def _about_content(path: Path) -> Iterator[Check]:
    condition = condition_of(path)
    if not condition.sound:
        to_do = "put a backup in its place: without it an edition that went out would go out again"
        yield fail(_SUBJECT, f"{path} is damaged", to_do)
        return
    size = f"{max(path.stat().st_size // 1024, 1)} kB"
    if condition.schema is None:
        yield ok(_SUBJECT, f"{path} is empty; the first run sets it up")
    elif condition.schema > condition.newest:
        found = f"{path} was written by a newer version of this program (schema {condition.schema})"
        yield fail(_SUBJECT, found, f"install that version; this one knows {condition.newest}")
    elif condition.schema < condition.newest:
        old = f"schema {condition.schema}, which the next run brings to {condition.newest}"
        yield ok(_SUBJECT, f"{path} is sound; {size}, {old}")
    else:
        yield ok(_SUBJECT, f"{path} is sound; {size}, schema {condition.schema}")


def _read(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
