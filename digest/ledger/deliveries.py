"""Deliveries: who is still to be written to, who writes to them now, and what became of it.

Every transition names the state, the owner and the fence that it starts from. One that changes no row
lost its claim meanwhile, and then nothing may be sent. `intend` is the commit before the point of no
return: a delivery found `sending` after a crash may have arrived, and is held as `unknown`.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Protocol

from sqlalchemy import ColumnElement, Connection, Row, and_, case, func, insert, or_, select, update

from digest.errors import LedgerError
from digest.ledger.codec import stamp
from digest.ledger.editions import move
from digest.ledger.states import EditionState
from digest.ledger.store import Store
from digest.ledger.tables import DUE, attempt, delivery, edition, suppression
from digest.ledger.workers import register
from digest.model import Delivery, DeliveryState

_D = DeliveryState
# From where a delivery may be settled to each state. From `unknown`: late evidence by the process that
# made the attempt, while nobody has settled it since.
_SETTLED_FROM = {
    _D.SENT: (_D.SENDING, _D.UNKNOWN),
    _D.UNKNOWN: (_D.SENDING,),
    _D.RETRY_WAIT: (_D.CLAIMED, _D.SENDING),
    _D.FAILED: (_D.CLAIMED, _D.SENDING),
    _D.PENDING: (_D.CLAIMED, _D.SENDING, _D.UNKNOWN),
}
_OPEN = (_D.PENDING, _D.CLAIMED, _D.SENDING, _D.RETRY_WAIT)
_GAPS = (_D.FAILED, _D.UNKNOWN)
# Longer than a mail server may take over all replies before the final dot, and for the one after it.
CLAIM_LEASE = timedelta(minutes=15)
SENDING_LEASE = timedelta(minutes=11)
# Waits before the second, third, … attempt; after the last one it has failed.
RETRY_AFTER = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 30, 120))
_TEXT_MOST = 500
# An attempt that ended before its intent was no attempt: the line was lost, not the target's patience.
UNCOUNTED = case((delivery.c.state == _D.CLAIMED.value, delivery.c.attempt - 1), else_=delivery.c.attempt)


@dataclass(frozen=True, slots=True)
class Claim:
    """One delivery that this process alone may make now."""

    edition_id: str
    channel: str
    target_key: str
    target: str
    key: str  # the same for every attempt: the left half of a Message-ID, a marker on a page
    content_hash: str
    attempt: int
    fence: int


class Deliveries(Store):
    """The ledger's part that stage 6 reads and writes."""

    def claim(self, edition_id: str, channel: str) -> Claim | None:
        """Take the next delivery that is due; None where none is, or the edition is not being sent.

        Targets that asked to be left alone are set aside here, so that a wish made while an edition
        goes out is heeded.

        Raises:
            LedgerError: the row was made for another content than the edition's.
        """
        now = self.now()
        with self.writing() as connection:
            held = connection.execute(select(edition).where(edition.c.id == edition_id)).one_or_none()
            if held is None or held.state not in {EditionState.ADDRESSED, EditionState.SENDING}:
                return None
            row = _next_due(connection, edition_id, channel, now)
            while row is not None and _suppressed(connection, row, held.audience):
                aside = update(delivery).where(is_row(row))
                connection.execute(aside.values(state=_D.SUPPRESSED.value, updated_at=now))
                row = _next_due(connection, edition_id, channel, now)
            if row is None:
                return None
            if row.content_hash != held.content_hash:
                message = f"a delivery of {held.period} was addressed with other content; nothing was sent"
                raise LedgerError(message)
            self._take(connection, row, now)
            move(connection, edition_id, EditionState.SENDING, now)
        return Claim(
            edition_id=edition_id,
            channel=channel,
            target_key=row.target_key,
            target=row.address,
            key=row.message_id,
            content_hash=row.content_hash,
            attempt=row.attempt + 1,
            fence=row.fence + 1,
        )

    def intend(self, claim: Claim) -> bool:
        """Note, durably, that the point of no return is next; False: the claim is lost, do not send."""
        with self.writing() as connection:
            values = {"state": _D.SENDING.value, "lease_until": stamp(self.clock() + SENDING_LEASE)}
            if not self._advance(connection, claim, (_D.CLAIMED,), values):
                return False
            connection.execute(insert(attempt).values(**self._attempt(claim), intent_at=self.now()))
            return True

    def settle(self, claim: Claim, result: Delivery, code: int | None = None) -> bool:
        """Note what became of a claim: `sent`, `retry_wait`, `failed`, `unknown`, or `pending` (given back).

        `retry_wait` comes due after 1, 5, 30 and 120 minutes; a fifth one is `failed`. False, and nothing
        changed, where the claim is lost.
        """
        state, text = result.state, result.detail
        if state is _D.RETRY_WAIT and claim.attempt > len(RETRY_AFTER):
            state, text = _D.FAILED, f"gave up after {claim.attempt} attempts: {text}"
        values: dict[str, str | int | None] = {
            "state": state.value,
            "remote_ref": result.reference,
            "remote_url": result.url,
            "last_code": code,
            "last_text": None if text is None else text[:_TEXT_MOST],
        }
        if state is _D.RETRY_WAIT:
            values["next_at"] = stamp(self.clock() + RETRY_AFTER[claim.attempt - 1])
        with self.writing() as connection:
            if not self._advance(connection, claim, _SETTLED_FROM[state], values):
                return False
            self._end_attempt(connection, claim, state, code)
            return True

    def deliveries(self, edition_id: str) -> tuple[Delivery, ...]:
        """Return an edition's deliveries, by channel, then target."""
        query = (
            select(delivery)
            .where(delivery.c.edition_id == edition_id)
            .order_by(delivery.c.channel, delivery.c.address, delivery.c.target_key)
        )
        with self.reading() as connection:
            return tuple(_shown(row) for row in connection.execute(query))

    def conclude(self, edition_id: str) -> EditionState:
        """Close an edition of which nothing is open: `sent`, or `sent_with_gaps`; return where it stands."""
        count = select(delivery.c.state, func.count()).where(delivery.c.edition_id == edition_id)
        with self.writing() as connection:
            states = {state for state, _ in connection.execute(count.group_by(delivery.c.state))}
            if states and not states.intersection(_OPEN):
                gaps = states.intersection(_GAPS)
                to = EditionState.SENT_WITH_GAPS if gaps else EditionState.SENT
                move(connection, edition_id, to, self.now())
            query = select(edition.c.state).where(edition.c.id == edition_id)
            return EditionState(connection.execute(query).scalar_one())

    def _take(self, connection: Connection, row: Row[Any], now: str) -> None:
        register(connection, self.worker, now)
        values = {
            "state": _D.CLAIMED.value,
            "owner": self.worker,
            "lease_until": stamp(self.clock() + CLAIM_LEASE),
            "fence": row.fence + 1,
            "attempt": row.attempt + 1,
            "next_at": None,
            "updated_at": now,
        }
        connection.execute(update(delivery).where(is_row(row)).values(values))

    def _advance(
        self,
        connection: Connection,
        claim: Claim,
        allowed: Collection[DeliveryState],
        values: dict[str, Any],
    ) -> bool:
        where = and_(
            is_row(claim),
            delivery.c.state.in_([state.value for state in allowed]),
            delivery.c.owner == self.worker,
            delivery.c.fence == claim.fence,
            delivery.c.attempt == claim.attempt,
        )
        if values["state"] == _D.PENDING:
            values = {**values, "owner": None, "attempt": UNCOUNTED}
        guarded = update(delivery).where(where).values(**values, updated_at=self.now())
        return connection.execute(guarded).rowcount == 1

    def _attempt(self, claim: Claim) -> dict[str, str | int]:
        return {
            "edition_id": claim.edition_id,
            "channel": claim.channel,
            "target_key": claim.target_key,
            "n": claim.attempt,
            "worker": self.worker,
            "fence": claim.fence,
        }

    def _end_attempt(
        self, connection: Connection, claim: Claim, state: DeliveryState, code: int | None
    ) -> None:
        ended = {"ended_at": self.now(), "outcome": state.value, "code": code}
        of_claim = is_attempt(claim, claim.attempt)
        if connection.execute(update(attempt).where(of_claim).values(ended)).rowcount:
            return
        if state is not _D.PENDING:
            connection.execute(insert(attempt).values(**self._attempt(claim), **ended))


class _Row(Protocol):
    """What names a delivery: a row of the table, or a claim."""

    @property
    def edition_id(self) -> str: ...
    @property
    def channel(self) -> str: ...
    @property
    def target_key(self) -> str: ...


def is_row(row: _Row) -> ColumnElement[bool]:
    """Return the condition that names one delivery."""
    return and_(
        delivery.c.edition_id == row.edition_id,
        delivery.c.channel == row.channel,
        delivery.c.target_key == row.target_key,
    )


def is_attempt(row: _Row, number: int) -> ColumnElement[bool]:
    """Return the condition that names one attempt of a delivery."""
    return and_(
        attempt.c.edition_id == row.edition_id,
        attempt.c.channel == row.channel,
        attempt.c.target_key == row.target_key,
        attempt.c.n == number,
    )


def _suppressed(connection: Connection, row: Row[Any], audience: str) -> bool:
    query = select(suppression.c.scope).where(
        suppression.c.target_key == row.target_key, suppression.c.scope.in_(["all", audience])
    )
    return connection.execute(query).first() is not None


def _next_due(connection: Connection, edition_id: str, channel: str, now: str) -> Row[Any] | None:
    waited = and_(delivery.c.state == _D.RETRY_WAIT.value, delivery.c.next_at <= now)
    # DUE says in plain SQL what the rest says with values: only so SQLite takes the index for it.
    query = (
        select(delivery)
        .where(delivery.c.edition_id == edition_id, delivery.c.channel == channel, DUE)
        .where(or_(delivery.c.state == _D.PENDING.value, waited))
        .order_by(delivery.c.target_key)
        .limit(1)
    )
    return connection.execute(query).first()


def _shown(row: Row[Any]) -> Delivery:
    detail = row.last_text
    if row.state == _D.RETRY_WAIT:
        detail = f"{detail or 'it failed for now'}; due again at {row.next_at[:16].replace('T', ' ')} UTC"
    return Delivery(
        channel=row.channel,
        target=row.address or row.target_key,
        state=DeliveryState(row.state),
        attempt=row.attempt,
        reference=row.remote_ref,
        detail=detail,
        url=row.remote_url,
    )
