"""Editions made again, while nobody has had them: forgotten, or given another content in one step."""

from collections.abc import Collection

from sqlalchemy import Connection, and_, delete, exists, or_, select, update

from digest.ledger.codec import digest_of
from digest.ledger.editions import HeldEdition, keep_artefacts, texts_of
from digest.ledger.states import EditionState
from digest.ledger.store import Store
from digest.ledger.tables import artefact, attempt, delivery, edition
from digest.model import DeliveryState, Edition, Rendering

_S = EditionState
_UNADDRESSED = (_S.COMPOSED.value, _S.AWAITING_APPROVAL.value, _S.APPROVED.value)
# With a delivery in one of these, something went out, or may have.
_OUT = (DeliveryState.CLAIMED, DeliveryState.SENDING, DeliveryState.SENT, DeliveryState.UNKNOWN)
_FORGOTTEN = ("cutoff", "snapshot_hash", "edition_hash", "content_hash", "recipients_hash", "addressed_at")


class Remaking(Store):
    """The ledger's part that lets go of what was frozen."""

    def discard(self, edition_id: str, repeatable: Collection[str] = ()) -> bool:
        """Forget an edition, so that it can be made anew; False, and nothing done, once anything went out.

        "Went out" counts what may have: claimed, sending or unknown. What `repeatable` channels sent
        does not count: the next time replaces it, as it does a file. The month is planned then, with the
        time at which it was due: where the process ends before it is made anew, it is not forgotten.
        """
        with self.writing() as connection:
            of_edition = delivery.c.edition_id == edition_id
            for_good = delivery.c.channel.not_in(repeatable)
            out = select(delivery.c.state).where(of_edition, for_good, delivery.c.state.in_(_OUT)).limit(1)
            if connection.execute(out).first() is not None:
                return False
            connection.execute(delete(attempt).where(attempt.c.edition_id == edition_id))
            connection.execute(delete(delivery).where(of_edition))
            values = {"state": _S.PLANNED.value, "tries": 0, "updated_at": self.now()}
            planned = update(edition).where(edition.c.id == edition_id)
            connection.execute(planned.values(**values, **dict.fromkeys(_FORGOTTEN)))
            _drop_unused(connection)
            return True

    def amend_edition(
        self, held: HeldEdition, composed: Edition, rendering: Rendering, decisions_hash: str, *, hold: bool
    ) -> bool:
        """Put another content into an edition that was addressed to nobody yet.

        Args:
            held: the edition as the caller knows it.
            composed: what takes its place.
            rendering: the same in every form.
            decisions_hash: of the editor's file as it was applied.
            hold: it has to be approved anew. Said here, since between two steps another process would
                send what nobody has looked at.

        Returns:
            False, and nothing done, where it is no longer what `held` says, or was addressed meanwhile.
        """
        texts = texts_of(composed, rendering)
        values = {
            "state": (_S.AWAITING_APPROVAL if hold else _S.COMPOSED).value,
            "edition_hash": digest_of(texts["edition"]),
            "content_hash": digest_of(texts["rendering"]),
            "decisions_hash": decisions_hash,
            "updated_at": self.now(),
        }
        as_held = and_(edition.c.id == held.id, edition.c.content_hash == held.content_hash)
        unsent = and_(edition.c.state.in_(_UNADDRESSED), edition.c.addressed_at.is_(None))
        with self.writing() as connection:
            if connection.execute(update(edition).where(as_held, unsent).values(values)).rowcount != 1:
                return False
            keep_artefacts(connection, texts)
            _drop_unused(connection)
            return True


def _drop_unused(connection: Connection) -> None:
    used = exists().where(
        or_(
            edition.c.edition_hash == artefact.c.content_hash,
            edition.c.content_hash == artefact.c.content_hash,
        )
    )
    connection.execute(delete(artefact).where(~used))
