"""The loop that ticks: in virtual time, with clocks that change, jump and go back."""

import logging
import os
import signal
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest
import time_machine

from digest.errors import Reason, RemoteError
from digest.scheduler import Bell, keep_ticking, live_in_utc

MINUTE = timedelta(minutes=1)


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@dataclass(slots=True)
class Clock:
    """A machine's clock, and the time that really passes; a sleep passes it at once."""

    machine: time_machine.Traveller
    really: timedelta = timedelta(0)
    asked: list[float] = field(default_factory=list)  # seconds of each sleep
    jumps: dict[int, timedelta] = field(
        default_factory=dict
    )  # by the number of the sleep in which it happens

    def sleep(self, seconds: float) -> None:
        self.asked.append(seconds)
        self.machine.shift(self.jumps.get(len(self.asked), timedelta(0)))
        self.spend(timedelta(seconds=seconds))

    def spend(self, span: timedelta) -> None:
        self.machine.shift(span)
        self.really += span


@pytest.fixture
def clock() -> Iterator[Clock]:
    with time_machine.travel(utc("2026-11-02 08:58"), tick=False) as machine:
        yield Clock(machine)


@pytest.fixture
def host_zone() -> Iterator[Callable[[str], None]]:
    """Set this process's time zone, as a host would; put it back."""
    before = os.environ.get("TZ")

    def put(zone: str | None) -> None:
        if zone is None:
            os.environ.pop("TZ", None)
        else:
            os.environ["TZ"] = zone
        time.tzset()

    yield put
    put(before)


@pytest.fixture
def log(caplog: pytest.LogCaptureFixture) -> logging.Logger:
    caplog.set_level(logging.INFO, "ticks")
    return logging.getLogger("ticks")


def ticks(
    clock: Clock,
    log: logging.Logger,
    *,
    until: timedelta,
    work: Callable[[], None] = lambda: None,
    every: int = 5,
) -> list[timedelta]:
    """Tick until so much time has really passed; return when each tick began."""
    began: list[timedelta] = []

    def tick() -> None:
        began.append(clock.really)
        work()

    keep_ticking(tick, every_minutes=every, stop=lambda: clock.really >= until, sleep=clock.sleep, log=log)
    return began


def minutes(*each: float) -> list[timedelta]:
    return [n * MINUTE for n in each]


# --- When it ticks --------------------------------------------------------------------------


def test_the_first_tick_comes_at_once_and_the_others_so_many_minutes_later(
    clock: Clock, log: logging.Logger
) -> None:
    assert ticks(clock, log, until=30 * MINUTE, every=7) == minutes(0, 7, 14, 21, 28)


def test_asked_to_stop_before_the_first_tick_it_does_not_tick(clock: Clock, log: logging.Logger) -> None:
    assert ticks(clock, log, until=timedelta(0)) == []
    assert clock.asked == []


def test_asked_to_stop_in_its_sleep_it_does_not_tick_again(clock: Clock, log: logging.Logger) -> None:
    asked = False

    def sleep(_: float) -> None:
        nonlocal asked
        asked = True
        clock.spend(5 * MINUTE)

    made: list[int] = []
    keep_ticking(lambda: made.append(1), stop=lambda: asked, sleep=sleep, log=log)

    assert made == [1]


def test_a_sleep_that_ends_early_brings_no_tick_early(clock: Clock, log: logging.Logger) -> None:
    began: list[timedelta] = []

    keep_ticking(
        lambda: began.append(clock.really),
        stop=lambda: clock.really > 11 * MINUTE,
        sleep=lambda seconds: clock.spend(timedelta(seconds=min(seconds, 50))),
        log=log,
    )

    assert began == minutes(0, 5, 10)


def test_a_long_tick_delays_the_next_and_none_is_made_up_for(clock: Clock, log: logging.Logger) -> None:
    work = iter([47 * MINUTE, *[timedelta(0)] * 10])

    began = ticks(clock, log, until=60 * MINUTE, work=lambda: clock.spend(next(work)))

    assert began == minutes(0, 52, 57)


@pytest.mark.parametrize(
    ("zone", "night"),
    [
        ("Europe/Berlin", "2026-10-24 23:00"),  # 02:00 to 03:00 comes twice, from 00:00 UTC
        ("America/New_York", "2026-11-01 04:00"),  # 01:00 to 02:00 comes twice, from 05:00 UTC
        ("Europe/Berlin", "2026-03-29 00:02"),  # 02:00 to 03:00 is missing
        ("America/New_York", "2026-03-08 06:02"),
    ],
)
def test_in_a_night_of_changed_clocks_each_hour_has_its_twelve_ticks(
    host_zone: Callable[[str], None], log: logging.Logger, zone: str, night: str
) -> None:
    host_zone(zone)

    live_in_utc()
    with time_machine.travel(utc(night), tick=False) as machine:
        began = ticks(Clock(machine), log, until=240 * MINUTE)

    assert began == minutes(*range(0, 240, 5))


def test_the_process_reads_its_clock_in_utc_whatever_the_host_does(host_zone: Callable[[str], None]) -> None:
    host_zone("Europe/Berlin")
    assert time.localtime(0).tm_hour == 1

    live_in_utc()

    assert time.localtime(0).tm_hour == 0
    assert os.environ["TZ"] == "UTC"


@pytest.mark.parametrize("hours", [-48, -1, -24 * 365 * 10])
def test_a_clock_that_is_put_back_does_not_silence_it(clock: Clock, log: logging.Logger, hours: int) -> None:
    clock.jumps[3] = timedelta(hours=hours)

    began = ticks(clock, log, until=30 * MINUTE)

    assert began == minutes(0, 5, 10, 15, 20, 25)
    assert max(clock.asked) <= 300


@pytest.mark.parametrize("hours", [1, 48, 24 * 40])
def test_a_clock_that_is_put_on_makes_no_burst(clock: Clock, log: logging.Logger, hours: int) -> None:
    clock.jumps[3] = timedelta(hours=hours)

    assert ticks(clock, log, until=30 * MINUTE) == minutes(0, 5, 10, 15, 20, 25)


# --- A tick that fails ----------------------------------------------------------------------


class Failing:
    """Work that fails a few times, then works."""

    def __init__(self, *errors: Exception) -> None:
        self.errors = list(errors)

    def __call__(self) -> None:
        if self.errors:
            raise self.errors.pop(0)


def lines(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.getMessage() for record in caplog.records]


def test_after_a_tick_that_fails_the_next_one_comes_in_its_time(clock: Clock, log: logging.Logger) -> None:
    began = ticks(clock, log, until=16 * MINUTE, work=Failing(KeyError("a"), ValueError("b")))

    assert began == minutes(0, 5, 10, 15)


def test_each_failure_is_a_line_with_its_class_and_is_counted(
    clock: Clock, log: logging.Logger, caplog: pytest.LogCaptureFixture
) -> None:
    error = RemoteError("github", Reason.AUTH, "401: the token was refused; is it expired?")

    ticks(clock, log, until=16 * MINUTE, work=Failing(error, error))

    assert lines(caplog) == [
        "the tick failed: RemoteError: github: 401: the token was refused; is it expired?",
        "the tick failed, 2 times in a row: RemoteError: github: 401: the token was refused; is it expired?",
        "ticking again, after 2 failed ticks",
        "stopped as asked, after 4 ticks, 2 of which failed",
    ]


def test_a_fault_of_the_program_tells_no_values(
    clock: Clock, log: logging.Logger, caplog: pytest.LogCaptureFixture
) -> None:
    ticks(clock, log, until=MINUTE, work=Failing(ValueError("the incident's own words")))

    assert lines(caplog)[0] == "the tick failed: ValueError: a fault of the program; --debug shows where"
    assert caplog.records[0].exc_info is None


def test_at_debug_level_it_tells_where(
    clock: Clock, log: logging.Logger, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, "ticks")

    ticks(clock, log, until=MINUTE, work=Failing(ValueError("x")))

    assert "raise self.errors.pop(0)" in caplog.text


def test_only_what_ends_a_process_ends_it(clock: Clock, log: logging.Logger) -> None:
    def interrupted() -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        ticks(clock, log, until=MINUTE, work=interrupted)


# --- The bell -------------------------------------------------------------------------------


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_rings_and_no_sleep_follows(number: signal.Signals) -> None:
    before = signal.getsignal(number)

    with Bell() as bell:
        os.kill(os.getpid(), number)
        bell.sleep(3600)
        bell.sleep(3600)
        rung = bell.rung

    assert rung
    assert signal.getsignal(number) is before


def test_where_nothing_rings_a_sleep_ends_by_itself() -> None:
    with Bell() as bell:
        bell.sleep(0.001)

        assert not bell.rung


def test_a_thousand_signals_do_not_block_the_handler() -> None:
    with Bell() as bell:
        for _ in range(3000):
            os.kill(os.getpid(), signal.SIGTERM)

        assert bell.rung


@pytest.fixture
def foreground() -> Iterator[None]:
    """Heed Ctrl-C, which a shell that starts the tests in the background has them ignore."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("foreground")
def test_a_second_ctrl_c_interrupts_what_does_not_heed_the_first() -> None:
    with Bell() as bell:
        os.kill(os.getpid(), signal.SIGINT)
        assert bell.rung

        with pytest.raises(KeyboardInterrupt):
            os.kill(os.getpid(), signal.SIGINT)


def test_a_second_sigterm_does_not_cut_off_what_is_being_sent() -> None:
    with Bell() as bell:
        os.kill(os.getpid(), signal.SIGTERM)
        os.kill(os.getpid(), signal.SIGTERM)

        assert bell.rung
