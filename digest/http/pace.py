"""How much of a service is taken, and how patiently."""

import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime


@dataclass(frozen=True, slots=True)
class Limits:
    """The most that one answer, or one walk through pages, may take."""

    connect_s: float = 10
    read_s: float = 60  # between two pieces of an answer
    total_s: float = 300  # one answer, from the first byte sent to the last received
    bytes_most: int = 20 * 1024 * 1024  # unpacked
    pages_most: int = 1000


def _now() -> datetime:
    return datetime.now(UTC)


def _say_nothing(_line: str) -> None:
    pass


@dataclass(frozen=True, slots=True)
class Pace:
    """How long tries at one request may take in all, and the clocks they go by."""

    patience_s: float = 300
    sleep: Callable[[float], None] = time.sleep
    clock: Callable[[], float] = time.monotonic
    now: Callable[[], datetime] = _now  # aware
    jitter: Callable[[], float] = random.random  # 0..1
    tell: Callable[[str], None] = _say_nothing  # hears a line whenever a wait takes long
