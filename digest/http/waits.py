"""How long to wait before the next try: as the service asked, else longer each time."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

MOST_S = 900.0
# What GitHub asks of those whom it limits without saying for how long.
_LIMITED_S = 60.0
_SECONDS = re.compile(r"[0-9]{1,12}(?:\.[0-9]{1,9})?", re.ASCII)
_A_MINUTE, _AN_HOUR = 60, 3600


def read_date(text: str) -> datetime | None:
    """Read an HTTP date; None where it is none."""
    try:
        when = parsedate_to_datetime(text)
        return when.replace(tzinfo=UTC) if when.tzinfo is None else when.astimezone(UTC)
    except (ValueError, TypeError, OverflowError, IndexError):
        return None


def read_retry_after(text: str, now: datetime) -> float | None:
    """Return how many seconds a `Retry-After` asks for, 0 or more; None where it cannot be read.

    A date that has passed asks for 0. Source: RFC 9110 section 10.2.3.
    """
    if _SECONDS.fullmatch(text.strip()):
        return float(text)
    when = read_date(text)
    return None if when is None else max(0.0, (when - now).total_seconds())


def told_s(headers: Mapping[str, str], now: datetime) -> float | None:
    """Return the wait, in seconds, that the headers of an answer ask for; None where they ask for none.

    `now` is the service's own time where it tells that. `X-RateLimit-Reset` (epoch seconds) counts
    only where nothing remains: otherwise it is not what was exceeded.
    """
    asked = read_retry_after(headers.get("Retry-After", ""), now)
    if asked is not None:
        return asked
    reset = headers.get("X-RateLimit-Reset", "").strip()
    if headers.get("X-RateLimit-Remaining", "0").strip() != "0" or not _SECONDS.fullmatch(reset):
        return None
    left = float(reset) - now.timestamp()
    # The second that it names has to be over.
    return left + 1 if left > 0 else None


def next_wait(attempt: int, told: float | None, *, limited: bool, jitter: float) -> float:
    """Return the seconds to wait after try number `attempt` (1 is the first), at most `MOST_S`.

    Never less than was asked, and longer each time even where the service asks for nothing, always.
    `jitter` is 0..1 and adds up to a half.
    """
    first = _LIMITED_S if limited and told is None else 1.0
    grown = first * 2.0 ** min(attempt - 1, 30) * (1 + jitter / 2)
    return min(MOST_S, max(told or 0.0, grown))


def spoken(seconds: float) -> str:
    """Return a span in words: `40 s`, `14 min`, `2 h`, each rounded up."""
    whole = int(-(-seconds // 1))
    if whole < 2 * _A_MINUTE:
        return f"{whole} s"
    if whole < 2 * _AN_HOUR:
        return f"{-(-whole // _A_MINUTE)} min"
    return f"{-(-whole // _AN_HOUR)} h"
