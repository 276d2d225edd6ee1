"""Editions before they are made: planned when they fall due, taken by one process, given back when it fails.

The row a (period, audience, revision) is unique, so any number of ticks, late ones, early ones, from
two machines or after a restart, plan each month once.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

from sqlalchemy import ColumnElement, Connection, Row, and_, func, select, update

from digest.ledger.codec import stamp, unstamp
from digest.ledger.editions import move
from digest.ledger.states import EditionState
from digest.ledger.store import Store, insert_new
from digest.ledger.tables import edition, meta, worker
from digest.ledger.workers import Process, gone, register
from digest.period import Month

_S = EditionState
# A first run may wait for its tracker's limits; a process that ended is noticed before its lease does.
COLLECTING_LEASE = timedelta(hours=3)
MOST_TRIES = 5
_UNMADE = (_S.PLANNED.value, _S.COLLECTING.value)
_RELEASED = (_S.APPROVED, _S.ADDRESSED, _S.SENDING, _S.PAUSED, _S.SENT, _S.SENT_WITH_GAPS, _S.SUPERSEDED)


@dataclass(frozen=True, slots=True)
class Setback:
    """Why an edition was not made: at which step, and what kind of error; never its words.

    Empty where nothing was wrong: the process was asked to end.
    """

    step: str = ""
    error: str = ""


class Planning(Store):
    """The ledger's part that the schedule writes."""

    def plan(self, month: Month, due_at: datetime, *, missed: bool = False) -> bool:
        """Note that a month's edition is due, or that it was missed; False where it is known already."""
        now = self.now()
        values: dict[str, str | int] = {
            "id": str(uuid4()),
            "period": month.key,
            "audience": "all",
            "revision": 0,
            "state": (_S.MISSED if missed else _S.PLANNED).value,
            "due_at": stamp(due_at),
            "window_start": stamp(month.start),
            "window_end": stamp(month.end),
            "config_hash": "",
            "fence": 0,
            "tries": 0,
            "created_at": now,
            "updated_at": now,
        }
        with self.writing() as connection:
            return connection.execute(insert_new(connection, edition).values(values)).rowcount == 1

    def begin(self, month_key: str, audience: str = "all") -> bool:
        """Take a planned edition to make it; False where another process has it, or it is not planned.

        One whose process ended, or whose lease has, is taken over. A process that ends five times over
        the same edition leaves it `failed`: something about it is wrong.
        """
        with self.writing() as connection:
            query = select(edition).where(_of(month_key, audience), edition.c.state.in_(_UNMADE))
            row = connection.execute(query).one_or_none()
            if row is None or not self._abandoned(connection, row):
                return False
            if row.tries >= MOST_TRIES:
                values = {
                    "state": _S.FAILED.value,
                    "failed_step": row.failed_step or "process",
                    "error_class": row.error_class or "ended",
                    "updated_at": self.now(),
                }
                connection.execute(update(edition).where(edition.c.id == row.id).values(values))
                return False
            register(connection, self.worker, self.now())
            taken = {
                "state": _S.COLLECTING.value,
                "owner": self.worker,
                "lease_until": stamp(self.clock() + COLLECTING_LEASE),
                "fence": row.fence + 1,
                "tries": row.tries + 1,
                # Of the try before. A process that ends at once leaves no reason.
                "failed_step": None,
                "error_class": None,
                "updated_at": self.now(),
            }
            connection.execute(update(edition).where(edition.c.id == row.id).values(taken))
            return True

    def give_back(
        self, month_key: str, setback: Setback, audience: str = "all", *, counts: bool = False
    ) -> None:
        """Leave an edition planned that could not be made; the next tick tries again.

        Without end, or with `counts` up to five times: what the program itself stumbles over does not pass.
        """
        values = {
            "state": _S.PLANNED.value,
            "owner": None,
            "lease_until": None,
            "failed_step": setback.step,
            "error_class": setback.error,
            "tries": edition.c.tries - (0 if counts else 1),
            "updated_at": self.now(),
        }
        mine = and_(
            _of(month_key, audience),
            edition.c.state == _S.COLLECTING.value,
            edition.c.owner == self.worker,
        )
        with self.writing() as connection:
            connection.execute(update(edition).where(mine).values(values))

    def hold(self, edition_id: str) -> bool:
        """Hold a composed edition for approval; False where it is not composed."""
        with self.writing() as connection:
            return move(connection, edition_id, _S.AWAITING_APPROVAL, self.now())

    def approve(self, edition_id: str, content_hash: str) -> bool:
        """Release what somebody has looked at; False where it is not held, or holds something else by now."""
        with self.writing() as connection:
            query = select(edition.c.content_hash).where(edition.c.id == edition_id)
            if connection.execute(query).scalar_one_or_none() != content_hash:
                return False
            return move(connection, edition_id, _S.APPROVED, self.now())

    def released_besides(self, month_key: str) -> int:
        """Return how many editions of other months were released: earlier, or a missed one's later ones."""
        states = [state.value for state in _RELEASED]
        query = select(func.count()).where(edition.c.period != month_key, edition.c.state.in_(states))
        with self.reading() as connection:
            return int(connection.execute(query).scalar_one())

    def installed_at(self) -> datetime:
        """Return when this ledger began: nothing that was due before is made up for."""
        query = select(meta.c.value).where(meta.c.key == "installed_at")
        with self.reading() as connection:
            return unstamp(connection.execute(query).scalar_one())

    def last_tick(self) -> datetime | None:
        """Return the latest time at which somebody looked what is due; None before the first."""
        query = select(meta.c.value).where(meta.c.key == "last_tick")
        with self.reading() as connection:
            found = connection.execute(query).scalar_one_or_none()
        return None if found is None else unstamp(found)

    def ticked(self, now: datetime) -> None:
        """Note that somebody looked what is due; an earlier time than noted changes nothing."""
        with self.writing() as connection:
            connection.execute(insert_new(connection, meta).values(key="last_tick", value=stamp(now)))
            later = update(meta).where(meta.c.key == "last_tick", meta.c.value < stamp(now))
            connection.execute(later.values(value=stamp(now)))

    def _abandoned(self, connection: Connection, row: Row[Any]) -> bool:
        if row.state != _S.COLLECTING:
            return True
        if row.lease_until is None or row.lease_until < self.now():
            return True
        found = connection.execute(select(worker).where(worker.c.id == row.owner)).one_or_none()
        return found is None or gone(
            Process(found.host, found.boot, found.space, found.pid, found.started_at)
        )


def _of(month_key: str, audience: str) -> ColumnElement[bool]:
    return and_(edition.c.period == month_key, edition.c.audience == audience, edition.c.revision == 0)
