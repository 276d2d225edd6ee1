"""`digest schedule`: does what is due, as a process that stays up."""

import gc
import io
import logging
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import click

from digest.assemble import assemble
from digest.cli import common
from digest.cli.run import DUE_PATIENCE_S
from digest.config import Config
from digest.due import Due, next_due
from digest.ledger import Ledger
from digest.pipeline import Progress
from digest.pipeline.due_work import Done, tick
from digest.pipeline.notices import Desk
from digest.pipeline.setup import Stopped
from digest.scheduler import EVERY_MINUTES, Bell, keep_ticking, live_in_utc

Work = Callable[[Desk, Ledger, datetime, Progress], Done]


@click.command(name="schedule", epilog="Example: digest schedule --config config/digest.yaml")
@common.config_option
@click.option(
    "--every",
    type=click.IntRange(1, 24 * 60),
    default=EVERY_MINUTES,
    show_default=True,
    metavar="MINUTES",
    help="How often to look whether something is due.",
)
@click.option("--debug", is_flag=True, help="Show where in the program a tick failed.")
def command(config_file: Path, every: int, debug: bool) -> None:  # noqa: FBT001 - click passes options by name
    """Stay up, and make and send each edition when it is due; Ctrl-C or SIGTERM ends it.

    What the config, the templates and the secrets say is read anew each time. Cron and the like need
    no such process: they call `digest run --due`.
    """
    live_in_utc()
    log = line_log(debug=debug)
    with Bell() as bell:
        ticker = Ticker(config_file, log, bell)
        ticker.check()
        keep_ticking(ticker, every_minutes=every, stop=lambda: bell.rung, sleep=bell.sleep, log=log)


class Ticker:
    """One look at what is due, with everything read anew; a line for each thing it did."""

    def __init__(self, config_file: Path, log: logging.Logger, bell: Bell, work: Work = tick) -> None:
        self._config_file = config_file
        self._log = log
        self._bell = bell
        self._work = work
        self._told: Due | None = None

    def check(self) -> None:
        """Say when the next edition is due; raise what is wrong with the config, before the first tick.

        Later it is a line in the log: an operator who starts the process is there to put it right.
        """
        config = common.read_config(self._config_file)
        assemble(config)
        self._tell_next(config, common.now())

    def __call__(self) -> None:
        """Do what is due now."""
        # `assemble` freezes what is alive, so that the collector leaves it alone: in a process that
        # stays up, whatever the tick before had read would never be let go.
        gc.unfreeze()
        now = common.now()
        config = common.read_config(self._config_file)
        progress = _Heeding(self._bell, self._log)
        setup = assemble(config, patience_s=DUE_PATIENCE_S, tell=progress.tell, sleep=progress.sleep)
        desk = common.desk_of(setup, self._config_file)
        try:
            with Ledger.open(setup.ledger) as ledger:
                for line in self._work(desk, ledger, now, progress).lines:
                    self._log.info("%s", line)
        except Stopped:
            self._log.info("stopped between two steps; what is left is done after the next start")
            return
        self._tell_next(config, now)

    def _tell_next(self, config: Config, now: datetime) -> None:
        """Say which edition is due next, where that has not been said."""
        rule = config.settings.schedule.rule(config.settings.timezone)
        due = next_due(now, rule)
        if due != self._told:
            at = due.at.astimezone(ZoneInfo(rule.zone))
            when = f"{at:%a} {at.day} {at:%B %Y, %H:%M} {rule.zone}"
            self._log.info("The edition of %s is due on %s", due.month, when)
        self._told = due


class _Heeding:
    """Progress of work that ends between two steps once the bell has rung; only waits are told."""

    def __init__(self, bell: Bell, log: logging.Logger) -> None:
        self._bell = bell
        self._log = log

    def stage(self, words: str) -> None:  # noqa: ARG002 - what was done is told when it is done
        self._heed()

    def count(self, done: int, total: int) -> None:  # noqa: ARG002 - nobody watches
        self._heed()

    def tell(self, words: str) -> None:
        """Say what a connector is about to wait for, unless it should not."""
        self._heed()
        self._log.info("%s", words)

    def sleep(self, seconds: float) -> None:
        """Wait, but no longer than until the bell rings."""
        self._heed()
        self._bell.sleep(seconds)
        self._heed()

    def _heed(self) -> None:
        if self._bell.rung:
            raise Stopped("stopped as asked")


class _Line(logging.Formatter):
    """`2026-12-01T08:00:05Z the words`: one line an entry, whatever characters the words hold."""

    def format(self, record: logging.LogRecord) -> str:
        at = datetime.fromtimestamp(record.created, UTC)
        text = f"{at:%Y-%m-%dT%H:%M:%SZ} {escaped(record.getMessage())}"
        if not record.exc_info:
            return text
        # Indented, so that no line of it can pass for an entry.
        trace = self.formatException(record.exc_info).split("\n")
        return "\n".join([text, *(f"    {escaped(line)}" for line in trace)])


def escaped(text: str) -> str:
    r"""Return `text` with all that is not printed, such as a new line, as `\n`, `\x1b` or `\u202e`."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in text)


def line_log(*, debug: bool) -> logging.Logger:
    """Return a log that writes lines to standard output."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(_Line())
    log = logging.getLogger("digest.schedule")
    log.handlers = [handler]
    log.propagate = False
    log.setLevel(logging.DEBUG if debug else logging.INFO)
    return log
