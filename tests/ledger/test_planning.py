from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from builders import edition

from digest.ledger import EditionState, Ledger, Setback
from digest.model import Rendering
from digest.period import Month

MAY = Month(2026, 5)
DUE = datetime(2026, 6, 1, 7, tzinfo=UTC)
PAGES = Rendering("2026-05", "all", "May", "<p>May</p>", "May", "# May")


class Clock:
    def __init__(self) -> None:
        self.at = DUE + timedelta(minutes=3)

    def __call__(self) -> datetime:
        return self.at


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def ledger(tmp_path: Path, clock: Clock) -> Iterator[Ledger]:
    with Ledger.open(tmp_path / "digest.db", clock=clock) as opened:
        yield opened


def state(ledger: Ledger) -> EditionState:
    (line,) = ledger.editions()
    return line.state


def test_a_month_is_planned_once_however_often_it_is_due(ledger: Ledger) -> None:
    assert [ledger.plan(MAY, DUE) for _ in range(3)] == [True, False, False]
    assert not ledger.plan(MAY, DUE, missed=True)
    assert state(ledger) is EditionState.PLANNED


def test_only_one_of_two_processes_makes_an_edition(ledger: Ledger, clock: Clock) -> None:
    ledger.plan(MAY, DUE)
    with Ledger.open(ledger.path, clock=clock) as other:
        assert [ledger.begin("2026-05"), other.begin("2026-05"), ledger.begin("2026-05")] == [
            True,
            False,
            False,
        ]


def test_an_edition_whose_process_went_away_is_taken_over(ledger: Ledger, clock: Clock) -> None:
    ledger.plan(MAY, DUE)
    with Ledger.open(ledger.path, clock=clock) as other:
        assert other.begin("2026-05")
    assert ledger.begin("2026-05")


def test_an_edition_that_is_held_too_long_is_taken_over(ledger: Ledger, clock: Clock) -> None:
    ledger.plan(MAY, DUE)
    with Ledger.open(ledger.path, clock=clock) as other:
        assert other.begin("2026-05")
        clock.at += timedelta(hours=4)
        assert ledger.begin("2026-05")


def test_an_edition_given_back_is_tried_again_without_end_and_says_why(ledger: Ledger) -> None:
    ledger.plan(MAY, DUE)
    for _ in range(20):
        assert ledger.begin("2026-05")
        ledger.give_back("2026-05", Setback("collect", "UNAVAILABLE"))
    (line,) = ledger.editions()
    assert (line.state, line.setback) == (EditionState.PLANNED, "collect: UNAVAILABLE")


def test_an_edition_over_which_five_processes_ended_has_failed(ledger: Ledger, clock: Clock) -> None:
    ledger.plan(MAY, DUE)
    for _ in range(5):
        with Ledger.open(ledger.path, clock=clock) as other:
            assert other.begin("2026-05")
    assert not ledger.begin("2026-05")
    assert state(ledger) is EditionState.FAILED


@pytest.mark.parametrize("missed", [False, True])
def test_an_edition_that_was_planned_or_missed_is_frozen_in_its_own_row(
    ledger: Ledger, *, missed: bool
) -> None:
    ledger.plan(MAY, DUE, missed=missed)
    held = ledger.freeze(edition(month=MAY), PAGES)
    again = ledger.freeze(edition(month=MAY, subject="Another"), PAGES)
    assert again.edition.subject == held.edition.subject
    (line,) = ledger.editions()
    assert (line.state, line.due_at, line.setback) == (EditionState.COMPOSED, DUE, "")


def test_only_what_was_looked_at_is_released(ledger: Ledger) -> None:
    held = ledger.freeze(edition(month=MAY), PAGES)
    assert not ledger.approve(held.id, held.content_hash)  # it is not held
    assert ledger.hold(held.id)
    assert not ledger.hold(held.id)
    assert not ledger.approve(held.id, "another content")
    assert state(ledger) is EditionState.AWAITING_APPROVAL
    assert ledger.released_besides("2026-06") == 0
    assert ledger.approve(held.id, held.content_hash)
    assert ledger.released_besides("2026-06") == 1
    assert ledger.released_besides("2026-05") == 0


def test_the_last_look_never_moves_back(ledger: Ledger) -> None:
    assert ledger.last_tick() is None
    for hours in (1, 5, 3):
        ledger.ticked(DUE + timedelta(hours=hours))
    assert ledger.last_tick() == DUE + timedelta(hours=5)


def test_a_notice_goes_out_once_and_again_only_when_asked(ledger: Ledger, clock: Clock) -> None:
    fortnight = timedelta(days=14)
    assert ledger.take_notice("nudge", "Ana@example.org")
    assert not ledger.take_notice("nudge", "ana@example.org")  # on its way
    ledger.settle_notice("nudge", "ana@example.org", sent=True)
    assert ledger.notice_sent_at("nudge", "ana@example.org") == clock.at
    clock.at += timedelta(days=13)
    assert not ledger.take_notice("nudge", "ana@example.org", fortnight)
    assert ledger.take_notice("nudge", "ben@example.org", fortnight)
    clock.at += timedelta(days=1)
    assert not ledger.take_notice("nudge", "ana@example.org")  # never again
    assert ledger.take_notice("nudge", "ana@example.org", fortnight)


def test_a_notice_that_did_not_get_out_is_tried_again(ledger: Ledger, clock: Clock) -> None:
    assert ledger.take_notice("proof", "ana@example.org")
    ledger.settle_notice("proof", "ana@example.org", sent=False)
    assert ledger.take_notice("proof", "ana@example.org")
    clock.at += timedelta(minutes=16)  # its process ended before it could say
    assert ledger.take_notice("proof", "ana@example.org")
    assert ledger.notice_sent_at("proof", "ana@example.org") is None


def test_who_was_told_is_not_to_be_read_in_the_file(ledger: Ledger) -> None:
    ledger.take_notice("proof", "ana@example.org")
    with ledger.reading() as connection:
        row = connection.exec_driver_sql("SELECT * FROM notice").one()
    assert "ana" not in str(row)
