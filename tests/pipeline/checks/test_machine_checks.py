"""Python, the clock, the schedule and the timer, each told with what to do."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from pipeline.checks.fakes_of_checks import FakeTracker

from digest.config import Settings
from digest.errors import Reason, RemoteError
from digest.ledger import Ledger
from digest.pipeline.checks.machine import clock_checks, python_checks, schedule_checks, timer_checks
from digest.pipeline.checks.report import Check
from digest.pipeline.checks.words import ago

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


def lines(checks: Iterable[Check]) -> list[str]:
    return [f"{check.level.value} {check}" for check in checks]


@pytest.mark.parametrize(
    ("version", "starts"),
    [
        (
            (3, 11, 9),
            "warn Python 3.11.9 lets a subject smuggle in header lines (CVE-2024-6923); our own guard",
        ),
        ((3, 11, 10), "ok Python 3.11.10"),
        ((3, 12, 4), "warn Python 3.12.4"),
        ((3, 12, 5), "ok Python 3.12.5"),
        ((3, 13, 0), "ok Python 3.13.0"),
    ],
)
def test_a_python_that_lets_headers_in_is_told(version: tuple[int, int, int], starts: str) -> None:
    (line,) = lines(python_checks(version))

    assert line.startswith(starts)


@pytest.mark.parametrize(
    ("off", "says"),
    [
        (timedelta(minutes=5), "ok 2026-11-23 12:00 in UTC; issues says the same"),
        (timedelta(minutes=-5), "ok 2026-11-23 12:00 in UTC; issues says the same"),
        (timedelta(minutes=6), "warn this machine is 6 minutes ahead of issues; set its clock"),
        (timedelta(minutes=-50), "warn this machine is 50 minutes behind issues; set its clock"),
        (timedelta(hours=-2), "FAIL this machine is 2 hours behind issues; set its clock"),
        (timedelta(days=3), "FAIL this machine is 3 days ahead of issues; set its clock"),
    ],
)
def test_the_clock_is_compared_with_the_trackers(off: timedelta, says: str) -> None:
    (line,) = lines(clock_checks([FakeTracker(time=NOW - off)], NOW, "UTC"))

    assert line.startswith(says)


def test_a_tracker_that_does_not_answer_leaves_the_clock_uncompared() -> None:
    silent = FakeTracker(time=RemoteError("issues", Reason.NO_ANSWER, "no answer in 10 s"))

    told = lines(clock_checks([silent], NOW, "Europe/Lisbon"))

    (line,) = told
    assert line.startswith(
        "warn 2026-11-23 12:00 in Europe/Lisbon; not compared, as there was no answer from issues"
    )


def test_one_tracker_that_answers_is_enough_for_the_clock() -> None:
    silent = FakeTracker(time=RemoteError("issues", Reason.NO_ANSWER, "no answer in 10 s"))

    (line,) = lines(clock_checks([silent, FakeTracker(name="other", time=NOW)], NOW, "UTC"))

    assert line == "ok 2026-11-23 12:00 in UTC; other says the same"


def test_the_next_edition_is_named_with_its_day_and_hour_where_the_readers_are() -> None:
    settings = Settings.model_validate({"organisation": "X", "timezone": "Europe/Berlin"})

    assert lines(schedule_checks(settings, NOW)) == [
        "ok 2026-11 is due on Tuesday, 2026-12-01 at 09:00 (Europe/Berlin)"
    ]


@pytest.mark.parametrize(
    ("since", "says"),
    [
        (timedelta(minutes=5), "ok looked what is due 5 minutes ago"),
        (timedelta(hours=26), "ok looked what is due 26 hours ago"),
        (
            timedelta(days=3),
            "FAIL nothing has looked what is due for 3 days; is the timer running? docs/running.md",
        ),
        (timedelta(hours=-2), "warn the last look what is due lies ahead, at 2026-11-23 14:00 UTC"),
    ],
)
def test_a_timer_that_stopped_is_told(tmp_path: Path, since: timedelta, says: str) -> None:
    with Ledger.open(tmp_path / "digest.db") as ledger:
        ledger.ticked(NOW - since)

        (line,) = lines(timer_checks(ledger, NOW))

    assert line.startswith(says)


def test_before_the_first_look_it_is_said_how_to_have_one() -> None:
    (line,) = lines(timer_checks(None, NOW))

    assert line.startswith("warn nothing has ever looked what is due; set up a timer, or `digest schedule`")


@pytest.mark.parametrize(
    ("span", "words"),
    [
        (timedelta(seconds=-3), "less than a minute"),
        (timedelta(seconds=59), "less than a minute"),
        (timedelta(seconds=119), "a minute"),
        (timedelta(minutes=119), "119 minutes"),
        (timedelta(hours=2), "2 hours"),
        (timedelta(hours=47), "47 hours"),
        (timedelta(hours=48), "2 days"),
    ],
)
def test_spans_are_said_as_people_do(span: timedelta, words: str) -> None:
    assert ago(span) == words
