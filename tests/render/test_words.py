from datetime import UTC, datetime

import pytest

from digest.errors import ConfigError
from digest.model import Severity
from digest.period import Month
from digest.render.words import Words

ENGLISH = Words.of("en")


@pytest.mark.parametrize("zone", ["Pacific/Kiritimati", "America/Los_Angeles", "UTC"])
def test_a_month_is_named_as_its_own_zone_knows_it(zone: str) -> None:
    month = Month(2026, 10, zone)
    assert ENGLISH.month(month) == "October 2026"
    assert ENGLISH.first_day(month) == "1 October 2026"
    assert ENGLISH.last_day(month) == "31 October 2026"


def test_an_earlier_month_says_its_year_only_when_it_is_another() -> None:
    october = Month(2026, 10)
    assert ENGLISH.month_seen_from(Month(2026, 9), october) == "September"
    assert ENGLISH.month_seen_from(Month(2025, 12), october) == "December 2025"


def test_a_moment_is_told_in_the_readers_zone() -> None:
    moment = datetime(2026, 10, 31, 23, 30, tzinfo=UTC)
    assert ENGLISH.day(moment, "Asia/Tokyo") == "1 November 2026"
    assert ENGLISH.time(moment, "Asia/Tokyo") == "08:30"


@pytest.mark.parametrize(
    ("value", "said"), [(0, "0 incidents"), (1, "1 incident"), (2, "2 incidents"), (1204, "1,204 incidents")]
)
def test_one_incident_is_not_one_incidents(value: int, said: str) -> None:
    assert ENGLISH.count(value, "incident", "incidents") == said


@pytest.mark.parametrize(("value", "said"), [(2.0, "2"), (2.5, "2.5"), (1204, "1,204")])
def test_a_median_shows_a_half_only_where_there_is_one(value: float, said: str) -> None:
    assert ENGLISH.number(value) == said


def test_another_language_has_its_own_dates_and_numbers() -> None:
    german = Words.of("de")
    assert german.month(Month(2026, 10)) == "Oktober 2026"
    assert german.first_day(Month(2026, 10)) == "1. Oktober 2026"
    assert german.number(1204.5) == "1.204,5"
    assert german.listing(["a", "b", "c"]) == "a, b und c"
    assert Words.of("ar").direction == "rtl"
    assert Words.of("pt-BR").language == "pt-BR"


@pytest.mark.parametrize("name", ["xx", "english", "", "../de", "de_"])
def test_a_language_that_nobody_knows_is_the_operators_to_mend(name: str) -> None:
    with pytest.raises(ConfigError, match="expected a language such as"):
        Words.of(name)


def test_a_severity_is_named_by_the_tracker_where_it_has_a_word() -> None:
    assert ENGLISH.severity(Severity.SEV1, "P1 – critical") == "P1 – critical"
    assert ENGLISH.severity(Severity.SEV2) == "Sev-2"
    assert ENGLISH.severity(None) is None
