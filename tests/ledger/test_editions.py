"""Frozen editions: once, unchanged, and forgotten only while nothing went out."""

import threading
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from builders import MAY, NOW, card, edition, made

from digest.errors import LedgerError
from digest.ledger import EditionState, HeldEdition, Ledger
from digest.model import Delivery, DeliveryState, Edition, Rendering

PAGES = Rendering("2026-05", "all", "What we learnt in May 2026", "<p>May</p>", "May", "# May")


@pytest.fixture
def ledger() -> Any:
    with Ledger.open(None, clock=lambda: NOW) as opened:
        yield opened


def freeze(ledger: Ledger, **over: Any) -> HeldEdition:
    composed: Edition = edition(**over)
    return ledger.freeze(composed, replace(PAGES, month=composed.month.key))


def test_what_was_frozen_is_what_is_held(ledger: Ledger) -> None:
    held = freeze(ledger)
    assert ledger.held("2026-05") == held
    assert (held.edition, held.rendering, held.cutoff) == (edition(), PAGES, NOW)
    assert held.state is EditionState.COMPOSED


def test_the_first_edition_frozen_for_a_month_wins(ledger: Ledger) -> None:
    first = freeze(ledger)
    again = ledger.freeze(edition(subject="Another"), replace(PAGES, subject="Another"))
    assert again == first


def test_of_many_that_freeze_at_once_one_wins(tmp_path: Path) -> None:
    path = tmp_path / "digest.db"
    Ledger.open(path).close()
    won: list[str] = []

    def run(number: int) -> None:
        with Ledger.open(path) as ledger:
            won.append(freeze(ledger, subject=f"By {number}").id)

    threads = [threading.Thread(target=run, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(won) == 6
    assert len(set(won)) == 1


def test_a_correction_is_a_row_of_its_own_and_the_newest_is_held(ledger: Ledger) -> None:
    first, second = freeze(ledger), freeze(ledger, revision=1, subject="Corrected")
    assert first.id != second.id
    held = ledger.held("2026-05")
    assert held is not None
    assert (held.revision, held.edition.subject) == (1, "Corrected")


def test_content_changed_behind_the_programs_back_is_refused(ledger: Ledger) -> None:
    freeze(ledger)
    with ledger.writing() as connection:
        connection.exec_driver_sql("UPDATE artefact SET bytes = replace(bytes, 'May', 'Mai')")
    with pytest.raises(LedgerError, match="not what was frozen"):
        ledger.held("2026-05")


@pytest.mark.parametrize(
    ("state", "forgotten"),
    [
        (None, True),
        (DeliveryState.RETRY_WAIT, True),
        (DeliveryState.FAILED, True),
        (DeliveryState.SENT, False),
        (DeliveryState.UNKNOWN, False),
    ],
)
def test_an_edition_is_forgotten_only_while_nothing_went_out(
    ledger: Ledger, state: DeliveryState | None, *, forgotten: bool
) -> None:
    held = freeze(ledger)
    ledger.address(held.id, {"mail": ["ana@example.org"]})
    if state is not None:
        claim = ledger.claim(held.id, "mail")
        assert claim is not None
        assert ledger.intend(claim)
        ledger.settle(claim, Delivery("mail", claim.target, state))
    assert ledger.discard(held.id) is forgotten
    assert (ledger.held("2026-05") is None) is forgotten
    if forgotten:
        with ledger.reading() as connection:
            assert connection.exec_driver_sql("SELECT count(*) FROM artefact").scalar_one() == 0


def test_the_claims_of_a_discarded_edition_do_not_stop_the_new_one(ledger: Ledger) -> None:
    held = freeze(ledger)
    ledger.address(held.id, {"mail": ["ana@example.org"]})
    assert ledger.discard(held.id)
    again = freeze(ledger, subject="Anew")
    assert ledger.address(again.id, {"mail": ["ana@example.org"]}) == 1


def test_earlier_editions_tell_what_they_printed_and_when_they_were_collected(ledger: Ledger) -> None:
    for back, text in ((1, "April's."), (13, "Too long ago."), (0, "This month's.")):
        at = NOW - timedelta(days=30 * back)
        freeze(
            ledger,
            month=MAY.shift(-back),
            key_takeaways=(card(text),),
            made=made(collected_at=at),
        )
    assert [(month, one.text) for month, one in ledger.printed_by_others("2026-05")] == [
        ("2026-04", "April's.")
    ]
    assert ledger.previous_cutoff("2026-05") == NOW - timedelta(days=30)
    assert ledger.previous_cutoff("2020-01") is None


def test_a_state_is_reached_only_from_where_it_may(ledger: Ledger) -> None:
    held = freeze(ledger)
    assert not ledger.move(held.id, EditionState.SENT)
    assert ledger.move(held.id, EditionState.AWAITING_APPROVAL)
    with pytest.raises(LedgerError, match="awaiting approval"):
        ledger.address(held.id, {"mail": ["ana@example.org"]})
    assert not ledger.move(held.id, EditionState.ADDRESSED)  # not past the approval
    assert ledger.approve(held.id, held.content_hash)
    assert ledger.address(held.id, {"mail": ["ana@example.org"]}) == 1


def test_the_list_of_editions_counts_deliveries_by_state(ledger: Ledger) -> None:
    held = freeze(ledger)
    freeze(ledger, month=MAY.shift(1))
    ledger.address(held.id, {"mail": ["ana@example.org", "ben@example.org"]})
    june, may = ledger.editions()
    assert (june.month, june.deliveries) == ("2026-06", ())
    assert (may.state, may.deliveries) == (EditionState.ADDRESSED, ((DeliveryState.PENDING, 2),))
    assert may.cutoff == datetime(2026, 6, 3, 9, tzinfo=UTC)
