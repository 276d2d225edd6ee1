"""Putting right what did not end well: a sender that died, an answer that never came."""

from collections.abc import Collection
from typing import Any

from sqlalchemy import Connection, Row, and_, delete, select, update

from digest.ledger.deliveries import UNCOUNTED, is_attempt, is_row
from digest.ledger.editions import move
from digest.ledger.states import EditionState
from digest.ledger.store import Store
from digest.ledger.tables import attempt, delivery, worker
from digest.ledger.targets import salt_of, target_key
from digest.ledger.workers import Process, gone
from digest.model import DeliveryState

_D = DeliveryState
# What a person may decide about a delivery that went wrong.
_RESOLVED_FROM = {_D.PENDING: (_D.UNKNOWN, _D.FAILED), _D.SENT: (_D.UNKNOWN,)}
_HELD = (_D.CLAIMED, _D.SENDING)
_STOPPED = "the program stopped before the answer was noted; it may have arrived"


class Recovery(Store):
    """The ledger's part that takes back, and that heeds a person's word."""

    def recover(self, repeatable: Collection[str] = ()) -> int:
        """Take back what processes left that have ended, or whose lease has; return how many.

        What was claimed is pending again. What was `sending` is `unknown`, but for the channels named
        `repeatable`, where doing it twice leaves the same thing: there it is pending again.
        """
        now = self.now()
        query = (
            select(delivery, worker.c.host, worker.c.boot, worker.c.space, worker.c.pid, worker.c.started_at)
            .outerjoin(worker, worker.c.id == delivery.c.owner)
            .where(delivery.c.state.in_(_HELD), delivery.c.owner != self.worker)
        )
        with self.writing() as connection:
            left = [row for row in connection.execute(query).all() if row.lease_until < now or _ended(row)]
            for row in left:
                _take_back(connection, row, now, repeatable=row.channel in repeatable)
            busy = select(delivery.c.owner).where(delivery.c.state.in_(_HELD))
            for row in connection.execute(select(worker).where(worker.c.id.not_in(busy))).all():
                if row.id != self.worker and gone(_process(row)):
                    connection.execute(delete(worker).where(worker.c.id == row.id))
        return len(left)

    def resolve(self, edition_id: str, channel: str, target: str, to: DeliveryState) -> bool:
        """Settle by a person's word: `unknown` or `failed` to `pending` (again), `unknown` to `sent`.

        Returns:
            False, and nothing changed, where there is no such delivery in such a state.
        """
        with self.writing() as connection:
            allowed = _RESOLVED_FROM.get(to, ())
            where = and_(
                delivery.c.edition_id == edition_id,
                delivery.c.channel == channel,
                delivery.c.target_key == target_key(target, salt_of(connection)),
                delivery.c.state.in_(allowed),
            )
            values = {"state": to.value, "owner": None, "last_text": "resolved by hand"}
            changed = connection.execute(
                update(delivery).where(where).values(**values, updated_at=self.now())
            )
            if changed.rowcount and to is _D.PENDING:
                move(connection, edition_id, EditionState.ADDRESSED, self.now())
            return changed.rowcount == 1

    def retire(self) -> None:
        """Say that this worker makes no more claims; what it still holds may be taken back at once."""
        with self.writing() as connection:
            connection.execute(delete(worker).where(worker.c.id == self.worker))


def _ended(row: Row[Any]) -> bool:
    """Return whether the sender is known to have ended; one that retired has no entry any more."""
    return row.host is None or gone(_process(row))


def _process(row: Row[Any]) -> Process:
    return Process(row.host, row.boot, row.space, row.pid, row.started_at)


def _take_back(connection: Connection, row: Row[Any], now: str, *, repeatable: bool) -> None:
    in_doubt = row.state == _D.SENDING and not repeatable
    values: dict[str, Any] = {"state": _D.UNKNOWN.value, "last_text": _STOPPED}
    if not in_doubt:
        values = {"state": _D.PENDING.value, "owner": None, "attempt": UNCOUNTED}
    where = and_(is_row(row), delivery.c.state == row.state, delivery.c.fence == row.fence)
    connection.execute(update(delivery).where(where).values(**values, updated_at=now))
    ended = {"ended_at": now, "outcome": values["state"]}
    connection.execute(update(attempt).where(is_attempt(row, row.attempt)).values(ended))
