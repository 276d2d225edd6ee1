"""What a look found, and how one look is kept from stopping, or from holding up, the others."""

import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum

from digest.errors import DigestError, RemoteError
from digest.render.guards import clean


class Level(StrEnum):
    """How bad it is: nothing, worth a look, or something does not work."""

    OK = "ok"
    WARN = "warn"
    FAIL = "FAIL"


@dataclass(frozen=True, slots=True)
class Check:
    """What one look found, and what to do about it; each one line, and safe to print.

    `ok`, `warn` and `fail` make one of any words, which may be a tracker's: a terminal obeys nothing in them.
    """

    level: Level
    subject: str  # "clock", "tracker issues"
    found: str
    to_do: str = ""  # empty where nothing is to be done, or `found` says it

    def __str__(self) -> str:
        return f"{self.found}; {self.to_do}" if self.to_do else self.found


def ok(subject: str, found: str) -> Check:
    """Return what is as it should be."""
    return Check(Level.OK, subject, clean(found))


def warn(subject: str, found: str, to_do: str = "") -> Check:
    """Return what works, and may not be meant."""
    return Check(Level.WARN, subject, clean(found), clean(to_do))


def fail(subject: str, found: str, to_do: str = "") -> Check:
    """Return what does not work."""
    return Check(Level.FAIL, subject, clean(found), clean(to_do))


def guarded(subject: str, look: Callable[[], Iterable[Check]], patience_s: float) -> tuple[Check, ...]:
    """Return what a look found; a FAIL where it failed itself, or took longer than `patience_s`.

    A look that takes too long is left behind, and ends with the program.
    """
    found: list[Check] = []
    broken: list[Exception] = []

    def run() -> None:
        try:
            found.extend(look())
        except Exception as error:  # noqa: BLE001 - a connector's fault must not hide how the others are
            broken.append(error)

    # A daemon: the program does not wait for it at its end.
    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    thread.join(patience_s)
    if thread.is_alive():
        to_do = "try again, and look whether something between here and there swallows connections"
        return (fail(subject, f"no result within {patience_s:.0f} s", to_do),)
    return (*found, *(_worded(subject, error) for error in broken))


def worded(error: DigestError) -> str:
    """Return what an error says, without the service's name, which the line begins with, on one line."""
    said = error.detail if isinstance(error, RemoteError) else str(error)
    return " ".join(said.split())


def _worded(subject: str, error: Exception) -> Check:
    if isinstance(error, DigestError):
        return fail(subject, worded(error))
    # Its text may hold what was being read; its class does not.
    return fail(
        subject,
        f"looking at it failed inside ({type(error).__name__})",
        "that is a fault of the program, or of the package that this kind comes from: please report it",
    )
