"""Runs the digest unattended: asks every few minutes whether something is due, and does that.

`schedule` knows no months, forgets what it missed, and stops at the first exception; its times are
local ones without an offset, which stand still or repeat when clocks change. Hence one job that only
ticks, in UTC, and never raises; what is due is decided elsewhere, by a pure function and the ledger.
"""

import logging
import os
import select
import signal
import socket
import time
from collections.abc import Callable
from contextlib import suppress
from types import FrameType
from typing import Self

from schedule import Scheduler

from digest.errors import DigestError

EVERY_MINUTES = 5


def live_in_utc() -> None:
    """Let this process read its clock in UTC; to be called before anything reads it.

    Windows knows no such thing: there, a tick may be late on the night when clocks go back.
    """
    os.environ["TZ"] = "UTC"
    if hasattr(time, "tzset"):
        time.tzset()


class Bell:
    """Rings on SIGTERM and SIGINT, and wakes the one who sleeps by it.

    It must be made on the main thread. After the first SIGINT the handlers from before are back for
    it, so that a second Ctrl-C ends what does not heed the first.
    """

    def __init__(self) -> None:
        self.rung = False
        self._reader, self._writer = socket.socketpair()
        self._writer.settimeout(0)  # a handler never waits
        self._before = {int(number): signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}

    def __enter__(self) -> Self:
        for number in self._before:
            signal.signal(number, self._ring)
        return self

    def __exit__(self, *_: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)
        self._reader.close()
        self._writer.close()

    def sleep(self, seconds: float) -> None:
        """Return after so many seconds, or when it rings; at once where it has rung.

        `time.sleep` sleeps on after a signal, and an Event set by a handler may block for ever.
        """
        select.select([self._reader], [], [], seconds)

    def _ring(self, number: int, _: FrameType | None) -> None:
        self.rung = True
        with suppress(BlockingIOError):
            self._writer.send(b"!")
        if number == signal.SIGINT:
            signal.signal(number, self._before[number])


def keep_ticking(
    tick: Callable[[], None],
    *,
    every_minutes: int = EVERY_MINUTES,
    stop: Callable[[], bool],
    sleep: Callable[[float], None],
    log: logging.Logger,
) -> None:
    """Tick now, and then every few minutes, until asked to stop; a tick that fails stops nothing.

    The work of a tick is done here and now: a long one delays the next tick, which is harmless,
    because whatever fell due meanwhile is due still.

    Args:
        tick: does what is due; whatever it raises is logged, and counted.
        every_minutes: 1 or more, from the end of a tick to the next one's beginning.
        stop: asked before and after each sleep.
        sleep: of so many seconds; may return early, once it is time to stop.
        log: a line for each tick that failed, with the error's class; its traceback at debug level.
    """
    ticks = _Ticks(tick, log)
    book = Scheduler()
    book.every(every_minutes).minutes.do(ticks.make)
    if not stop():
        book.run_all()
    while not stop():
        left_s = book.idle_seconds or 0.0
        if left_s > every_minutes * 60:
            book.run_all()  # the clock was put back: the next tick would come when it has caught up
            continue
        sleep(max(left_s, 0.0))
        if not stop():
            book.run_pending()
    log.info("stopped as asked, after %s", ticks.counted())


class _Ticks:
    """Makes ticks that never raise, and counts them."""

    def __init__(self, tick: Callable[[], None], log: logging.Logger) -> None:
        self._tick = tick
        self._log = log
        self._made = self._failed = self._in_a_row = 0

    def make(self) -> None:
        """Tick once."""
        self._made += 1
        try:
            self._tick()
        except Exception as error:  # noqa: BLE001 - the next tick must come, whatever became of this one
            self._note(error)
            return
        if self._in_a_row:
            self._log.info("ticking again, after %s", _count(self._in_a_row, "failed tick"))
        self._in_a_row = 0

    def counted(self) -> str:
        """Return `12 ticks, 3 of which failed`."""
        return _count(self._made, "tick") + (f", {self._failed} of which failed" if self._failed else "")

    def _note(self, error: Exception) -> None:
        self._failed += 1
        self._in_a_row += 1
        # Only our own errors are known to hold no value of an incident or a secret.
        told = str(error) if isinstance(error, DigestError) else "a fault of the program; --debug shows where"
        again = f", {self._in_a_row} times in a row" if self._in_a_row > 1 else ""
        self._log.error("the tick failed%s: %s: %s", again, type(error).__name__, told)
        self._log.debug("where it failed", exc_info=error)


def _count(n: int, what: str) -> str:
    return f"{n} {what}" + ("" if n == 1 else "s")
