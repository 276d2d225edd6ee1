"""When an edition is due: tables, and one sentence: each due month gets exactly one row."""

import random
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from digest.due import (
    LAST,
    CatchUp,
    Due,
    Rule,
    caught_up,
    due_at,
    due_editions,
    in_hours,
    is_working_day,
    next_due,
    working_days_after,
)
from digest.ledger import EditionState, Ledger
from digest.period import Month

FIRST = Rule()
NO_WEEKEND: frozenset[int] = frozenset()


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def days(first: str, last: str) -> frozenset[date]:
    start, end = date.fromisoformat(first), date.fromisoformat(last)
    return frozenset(start + timedelta(days=n) for n in range((end - start).days + 1))


def due_day(month: str, rule: Rule) -> str:
    at = due_at(Month.parse(month, rule.month_zone or rule.zone), rule)
    return at.astimezone(ZoneInfo(rule.zone)).date().isoformat()


# --- Which day ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("month", "rule", "day"),
    [
        ("2026-09", FIRST, "2026-10-01"),
        ("2026-10", FIRST, "2026-11-02"),  # the first is a Sunday
        ("2026-07", FIRST, "2026-08-03"),  # the first is a Saturday
        ("2026-12", FIRST, "2027-01-01"),  # without a country there is no New Year
        ("2026-10", Rule(working_day=5), "2026-11-06"),
        ("2026-10", Rule(working_day=6), "2026-11-09"),
        ("2026-10", Rule(working_day=31), "2026-11-30"),  # November has 21
        ("2026-01", Rule(day=31), "2026-02-28"),
        ("2028-01", Rule(day=31), "2028-02-29"),
        ("2028-01", Rule(day=29), "2028-02-29"),
        ("2027-01", Rule(day=29), "2027-02-28"),
        ("2100-01", Rule(day=29), "2100-02-28"),  # no leap year
        ("2026-10", Rule(day=1), "2026-11-01"),  # kept, although a Sunday
        ("2026-10", Rule(day=1, on_holiday="next"), "2026-11-02"),
        ("2026-09", Rule(day=31, on_holiday="next"), "2026-11-02"),  # the 31st is a Saturday
        ("2026-10", Rule(weekday=(1, 6)), "2026-11-01"),
        ("2026-10", Rule(weekday=(2, 1)), "2026-11-10"),
        ("2026-10", Rule(weekday=(LAST, 4)), "2026-11-27"),
        ("2026-10", Rule(weekday=(5, 0)), "2026-11-30"),
        ("2026-10", Rule(weekday=(5, 4)), "2026-11-27"),  # no fifth Friday
        ("2026-10", Rule(weekday=(1, 6), on_holiday="next"), "2026-11-02"),
        ("2026-10", Rule(closed=days("2026-11-01", "2026-11-05")), "2026-11-06"),
        ("2026-10", Rule(closed=days("2026-11-01", "2026-11-30")), "2026-11-30"),  # closed altogether
        ("2026-10", Rule(day=3, closed=days("2026-11-01", "2026-11-30"), on_holiday="next"), "2026-12-01"),
        ("2026-10", Rule(day=3, closed=days("2026-11-01", "2027-01-30"), on_holiday="next"), "2026-11-03"),
        ("2026-10", Rule(weekend=frozenset({4, 5})), "2026-11-01"),  # a Sunday is a working day
        ("2026-12", Rule(country="DE"), "2027-01-04"),
        ("2026-10", Rule(country="DE", weekend=NO_WEEKEND), "2026-11-01"),  # All Saints' is Bavaria's
        ("2026-10", Rule(country="DE", subdivision="BY", weekend=NO_WEEKEND), "2026-11-02"),
        ("2026-12", Rule(working_day=2, country="DE", subdivision="BY"), "2027-01-05"),
        ("2026-12", Rule(working_day=3, country="DE", subdivision="BY"), "2027-01-07"),  # Epiphany
        ("2026-08", Rule(weekday=(1, 0), country="US", on_holiday="next"), "2026-09-08"),  # Labor Day
        ("2026-08", Rule(weekday=(1, 0), country="US"), "2026-09-07"),
        (
            "2027-11",
            Rule(day=31, country="US", on_holiday="next"),
            "2028-01-03",
        ),  # the 31st is New Year's day off
        ("2026-04", Rule(country="IL", weekend=frozenset({4, 5})), "2026-05-03"),  # a Sunday
        ("2026-08", Rule(working_day=9, country="IL", weekend=frozenset({4, 5})), "2026-09-14"),  # New Year
        ("2026-09", Rule(country="CN"), "2026-10-08"),  # a week of holidays
        ("2026-09", Rule(working_day=2, country="CN"), "2026-10-09"),
        ("2026-09", Rule(working_day=3, country="CN"), "2026-10-10"),  # a Saturday that is worked
    ],
)
def test_an_edition_is_due_on_its_day_of_the_month_after(month: str, rule: Rule, day: str) -> None:
    assert due_day(month, rule) == day


# --- Which instant --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("month", "rule", "at"),
    [
        ("2026-11", Rule(zone="Europe/Berlin"), "2026-12-01 08:00"),
        ("2026-06", Rule(zone="Europe/Berlin"), "2026-07-01 07:00"),
        ("2026-11", Rule(zone="Asia/Kathmandu"), "2026-12-01 03:15"),
        # A gap: 02:30 is not there, and is an hour later by the wall.
        ("2026-02", Rule(day=29, time=time(2, 30), zone="Europe/Berlin"), "2026-03-29 01:30"),
        # A fold: 02:30 comes twice, first in summer time.
        ("2026-09", Rule(day=25, time=time(2, 30), zone="Europe/Berlin"), "2026-10-25 00:30"),
        # United States: 01:30 twice on 1 November 2026, 02:30 missing on 8 March.
        ("2026-10", Rule(day=1, time=time(1, 30), zone="America/New_York"), "2026-11-01 05:30"),
        ("2026-02", Rule(day=8, time=time(2, 30), zone="America/New_York"), "2026-03-08 07:30"),
        # Lord Howe moves by half an hour: 02:15 is missing in October, 01:45 comes twice in April.
        ("2026-09", Rule(day=4, time=time(2, 15), zone="Australia/Lord_Howe"), "2026-10-03 15:45"),
        ("2026-03", Rule(day=5, time=time(1, 45), zone="Australia/Lord_Howe"), "2026-04-04 14:45"),
        # Australia goes to summer time on the first day of October 2028.
        ("2028-09", Rule(day=1, time=time(2, 30), zone="Australia/Sydney"), "2028-09-30 16:30"),
        # Samoa had no 30 December 2011.
        ("2011-11", Rule(day=30, zone="Pacific/Apia"), "2011-12-30 19:00"),
        # A day that has no midnight begins at 01:00.
        ("2018-10", Rule(day=4, time=time(0), zone="America/Sao_Paulo"), "2018-11-04 03:00"),
    ],
)
def test_an_edition_is_due_at_one_instant_whatever_the_clocks_do(month: str, rule: Rule, at: str) -> None:
    assert due_at(Month.parse(month, rule.zone), rule) == utc(at)


def test_an_edition_is_never_due_before_its_month_is_over_for_the_readers() -> None:
    # Midnight in Tokyo is 10:00 of the day before in New York.
    rule = Rule(day=1, time=time(0), zone="Asia/Tokyo", month_zone="America/New_York")
    october = Month(2026, 10, "America/New_York")

    assert due_at(october, rule) == october.end


def test_the_months_that_are_due_are_those_of_the_readers_zone() -> None:
    rule = Rule(zone="Asia/Tokyo", month_zone="America/New_York")

    (due,) = due_editions(utc("2026-11-05"), rule, since=utc("2026-11-01"))

    assert due.month == Month(2026, 10, "America/New_York")


@given(
    month=st.integers(0, 12 * 60).map(Month(1990, 1).shift),
    rule=st.builds(
        Rule,
        day=st.none() | st.integers(1, 31),
        time=st.times().map(lambda t: t.replace(second=0, microsecond=0)),
        zone=st.sampled_from(
            [
                "UTC",
                "Europe/Berlin",
                "America/New_York",
                "Australia/Lord_Howe",
                "Asia/Kathmandu",
                "Pacific/Apia",
            ]
        ),
    ),
)
def test_each_edition_is_due_in_the_month_after_and_before_the_next_one(month: Month, rule: Rule) -> None:
    month = Month(month.year, month.number, rule.zone)

    at = due_at(month, rule)

    assert at in month.shift(1)
    assert at < due_at(month.shift(1), rule)


# --- What is due, and what is next ----------------------------------------------------------


def keys(dues: Sequence[Due]) -> list[str]:
    return [due.month.key for due in dues]


@pytest.mark.parametrize(
    ("now", "since", "due"),
    [
        ("2026-11-02 08:59:59", "2026-10-15", []),
        ("2026-11-02 09:00", "2026-10-15", ["2026-10"]),
        ("2026-11-02 09:00", "2026-11-02 09:00", []),  # founded at that moment: the next one is the first
        ("2026-11-20", "2026-10-15", ["2026-10"]),
        ("2027-01-15", "2026-10-15", ["2026-10", "2026-11", "2026-12"]),
        ("2026-10-01", "2026-10-15", []),  # the clock was set back
    ],
)
def test_what_fell_due_since_is_due_oldest_first(now: str, since: str, due: list[str]) -> None:
    assert keys(due_editions(utc(now), FIRST, utc(since))) == due


def test_of_many_years_only_the_newest_two_are_due() -> None:
    found = keys(due_editions(utc("2036-05-20"), FIRST, since=utc("1970-01-01")))

    assert len(found) == 24
    assert (found[0], found[-1]) == ("2034-05", "2036-04")


@given(
    now=st.datetimes(datetime(2000, 1, 1), datetime(2040, 1, 1)).map(lambda d: d.replace(tzinfo=UTC)),  # noqa: DTZ001 - made aware here
    rule=st.sampled_from(
        [
            FIRST,
            Rule(day=31, on_holiday="next", zone="Pacific/Apia"),
            Rule(day=1, time=time(0), zone="Asia/Tokyo", month_zone="America/New_York"),
            Rule(weekday=(LAST, 4), country="DE", zone="Europe/Berlin", time=time(2, 30)),
        ]
    ),
)
def test_what_is_next_is_the_first_that_will_be_due(now: datetime, rule: Rule) -> None:
    due = next_due(now, rule)

    assert due.at > now
    assert due_editions(due.at - timedelta(seconds=1), rule, now) == ()
    assert due_editions(due.at, rule, now) == (due,)


# --- Catching up ----------------------------------------------------------------------------

THREE = due_editions(utc("2027-01-15"), FIRST, utc("2026-10-15"))  # due on 2 November, 1 December, 1 January


@pytest.mark.parametrize(
    ("policy", "now", "made"),
    [
        ("newest", "2027-01-15", [False, False, True]),
        ("newest", "2027-01-29 09:00", [False, False, True]),  # 28 days
        ("newest", "2027-01-29 09:01", [False, False, False]),
        ("all", "2027-01-15", [True, True, True]),
        ("none", "2027-01-02 09:00", [False, False, True]),
        ("none", "2027-01-02 09:01", [False, False, False]),
    ],
)
def test_what_comes_too_late_is_missed(policy: CatchUp, now: str, made: list[bool]) -> None:
    result = caught_up(THREE, utc(now), policy)

    assert [due for due, _ in result] == list(THREE)
    assert [make for _, make in result] == made


def test_where_nothing_is_due_nothing_is_caught_up() -> None:
    assert caught_up((), utc("2027-01-15"), "newest") == ()


def test_the_operator_says_how_late_is_too_late() -> None:
    assert [make for _, make in caught_up(THREE, utc("2027-01-04 09:01"), "newest", days=3)] == [False] * 3


# --- Working days and hours -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("moment", "n", "rule", "later"),
    [
        ("2026-11-02 10:30", 2, FIRST, "2026-11-04 10:30"),
        ("2026-11-05 10:30", 2, FIRST, "2026-11-09 10:30"),  # over a weekend
        ("2026-11-07 10:30", 2, FIRST, "2026-11-10 10:30"),  # from a Saturday
        ("2026-11-05 10:30", 0, FIRST, "2026-11-05 10:30"),
        ("2026-12-23 10:30", 2, Rule(country="DE"), "2026-12-28 10:30"),
        (
            "2026-12-23 10:30",
            2,
            Rule(country="DE", closed=days("2026-12-24", "2027-01-03")),
            "2027-01-05 10:30",
        ),
        # The same wall time, over a change of clocks: 26 October is a Monday.
        ("2026-10-23 08:00", 1, Rule(zone="Europe/Berlin"), "2026-10-26 09:00"),
        # 02:30 comes twice on the day after, and the first counts, also after a second one.
        ("2026-10-24 00:30", 1, Rule(zone="Europe/Berlin", weekend=NO_WEEKEND), "2026-10-25 00:30"),
        ("2026-10-25 01:30", 365, Rule(zone="Europe/Berlin", weekend=NO_WEEKEND), "2027-10-25 00:30"),
        # Late in the evening in UTC it is the next day already in Tokyo.
        ("2026-11-05 23:00", 1, Rule(zone="Asia/Tokyo"), "2026-11-08 23:00"),
    ],
)
def test_working_days_later_it_is_the_same_time_of_day(moment: str, n: int, rule: Rule, later: str) -> None:
    assert working_days_after(utc(moment), n, rule) == utc(later)


@pytest.mark.parametrize(
    ("moment", "rule", "inside"),
    [
        ("2026-11-02 08:59:59", FIRST, False),
        ("2026-11-02 09:00", FIRST, True),
        ("2026-11-02 16:59:59", FIRST, True),
        ("2026-11-02 17:00", FIRST, False),
        ("2026-11-01 12:00", FIRST, False),  # a Sunday
        ("2026-11-01 12:00", Rule(weekend=frozenset({4, 5})), True),
        ("2026-12-25 12:00", Rule(country="DE"), False),
        ("2026-11-02 12:00", Rule(closed=days("2026-11-02", "2026-11-02")), False),
        ("2026-11-02 08:30", Rule(zone="Europe/Berlin"), True),
        ("2026-11-01 23:30", Rule(zone="Australia/Sydney"), True),  # Monday, 10:30
    ],
)
def test_working_hours_are_those_of_the_place(moment: str, rule: Rule, inside: object) -> None:
    assert in_hours(utc(moment), rule, time(9), time(17)) is inside


def test_a_day_of_the_weekend_that_the_country_works_for_a_holiday_is_a_working_day() -> None:
    rule = Rule(country="HU")

    assert is_working_day(date(2026, 8, 8), rule)  # a Saturday, for the 21st
    assert not is_working_day(date(2026, 8, 15), rule)
    assert not is_working_day(date(2026, 8, 21), rule)
    assert not is_working_day(date(2026, 8, 8), Rule(country="HU", closed=days("2026-08-08", "2026-08-08")))


@pytest.mark.parametrize(
    "wrong",
    [
        {"day": 1, "working_day": 1},
        {"day": 0},
        {"day": -1},
        {"working_day": 32},
        {"weekday": (0, 0)},
        {"weekday": (1, 7)},
        {"weekend": frozenset(range(7))},
    ],
)
def test_a_rule_that_names_no_day_is_none(wrong: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"day"):
        Rule(**wrong)  # type: ignore[arg-type]  # wrong on purpose


# --- Each due month gets exactly one row ----------------------------------------------------

HOUR = timedelta(hours=1)


@dataclass(slots=True)
class Rows:
    """A ledger of nothing but rows: as INSERT … ON CONFLICT DO NOTHING."""

    installed: datetime
    rows: dict[str, bool] = field(default_factory=dict)  # month: missed
    won: list[str] = field(default_factory=list)  # the months for which plan() said: it was you

    def plan(self, month: Month, due: datetime, *, missed: bool = False) -> bool:
        assert due > self.installed
        if month.key in self.rows:
            return False
        self.rows[month.key] = missed
        self.won.append(month.key)
        return True


@dataclass(slots=True)
class World:
    """True time, two hosts with clocks of their own, a rule and a ledger."""

    rule: Rule
    policy: CatchUp
    at: datetime
    clocks: list[timedelta] = field(default_factory=lambda: [timedelta(0), timedelta(0)])
    rows: Rows = field(init=False)
    furthest: datetime = field(init=False)  # the latest time that a tick has seen

    def __post_init__(self) -> None:
        self.rows = Rows(self.at)
        self.furthest = self.at

    def tick(self, host: int) -> None:
        now = self.at + self.clocks[host]
        self.furthest = max(self.furthest, now)
        dues = due_editions(now, self.rule, self.rows.installed)
        for due, make in caught_up(dues, now, self.policy):
            self.rows.plan(due.month, due.at, missed=not make)

    def check(self) -> None:
        due = [
            month.key
            for month in Month.of(self.furthest, self.rule.zone).before(500)
            if self.rows.installed < due_at(month, self.rule) <= self.furthest
        ]
        assert sorted(self.rows.rows) == due, "each due month has a row, and no other"
        assert sorted(self.rows.won) == due, "and was planned once"


RULES = [
    Rule(zone="Europe/Berlin", country="DE"),
    Rule(day=1, time=time(1, 30), zone="America/New_York"),
    Rule(day=31, time=time(2, 15), zone="Australia/Lord_Howe", on_holiday="next"),
    Rule(weekday=(LAST, 4), zone="Asia/Kathmandu", time=time(0)),
]
POLICIES: list[CatchUp] = ["newest", "all", "none"]

HOSTS = st.sampled_from([0, 1])
EVENTS = st.lists(
    st.one_of(
        st.tuples(st.just("tick"), HOSTS, st.just(0)),
        st.tuples(st.just("step"), HOSTS, st.integers(-48, 48)),  # the clock is put on or back, in hours
        st.tuples(st.just("right"), HOSTS, st.just(0)),  # and put right
        st.tuples(st.just("wait"), st.just(0), st.integers(1, 24 * 10)),
        st.tuples(st.just("off"), st.just(0), st.integers(24 * 10, 24 * 40)),  # nobody ticks
    ),
    max_size=80,
)


@settings(deadline=None, max_examples=150)
@given(rule=st.sampled_from(RULES), policy=st.sampled_from(POLICIES), events=EVENTS)
def test_each_due_month_gets_exactly_one_row_whatever_happens(
    rule: Rule, policy: CatchUp, events: list[tuple[str, int, int]]
) -> None:
    world = World(rule, policy, utc("2026-08-20 12:00"))
    for what, host, hours in events:
        if what == "tick":
            world.tick(host)
        elif what == "step":
            world.clocks[host] = hours * HOUR
        elif what == "right":
            world.clocks[host] = timedelta(0)
        else:
            world.at += hours * HOUR

    world.tick(0)  # in the end, somebody ticks

    world.check()


def test_forty_years_of_ticks_restarts_steps_and_outages_make_each_edition_once() -> None:
    chance = random.Random(20261025)  # noqa: S311 - no secret: the same years each time
    editions = 0
    for rule in RULES:
        world = World(rule, "newest", utc("2026-08-20 12:00"))
        while world.at < utc("2037-01-01"):
            world.at += chance.choices(
                [chance.uniform(0.1, 72) * HOUR, chance.uniform(1, 40) * 24 * HOUR], weights=[20, 1]
            )[0]
            host = chance.randrange(2)
            if chance.random() < 0.05:
                world.clocks[host] = chance.choice([0, chance.uniform(-48, 48)]) * HOUR
            world.tick(host)
        world.clocks[0] = timedelta(0)
        world.tick(0)
        world.check()
        editions += len(world.rows.rows)

    assert editions > 480


def test_a_machine_that_is_never_off_for_long_misses_nothing() -> None:
    for rule in RULES:
        world = World(rule, "newest", utc("2026-08-20 12:00"))
        while world.at < utc("2028-01-01"):
            world.at += timedelta(days=13)
            world.tick(0)

        assert not any(world.rows.rows.values())


def test_three_months_off_make_one_edition_and_two_that_were_missed() -> None:
    world = World(FIRST, "newest", utc("2026-08-20 12:00"))

    world.at = utc("2026-11-10 12:00")
    world.tick(0)

    assert world.rows.rows == {"2026-08": True, "2026-09": True, "2026-10": False}


def test_a_rule_that_is_changed_makes_no_edition_twice() -> None:
    world = World(Rule(day=5), "newest", utc("2026-08-20 12:00"))
    for number, day in enumerate([5, 28, 1, 31, 2, 15, 1, 28, 28, 3]):
        world.rule = Rule(day=day)
        for _ in range(15):
            world.at += timedelta(days=2)
            world.tick(number % 2)

    months = sorted(world.rows.rows)
    assert months == [m.key for m in Month(2027, 6).before(len(months))], "no gap, up to the last"
    assert sorted(world.rows.won) == months
    assert not any(world.rows.rows.values())


# --- The same with the real ledger ----------------------------------------------------------

_TICKER = """
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

from digest.due import Rule, caught_up, due_editions
from digest.ledger import Ledger

since = datetime(2026, 8, 20, 12, tzinfo=UTC)
with Ledger.open(Path(sys.argv[1])) as ledger:
    print("ready", flush=True)
    sys.stdin.readline()
    for n in range(0, 1081, 5):  # to 4 August 2029
        now = since + timedelta(days=n)
        for due, make in caught_up(due_editions(now, Rule(), since), now, "newest"):
            if ledger.plan(due.month, due.at, missed=not make):
                print(due.month.key)
"""


@pytest.fixture
def two_tickers(tmp_path: Path) -> Iterator[list[subprocess.Popen[str]]]:
    Ledger.open(tmp_path / "digest.db").close()
    command = [sys.executable, "-c", _TICKER, str(tmp_path / "digest.db")]
    tickers = [
        subprocess.Popen(command, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE) for _ in range(2)
    ]
    yield tickers
    for ticker in tickers:
        ticker.kill()
        ticker.communicate()


def test_of_two_processes_on_one_ledger_one_plans_each_edition(
    tmp_path: Path, two_tickers: list[subprocess.Popen[str]]
) -> None:
    for ticker in two_tickers:
        assert ticker.stdout is not None
        assert ticker.stdout.readline() == "ready\n"

    for ticker in two_tickers:
        assert ticker.stdin is not None
        ticker.stdin.write("go\n")
        ticker.stdin.flush()
    won = [month for ticker in two_tickers for month in ticker.communicate(timeout=60)[0].split()]

    due = [m.key for m in Month(2029, 8).before(36)]
    with Ledger.open(tmp_path / "digest.db") as ledger:
        planned = sorted((line.month, line.state) for line in ledger.editions())
    assert sorted(won) == due
    assert planned == [(month, EditionState.PLANNED) for month in due]
