"""May this machine's clock be believed? Trackers that have one of their own are asked."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from digest.errors import DigestError, RemoteError
from digest.ledger import Ledger
from digest.pipeline.setup import Setup
from digest.trackers.base import Clocked

# A machine that was off longer, or whose clock is wrong: both look the same from here.
LONGEST_GAP = timedelta(days=35)
# A clock that is a day off still tells which month it is; one that is an hour off ends a month too early.
_WITNESS_MOST = timedelta(days=1)
_SKEW_MOST = timedelta(hours=1)


class ClockDoubt(DigestError):  # noqa: N818 - it says what is so
    """The clock cannot be right, or nobody says that it is; nothing is made before somebody confirms it."""


def check_gap(setup: Setup, ledger: Ledger, now: datetime) -> None:
    """Refuse to act on a clock that jumped, unless a tracker's own clock says the same.

    Raises:
        ClockDoubt: it jumped further than any month is long, and no tracker confirms it.
    """
    last = ledger.last_tick()
    if last is None or now - last <= LONGEST_GAP:
        return
    if any(abs(there - now) <= _WITNESS_MOST for _, there in _clocks(setup)):
        return
    raise ClockDoubt(
        f"nobody has looked what is due since {last:%Y-%m-%d}, and this machine says that it is "
        f"{now:%Y-%m-%d}. If that is right: digest run --due --trust-clock; if not, set the clock"
    )


def check_skew(setup: Setup, now: datetime) -> None:
    """Refuse to make an edition by a clock that a tracker's contradicts by more than an hour.

    Raises:
        ClockDoubt: one does.
    """
    for name, there in _clocks(setup):
        if abs(there - now) > _SKEW_MOST:
            raise ClockDoubt(
                f"this machine says that it is {now:%Y-%m-%d %H:%M} UTC, and {name} that it is "
                f"{there:%Y-%m-%d %H:%M}. Set the clock; if it is right: digest run --due --trust-clock"
            )


def _clocks(setup: Setup) -> Iterator[tuple[str, datetime]]:
    """Yield each tracker's name and its own time, as far as one can be had."""
    for tracker in setup.trackers:
        if isinstance(tracker, Clocked):
            try:
                there = tracker.server_time()
            except RemoteError:
                continue
            if there is not None:
                yield tracker.name, there
