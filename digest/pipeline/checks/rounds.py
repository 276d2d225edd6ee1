"""All looks of `digest doctor`, in their order, each on its own."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from digest.config import Config
from digest.errors import LedgerError
from digest.ledger import Ledger
from digest.ledger.look import condition_of
from digest.pipeline.checks import machine, memory, settings, sources, ways_out
from digest.pipeline.checks.report import Check, Level, guarded, ok
from digest.pipeline.setup import Setup
from digest.trackers.base import Tracker

_BUSY_S = 5.0


@dataclass(frozen=True, slots=True)
class Terms:
    """How the looks are made: who gives the time, who hears what is done, how long one look may take."""

    now: Callable[[], datetime] = lambda: datetime.now(UTC)
    tell: Callable[[str], None] = lambda _: None
    asking_s: float = 45.0  # trying a connection out
    reading_s: float = 120.0  # reading a month, or all of the ledger

    def look(
        self, subject: str, one: Callable[[], Iterable[Check]], patience_s: float | None = None
    ) -> tuple[Check, ...]:
        """Make one look; see `guarded`."""
        self.tell(subject)
        return guarded(subject, one, self.asking_s if patience_s is None else patience_s)


def rounds(config: Config, setup: Setup, terms: Terms, faults: Iterable[Check] = ()) -> Iterator[Check]:
    """Yield what each look finds, as soon as it is found; nothing is sent, and no incident is stored.

    Args:
        config: as read.
        setup: what could be connected of it; a connector whose settings are wrong is missing from it.
        terms: see `Terms`.
        faults: why such connectors are missing.
    """
    wrong = tuple(faults)
    yield from terms.look("config", partial(settings.config_checks, config, whole=not wrong))
    yield from wrong
    yield from terms.look("templates", partial(_template_checks, setup))
    yield from terms.look("python", machine.python_checks)
    zone = setup.settings.timezone
    yield from terms.look("clock", partial(machine.clock_checks, setup.trackers, terms.now(), zone))
    yield from terms.look("ledger", partial(memory.ledger_checks, setup.ledger), terms.reading_s)
    with ExitStack() as open_:
        ledger = _opened(setup.ledger, open_)
        yield from terms.look("schedule", partial(machine.schedule_checks, setup.settings, terms.now()))
        if ledger is not None or not setup.ledger.exists():
            yield from terms.look("timer", partial(machine.timer_checks, ledger, terms.now()))
        bench = sources.Bench(setup, ledger, terms.now())
        for tracker in setup.trackers:
            yield from _about(tracker, bench, terms)
    for channel in setup.channels:
        yield from terms.look(ways_out.subject_of(channel), partial(ways_out.channel_checks, channel))
    yield from terms.look("mail", partial(ways_out.mail_checks, config))
    yield from terms.look("approval", partial(ways_out.approval_checks, setup.settings, setup.channels))


def _about(tracker: Tracker, bench: sources.Bench, terms: Terms) -> Iterator[Check]:
    subject = sources.subject_of(tracker)
    reached = terms.look(subject, partial(sources.connection_checks, tracker))
    yield from reached
    # What cannot be reached cannot be read either, and would say the same once more.
    if not any(check.level is Level.FAIL for check in reached):
        read = partial(sources.content_checks, tracker, bench)
        yield from terms.look(subject, read, terms.reading_s)


def _template_checks(setup: Setup) -> Iterator[Check]:
    setup.renderer.compile()
    yield ok("templates", "all of them compile")


def _opened(path: Path, open_: ExitStack) -> Ledger | None:
    """Return the ledger, if opening it changes nothing; what is wrong with it has been told."""
    try:
        # A pipe of that name would be waited for, and a folder is told of already.
        if path.is_file() and condition_of(path).current:
            return open_.enter_context(Ledger.open(path, busy_s=_BUSY_S))
    except LedgerError:
        return None
    return None
