"""Which process is this one, and does another one still run? So that a dead sender's claims are taken back.

A process id alone is not enough: ids are used again, a container has its own, and a restart of the
machine begins anew. Where anything is not known, the answer is "it may still run", and its lease decides.
"""

import os
import socket
import sys
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Connection, update

from digest.ledger.store import insert_new
from digest.ledger.tables import worker

_PROC = Path("/proc")
# Where the start stands in /proc/PID/stat, counted after the command's closing parenthesis.
_START_FIELD = 19


@dataclass(frozen=True, slots=True)
class Process:
    """A process, told apart from every other on this machine, earlier and later."""

    host: str
    boot: str  # changes when the machine starts anew; empty: not known
    space: str  # which space of process ids; empty: not known
    pid: int
    started: str  # ticks since the machine started; empty: not known


def this_process() -> Process:
    """Return the running process."""
    pid = os.getpid()
    return Process(socket.gethostname(), _boot(), _space(), pid, _started(pid) or "")


def register(connection: Connection, worker_id: str, now: str) -> None:
    """Note which process a worker is, so that another one can tell whether it still runs."""
    here = this_process()
    values = {
        "id": worker_id,
        "host": here.host,
        "boot": here.boot,
        "space": here.space,
        "pid": here.pid,
        "started_at": here.started,
        "heartbeat_at": now,
    }
    if connection.execute(insert_new(connection, worker).values(values)).rowcount == 0:
        mine = update(worker).where(worker.c.id == worker_id)
        connection.execute(mine.values(heartbeat_at=now))


def gone(process: Process) -> bool:
    """Return whether a process has surely ended; False where that cannot be known from here."""
    here = this_process()
    if process.host != here.host or not process.boot:
        return False
    if process.boot != here.boot:
        return True
    if not process.space or process.space != here.space:
        return False
    return _started(process.pid) != process.started


def _boot() -> str:
    return _read(_PROC / "sys/kernel/random/boot_id").strip()


def _space() -> str:
    try:
        return str((_PROC / "self/ns/pid").readlink())
    except OSError:
        return ""


def _started(pid: int) -> str | None:
    """Return when a process started, None where there is no such process (an ended one not yet reaped)."""
    if not sys.platform.startswith("linux"):
        return ""
    fields = _read(_PROC / str(pid) / "stat").rpartition(")")[2].split()
    if len(fields) <= _START_FIELD or fields[0] in {"Z", "X"}:
        return None
    return fields[_START_FIELD]


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
