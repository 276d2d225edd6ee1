"""To whom an edition goes: the rows made once, all or none, before the first is sent."""

import hashlib
import hmac
import unicodedata
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Row, select, tuple_, update

from digest.errors import LedgerError
from digest.ledger.codec import digest_of
from digest.ledger.editions import move
from digest.ledger.states import EditionState
from digest.ledger.store import Overtaken, Store, insert_new
from digest.ledger.tables import delivery, edition, meta, suppression
from digest.model import DeliveryState

_SCHEME = "v1"  # of the keys; another way to make them would be another scheme
_LEFT = "no longer among the channel's targets"
_NOT_YET = (DeliveryState.PENDING, DeliveryState.RETRY_WAIT)
_HAD = (DeliveryState.CLAIMED, DeliveryState.SENDING, DeliveryState.SENT, DeliveryState.UNKNOWN)
_SENDABLE = frozenset(
    {
        EditionState.COMPOSED,
        EditionState.APPROVED,
        EditionState.ADDRESSED,
        EditionState.SENDING,
        EditionState.PAUSED,
        EditionState.SENT,
        EditionState.SENT_WITH_GAPS,
    }
)
_ROWS_AT_ONCE = 400

Key = tuple[str, str]  # channel, target_key


class Targets(Store):
    """The ledger's part that freezes the recipients."""

    def address(
        self, edition_id: str, targets: Mapping[str, Sequence[str]], content_hash: str | None = None
    ) -> int:
        """Give an edition each channel's targets, all or none; return how many are new.

        Again with the same targets it changes nothing. A target that was added since joins; one that
        left its channel, and was not written to yet, is cancelled, and revived if it returns.
        Two spellings are one target where they differ in spaces around them, or, for e-mail addresses,
        in case: no mail system in use tells `Ana@` from `ana@`, and readers dislike a second copy.

        Args:
            edition_id: the edition.
            targets: by channel. One with none has left the config: what it has sent, or may have, is not
                sent again by the channel that took its place, under whatever name.
            content_hash: what the caller is about to send; None is not checked.

        Raises:
            Overtaken: the edition holds other content by now.
            LedgerError: there is no such edition, or it may not be sent (not approved, cancelled).
        """
        with self.writing() as connection:
            row = _sendable(connection, edition_id, content_hash)
            wanted = _rows(row, targets, salt_of(connection), self.now())
            there = _there(connection, edition_id)
            left_config = {name for name, some in targets.items() if not some}
            had = {k for (name, k), (state, _) in there.items() if name in left_config and state in _HAD}
            new = [wanted[key] for key in wanted if key not in there and key[1] not in had]
            revived = [key for key in wanted if there.get(key) == (DeliveryState.CANCELLED, _LEFT)]
            left = [
                key for key in there if key[0] in targets and key not in wanted and there[key][0] in _NOT_YET
            ]
            if new:
                connection.execute(insert_new(connection, delivery), new)
            self._set(connection, edition_id, revived, DeliveryState.PENDING)
            self._set(connection, edition_id, left, DeliveryState.CANCELLED)
            if new or revived or row.state in {EditionState.COMPOSED, EditionState.APPROVED}:
                move(connection, edition_id, EditionState.ADDRESSED, self.now())
            frozen = digest_of("\n".join(sorted("\t".join(key) for key in wanted)))
            values = {"recipients_hash": frozen, "addressed_at": row.addressed_at or self.now()}
            connection.execute(update(edition).where(edition.c.id == edition_id).values(values))
            return len(new) + len(revived)

    def suppress(self, target: str, reason: str, scope: str = "all") -> None:
        """Never write to a target again, in every edition or in one audience's; heeded at the next claim."""
        with self.writing() as connection:
            key = target_key(target, salt_of(connection))
            values = {"target_key": key, "scope": scope, "reason": reason, "since": self.now()}
            connection.execute(insert_new(connection, suppression).values(values))

    def _set(
        self, connection: Connection, edition_id: str, keys: Sequence[Key], state: DeliveryState
    ) -> None:
        text = _LEFT if state is DeliveryState.CANCELLED else None
        for start in range(0, len(keys), _ROWS_AT_ONCE):
            some = keys[start : start + _ROWS_AT_ONCE]
            where = tuple_(delivery.c.channel, delivery.c.target_key).in_(some)
            connection.execute(
                update(delivery)
                .where(delivery.c.edition_id == edition_id, where)
                .values(state=state.value, last_text=text, last_code=None, updated_at=self.now())
            )


def normalised(target: str) -> str:
    """Return the form in which two spellings of one target are the same."""
    plain = unicodedata.normalize("NFC", target.strip())
    return plain.casefold() if "@" in plain and "/" not in plain else plain


def target_key(target: str, salt: str) -> str:
    """Return what stands for a target where its address need not be known, and may be erased."""
    return hmac.new(salt.encode(), normalised(target).encode(), hashlib.sha256).hexdigest()[:32]


def salt_of(connection: Connection) -> str:
    """Return this ledger's own key for `target_key`."""
    salt: str = connection.execute(select(meta.c.value).where(meta.c.key == "target_salt")).scalar_one()
    return salt


def _sendable(connection: Connection, edition_id: str, content_hash: str | None) -> Row[Any]:
    row = connection.execute(select(edition).where(edition.c.id == edition_id)).one_or_none()
    if row is None:
        message = f"the ledger holds no edition {edition_id}"
        raise LedgerError(message)
    if content_hash not in {None, row.content_hash}:
        message = f"the edition {row.period} was made again meanwhile; nothing was sent, the next run goes on"
        raise Overtaken(message)
    if row.state not in _SENDABLE:
        message = f"the edition {row.period} is {row.state.replace('_', ' ')}; it is not sent in that state"
        raise LedgerError(message)
    return row


def _rows(
    row: Row[Any], targets: Mapping[str, Sequence[str]], salt: str, now: str
) -> dict[Key, dict[str, str | int]]:
    rows: dict[Key, dict[str, str | int]] = {}
    for channel, some in targets.items():
        for target in some:
            key = target_key(target, salt)
            idem = f"{_SCHEME}:{row.period}:{row.audience}:{row.revision}:{channel}:{key}"
            rows.setdefault(
                (channel, key),
                {
                    "edition_id": row.id,
                    "channel": channel,
                    "target_key": key,
                    "address": target.strip(),
                    "state": DeliveryState.PENDING.value,
                    "attempt": 0,
                    "fence": 0,
                    "idem_key": idem,
                    "content_hash": row.content_hash,
                    "message_id": f"digest-{row.period}.{digest_of(salt + idem)[:24]}",
                    "updated_at": now,
                },
            )
    return rows


def _there(connection: Connection, edition_id: str) -> dict[Key, tuple[str, str | None]]:
    query = select(delivery.c.channel, delivery.c.target_key, delivery.c.state, delivery.c.last_text)
    rows = connection.execute(query.where(delivery.c.edition_id == edition_id))
    return {(row.channel, row.target_key): (row.state, row.last_text) for row in rows}
