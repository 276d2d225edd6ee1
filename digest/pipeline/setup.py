"""What a run needs, connected and checked before the first request."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Protocol

from digest.config import Settings
from digest.delivery.base import Channel
from digest.delivery.deliver import Pace
from digest.edition import Imprint
from digest.errors import DigestError
from digest.insights import Causes
from digest.model import Incident
from digest.period import Month
from digest.render import Renderer
from digest.takeaways import Lexicon
from digest.trackers.base import Tracker


class Stopped(DigestError):  # noqa: N818 - it says what is so
    """The process was asked to end; what was being sent has been sent, and settled."""


class Progress(Protocol):
    """What a run tells while it works; the command line shows it, tests listen."""

    def stage(self, words: str) -> None:
        """A new part of the work has begun."""

    def count(self, done: int, total: int) -> None:
        """So much of the part is done."""


class Silent:
    """Progress for those who do not watch."""

    def stage(self, words: str) -> None:
        """Tell nobody."""

    def count(self, done: int, total: int) -> None:
        """Tell nobody."""


@dataclass(frozen=True, slots=True)
class Setup:
    """One organisation's program, put together from its config."""

    settings: Settings
    imprint: Imprint
    trackers: tuple[Tracker, ...]
    channels: tuple[Channel, ...]
    ledger: Path
    editions: Path  # where editors' files are
    lexicon: Lexicon
    causes: Causes
    redact: Callable[[Incident], Incident]
    mask: Callable[[str], str]  # of what is printed, whoever wrote it
    renderer: Renderer
    config_hash: str
    pace: Pace = field(default_factory=Pace)  # of delivering; its page_wait and clock are the run's


@dataclass(frozen=True, slots=True)
class Job:
    """One month's work: which month, at what time, and who is told meanwhile."""

    setup: Setup
    month: Month
    now: datetime
    progress: Progress
