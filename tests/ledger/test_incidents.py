"""What the ledger keeps of a month, and what it refuses to."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from builders import MAY, NOW, incident

from digest.ledger import Ledger, LeftOut
from digest.model import Collected, Incident, Source, Visibility
from digest.period import Month

APRIL = MAY.shift(-1)


@pytest.fixture
def ledger() -> Any:
    with Ledger.open(None) as opened:
        yield opened


def collected(*incidents: Incident, month: Month = MAY, complete: bool = True, **over: Any) -> Collected:
    sources = (Source("reviews", NOW, len(incidents), complete),)
    return Collected(month, incidents, sources=sources, **over)


def keys(ledger: Ledger, month: Month = MAY) -> list[str]:
    return [one.key for one in ledger.incidents(month.key)]


def test_a_month_comes_back_by_key(ledger: Ledger) -> None:
    ledger.store(collected(incident("102"), incident("101")))
    assert ledger.incidents(MAY.key) == (incident("101"), incident("102"))


def test_an_incident_that_a_source_no_longer_gives_is_removed(ledger: Ledger) -> None:
    ledger.store(collected(incident("101"), incident("102")))
    ledger.store(collected(incident("101")))
    assert keys(ledger) == ["101"]


def test_a_source_that_could_not_be_read_loses_nothing(ledger: Ledger) -> None:
    ledger.store(collected(incident("101"), incident("102")))
    ledger.store(collected(complete=False))
    assert keys(ledger) == ["101", "102"]


def test_another_sources_incidents_stay(ledger: Ledger) -> None:
    ledger.store(collected(incident("101")))
    other = replace(collected(incident("7", tracker="jira")), sources=(Source("jira", NOW, 1),))
    ledger.store(other)
    assert keys(ledger) == ["101", "7"]


def test_an_incident_is_in_one_month_only(ledger: Ledger) -> None:
    ledger.store(collected(incident("101"), month=APRIL))
    ledger.store(collected(incident("101")))
    assert (keys(ledger, APRIL), keys(ledger)) == ([], ["101"])


def test_the_earliest_time_that_saw_it_complete_stays(ledger: Ledger) -> None:
    ledger.store(collected(incident(seen_complete=NOW), month=APRIL))
    ledger.store(collected(incident(seen_complete=NOW + timedelta(days=9))))
    ledger.store(collected(incident(seen_complete=None)))
    assert ledger.incidents(MAY.key)[0].seen_complete == NOW


@pytest.mark.parametrize("visibility", [Visibility.PRIVATE, Visibility.UNKNOWN])
def test_what_is_not_public_is_refused_and_nothing_of_its_month_is_stored(
    ledger: Ledger, visibility: Visibility
) -> None:
    with pytest.raises(ValueError, match="only public ones"):
        ledger.store(collected(incident("101"), incident("102", visibility=visibility)))
    assert keys(ledger) == []


def test_names_of_people_are_never_written(ledger: Ledger) -> None:
    ledger.store(collected(incident(people=("Ana Canary",))))
    with ledger.reading() as connection:
        assert "Canary" not in connection.exec_driver_sql("SELECT doc FROM incident").scalar_one()


def test_a_month_is_held_when_the_newest_reading_of_every_tracker_was_complete(ledger: Ledger) -> None:
    ledger.store(collected(month=APRIL))
    ledger.store(collected(complete=False))
    assert ledger.months_held(["reviews"]) == {APRIL.key}
    assert ledger.months_held(["reviews", "jira"]) == frozenset()
    ledger.store(collected())
    ledger.store(collected(month=APRIL, complete=False))
    assert ledger.months_held(["reviews"]) == {MAY.key}


def test_left_out_incidents_are_counted_for_the_operator(ledger: Ledger) -> None:
    ledger.store(collected(private=2, unchecked=1))
    assert ledger.counts(MAY.key) == LeftOut(private=2, unchecked=1)
    assert ledger.counts(APRIL.key) == LeftOut()


def test_a_late_review_renews_its_incident_in_the_month_that_holds_it(ledger: Ledger) -> None:
    ledger.store(collected(incident("101"), month=APRIL))
    ledger.amend([incident("101", "# Late", seen_complete=NOW), incident("900")])
    (held,) = ledger.incidents(APRIL.key)
    assert (held.review.text, held.seen_complete, keys(ledger)) == ("# Late", NOW, [])


def test_an_incident_that_turned_private_later_is_removed(ledger: Ledger) -> None:
    ledger.store(collected(incident("101"), incident("102"), month=APRIL))
    ledger.amend([], withdrawn=[("reviews", "101")])
    assert keys(ledger, APRIL) == ["102"]


def test_a_thousand_incidents_fit(ledger: Ledger) -> None:
    many = tuple(incident(f"{n:04d}") for n in range(1000))
    ledger.store(collected(*many))
    ledger.store(collected(*many[1:]))
    assert len(ledger.incidents(MAY.key)) == 999
