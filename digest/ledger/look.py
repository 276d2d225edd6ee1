"""Looks at a ledger without changing it: is it sound, which schema has it, what became of its editions."""

import sqlite3
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

from sqlalchemy import Row, func, select

from digest.errors import LedgerError
from digest.ledger.codec import unstamp
from digest.ledger.migrations import NEWEST
from digest.ledger.states import EditionState
from digest.ledger.store import Store
from digest.ledger.tables import delivery, edition
from digest.model import DeliveryState

_BUSY_S = 5.0
_SENT = (EditionState.SENT.value, EditionState.SENT_WITH_GAPS.value)


@dataclass(frozen=True, slots=True)
class Condition:
    """The state of a ledger's file."""

    sound: bool
    schema: str | None  # None: nothing is in it yet
    newest: str = NEWEST  # what this program knows

    @property
    def current(self) -> bool:
        """Whether it can be opened without being changed."""
        return self.sound and self.schema == self.newest


@dataclass(frozen=True, slots=True)
class Watched:
    """One edition as a monitor sees it."""

    month: str
    state: EditionState
    due_at: datetime
    since: datetime  # when it came to its state
    out_at: datetime | None  # when it was first addressed to anybody, else when it was sent
    failed: int  # deliveries
    unknown: int
    setback: str  # why it was not made yet; empty: nothing is known


def condition_of(path: Path) -> Condition:
    """Read a ledger's file, all of it, and nothing else.

    Raises:
        LedgerError: it cannot be read.
    """
    try:
        with closing(sqlite3.connect(f"file:{quote(str(path))}?mode=ro", uri=True, timeout=_BUSY_S)) as raw:
            said = raw.execute("PRAGMA integrity_check(1)").fetchone()[0]
            tables = {row[0] for row in raw.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
            row = None
            if "alembic_version" in tables:
                row = raw.execute("SELECT version_num FROM alembic_version").fetchone()
    except sqlite3.DatabaseError as error:
        name = getattr(error, "sqlite_errorname", None) or type(error).__name__
        if name.startswith(("SQLITE_CORRUPT", "SQLITE_NOTADB")):
            return Condition(sound=False, schema=None)
        message = f"the ledger {path} cannot be read ({name}); check its owner and the owner of its folder"
        raise LedgerError(message) from error
    return Condition(sound=said == "ok", schema=row[0] if row else None)


def watched(ledger: Store) -> tuple[Watched, ...]:
    """Return the editions of an open ledger, the newest month first; of each, its newest revision."""
    order = (edition.c.period.desc(), edition.c.audience, edition.c.revision.desc())
    states = [DeliveryState.FAILED.value, DeliveryState.UNKNOWN.value]
    count = select(delivery.c.edition_id, delivery.c.state, func.count().label("n"))
    bad = count.where(delivery.c.state.in_(states)).group_by(delivery.c.edition_id, delivery.c.state)
    with ledger.reading() as connection:
        rows = connection.execute(select(edition).order_by(*order)).all()
        counts = {(row.edition_id, row.state): row.n for row in connection.execute(bad)}
    newest = {(row.period, row.audience): row for row in reversed(rows)}
    return tuple(
        Watched(
            month=row.period,
            state=EditionState(row.state),
            due_at=unstamp(row.due_at),
            since=unstamp(row.updated_at),
            out_at=_out_at(row),
            failed=counts.get((row.id, DeliveryState.FAILED.value), 0),
            unknown=counts.get((row.id, DeliveryState.UNKNOWN.value), 0),
            setback=": ".join(filter(None, (row.failed_step, row.error_class))),
        )
        for row in rows
        if newest[row.period, row.audience] is row
    )


def _out_at(row: Row[Any]) -> datetime | None:
    if row.addressed_at is not None:
        return unstamp(row.addressed_at)
    # Ledgers of before schema 0002 do not say when it was addressed.
    return unstamp(row.updated_at) if row.state in _SENT else None
