"""Deliveries in the ledger: claimed by one, intended before sending, taken back from the dead."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from builders import NOW, edition
from sqlalchemy import event

from digest.errors import LedgerError
from digest.ledger import Claim, EditionState, Ledger
from digest.model import Delivery, DeliveryState, Rendering

PAGES = Rendering("2026-05", "all", "May", "<p>May</p>", "May", "# May")
ANA, BEN = "ana@example.org", "ben@example.org"
S = DeliveryState


class Clock:
    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now


class Desk:
    """Two openings of one ledger, on one clock, with an edition addressed to some."""

    def __init__(self, path: Path) -> None:
        self.clock = Clock()
        self.one = Ledger.open(path, clock=self.clock)
        self.two = Ledger.open(path, clock=self.clock)
        self.id = self.one.freeze(edition(), PAGES).id

    def address(self, *targets: str) -> int:
        return self.one.address(self.id, {"mail": targets})

    def claimed(self, ledger: Ledger | None = None) -> Claim:
        claim = (ledger or self.one).claim(self.id, "mail")
        assert claim is not None
        return claim

    def states(self) -> dict[str, str]:
        return {one.target: one.state.value for one in self.one.deliveries(self.id)}


@pytest.fixture
def desk(tmp_path: Path) -> Any:
    made = Desk(tmp_path / "digest.db")
    yield made
    made.one.close()
    made.two.close()


def result(claim: Claim, state: DeliveryState, detail: str | None = None) -> Delivery:
    return Delivery(claim.channel, claim.target, state, detail=detail)


def test_addressing_again_adds_nobody(desk: Desk) -> None:
    assert desk.address(ANA, BEN) == 2
    assert desk.address(ANA, BEN) == 0
    assert desk.states() == {ANA: "pending", BEN: "pending"}


@pytest.mark.parametrize("spelling", [" ana@example.org ", "Ana@example.org", "ana@EXAMPLE.org"])
def test_two_spellings_of_one_address_are_one_delivery(desk: Desk, spelling: str) -> None:
    assert desk.address(ANA, spelling) == 1


def test_paths_that_differ_in_case_are_two_targets(desk: Desk) -> None:
    assert desk.address("/srv/Out", "/srv/out") == 2


def test_somebody_who_left_the_list_is_not_written_to_and_may_come_back(desk: Desk) -> None:
    desk.address(ANA, BEN)
    desk.address(BEN)
    assert desk.states() == {ANA: "cancelled", BEN: "pending"}
    assert desk.address(ANA, BEN) == 1
    assert desk.states() == {ANA: "pending", BEN: "pending"}


def test_another_channels_targets_are_left_alone(desk: Desk) -> None:
    desk.address(ANA)
    desk.one.address(desk.id, {"outbox": ["/srv/out"]})
    assert desk.states() == {ANA: "pending", "/srv/out": "pending"}


def test_a_claim_is_one_process_s_alone(desk: Desk) -> None:
    desk.address(ANA, BEN)
    assert {desk.claimed(desk.one).target, desk.claimed(desk.two).target} == {ANA, BEN}
    assert desk.one.claim(desk.id, "mail") is None


def test_every_attempt_bears_the_same_key_and_each_target_its_own(desk: Desk) -> None:
    desk.address(ANA, BEN)
    first, other = desk.claimed(), desk.claimed()
    desk.one.settle(first, result(first, S.PENDING))
    assert desk.claimed().key == first.key != other.key


def test_what_was_given_back_counts_as_no_attempt(desk: Desk) -> None:
    desk.address(ANA)
    for _ in range(9):
        claim = desk.claimed()
        assert claim.attempt == 1
        desk.one.settle(claim, result(claim, S.PENDING))


def test_a_temporary_failure_comes_due_later_and_the_fifth_is_final(desk: Desk) -> None:
    desk.address(ANA)
    for minutes in (1, 5, 30, 120):
        claim = desk.claimed()
        desk.one.settle(claim, result(claim, S.RETRY_WAIT, "450 later"), code=450)
        desk.clock.now += timedelta(minutes=minutes, seconds=-1)
        assert desk.one.claim(desk.id, "mail") is None
        desk.clock.now += timedelta(seconds=1)
    claim = desk.claimed()
    desk.one.settle(claim, result(claim, S.RETRY_WAIT, "450 later"), code=450)
    (delivery,) = desk.one.deliveries(desk.id)
    assert (delivery.state, delivery.detail) == (S.FAILED, "gave up after 5 attempts: 450 later")


def test_a_long_reply_is_cut(desk: Desk) -> None:
    desk.address(ANA)
    claim = desk.claimed()
    desk.one.settle(claim, result(claim, S.FAILED, "x" * 9000), code=550)
    assert len(desk.one.deliveries(desk.id)[0].detail or "") == 500


def test_a_worker_whose_lease_ran_out_may_not_send(desk: Desk) -> None:
    desk.address(ANA)
    slow = desk.claimed(desk.one)
    desk.clock.now += timedelta(minutes=16)
    assert desk.two.recover() == 1
    quick = desk.claimed(desk.two)
    assert not desk.one.intend(slow)
    assert desk.two.intend(quick)
    assert not desk.one.settle(slow, result(slow, S.SENT))


def test_an_old_claim_stays_lost_when_its_own_worker_claims_anew(desk: Desk) -> None:
    desk.address(ANA)
    old = desk.claimed(desk.one)
    desk.clock.now += timedelta(minutes=16)
    desk.two.recover()
    new = desk.claimed(desk.one)
    assert (old.attempt, old.fence) == (new.attempt, new.fence - 1)
    assert not desk.one.intend(old)
    assert desk.one.intend(new)


def test_a_live_process_s_claims_are_left_to_it(desk: Desk) -> None:
    desk.address(ANA)
    desk.claimed(desk.one)
    assert desk.two.recover() == 0


def test_what_a_retired_process_claimed_is_taken_back(desk: Desk) -> None:
    desk.address(ANA, BEN)
    intended = desk.claimed(desk.one)
    desk.one.intend(intended)
    desk.claimed(desk.one)
    desk.one.retire()
    assert desk.two.recover() == 2
    assert sorted(desk.states().values()) == ["pending", "unknown"]
    assert desk.states()[intended.target] == "unknown"


def test_where_doing_it_twice_leaves_the_same_thing_there_is_no_doubt(desk: Desk) -> None:
    desk.address(ANA)
    desk.one.intend(desk.claimed(desk.one))
    desk.one.retire()
    desk.two.recover(repeatable={"mail"})
    assert desk.states() == {ANA: "pending"}


def test_late_evidence_settles_what_was_in_doubt(desk: Desk) -> None:
    desk.address(ANA)
    paused = desk.claimed(desk.one)
    desk.one.intend(paused)
    desk.clock.now += timedelta(minutes=12)
    desk.two.recover()
    assert desk.states() == {ANA: "unknown"}
    assert desk.one.settle(paused, result(paused, S.SENT))
    assert desk.states() == {ANA: "sent"}


def test_late_evidence_is_too_late_once_a_person_decided(desk: Desk) -> None:
    desk.address(ANA)
    paused = desk.claimed(desk.one)
    desk.one.intend(paused)
    desk.clock.now += timedelta(minutes=12)
    desk.two.recover()
    assert desk.two.resolve(desk.id, "mail", "ANA@example.org", S.PENDING)
    assert not desk.one.settle(paused, result(paused, S.SENT))
    assert desk.claimed(desk.two).target == ANA


@pytest.mark.parametrize(
    ("was", "to", "allowed"),
    [
        (S.SENT, S.PENDING, False),
        (S.FAILED, S.PENDING, True),
        (S.FAILED, S.SENT, False),
        (S.UNKNOWN, S.SENT, True),
    ],
)
def test_a_person_may_decide_only_what_went_wrong(
    desk: Desk, was: DeliveryState, to: DeliveryState, *, allowed: bool
) -> None:
    desk.address(ANA)
    claim = desk.claimed()
    desk.one.intend(claim)
    desk.one.settle(claim, result(claim, was))
    assert desk.one.resolve(desk.id, "mail", ANA, to) is allowed


@pytest.mark.parametrize(
    ("states", "expected"),
    [
        ((S.SENT, S.SENT), EditionState.SENT),
        ((S.SENT, S.FAILED), EditionState.SENT_WITH_GAPS),
        ((S.UNKNOWN, S.SENT), EditionState.SENT_WITH_GAPS),
        ((S.SENT, S.RETRY_WAIT), EditionState.SENDING),
    ],
)
def test_an_edition_is_closed_when_nothing_is_open(
    desk: Desk, states: Sequence[DeliveryState], expected: EditionState
) -> None:
    desk.address(ANA, BEN)
    for state in states:
        claim = desk.claimed()
        desk.one.intend(claim)
        desk.one.settle(claim, result(claim, state))
    assert desk.one.conclude(desk.id) is expected


def test_a_target_added_after_the_edition_was_sent_gets_it_alone(desk: Desk) -> None:
    desk.address(ANA)
    claim = desk.claimed()
    desk.one.intend(claim)
    desk.one.settle(claim, result(claim, S.SENT))
    desk.one.conclude(desk.id)
    assert desk.one.claim(desk.id, "mail") is None
    desk.address(ANA, BEN)
    assert desk.claimed().target == BEN
    assert desk.one.claim(desk.id, "mail") is None


def test_somebody_who_asked_to_be_left_alone_meanwhile_is(desk: Desk) -> None:
    desk.address(ANA)
    desk.two.suppress("Ana@Example.org", "asked to")
    assert desk.one.claim(desk.id, "mail") is None
    assert desk.states() == {ANA: "suppressed"}
    assert desk.one.conclude(desk.id) is EditionState.SENT


def test_a_delivery_addressed_with_other_content_is_not_sent(desk: Desk) -> None:
    desk.address(ANA)
    with desk.one.writing() as connection:
        connection.exec_driver_sql("UPDATE delivery SET content_hash = 'other'")
    with pytest.raises(LedgerError, match="other content"):
        desk.one.claim(desk.id, "mail")


def test_every_attempt_is_on_record(desk: Desk) -> None:
    desk.address(ANA)
    claim = desk.claimed()
    desk.one.settle(claim, result(claim, S.RETRY_WAIT, "450"), code=450)
    desk.clock.now += timedelta(minutes=2)
    claim = desk.claimed()
    desk.one.intend(claim)
    desk.one.settle(claim, result(claim, S.SENT))
    with desk.one.reading() as connection:
        rows = connection.exec_driver_sql("SELECT n, intent_at IS NULL, outcome, code FROM attempt").all()
    assert [tuple(row) for row in rows] == [(1, 1, "retry_wait", 450), (2, 0, "sent", None)]


def test_a_claim_does_not_read_past_what_was_sent(desk: Desk) -> None:
    desk.address(ANA, BEN)
    statements: list[tuple[str, object]] = []

    def note(_connection: object, _cursor: object, statement: str, parameters: object, *_: object) -> None:
        if statement.startswith("SELECT delivery."):
            statements.append((statement, parameters))

    event.listen(desk.one._engine, "before_cursor_execute", note)
    desk.claimed()
    ((statement, parameters),) = statements
    with desk.one.reading() as connection:
        plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters).all()
    assert [row.detail for row in plan] == [
        "SEARCH delivery USING INDEX delivery_todo (edition_id=? AND channel=?)"
    ]
