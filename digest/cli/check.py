"""`digest check`: one line and an exit status, for monitors."""

import re
import sys
from datetime import timedelta
from pathlib import Path

import click

from digest.cli import common
from digest.cli.commands import PROBLEMS
from digest.config import Config
from digest.ledger import Ledger
from digest.ledger.look import watched
from digest.pipeline.checks.monitor import Facts, Verdict, judge

_UNITS = {"h": timedelta(hours=1), "d": timedelta(days=1), "w": timedelta(weeks=1)}
_AGE = re.compile(r"([1-9][0-9]{0,3})([hdw])")


def age(_context: click.Context | None, _option: click.Parameter | None, word: str) -> timedelta:
    """Return a span such as 35d, 12h or 5w.

    Raises:
        click.BadParameter: it is none.
    """
    match = _AGE.fullmatch(word.strip())
    if match is None:
        message = f"{word!r} is no age; write hours, days or weeks: 12h, 35d, 5w"
        raise click.BadParameter(message)
    return int(match[1]) * _UNITS[match[2]]


@click.command(name="check", epilog="Example: digest check --max-age 35d")
@common.config_option
@click.option(
    "--max-age",
    callback=age,
    metavar="AGE",
    default="35d",
    show_default=True,
    help="How long ago the last edition may have gone out: 12h, 35d, 5w.",
)
@common.json_option
def command(config_file: Path, max_age: timedelta, as_json: bool) -> None:  # noqa: FBT001 - click passes options by name
    """Say in one line whether all is well; for monitors. Asks no tracker, reads no secret, sends nothing.

    Exit status: 0 an edition went out within the age, and nothing has failed, is in doubt or is held for more
    than three days; or none is due yet. 1 something is wrong, and the line says what. 2 usage or config.
    3 the ledger cannot be read.
    """
    config = common.read_config(config_file)
    verdict = _verdict(config, max_age)
    if as_json:
        common.print_json({"well": verdict.well, "line": verdict.line, "reasons": list(verdict.reasons)})
    else:
        click.echo(f"{'ok' if verdict.well else 'FAIL'}: {verdict.line}")
    if not verdict.well:
        sys.exit(PROBLEMS)


def _verdict(config: Config, max_age: timedelta) -> Verdict:
    settings = config.settings
    path = config.path(settings.ledger)
    if not path.is_file() or not path.stat().st_size:
        return Verdict(well=False, reasons=(f"nothing was ever run here: there is no ledger at {path}",))
    with Ledger.open(path) as ledger:
        facts = Facts(watched(ledger), ledger.installed_at(), ledger.last_tick())
    return judge(facts, settings.schedule.rule(settings.timezone), max_age, common.now())
