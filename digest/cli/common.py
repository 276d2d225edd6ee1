"""What the commands share: options, the month meant, progress on the terminal."""

import json
import shlex
import shutil
import signal
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

import click

from digest.config import Config, load
from digest.errors import ConfigError
from digest.ledger import Ledger
from digest.period import Month
from digest.pipeline.notices import Desk
from digest.pipeline.setup import Setup, Stopped

F = TypeVar("F", bound=Callable[..., Any])

DEFAULT = Path("config/digest.yaml")


def config_option(function: F) -> F:
    """Add `--config`."""
    option = click.option(
        "--config",
        "-c",
        "config_file",
        type=click.Path(path_type=Path, dir_okay=False),
        envvar="DIGEST_CONFIG",
        default=DEFAULT,
        show_default=True,
        help="The config file.",
    )
    return option(function)


def month_option(function: F) -> F:
    """Add `--month`."""
    option = click.option("--month", "-m", metavar="YYYY-MM", help="The month; the last full one by default.")
    return option(function)


def json_option(function: F) -> F:
    """Add `--json`."""
    return click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")(function)


def now() -> datetime:
    """Return the time. The one place where the commands read the clock."""
    return datetime.now(UTC)


def read_config(file: Path) -> Config:
    """Read the config; where there is none, say how to get one."""
    if not file.exists():
        raise ConfigError(
            str(file), "there is no such file; write one with `digest init`, or name yours with --config"
        )
    return load(file)


def month_meant(key: str | None, zone: str, at: datetime, *, over: bool = True) -> Month:
    """Return the month of a key, or the last full one.

    Raises:
        ConfigError: not a month; or, with `over`, one that is not over yet.
    """
    if key is None:
        return Month.of(at, zone).shift(-1)
    try:
        month = Month.parse(key, zone)
    except ValueError as error:
        raise ConfigError("--month", str(error)) from error
    if over and month.end > at:
        raise ConfigError(
            "--month", f"{key} is not over in {zone}; look at it with `digest preview --month {key}`"
        )
    return month


def program() -> str:
    """Return how this program is called here: by its name where the shell finds it, else by its path."""
    called = Path(sys.argv[0])
    if called.name == "__main__.py":
        return f"{Path(sys.executable).name} -m digest"
    found = shutil.which("digest")
    if found is not None and Path(found).resolve() == called.resolve():
        return "digest"
    here = Path.cwd()
    return str(called.relative_to(here)) if called.is_relative_to(here) else str(called)


def option_of(config_file: Path) -> str:
    """Return what has to stand in a command for this config: ` --config FILE`; empty for the usual one."""
    return "" if config_file == DEFAULT else f" --config {shlex.quote(str(config_file))}"


def desk_of(setup: Setup, config_file: Path) -> Desk:
    """Return who writes notices; the commands in them name the config where it is not the usual one."""
    return Desk.of(setup, None if config_file == DEFAULT else config_file)


def print_json(value: object) -> None:
    """Print a result for programs."""
    click.echo(json.dumps(value, ensure_ascii=False, indent=2))


class Stop:
    """Turns SIGTERM into an end between two messages: none is left half sent, none in doubt."""

    def __init__(self) -> None:
        self._asked = False
        signal.signal(signal.SIGTERM, self._ask)

    def _ask(self, *_: object) -> None:
        self._asked = True

    def check(self) -> None:
        """Raise Stopped if the process was asked to end."""
        if self._asked:
            raise Stopped("stopped as asked; run again to go on")

    def sleep(self, seconds: float) -> None:
        """Wait; raise Stopped at most a second after the process was asked to end."""
        # Python goes on sleeping after a signal whose handler returns.
        end = time.monotonic() + seconds
        self.check()
        while (left := end - time.monotonic()) > 0:
            time.sleep(min(left, 1))
            self.check()


class Lines:
    """Progress on standard error: a line a stage, and on a terminal a count that moves."""

    def __init__(self, *, quiet: bool = False, stop: Stop | None = None) -> None:
        self._quiet = quiet
        self.stop = stop
        self.sleep = stop.sleep if stop else time.sleep
        self._moving = False

    def stage(self, words: str) -> None:
        """Say what is being done now."""
        self._heed()
        self._clear()
        if not self._quiet:
            click.echo(f"… {words}", err=True)

    def count(self, done: int, total: int) -> None:
        """Show how far it is; only where a person watches."""
        self._heed()
        if self._quiet or not sys.stderr.isatty():
            return
        self._moving = True
        width = 28
        filled = width * done // max(total, 1)
        click.echo(f"\r  {'█' * filled}{'·' * (width - filled)} {done} of {total}", nl=False, err=True)

    def end(self) -> None:
        """Clear what still moves."""
        self._clear()

    def _heed(self) -> None:
        if self.stop is not None:
            self.stop.check()

    def _clear(self) -> None:
        if self._moving:
            click.echo("\r\033[K", nl=False, err=True)
            self._moving = False


def read_only(file: Path) -> Ledger:
    """Open the ledger for looking; one in memory where there is none yet, so that looking makes no file."""
    return Ledger.open(file if file.exists() else None)
