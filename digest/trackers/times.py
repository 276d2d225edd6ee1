"""Times as people write them into tables and front matter. Pure, and never the wrong month.

ISO 8601, and days with dots, which are written day first wherever they are written; those with
slashes or dashes are day first to some and month first to others, and refused.
"""

import re
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, timezone
from zoneinfo import ZoneInfo

_ADVICE = "write it as 2026-10-03, 2026-10-03 14:05 or 2026-10-03T14:05+02:00"
_DAY = r"(\d{4})-(\d{1,2})-(\d{1,2})|(\d{4})(\d{2})(\d{2})|(\d{1,2})\.(\d{1,2})\.(\d{4})"
_CLOCK = r"(\d{1,2}):(\d{2})(?::(\d{2})(?:[.,]\d+)?)?"
_ZONE = r"(z|utc|gmt)|([+-])(\d{2}):?(\d{2})?"
_TIME = re.compile(rf"(?:{_DAY})(?:(?:t|,? )\s*{_CLOCK}\s*(?:{_ZONE})?)?", re.IGNORECASE | re.ASCII)
_TWO_WAYS = re.compile(r"(\d{1,2})[/-](\d{1,2})[/-](\d{4})(?![\d/-])", re.ASCII)
_IN_FILE_NAME = re.compile(r"(?<!\d)(\d{4})([-_]?)(\d{2})\2(\d{2})(?!\d)", re.ASCII)

# No incident was recorded outside these years: a typing mistake, or a default of some program.
_YEARS = range(1990, 2101)


@dataclass(frozen=True, slots=True)
class Told:
    """A time, and what it did not tell."""

    at: datetime  # aware, in UTC
    naive: bool = False  # it named no zone
    day_only: bool = False  # it named no clock time; `at` is the day's first moment


def parse_time(text: str, zone: str) -> Told:
    """Read ISO 8601, or a day such as 3.10.2026, with or without a clock time, an offset, `Z` or `UTC`.

    A time without a zone is in `zone`.

    A local time that a change of clocks repeats or leaves out is taken as before the change.

    Raises:
        ValueError: not a time, or not one an incident can have; the message says what to write.
    """
    words = text.strip()
    shown = words if len(words) <= 40 else words[:40] + "…"  # noqa: PLR2004  a message stays one line
    match = _TIME.fullmatch(words)
    if match is None:
        message = f"{shown!r} {_two_ways(words) or f'is not a time; {_ADVICE}'}"
        raise ValueError(message)
    try:
        return _told(match, zone)
    except ValueError as error:
        message = f"{shown!r} is not a time ({error}); {_ADVICE}"
        raise ValueError(message) from None


def _told(match: re.Match[str], zone: str) -> Told:
    *days, hour, minute, second, utc, sign, off_hour, off_minute = match.groups()
    year, month, number = (int(part) for part in days if part is not None)
    if number > 99:  # noqa: PLR2004  no day, so the year: 3.10.2026
        year, number = number, year
    if year not in _YEARS:
        message = f"the year {year}"
        raise ValueError(message)
    clock = time(int(hour or 0), int(minute or 0), int(second or 0))
    local = datetime.combine(date(year, month, number), clock)
    if utc:
        return Told(local.replace(tzinfo=UTC))
    if sign:
        offset = timedelta(hours=int(off_hour), minutes=int(off_minute or 0))
        there = timezone(offset if sign == "+" else -offset)
        return Told(local.replace(tzinfo=there).astimezone(UTC))
    at = local.replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)
    return Told(at, naive=True, day_only=hour is None)


def _two_ways(words: str) -> str | None:
    """Say which days a date with slashes may mean; None where it is none."""
    match = _TWO_WAYS.match(words)
    if match is None:
        return None
    meant: list[str] = []
    for month, day in ((match[2], match[1]), (match[1], match[2])):
        with suppress(ValueError):
            meant.append(date(int(match[3]), int(month), int(day)).isoformat())
    days = " or ".join(dict.fromkeys(meant))
    return f"is not a time that has one meaning; write it as {days}" if meant else None


def end_of_day(at: datetime, zone: str) -> datetime:
    """Return the last second of the day in `zone` that holds `at`, in UTC."""
    day = at.astimezone(ZoneInfo(zone)).date() + timedelta(days=1)
    return (datetime.combine(day, time(), ZoneInfo(zone)).astimezone(UTC)) - timedelta(seconds=1)


def day_in_name(stem: str) -> str | None:
    """Return the first date that stands in a file's name, as `2026-10-03`; None where none does."""
    for match in _IN_FILE_NAME.finditer(stem):
        try:
            day = date(int(match[1]), int(match[3]), int(match[4]))
        except ValueError:
            continue
        if day.year in _YEARS:
            return day.isoformat()
    return None
