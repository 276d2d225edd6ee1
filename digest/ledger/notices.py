"""Notices to people about the work itself: each at most so often, and again where one did not get out.

Other than an edition, a notice may come twice where a process ends at the wrong moment: an editor who
hears something twice is better off than one who never does.
"""

from datetime import datetime, timedelta

from sqlalchemy import and_, delete, or_, select, update

from digest.ledger.codec import stamp, unstamp
from digest.ledger.store import Store, insert_new
from digest.ledger.tables import notice
from digest.ledger.targets import salt_of, target_key

_TAKEN, _SENT = "taken", "sent"
_LEASE = timedelta(minutes=15)


class Notices(Store):
    """The ledger's part that remembers who was told what, and when."""

    def take_notice(self, key: str, to: str, again_after: timedelta | None = None) -> bool:
        """Return whether a notice may be sent now, by this caller alone.

        Args:
            key: what it says; the same for the same notice.
            to: to whom; stored as a keyed hash.
            again_after: how long after it was sent it may be sent again; None: never.
        """
        now = self.clock()
        due = and_(notice.c.state == _TAKEN, notice.c.at < stamp(now - _LEASE))
        if again_after is not None:
            due = or_(due, and_(notice.c.state == _SENT, notice.c.at <= stamp(now - again_after)))
        with self.writing() as connection:
            row = {"key": key, "target_key": target_key(to, salt_of(connection))}
            taken = {"state": _TAKEN, "at": stamp(now)}
            if connection.execute(insert_new(connection, notice).values(**row, **taken)).rowcount == 1:
                return True
            of_row = and_(notice.c.key == row["key"], notice.c.target_key == row["target_key"])
            return connection.execute(update(notice).where(of_row, due).values(taken)).rowcount == 1

    def settle_notice(self, key: str, to: str, *, sent: bool) -> None:
        """Note that a notice got out; or that it did not, so that it may be tried again at once."""
        with self.writing() as connection:
            of_row = and_(notice.c.key == key, notice.c.target_key == target_key(to, salt_of(connection)))
            if sent:
                values = {"state": _SENT, "at": self.now()}
                connection.execute(update(notice).where(of_row).values(values))
            else:
                connection.execute(delete(notice).where(of_row))

    def notice_sent_at(self, key: str, to: str) -> datetime | None:
        """Return when a notice last got out to somebody; None where it never did."""
        with self.reading() as connection:
            of_row = and_(notice.c.key == key, notice.c.target_key == target_key(to, salt_of(connection)))
            query = select(notice.c.at).where(of_row, notice.c.state == _SENT)
            at = connection.execute(query).scalar_one_or_none()
        return None if at is None else unstamp(at)
