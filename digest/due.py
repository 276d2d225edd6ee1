"""When an edition is due: a pure function of a rule and the calendar, in UTC.

The edition of a month is due in the month after it. Whoever ticks asks what fell due since the
ledger was founded, and offers all of it to the ledger, whose one UNIQUE row decides: asked too
often, too late, twice, or with a clock that was set back, the answer adds no second edition.
"""

import calendar
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from datetime import time as wall_time
from functools import lru_cache
from typing import Literal
from zoneinfo import ZoneInfo

from digest.period import Month

CatchUp = Literal["newest", "all", "none"]
MOST = 24  # editions that one tick may find due: two years
FRESH_DAYS = 28
WEEKEND = frozenset({5, 6})  # Saturday and Sunday, as `date.weekday()` counts
LAST = -1

_JUST_NOW = timedelta(hours=24)
_LOOK_ON_DAYS = 31


@dataclass(frozen=True, slots=True)
class Rule:
    """On which day of a month, and when on it, the edition of the month before is due.

    At most one of `day`, `working_day` and `weekday`; with none of them it is the first working day.

    Raises:
        ValueError: two of them; a figure out of its range; or no day of the week that is no weekend.
    """

    day: int | None = None  # 1..31; a shorter month: its last day
    working_day: int | None = None  # the n-th, 1..31; a month with fewer: its last
    weekday: tuple[int, int] | None = (
        None  # n-th (1..5, or LAST), day (Monday is 0); without a fifth: the last
    )
    time: wall_time = wall_time(9)
    zone: str = "UTC"  # of `time`, and of what is a day
    month_zone: str | None = None  # the readers': of the months named due; None: `zone`
    country: str | None = None  # whose holidays are no working days: ISO 3166-1, "DE"; None: there are none
    subdivision: str | None = None  # "BY"
    closed: frozenset[date] = frozenset()
    weekend: frozenset[int] = WEEKEND
    on_holiday: Literal["keep", "next"] = "keep"  # "next": a `day` or `weekday` waits for a working day

    def __post_init__(self) -> None:
        if [self.day, self.working_day, self.weekday].count(None) < 2:  # noqa: PLR2004 - of three
            raise ValueError("a rule has one of day, working_day and weekday")
        if not all(n is None or 1 <= n <= 31 for n in (self.day, self.working_day)):  # noqa: PLR2004 - days
            raise ValueError("a day of the month is 1 to 31")
        if self.weekday is not None and not _is_weekday(*self.weekday):
            raise ValueError("a weekday is its number in the month (1 to 5, -1: the last) and 0 to 6")
        if self.weekend >= set(range(7)):
            raise ValueError("a weekend leaves at least one day of the week")


@dataclass(frozen=True, slots=True)
class Due:
    """An edition that is due, or will be: which month's, and when (aware, UTC)."""

    month: Month
    at: datetime


def due_at(month: Month, rule: Rule) -> datetime:
    """Return when the edition of `month` is due: aware, UTC, never before the month is over.

    Of a wall time that comes twice the first counts; one that is skipped counts as long after the
    gap as it stands in it (02:30 in a gap from 02:00 to 03:00 is 03:30).
    """
    wall = datetime.combine(_day_in(month.shift(1), rule), rule.time, ZoneInfo(rule.zone))
    # Where the rule's zone is ahead of the readers', the first of the month comes early.
    return max(wall.astimezone(UTC), month.end.astimezone(UTC))


def due_editions(now: datetime, rule: Rule, since: datetime) -> tuple[Due, ...]:
    """Return the editions that fell due after `since` and not after `now`, oldest first.

    No more than the newest 24. Both times are aware; a `since` after `now` gives none.
    """
    # Two months more than can be due: one that waits for a working day may cross into the next.
    found = (_due(month, rule) for month in (_current(now, rule), *_current(now, rule).before(MOST + 2)))
    return tuple(_in_order(due for due in found if since < due.at <= now)[-MOST:])


def next_due(now: datetime, rule: Rule) -> Due:
    """Return the first edition that falls due after `now` (aware)."""
    month = _current(now, rule).shift(-2)
    found = (_due(month.shift(n), rule) for n in range(5))
    return next(due for due in _in_order(found) if due.at > now)


def caught_up(
    dues: Sequence[Due], now: datetime, policy: CatchUp, days: int = FRESH_DAYS
) -> tuple[tuple[Due, bool], ...]:
    """Say of each edition that is due whether it is made (True) or is too late, and missed.

    What was made or missed before may be among `dues`: the ledger's row is there, and stays as it is.

    Args:
        dues: as of `due_editions`; the result keeps their order.
        now: aware.
        policy: `newest` makes the newest, if it fell due within `days`; `all` makes all;
            `none` makes only what fell due within the last 24 hours.
        days: for `newest`.
    """
    newest = max(dues, key=_by_time, default=None)

    def made(due: Due) -> bool:
        if policy == "all":
            return True
        if policy == "none":
            return now - due.at <= _JUST_NOW
        return due == newest and now - due.at <= timedelta(days=days)

    return tuple((due, made(due)) for due in dues)


def is_working_day(day: date, rule: Rule) -> bool:
    """Whether `day` is neither weekend, holiday nor closed; a Saturday that a country works counts as one."""
    if day in rule.closed:
        return False
    holidays, worked = (
        _calendar(rule.country, rule.subdivision, day.year) if rule.country else (frozenset(), frozenset())
    )
    if day.weekday() in rule.weekend:
        return day in worked
    return day not in holidays


def working_days_after(moment: datetime, n: int, rule: Rule) -> datetime:
    """Return the same wall time in the rule's zone, `n` working days later: aware, UTC.

    The day of `moment` (aware) is not counted, whatever it is: two working days after a Saturday is
    a Tuesday. With `n` 0 or less it is `moment` itself.
    """
    local = moment.astimezone(ZoneInfo(rule.zone))
    day = local.date()
    for _ in range(n):
        day = _next_working_day(day + timedelta(days=1), rule)
    return (
        moment.astimezone(UTC)
        if n <= 0
        else local.replace(day.year, day.month, day.day, fold=0).astimezone(UTC)
    )


def in_hours(moment: datetime, rule: Rule, start: wall_time, end: wall_time) -> bool:
    """Whether `moment` (aware) is in working hours: on a working day, and from `start` until before `end`.

    All by the clock of the rule's zone. Hours that end before they start hold no moment.
    """
    local = moment.astimezone(ZoneInfo(rule.zone))
    return is_working_day(local.date(), rule) and start <= local.time() < end


def _current(now: datetime, rule: Rule) -> Month:
    return Month.of(now, rule.month_zone or rule.zone)


def _due(month: Month, rule: Rule) -> Due:
    return Due(month, due_at(month, rule))


def _by_time(due: Due) -> tuple[datetime, Month]:
    return due.at, due.month


def _in_order(dues: Iterable[Due]) -> list[Due]:
    return sorted(dues, key=_by_time)


def _is_weekday(nth: int, weekday: int) -> bool:
    return nth in {LAST, 1, 2, 3, 4, 5} and 0 <= weekday <= 6  # noqa: PLR2004 - days of a week


def _day_in(month: Month, rule: Rule) -> date:
    """Return the rule's day in a month."""
    days = [date(month.year, month.number, n + 1) for n in range(_length(month))]
    if rule.day is not None:
        return _moved(days[min(rule.day, len(days)) - 1], rule)
    if rule.weekday is not None:
        nth, weekday = rule.weekday
        found = [day for day in days if day.weekday() == weekday]
        return _moved(found[-1] if nth == LAST else found[min(nth, len(found)) - 1], rule)
    # A month that is closed altogether still has an edition due: on its last day.
    found = [day for day in days if is_working_day(day, rule)] or days[-1:]
    return found[min(rule.working_day or 1, len(found)) - 1]


def _length(month: Month) -> int:
    return calendar.monthrange(month.year, month.number)[1]


def _moved(day: date, rule: Rule) -> date:
    """Return the next working day, if the rule waits for one and it comes within a month; else `day`."""
    if rule.on_holiday == "keep":
        return day
    later = (day + timedelta(days=n) for n in range(_LOOK_ON_DAYS))
    return next((other for other in later if is_working_day(other, rule)), day)


def _next_working_day(day: date, rule: Rule) -> date:
    """Return `day`, or the first working day after it; there is one: what is closed is a list."""
    while not is_working_day(day, rule):
        day += timedelta(days=1)
    return day


@lru_cache(maxsize=64)
def _calendar(country: str, subdivision: str | None, year: int) -> tuple[frozenset[date], frozenset[date]]:
    """Return a year's public holidays, and the days of weekends on which the country works for them."""
    # Imported here: only who names a country waits for it.
    from holidays import country_holidays  # noqa: PLC0415 - see above

    found = country_holidays(country, subdiv=subdivision, years=year)
    return frozenset(found), frozenset(found.weekend_workdays)
