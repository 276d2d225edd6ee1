"""`digest config schema`: what a digest.yaml may hold, for editors and for checks."""

from collections.abc import Callable, Iterable
from importlib.metadata import entry_points
from typing import Any

import click

from digest import delivery, paths, trackers
from digest.cli import common
from digest.config import Strict
from digest.config.schema import schema_of
from digest.errors import ConfigError


@click.group(name="config", epilog="Example: digest config schema > config/digest.schema.json")
def command() -> None:
    """Tell about the config file itself."""


@command.command(name="schema", epilog="Example: digest config schema > config/digest.schema.json")
def schema() -> None:
    """Print a JSON Schema of digest.yaml, with all kinds of trackers and channels that are installed.

    An editor that knows YAML then completes keys and marks slips, if digest.yaml begins with the line
    `# yaml-language-server: $schema=digest.schema.json`.
    """
    common.print_json(
        schema_of(
            settings_of(_words(trackers.TRACKERS, trackers.GROUP), trackers.kind_of),
            settings_of(_words(delivery.CHANNELS, delivery.GROUP), delivery.kind_of),
            (paths.config() / "digest.yaml").read_text(encoding="utf-8"),
        )
    )


def settings_of(words: Iterable[str], kind_of: Callable[[str], Any]) -> dict[str, type[Strict]]:
    """Return the settings of every kind named; one that cannot be loaded is told and left out."""
    found: dict[str, type[Strict]] = {}
    for word in words:
        try:
            found[word] = kind_of(word).settings
        except ConfigError as error:
            click.echo(f"digest: left out: {error}", err=True)
    return found


def _words(ours: Iterable[str], group: str) -> list[str]:
    return sorted({*ours, *(point.name for point in entry_points(group=group))})
