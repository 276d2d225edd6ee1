"""`digest approve`: releases an edition that is held for a look, and sends it."""

import sys
from pathlib import Path

import click

from digest.assemble import assemble
from digest.cli import common, telling
from digest.cli.commands import PROBLEMS
from digest.ledger import Ledger
from digest.pipeline import Job, run
from digest.pipeline.approval import approve


@click.command(name="approve", epilog="Example: digest approve 2026-10")
@click.argument("month", metavar="YYYY-MM")
@click.option("--later", is_flag=True, help="Only release it; the schedule, or `digest run`, sends it.")
@common.config_option
@common.json_option
def command(month: str, config_file: Path, later: bool, as_json: bool) -> None:  # noqa: FBT001 - click passes options by name
    """Release the edition of a month that is held, as the preview shows it, and send it.

    Right before, the trackers are asked who may see what it names. Where something has to leave it, nothing
    is sent: it is made again without, held again, and the exit status is 1.
    """
    config = common.read_config(config_file)
    at = common.now()
    lines = common.Lines(quiet=as_json, stop=common.Stop())
    setup = assemble(config, rendering=False, tell=lines.stage, sleep=lines.sleep)
    job = Job(setup, common.month_meant(month, config.settings.timezone, at), at, lines)
    with Ledger.open(setup.ledger) as ledger:
        held = approve(job, ledger)
        outcome = None if later else run(job, ledger)
    lines.end()
    if outcome is None:
        if as_json:
            common.print_json({"month": held.month, "state": held.state.value})
        else:
            by_hand = f"{common.program()} run{common.option_of(config_file)} --month {held.month}"
            click.echo(f"{held.month} is released; the schedule sends it, or: {by_hand}")
        return
    if as_json:
        common.print_json(telling.outcome_json(outcome))
    else:
        telling.tell_outcome(outcome, setup, config_file)
    if outcome.awaits_approval or outcome.problems or telling.still_open(outcome.deliveries):
        sys.exit(PROBLEMS)
