"""The months' incidents as they were collected, and when each tracker was last read.

What is stored was redacted before; a private incident, or a name from the `people` field, is refused
here once more, because nothing downstream looks again.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from sqlalchemy import Connection, delete, func, insert, select, tuple_, update

from digest.ledger.codec import digest_of, from_json, stamp, to_json
from digest.ledger.store import Store
from digest.ledger.tables import incident, month, source_pull
from digest.model import Collected, Incident, Source, Visibility

_COMPLETE = "complete"
_FAILED = "failed"


@dataclass(frozen=True, slots=True)
class LeftOut:
    """How many of a month's incidents were left out of the ledger; for the operator, never for readers."""

    private: int = 0
    unchecked: int = 0


class Incidents(Store):
    """The ledger's part that stage 1 writes and later stages read."""

    def store(self, collected: Collected) -> None:
        """Keep a month as it was collected, in one transaction.

        An incident that a source no longer gives is removed, where that source could be read: it may
        have turned private. The earliest `seen_complete` known of an incident stays. An incident that
        has moved to another month leaves the one it was in.

        Raises:
            ValueError: an incident is not public; a bug in collecting, so nothing is stored.
            LedgerError: the ledger cannot be written.
        """
        _check_public(collected.incidents)
        period = collected.month.key
        with self.writing() as connection:
            known = _seen(connection, collected.incidents)
            _remove_withdrawn(connection, period, collected)
            _write(connection, period, [_earliest(one, known) for one in collected.incidents])
            for source in collected.sources:
                connection.execute(insert(source_pull).values(_pull(connection, period, source)))
            connection.execute(delete(month).where(month.c.period == period))
            connection.execute(
                insert(month).values(
                    period=period,
                    private=collected.private,
                    unchecked=collected.unchecked,
                    stored_at=self.now(),
                )
            )

    def amend(self, incidents: Iterable[Incident], withdrawn: Iterable[tuple[str, str]] = ()) -> None:
        """Renew incidents of earlier months that were asked for again, each in the month that holds it.

        `withdrawn` names (tracker, key) of those that may no longer be shown; they are removed.
        Incidents that no month holds are left alone.

        Raises:
            ValueError: an incident is not public.
            LedgerError: the ledger cannot be written.
        """
        renewed = tuple(incidents)
        _check_public(renewed)
        with self.writing() as connection:
            known = _seen(connection, renewed)
            for one in renewed:
                # Its month is the one it was stored under; only what it says is new.
                values = _row(_earliest(one, known))
                where = (incident.c.source == one.tracker) & (incident.c.source_id == one.key)
                connection.execute(update(incident).where(where).values(values))
            for tracker, key in withdrawn:
                where = (incident.c.source == tracker) & (incident.c.source_id == key)
                connection.execute(delete(incident).where(where))

    def months_held(self, trackers: Sequence[str]) -> frozenset[str]:
        """Return the months ("2026-05") for which the newest reading of every tracker was complete."""
        newest: dict[tuple[str, str], str] = {}
        query = select(source_pull.c.period, source_pull.c.source, source_pull.c.state)
        with self.reading() as connection:
            for row in connection.execute(query.order_by(source_pull.c.pull_id)):
                newest[row.period, row.source] = row.state
        return frozenset(
            period
            for period in {period for period, _ in newest}
            if all(newest.get((period, tracker)) == _COMPLETE for tracker in trackers)
        )

    def incidents(self, month_key: str) -> tuple[Incident, ...]:
        """Return a month's incidents, by key, then tracker."""
        query = (
            select(incident.c.doc)
            .where(incident.c.period == month_key, incident.c.state == "ok")
            .order_by(incident.c.source_id, incident.c.source)
        )
        with self.reading() as connection:
            documents = connection.execute(query).scalars().all()
        return tuple(from_json(document, Incident) for document in documents)

    def counts(self, month_key: str) -> LeftOut:
        """Return how many of a month's incidents were left out; zeros for a month that was never stored."""
        query = select(month.c.private, month.c.unchecked).where(month.c.period == month_key)
        with self.reading() as connection:
            row = connection.execute(query).first()
        return LeftOut() if row is None else LeftOut(row.private, row.unchecked)


def snapshot_hash(connection: Connection, period: str) -> str:
    """Return a hash of a month's incidents as they are held now."""
    columns = (incident.c.source, incident.c.source_id, incident.c.body_hash)
    query = select(*columns).where(incident.c.period == period).order_by(*columns)
    return digest_of("\n".join("\t".join(row) for row in connection.execute(query)))


def _check_public(incidents: Iterable[Incident]) -> None:
    for one in incidents:
        if one.visibility is not Visibility.PUBLIC:
            message = f"incident {one.key} of {one.tracker} is {one.visibility}; only public ones are stored"
            raise ValueError(message)


def _seen(connection: Connection, incidents: Sequence[Incident]) -> dict[tuple[str, str], Incident]:
    """Return what is held of these incidents; of one held in two months, what saw it complete first."""
    known: dict[tuple[str, str], Incident] = {}
    for some in _chunks([(one.tracker, one.key) for one in incidents]):
        query = select(incident.c.doc).where(tuple_(incident.c.source, incident.c.source_id).in_(some))
        for document in connection.execute(query.order_by(incident.c.period)).scalars():
            held = from_json(document, Incident)
            key = (held.tracker, held.key)
            known[key] = _earliest(held, known)
    return known


def _earliest(one: Incident, known: dict[tuple[str, str], Incident]) -> Incident:
    held = known.get((one.tracker, one.key))
    times = [t for t in (one.seen_complete, held.seen_complete if held else None) if t is not None]
    return replace(one, seen_complete=min(times, default=None), people=())


def _remove_withdrawn(connection: Connection, period: str, collected: Collected) -> None:
    for some in _chunks([(one.tracker, one.key) for one in collected.incidents]):
        connection.execute(delete(incident).where(tuple_(incident.c.source, incident.c.source_id).in_(some)))
    read = [source.tracker for source in collected.sources if source.complete]
    connection.execute(delete(incident).where(incident.c.period == period, incident.c.source.in_(read)))


def _write(connection: Connection, period: str, incidents: Sequence[Incident]) -> None:
    # By key: a tracker that gives an incident twice gives it once here, the last time.
    rows = {
        (one.tracker, one.key): {
            "period": period,
            "source": one.tracker,
            "source_id": one.key,
            **_row(one),
        }
        for one in incidents
    }
    if rows:
        connection.execute(insert(incident), list(rows.values()))


def _row(one: Incident) -> dict[str, str]:
    document = to_json(one, Incident)
    return {
        "visibility": one.visibility.value,
        "body_hash": digest_of(document),
        "doc": document,
        "state": "ok",
    }


def _pull(connection: Connection, period: str, source: Source) -> dict[str, str | int]:
    of_source = (source_pull.c.period == period) & (source_pull.c.source == source.tracker)
    earlier = connection.execute(select(func.count()).select_from(source_pull).where(of_source)).scalar_one()
    return {
        "period": period,
        "source": source.tracker,
        "pull_id": f"{earlier + 1:08d}",  # counted, not timed: clocks are set back
        "state": _COMPLETE if source.complete else _FAILED,
        "read_at": stamp(source.read_at),
        "items": source.incidents,
    }


def _chunks(keys: list[tuple[str, str]], size: int = 400) -> Iterable[list[tuple[str, str]]]:
    # SQLite counts the values in one statement.
    return (keys[start : start + size] for start in range(0, len(keys), size))
