"""Where an edition may stand, and from where it may get there; see docs/delivery.md."""

from enum import StrEnum


class EditionState(StrEnum):
    """Where an edition stands; see docs/delivery.md for the state machine."""

    PLANNED = "planned"
    MISSED = "missed"
    COLLECTING = "collecting"
    COLLECTED = "collected"
    COMPOSING = "composing"
    COMPOSED = "composed"
    SKIPPED = "skipped"
    AWAITING_APPROVAL = "awaiting_approval"
    APPROVED = "approved"
    ADDRESSED = "addressed"
    BLOCKED = "blocked"
    SENDING = "sending"
    PAUSED = "paused"
    SENT = "sent"
    SENT_WITH_GAPS = "sent_with_gaps"
    FAILED = "failed"
    CANCELLED = "cancelled"
    SUPERSEDED = "superseded"


_S = EditionState
# From where an edition may get to each state. `freeze` alone makes `composed` out of nothing; `sent`
# goes back to `addressed` when a target is added later. What nobody has had is planned again by `discard`,
# and composed or held again, with other content, by `amend_edition`.
COMES_FROM: dict[EditionState, frozenset[EditionState]] = {
    _S.PLANNED: frozenset({_S.MISSED, _S.FAILED, _S.COLLECTING}),
    _S.MISSED: frozenset(),
    _S.COLLECTING: frozenset({_S.PLANNED}),
    _S.COLLECTED: frozenset({_S.COLLECTING}),
    _S.COMPOSING: frozenset({_S.COLLECTED}),
    _S.COMPOSED: frozenset({_S.COMPOSING}),
    _S.SKIPPED: frozenset({_S.COLLECTED, _S.COMPOSING, _S.COMPOSED}),
    _S.AWAITING_APPROVAL: frozenset({_S.COMPOSED}),
    _S.APPROVED: frozenset({_S.AWAITING_APPROVAL}),
    _S.ADDRESSED: frozenset(
        {_S.COMPOSED, _S.APPROVED, _S.SENT, _S.SENT_WITH_GAPS, _S.BLOCKED, _S.SENDING, _S.PAUSED}
    ),
    _S.BLOCKED: frozenset({_S.ADDRESSED}),
    _S.SENDING: frozenset({_S.ADDRESSED, _S.PAUSED}),
    _S.PAUSED: frozenset({_S.SENDING}),
    _S.SENT: frozenset({_S.ADDRESSED, _S.SENDING, _S.PAUSED, _S.SENT_WITH_GAPS}),
    _S.SENT_WITH_GAPS: frozenset({_S.ADDRESSED, _S.SENDING, _S.PAUSED, _S.SENT}),
    _S.FAILED: frozenset({_S.COLLECTING, _S.COLLECTED, _S.COMPOSING}),
    _S.CANCELLED: frozenset(
        {_S.COMPOSED, _S.AWAITING_APPROVAL, _S.APPROVED, _S.ADDRESSED, _S.SENDING, _S.PAUSED}
    ),
    _S.SUPERSEDED: frozenset({_S.SENT, _S.SENT_WITH_GAPS, _S.CANCELLED}),
}
