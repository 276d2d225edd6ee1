"""Editions as they were frozen: what was composed and rendered is what is sent, whatever changes later.

One row a (period, audience, revision), and the database alone decides who wrote it: a check before
the insert would let two processes both be first.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import uuid4

from sqlalchemy import Connection, Row, and_, func, select, update

from digest.errors import LedgerError
from digest.ledger.codec import digest_of, from_json, stamp, to_json, unstamp
from digest.ledger.incidents import snapshot_hash
from digest.ledger.states import COMES_FROM, EditionState
from digest.ledger.store import Store, insert_new
from digest.ledger.tables import artefact, delivery, edition
from digest.model import Card, DeliveryState, Edition, Rendering
from digest.period import Month

_S = EditionState


@dataclass(frozen=True, slots=True)
class HeldEdition:
    """An edition as it was frozen, with every form of it."""

    id: str
    month: str  # "2026-05"
    audience: str
    revision: int
    state: EditionState
    cutoff: datetime  # when its incidents were collected
    content_hash: str  # of the rendering
    edition: Edition
    rendering: Rendering
    addressed_at: datetime | None = None  # when it was first addressed to anybody
    decisions_hash: str = ""  # of the editor's file as it was applied; empty: there was none


@dataclass(frozen=True, slots=True)
class EditionLine:
    """One edition in a list: where it stands, and its deliveries counted by state."""

    id: str
    month: str
    audience: str
    revision: int
    state: EditionState
    cutoff: datetime | None
    deliveries: tuple[tuple[DeliveryState, int], ...]
    due_at: datetime | None = None
    setback: str = ""  # why it was not made yet: the step, and the kind of error


class Editions(Store):
    """The ledger's part that stage 4 and 5 write, and stage 6 reads."""

    def freeze(
        self, composed: Edition, rendering: Rendering, config_hash: str = "", decisions_hash: str = ""
    ) -> HeldEdition:
        """Keep an edition and its rendering; the first one frozen for a month wins, and is returned.

        A month that is only planned, or was missed, gets its edition so.

        Raises:
            LedgerError: the ledger cannot be written.
        """
        texts = texts_of(composed, rendering)
        hashes = {kind: digest_of(text) for kind, text in texts.items()}
        row = {
            **_edition_row(composed, hashes, self.now()),
            "config_hash": config_hash,
            "decisions_hash": decisions_hash,
        }
        with self.writing() as connection:
            row["snapshot_hash"] = snapshot_hash(connection, composed.month.key)
            if _won(connection, row):
                keep_artefacts(connection, texts)
            return _held(connection, _found(connection, composed.month.key, composed.audience)[0])

    def held(self, month_key: str, audience: str = "all") -> HeldEdition | None:
        """Return a month's edition in its newest revision; None where none was frozen.

        Raises:
            LedgerError: what is held is not what was frozen (damage, or a change from outside).
        """
        with self.reading() as connection:
            return next((_held(connection, row) for row in _found(connection, month_key, audience)), None)

    def move(self, edition_id: str, to: EditionState) -> bool:
        """Bring an edition to a state; False, and nothing done, where its own state does not lead there."""
        with self.writing() as connection:
            return move(connection, edition_id, to, self.now())

    def printed_by_others(self, month_key: str, months: int = 12) -> tuple[tuple[str, Card], ...]:
        """Return the key takeaways of the other editions, each with its month ("2026-04"), oldest first.

        Those of `months` months before, and of later ones: a missed month may be made after the next one,
        which has carried then what came late.
        """
        first = Month.parse(month_key).shift(-months).key
        query = (
            select(edition)
            .where(
                edition.c.period >= first, edition.c.period != month_key, edition.c.edition_hash.is_not(None)
            )
            .where(edition.c.state.not_in([_S.CANCELLED.value, _S.SUPERSEDED.value]))
            .order_by(edition.c.period, edition.c.audience, edition.c.revision)
        )
        with self.reading() as connection:
            rows = connection.execute(query).all()
            newest = {(row.period, row.audience): row for row in rows}
            return tuple(
                (row.period, card)
                for row in newest.values()
                for card in _edition(connection, row).key_takeaways
            )

    def previous_cutoff(self, month_key: str, audience: str = "all") -> datetime | None:
        """Return when the incidents of the nearest earlier edition were collected; None where none is."""
        query = (
            select(edition.c.cutoff)
            .where(
                edition.c.period < month_key, edition.c.audience == audience, edition.c.cutoff.is_not(None)
            )
            .order_by(edition.c.period.desc(), edition.c.revision.desc())
            .limit(1)
        )
        with self.reading() as connection:
            cutoff = connection.execute(query).scalar_one_or_none()
        return None if cutoff is None else unstamp(cutoff)

    def editions(self) -> tuple[EditionLine, ...]:
        """Return every edition, the newest month first, with its deliveries counted."""
        order = (edition.c.period.desc(), edition.c.audience, edition.c.revision.desc())
        count = select(delivery.c.edition_id, delivery.c.state, func.count().label("n"))
        with self.reading() as connection:
            rows = connection.execute(select(edition).order_by(*order)).all()
            counts = connection.execute(count.group_by(delivery.c.edition_id, delivery.c.state)).all()
        return tuple(_line(row, [c for c in counts if c.edition_id == row.id]) for row in rows)


def texts_of(composed: Edition, rendering: Rendering) -> dict[str, str]:
    """Return what is kept of an edition, by kind."""
    return {"edition": to_json(composed, Edition), "rendering": to_json(rendering, Rendering)}


def keep_artefacts(connection: Connection, texts: Mapping[str, str]) -> None:
    """Keep texts by their hash, within the caller's transaction; what is kept already stays."""
    for kind, text in texts.items():
        values = {"content_hash": digest_of(text), "kind": kind, "bytes": text.encode()}
        connection.execute(insert_new(connection, artefact).values(values))


def move(connection: Connection, edition_id: str, to: EditionState, now: str) -> bool:
    """Bring an edition to a state within the caller's transaction; False where its own forbids it."""
    allowed = [state.value for state in COMES_FROM[to]]
    guarded = update(edition).where(edition.c.id == edition_id, edition.c.state.in_(allowed))
    return connection.execute(guarded.values(state=to.value, updated_at=now)).rowcount == 1


def _won(connection: Connection, row: dict[str, Any]) -> bool:
    """Write an edition's row, where there is none yet, or one without an edition in it."""
    if connection.execute(insert_new(connection, edition).values(row)).rowcount == 1:
        return True
    kept = {"id", "due_at", "created_at", "fence"}
    empty = and_(
        edition.c.period == row["period"],
        edition.c.audience == row["audience"],
        edition.c.revision == row["revision"],
        edition.c.content_hash.is_(None),
    )
    values = {name: value for name, value in row.items() if name not in kept}
    done = {"owner": None, "lease_until": None, "tries": 0, "failed_step": None, "error_class": None}
    return connection.execute(update(edition).where(empty).values(**values, **done)).rowcount == 1


def _edition_row(composed: Edition, hashes: dict[str, str], now: str) -> dict[str, Any]:
    return {
        "id": str(uuid4()),
        "period": composed.month.key,
        "audience": composed.audience,
        "revision": composed.revision,
        "state": _S.COMPOSED.value,
        "due_at": now,
        "window_start": stamp(composed.month.start),
        "window_end": stamp(composed.month.end),
        "cutoff": stamp(composed.made.collected_at),
        "edition_hash": hashes["edition"],
        "content_hash": hashes["rendering"],
        "fence": 0,
        "created_at": now,
        "updated_at": now,
    }


def _found(connection: Connection, period: str, audience: str) -> Sequence[Row[Any]]:
    """Return the newest revision that was frozen, or nothing."""
    query = (
        select(edition)
        .where(edition.c.period == period, edition.c.audience == audience)
        .where(edition.c.content_hash.is_not(None))
        .order_by(edition.c.revision.desc())
        .limit(1)
    )
    return connection.execute(query).all()


def _held(connection: Connection, row: Row[Any]) -> HeldEdition:
    return HeldEdition(
        id=row.id,
        month=row.period,
        audience=row.audience,
        revision=row.revision,
        state=EditionState(row.state),
        cutoff=unstamp(row.cutoff),
        content_hash=row.content_hash,
        edition=_edition(connection, row),
        rendering=from_json(_artefact(connection, row.content_hash, row.period), Rendering),
        addressed_at=None if row.addressed_at is None else unstamp(row.addressed_at),
        decisions_hash=row.decisions_hash or "",
    )


def _edition(connection: Connection, row: Row[Any]) -> Edition:
    return from_json(_artefact(connection, row.edition_hash, row.period), Edition)


def _artefact(connection: Connection, content_hash: str, period: str) -> bytes:
    query = select(artefact.c.bytes).where(artefact.c.content_hash == content_hash)
    content: bytes | None = connection.execute(query).scalar_one_or_none()
    if content is None or digest_of(content) != content_hash:
        message = (
            f"the ledger's edition {period} is not what was frozen; put a backup of the ledger in its place"
        )
        raise LedgerError(message)
    return content


def _line(row: Row[Any], counts: Sequence[Row[Any]]) -> EditionLine:
    return EditionLine(
        id=row.id,
        month=row.period,
        audience=row.audience,
        revision=row.revision,
        state=EditionState(row.state),
        cutoff=None if row.cutoff is None else unstamp(row.cutoff),
        deliveries=tuple(sorted((DeliveryState(count.state), count.n) for count in counts)),
        due_at=unstamp(row.due_at),
        setback=": ".join(filter(None, (row.failed_step, row.error_class))),
    )
