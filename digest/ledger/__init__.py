"""MEMORY: incidents, frozen editions, and every delivery, so that nobody gets an edition twice.

On SQLAlchemy Core and SQLite. What it promises about deliveries is in docs/delivery.md.
"""

import contextlib
from pathlib import Path
from typing import Self

from digest.errors import LedgerError
from digest.ledger.deliveries import Claim, Deliveries
from digest.ledger.editions import EditionLine, Editions, HeldEdition
from digest.ledger.incidents import Incidents, LeftOut
from digest.ledger.notices import Notices
from digest.ledger.planning import Planning, Setback
from digest.ledger.recovery import Recovery
from digest.ledger.remaking import Remaking
from digest.ledger.states import EditionState
from digest.ledger.store import BUSY_S, Clock, Overtaken, now_utc
from digest.ledger.targets import Targets

__all__ = ["Claim", "EditionLine", "EditionState", "HeldEdition", "Ledger", "LeftOut", "Overtaken", "Setback"]


class Ledger(Incidents, Editions, Remaking, Planning, Targets, Deliveries, Notices, Recovery):
    """The digest's memory, open. Leave it by `close()`, or use it in a `with` statement.

    Every method is one transaction, and raises LedgerError where the file is locked, full, damaged or
    not to be written. A ledger in a file may be used by several threads, one in memory by one.
    """

    @classmethod
    def open(cls, path: Path | None, clock: Clock = now_utc, busy_s: float = BUSY_S) -> Self:
        """Open a ledger, making and migrating it where needed; None keeps it in memory, for trials.

        Args:
            path: the file; it and a folder made for it are its owner's alone (modes 0600 and 0700).
            clock: gives the time, aware; for tests.
            busy_s: how long to wait for another process that writes.

        Raises:
            LedgerError: it cannot be opened or made, is damaged, or newer than this program.
        """
        return cls(path, clock, busy_s)

    def close(self) -> None:
        """Let go of the file, and of what this process still holds in it."""
        # Only a courtesy: without it the next one finds out by itself.
        with contextlib.suppress(LedgerError):
            self.retire()
        self.dispose()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
