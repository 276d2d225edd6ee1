"""Looking at a ledger: its editions as a monitor sees them, and its file without touching it."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from builders import edition

from digest.errors import LedgerError
from digest.ledger import EditionState, Ledger, Setback
from digest.ledger.look import condition_of, watched
from digest.ledger.migrations import NEWEST
from digest.model import Delivery, DeliveryState, Rendering
from digest.period import Month

NOW = datetime(2026, 6, 1, 9, 0, tzinfo=UTC)
PAGES = Rendering("2026-05", "all", "May", "<p>May</p>", "May", "# May")


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    with Ledger.open(tmp_path / "digest.db", clock=lambda: NOW) as opened:
        yield opened


def test_an_edition_that_could_not_be_made_is_seen_with_its_reason(ledger: Ledger) -> None:
    ledger.plan(Month(2026, 5, "UTC"), NOW - timedelta(hours=1))
    ledger.begin("2026-05")
    ledger.give_back("2026-05", Setback("collect", "RemoteError"))

    (one,) = watched(ledger)

    assert (one.month, one.state, one.setback) == ("2026-05", EditionState.PLANNED, "collect: RemoteError")
    assert (one.due_at, one.since, one.out_at) == (NOW - timedelta(hours=1), NOW, None)


def test_deliveries_that_failed_or_are_in_doubt_are_counted(ledger: Ledger) -> None:
    held = ledger.freeze(edition(), PAGES)
    ledger.address(held.id, {"mail": ["ana@x.test", "ben@x.test", "cam@x.test"]})
    for state in (DeliveryState.FAILED, DeliveryState.UNKNOWN, DeliveryState.SENT):
        claim = ledger.claim(held.id, "mail")
        assert claim is not None
        assert ledger.intend(claim)
        assert ledger.settle(claim, Delivery("mail", claim.target, state))
    ledger.conclude(held.id)

    (one,) = watched(ledger)

    assert (one.state, one.failed, one.unknown, one.out_at) == (EditionState.SENT_WITH_GAPS, 1, 1, NOW)


def test_the_newest_month_comes_first(ledger: Ledger) -> None:
    for number in (3, 5, 4):
        ledger.plan(Month(2026, number, "UTC"), NOW)

    assert [one.month for one in watched(ledger)] == ["2026-05", "2026-04", "2026-03"]


def test_a_file_is_looked_at_while_another_has_it_open(ledger: Ledger, tmp_path: Path) -> None:
    ledger.ticked(NOW)

    condition = condition_of(tmp_path / "digest.db")

    assert (condition.sound, condition.schema, condition.current) == (True, NEWEST, True)


def test_looking_makes_no_file(tmp_path: Path) -> None:
    with pytest.raises(LedgerError, match="cannot be read"):
        condition_of(tmp_path / "none.db")

    assert list(tmp_path.iterdir()) == []


def test_a_name_with_odd_signs_is_found(tmp_path: Path) -> None:
    path = tmp_path / "a b?#%41.db"
    Ledger.open(path).close()

    assert condition_of(path).sound


def test_what_is_no_ledger_is_not_sound(tmp_path: Path) -> None:
    (tmp_path / "digest.db").write_text("a letter" * 500, encoding="utf-8")

    assert not condition_of(tmp_path / "digest.db").sound
