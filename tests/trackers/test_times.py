from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.trackers.times import day_in_name, end_of_day, parse_time


@pytest.mark.parametrize(
    ("text", "utc"),
    [
        ("2026-10-03", "2026-10-02T23:00"),
        ("20261003", "2026-10-02T23:00"),
        ("2026-10-03 14:05", "2026-10-03T13:05"),
        ("2026-10-03T14:05:59,25", "2026-10-03T13:05:59"),
        ("2026-10-03T14:05Z", "2026-10-03T14:05"),
        ("2026-10-03 14:05 UTC", "2026-10-03T14:05"),
        ("2026-10-03 14:05:00 -0700", "2026-10-03T21:05"),
        ("2026-10-03t14:05+02", "2026-10-03T12:05"),
        ("2026-10-25 01:30", "2026-10-25T00:30"),  # told twice that night: before the change
        ("2026-03-29 01:30", "2026-03-29T01:30"),  # left out that night
        ("2026-1-2 9:05", "2026-01-02T09:05"),
        ("03.10.2026", "2026-10-02T23:00"),
        ("3.10.2026 14:05", "2026-10-03T13:05"),
        ("31.12.2026, 14:05 UTC", "2026-12-31T14:05"),
    ],
)
def test_a_time_without_a_zone_is_in_the_configured_one(text: str, utc: str) -> None:
    assert parse_time(text, "Europe/Lisbon").at == datetime.fromisoformat(utc).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    "text",
    [
        "2026-10-32",
        "2026-13-01",
        "9999-12-31T23:59:59Z",
        "0001-01-01T00:00:00-12:00",
        "1759276800000",
        "24:00:00Z",
        "2026-10-03T24:00:00Z",
        "2026-10-03 14:05 EST",
        "2026-10-03 14:05 +25:00",
        "3.10.26",
        "3.13.2026",
        "03.10.9999",
        "3.10",
        "99/99/2026",
        "3 October",
        "\uff12\uff10\uff12\uff16-10-03",
        "now",
        "",
    ],
)
def test_what_is_no_plain_time_is_refused_with_advice(text: str) -> None:
    with pytest.raises(ValueError, match=r"is not a time.*; write it as 2026-10-03"):
        parse_time(text, "UTC")


@pytest.mark.parametrize(
    ("text", "days"),
    [
        ("10/11/2026", "2026-11-10 or 2026-10-11"),
        ("3-10-2026 14:05", "2026-10-03 or 2026-03-10"),
        ("25/12/2026", "2026-12-25"),
        ("05/05/2026", "2026-05-05"),
    ],
)
def test_a_day_that_some_write_month_first_is_refused_with_what_it_may_mean(text: str, days: str) -> None:
    with pytest.raises(
        ValueError, match=rf"'{text}' is not a time that has one meaning; write it as {days}$"
    ):
        parse_time(text, "UTC")


def test_what_a_time_did_not_tell_is_known() -> None:
    day, clock, zoned = (
        parse_time(t, "UTC") for t in ("2026-10-03", "2026-10-03 10:00", "2026-10-03T10:00Z")
    )

    assert (day.naive, day.day_only) == (True, True)
    assert (clock.naive, clock.day_only) == (True, False)
    assert (zoned.naive, zoned.day_only) == (False, False)


def test_the_end_of_a_day_knows_the_days_length() -> None:
    start = parse_time("2026-10-25", "Europe/Lisbon").at  # 25 hours long

    assert end_of_day(start, "Europe/Lisbon") == datetime(2026, 10, 25, 23, 59, 59, tzinfo=UTC)


@pytest.mark.parametrize(
    ("stem", "day"),
    [
        ("2026-10-03-search-slow", "2026-10-03"),
        ("team--2026-10-03-search", "2026-10-03"),
        ("2026_10_03 search", "2026-10-03"),
        ("20261003-search", "2026-10-03"),
        ("2026-13-03-then-2026-10-04", "2026-10-04"),
        ("06192022", None),
        ("1421-search", None),
        ("2026-10", None),
        ("120261003", None),
    ],
)
def test_a_files_name_tells_a_day_or_none(stem: str, day: str | None) -> None:
    assert day_in_name(stem) == day


@given(st.integers(min_value=631_200_000, max_value=4_133_894_400))
def test_every_time_survives_being_written_down(seconds: int) -> None:
    at = datetime.fromtimestamp(seconds, UTC)

    assert parse_time(at.isoformat(), "Asia/Kathmandu").at == at


@given(st.text(alphabet="0123456789-:TZ+ .,\u0662", max_size=30))
def test_nothing_but_a_value_error_comes_of_any_text(text: str) -> None:
    try:
        told = parse_time(text, "Europe/Lisbon")
    except ValueError:
        return
    assert told.at.tzinfo is UTC
