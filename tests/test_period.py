from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.period import Month


@pytest.mark.parametrize(
    ("shift", "key"), [(0, "2026-01"), (-1, "2025-12"), (12, "2027-01"), (-13, "2024-12")]
)
def test_months_are_shifted_by_the_calendar(shift: int, key: str) -> None:
    assert Month(2026, 1).shift(shift).key == key


def test_a_month_ends_where_the_next_begins_in_its_own_zone() -> None:
    october = Month(2026, 10, "Europe/Lisbon")

    # Clocks go back on 25 October: the month begins at UTC+1 and ends at UTC.
    assert october.start.astimezone(UTC) == datetime(2026, 9, 30, 23, tzinfo=UTC)
    assert october.end.astimezone(UTC) == datetime(2026, 11, 1, 0, tzinfo=UTC)
    assert october.start in october
    assert october.end not in october


def test_a_moment_is_in_the_month_of_the_zone_not_of_utc() -> None:
    late = datetime(2026, 9, 30, 23, 30, tzinfo=UTC)

    assert Month.of(late, "Europe/Lisbon").key == "2026-10"
    assert Month.of(late, "UTC").key == "2026-09"


@given(
    moment=st.datetimes(datetime(2000, 1, 1), datetime(2040, 1, 1)).map(lambda d: d.replace(tzinfo=UTC)),  # noqa: DTZ001 - made aware here
    zone=st.sampled_from(
        ["UTC", "Europe/Lisbon", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu"]
    ),
)
def test_every_moment_is_in_exactly_one_month(moment: datetime, zone: str) -> None:
    month = Month.of(moment, zone)

    assert moment in month
    assert moment not in month.shift(1)
    assert moment not in month.shift(-1)


def test_the_repeated_hour_of_autumn_is_told_apart() -> None:
    # 01:30 comes twice on 25 October: both belong to it, and an hour lies between them.
    zone = ZoneInfo("Europe/Lisbon")
    first = datetime(2026, 10, 25, 1, 30, tzinfo=zone)
    second = first.replace(fold=1)

    assert second.astimezone(UTC) - first.astimezone(UTC) == timedelta(hours=1)
    assert first in Month(2026, 10, "Europe/Lisbon")
    assert second in Month(2026, 10, "Europe/Lisbon")


@pytest.mark.parametrize(
    "text", ["2026-13", "2026-1", "october", "", "2026-10-01", "\uff12\uff10\uff12\uff16-10"]
)
def test_what_is_no_month_says_how_to_write_one(text: str) -> None:
    with pytest.raises(ValueError, match="YYYY-MM"):
        Month.parse(text)


def test_the_months_before_come_oldest_first() -> None:
    assert [m.key for m in Month(2026, 2).before(3)] == ["2025-11", "2025-12", "2026-01"]
