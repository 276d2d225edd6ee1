"""`digest schedule`: what a person sees in its log, and how it starts and ends."""

import gc
import logging
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import time_machine
from workshop import Workshop

from digest.cli import common
from digest.cli.commands import run_command_line
from digest.cli.schedule import Ticker, escaped, line_log
from digest.errors import ConfigError, DigestError
from digest.ledger import EditionState, Ledger
from digest.pipeline import Progress
from digest.pipeline.due_work import Done
from digest.pipeline.notices import Desk
from digest.scheduler import Bell, keep_ticking

Told = Callable[[], list[str]]


@pytest.fixture
def shop(tmp_path: Path) -> Workshop:
    return Workshop(tmp_path, history=1)


@pytest.fixture
def bell() -> Iterator[Bell]:
    with Bell() as bell:
        yield bell


def log() -> logging.Logger:
    # Made in the test: pytest puts another standard output in place for each of its phases.
    return line_log(debug=False)


@pytest.fixture
def told(capsys: pytest.CaptureFixture[str]) -> Told:
    """Return the lines printed since the last time, each without its time stamp."""

    def lines() -> list[str]:
        out = capsys.readouterr().out.splitlines()
        assert all(re.match(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ ", line) for line in out), out
        return [line[21:] for line in out]

    return lines


@pytest.fixture(autouse=True)
def november() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(datetime(2026, 11, 23, 9, tzinfo=UTC), tick=False) as machine:
        yield machine


@dataclass(slots=True)
class Work:
    """Work that tells what it was given, and does what a test says."""

    done: list[str] = field(default_factory=list)
    error: Exception | None = None
    organisations: list[str] = field(default_factory=list)
    options: list[str] = field(default_factory=list)
    during: Callable[[Progress], None] = lambda _: None

    def __call__(self, desk: Desk, ledger: Ledger, now: datetime, progress: Progress) -> Done:
        assert ledger.installed_at() <= now
        self.organisations.append(desk.setup.settings.organisation)
        self.options.append(desk.option)
        self.during(progress)
        if self.error is not None:
            raise self.error
        return Done(tuple(self.done))


# --- The log --------------------------------------------------------------------------------


def test_it_says_which_edition_is_due_when_and_nothing_more_while_nothing_happens(
    shop: Workshop, bell: Bell, told: Told, november: time_machine.Traveller
) -> None:
    ticker = Ticker(shop.file, log(), bell, Work())

    ticker.check()
    for _ in range(3):
        ticker()
        november.shift(timedelta(minutes=5))

    assert told() == ["The edition of 2026-11 is due on Tue 1 December 2026, 09:00 Europe/Lisbon"]


def test_each_thing_that_a_tick_did_is_a_line_and_then_what_is_due_next(
    shop: Workshop, bell: Bell, told: Told, november: time_machine.Traveller
) -> None:
    ticker = Ticker(shop.file, log(), bell, Work(done=["2026-11 is due", "2026-11: 3 sent"]))
    ticker.check()
    told()

    november.move_to(datetime(2026, 12, 1, 9, 2, tzinfo=UTC))
    ticker()

    assert told() == [
        "2026-11 is due",
        "2026-11: 3 sent",
        "The edition of 2026-12 is due on Fri 1 January 2027, 09:00 Europe/Lisbon",
    ]


def test_no_value_can_forge_a_line(shop: Workshop, bell: Bell, told: Told) -> None:
    forged = "x\n2026-11-01T09:00:00Z sent 100000 mails\r\x1b[2K\u2028\x85\u202eabc\ud800"
    ticker = Ticker(shop.file, log(), bell, Work(done=[forged]))
    ticker.check()
    told()

    ticker()

    assert told() == [r"x\n2026-11-01T09:00:00Z sent 100000 mails\r\x1b[2K\u2028\x85\u202eabc\ud800"]


def test_at_debug_level_neither_can_what_an_exception_says(capsys: pytest.CaptureFixture[str]) -> None:
    log = line_log(debug=True)
    log.debug("where it failed", exc_info=ValueError("x\n2026-11-01T09:00:00Z sent 100000 mails"))

    first, *trace = capsys.readouterr().out.splitlines()
    assert first.endswith("Z where it failed")
    assert all(line.startswith("    ") for line in trace)


def test_letters_of_any_script_are_left_as_they_are() -> None:
    assert escaped("Zürich – 東京 “x” 🚆") == "Zürich – 東京 “x” 🚆"


# --- Read anew at each tick -----------------------------------------------------------------


def test_a_changed_config_takes_effect_at_the_next_tick(shop: Workshop, bell: Bell, told: Told) -> None:
    work = Work()
    ticker = Ticker(shop.file, log(), bell, work)
    ticker.check()
    ticker()
    told()

    text = shop.file.read_text(encoding="utf-8").replace("Example Rail", "Other Rail")
    shop.file.write_text(text + "schedule: {day: 5, time: '18:30'}\n", encoding="utf-8")
    ticker()

    assert work.organisations == ["Example Rail", "Other Rail"]
    assert told() == ["The edition of 2026-11 is due on Sat 5 December 2026, 18:30 Europe/Lisbon"]


def test_a_config_that_is_broken_later_is_a_line_until_it_is_mended(
    shop: Workshop, bell: Bell, told: Told, november: time_machine.Traveller
) -> None:
    text = shop.file.read_text(encoding="utf-8")
    ticker = Ticker(shop.file, log(), bell, Work())
    ticker.check()
    told()
    states = iter([text + "tittle: X\n", text])

    def sleep(seconds: float) -> None:
        shop.file.write_text(next(states), encoding="utf-8")
        november.shift(timedelta(seconds=seconds))

    end = datetime(2026, 11, 23, 9, 10, tzinfo=UTC)
    keep_ticking(ticker, stop=lambda: datetime.now(UTC) >= end, sleep=sleep, log=log())
    ticker()

    broken, stopped = told()
    assert broken.startswith("the tick failed: ConfigError: ")
    assert "did you mean 'title'?" in broken
    assert stopped == "stopped as asked, after 2 ticks, 1 of which failed"


def test_a_config_that_is_wrong_at_the_start_ends_it_at_once(
    shop: Workshop, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("TZ", "UTC")  # so that it is put back
    monkeypatch.setattr(sys, "argv", ["digest", "schedule", "--config", str(shop.file)])
    shop.file.write_text("tittle: X\n", encoding="utf-8")

    with pytest.raises(SystemExit) as end:
        run_command_line()

    assert end.value.code == 2
    assert "digest.yaml" in capsys.readouterr().err


def test_the_commands_that_it_writes_to_people_name_the_config(
    shop: Workshop, bell: Bell, monkeypatch: pytest.MonkeyPatch
) -> None:
    work = Work()
    Ticker(shop.file, log(), bell, work)()
    (shop.folder / "config").mkdir()
    shop.file.rename(shop.folder / common.DEFAULT)
    (shop.folder / "incidents").rename(shop.folder / "config" / "incidents")
    monkeypatch.chdir(shop.folder)
    Ticker(common.DEFAULT, log(), bell, work)()

    assert work.options == [f" --config {shop.file}", ""]


def test_what_a_tick_read_is_let_go_by_the_next_one(shop: Workshop, bell: Bell) -> None:
    ticker = Ticker(shop.file, log(), bell, Work())
    ticker()
    ticker()
    before = gc.get_freeze_count()

    for _ in range(5):
        ticker()

    # A set-up that stays is a thousand objects a tick: a megabyte, every five minutes.
    assert gc.get_freeze_count() - before < 1000


# --- Asked to end ---------------------------------------------------------------------------


def test_asked_to_end_the_work_ends_between_two_steps(shop: Workshop, bell: Bell, told: Told) -> None:
    reached: list[str] = []

    def work(progress: Progress) -> None:
        progress.stage("collecting")
        progress.count(1, 3)
        os.kill(os.getpid(), signal.SIGTERM)
        reached.append("what was begun")
        progress.count(2, 3)
        reached.append("the next one")

    Ticker(shop.file, log(), bell, Work(during=work))()

    assert reached == ["what was begun"]
    assert told() == ["stopped between two steps; what is left is done after the next start"]


def test_other_errors_of_the_work_are_left_to_the_loop(shop: Workshop, bell: Bell) -> None:
    ticker = Ticker(shop.file, log(), bell, Work(error=ConfigError("a", "b")))

    with pytest.raises(DigestError, match="a: b"):
        ticker()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_process_that_has_nothing_to_do_ends_at_once_with_status_0(
    shop: Workshop, number: signal.Signals
) -> None:
    command = [sys.executable, "-m", "digest", "schedule", "--config", str(shop.file), "--every", "60"]
    with subprocess.Popen(
        command,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**os.environ, "TZ": "Europe/Berlin"},
    ) as process:
        try:
            assert process.stdout is not None
            first = process.stdout.readline()
            wait_for(shop.folder / "digest.db")  # made by the first tick

            process.send_signal(number)
            out, err = process.communicate(timeout=30)  # its sleep would be an hour
        finally:
            process.kill()

    assert process.returncode == 0, err
    assert err == ""
    assert re.fullmatch(r"\S+Z The edition of \d{4}-\d\d is due on .* Europe/Lisbon\n", first)
    assert "stopped as asked, after 1 tick" in out


def wait_for(file: Path) -> None:
    for _ in range(600):
        if file.exists():
            return
        time.sleep(0.05)  # another process works meanwhile
    pytest.fail(f"{file} was not made")


# --- The real work --------------------------------------------------------------------------


def test_over_two_months_each_edition_is_made_once_and_when_it_is_due(
    shop: Workshop, bell: Bell, told: Told
) -> None:
    shop.write(
        "101", "2026-09-12T10:00:00Z", ["A cache without a limit fills the disk at night, in silence."]
    )
    shop.write("102", "2026-10-20T10:00:00Z", ["A queue without a limit hides how slow its readers are."])
    shop.file.write_text(
        shop.file.read_text(encoding="utf-8") + "schedule: {timezone: Europe/Berlin, country: DE}\n",
        encoding="utf-8",
    )
    end = datetime(2026, 11, 6, 12, tzinfo=UTC)
    with time_machine.travel(datetime(2026, 9, 30, 12, tzinfo=UTC), tick=False) as machine:
        keep_ticking(
            Ticker(shop.file, log(), bell),
            every_minutes=5 * 24 * 60,
            stop=lambda: datetime.now(UTC) >= end,
            sleep=machine.shift,
            log=log(),
        )

    lines = told()
    assert [line for line in lines if line.endswith(" is due")] == ["2026-09 is due", "2026-10 is due"]
    with Ledger.open(shop.folder / "digest.db") as ledger:
        editions = [(line.month, line.state) for line in ledger.editions()]
    assert editions == [("2026-10", EditionState.SENT), ("2026-09", EditionState.SENT)]
    assert not [line for line in lines if "failed" in line]
