"""Looks at the machine: Python, the clock, when the next edition is due, and whether anything asks."""

import sys
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from digest.config import Settings
from digest.due import next_due
from digest.errors import DigestError
from digest.ledger import Ledger
from digest.pipeline.checks.report import Check, fail, ok, warn
from digest.pipeline.checks.words import ago
from digest.trackers.base import Clocked, Tracker

# Longer than a daily timer that comes late now and then, shorter than two missed ones.
TICK_MOST = timedelta(hours=36)
_OFF_WARN = timedelta(minutes=5)
_OFF_FAIL = timedelta(hours=1)
_MENDED = {(3, 11): 10, (3, 12): 5}  # CVE-2024-6923: which release of each Python has it mended


def python_checks(version: Sequence[int] = sys.version_info[:3]) -> Iterator[Check]:
    """Say which Python runs this; `version` is major, minor, micro."""
    major, minor, micro = version
    name = f"Python {major}.{minor}.{micro}"
    mended = _MENDED.get((major, minor))
    if mended is None or micro >= mended:
        yield ok("python", name)
        return
    found = f"{name} lets a subject smuggle in header lines (CVE-2024-6923); our own guard is in use"
    yield warn("python", found, f"better {major}.{minor}.{mended} or later")


def clock_checks(trackers: Sequence[Tracker], now: datetime, zone: str) -> Iterator[Check]:
    """Compare this machine's time with what the trackers' servers say; `now` is aware."""
    here = f"{now.astimezone(ZoneInfo(zone)):%Y-%m-%d %H:%M} in {zone}"
    compared = False
    silent: list[str] = []
    for tracker in trackers:
        try:
            there = tracker.server_time() if isinstance(tracker, Clocked) else None
        except DigestError:
            silent.append(tracker.name)
            continue
        if there is not None:
            compared = True
            yield _compared(tracker.name, now - there, here)
    if silent and not compared:
        names = ", ".join(silent)
        yield warn("clock", f"{here}; not compared, as there was no answer from {names}", "see below why")
    elif not compared:
        yield ok("clock", f"{here}; no tracker tells the time, so it was compared with nothing")


def schedule_checks(settings: Settings, now: datetime) -> Iterator[Check]:
    """Say when the next edition is due."""
    rule = settings.schedule.rule(settings.timezone)
    due = next_due(now, rule)
    at = due.at.astimezone(ZoneInfo(rule.zone))
    yield ok("schedule", f"{due.month} is due on {at:%A, %Y-%m-%d at %H:%M} ({rule.zone})")


def timer_checks(ledger: Ledger | None, now: datetime) -> Iterator[Check]:
    """Say when somebody last looked what is due; `ledger` None: there is none yet."""
    last = ledger.last_tick() if ledger is not None else None
    if last is None:
        to_do = "set up a timer, or `digest schedule`: docs/running.md; or call `digest run` yourself"
        yield warn("timer", "nothing has ever looked what is due", to_do)
    elif last - now > _OFF_WARN:
        found = f"the last look what is due lies ahead, at {last:%Y-%m-%d %H:%M} UTC; the clock was set back"
        yield warn("timer", found, "look whether it is right now")
    elif now - last > TICK_MOST:
        found = f"nothing has looked what is due for {ago(now - last)}"
        yield fail("timer", found, "is the timer running? docs/running.md")
    else:
        yield ok("timer", f"looked what is due {ago(now - last)} ago")


def _compared(name: str, off: timedelta, here: str) -> Check:
    if abs(off) <= _OFF_WARN:
        return ok("clock", f"{here}; {name} says the same")
    way = "ahead of" if off > timedelta(0) else "behind"
    found = f"this machine is {ago(abs(off))} {way} {name}"
    to_do = "set its clock, by NTP: months begin and editions fall due by it"
    return (fail if abs(off) > _OFF_FAIL else warn)("clock", found, to_do)
