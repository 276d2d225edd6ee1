"""`digest doctor`: is everything right? A line each, with what to do."""

import os
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import click

from digest.assemble import assemble
from digest.cli import common
from digest.cli.commands import PROBLEMS, USAGE
from digest.config import Config, Connector
from digest.edition.headline import count_of
from digest.errors import ConfigError, TemplateError
from digest.pipeline import Setup
from digest.pipeline.checks.report import Check, Level, fail, worded
from digest.pipeline.checks.rounds import Terms, rounds

_PATIENCE_S = 10.0  # for the tries at one request: somebody watches
_COLOURS = {Level.OK: "green", Level.WARN: "yellow", Level.FAIL: "red"}
_CLEAR = "\r\033[K"


@click.command(name="doctor", epilog="Example: digest doctor")
@common.config_option
@common.json_option
def command(config_file: Path, as_json: bool) -> None:  # noqa: FBT001 - click passes options by name
    """Look at config, credentials, connections, mail, clock, schedule and ledger; say what to do.

    Sends nothing and stores no incident. Exit status: 0 all is well, or warnings alone; 1 something
    does not work; 2 the config cannot be used.
    """
    paper = _Paper(as_json=as_json)
    broken = False
    try:
        config = common.read_config(config_file)
        setup, faults = _assembled(config)
    except (ConfigError, TemplateError) as error:
        paper.write(fail("config", worded(error)))
        broken = True
    else:
        broken = bool(faults)
        paper.width = _width(config)
        for check in rounds(config, setup, Terms(now=common.now, tell=paper.working), faults):
            paper.write(check)
    paper.end()
    if broken:
        sys.exit(USAGE)
    if paper.counts[Level.FAIL]:
        sys.exit(PROBLEMS)


class _Paper:
    """Where the lines go: as they come for people, all at the end for programs."""

    def __init__(self, *, as_json: bool) -> None:
        self.width = 10
        self._as_json = as_json
        self._checks: list[Check] = []
        self._watched = sys.stderr.isatty() and not as_json
        self._coloured = sys.stdout.isatty() and not os.environ.get("NO_COLOR")

    @property
    def counts(self) -> Counter[Level]:
        return Counter(check.level for check in self._checks)

    def working(self, subject: str) -> None:
        """Say what is being looked at, where somebody watches."""
        if self._watched:
            click.echo(f"{_CLEAR}… {subject}", nl=False, err=True)

    def write(self, check: Check) -> None:
        self._checks.append(check)
        if self._as_json:
            return
        self._clear()
        level = f"{check.level.value:<4}"
        shown = click.style(level, fg=_COLOURS[check.level], bold=True) if self._coloured else level
        click.echo(f"{shown}  {check.subject:<{self.width}}  {check}")

    def end(self) -> None:
        self._clear()
        if self._as_json:
            found = [
                {"level": c.level.value, "subject": c.subject, "found": c.found, "to_do": c.to_do}
                for c in self._checks
            ]
            common.print_json(
                {"counts": {level.value: self.counts[level] for level in Level}, "checks": found}
            )
            return
        failed, warned = self.counts[Level.FAIL], self.counts[Level.WARN]
        if failed:
            click.echo(f"{count_of(failed, 'thing')} to put right, {count_of(warned, 'warning')}.")
        else:
            click.echo(f"Nothing to put right, {count_of(warned, 'warning')}." if warned else "All is well.")

    def _clear(self) -> None:
        if self._watched:
            click.echo(_CLEAR, nl=False, err=True)


def _assembled(config: Config) -> tuple[Setup, list[Check]]:
    """Connect all that can be connected, and say of the rest what is wrong with it.

    Raises:
        ConfigError, TemplateError: it is wrong for all of them.
    """
    try:
        return assemble(config, rendering=False, patience_s=_PATIENCE_S), []
    except ConfigError:
        setup = assemble(replace(config, trackers=(), channels=()), rendering=False)
    faults: list[Check] = []
    for connector, alone in _one_by_one(config):
        try:
            found = assemble(alone, rendering=False, patience_s=_PATIENCE_S)
        except ConfigError as error:
            subject = _subject(config, connector)
            faults.append(fail(subject, worded(error).removeprefix(f"{subject}: ")))
        else:
            trackers, channels = (*setup.trackers, *found.trackers), (*setup.channels, *found.channels)
            setup = replace(setup, trackers=trackers, channels=channels)
    return setup, faults


def _one_by_one(config: Config) -> Iterator[tuple[Connector, Config]]:
    for tracker in config.trackers:
        yield tracker, replace(config, trackers=(tracker,), channels=())
    for channel in config.channels:
        yield channel, replace(config, trackers=(), channels=(channel,))


def _subject(config: Config, connector: Connector) -> str:
    return f"{'tracker' if connector in config.trackers else 'channel'} {connector.name}"


def _width(config: Config) -> int:
    subjects = (_subject(config, connector) for connector in (*config.trackers, *config.channels))
    return max(len(subject) for subject in (*subjects, "templates"))
