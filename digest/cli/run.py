"""`digest run`: the whole job for one month, now; or whatever is due."""

import sys
from pathlib import Path

import click

from digest.assemble import assemble
from digest.cli import common, telling
from digest.cli.commands import PROBLEMS
from digest.config import Config
from digest.edition.headline import count_of
from digest.errors import ConfigError
from digest.ledger import EditionState, HeldEdition, Ledger
from digest.model import Edition
from digest.pipeline import Job, run, trial
from digest.pipeline.due_work import Done, ask_editor, tick
from digest.pipeline.making import asks_approval
from digest.pipeline.setup import Stopped

# A clock calls again; what waits an hour for a tracker's limit keeps nobody.
DUE_PATIENCE_S = 2 * 60 * 60.0


@click.command(name="run", epilog="Example: digest run --month 2026-10")
@common.config_option
@common.month_option
@click.option(
    "--dry-run", is_flag=True, help="Do all but store and send; say what would be sent, and to whom."
)
@click.option("--recollect", is_flag=True, help="Make the month's edition anew, if nobody has had it yet.")
@click.option(
    "--incomplete", is_flag=True, help="Make it even where a tracker cannot be read; it says so then."
)
@click.option("--due", is_flag=True, help="Do what the schedule says is due, or nothing; for cron.")
@click.option("--trust-clock", is_flag=True, help="With --due, after a long pause: the clock is right.")
@common.json_option
def command(config_file: Path, month: str | None, **how: bool) -> None:
    """Collect a month, find what was learnt, and send the edition: once, however often this is run.

    An edition that has to be approved is made and held; `digest approve` releases it.
    """
    config = common.read_config(config_file)
    lines = common.Lines(quiet=how["as_json"], stop=common.Stop())
    if how["due"]:
        _check_alone(month, how)
        _due(config, config_file, lines, how)
        return
    if how["trust_clock"]:
        raise ConfigError("--trust-clock", "goes with --due; a month that is named is made by any clock")
    at = common.now()
    meant = common.month_meant(month, config.settings.timezone, at)
    setup = assemble(config, tell=lines.stage, sleep=lines.sleep)
    job = Job(setup, meant, at, lines)
    if how["dry_run"]:
        _dry(job, as_json=how["as_json"])
        return
    _make(job, lines, config_file, how)


def _make(job: Job, lines: common.Lines, config_file: Path, how: dict[str, bool]) -> None:
    """Make and deliver a month's edition; where it is held, write to the editor."""
    asked = Done()
    with Ledger.open(job.setup.ledger) as ledger:
        outcome = run(job, ledger, recollect=how["recollect"], incomplete=how["incomplete"])
        if outcome.awaits_approval:
            asked = ask_editor(common.desk_of(job.setup, config_file), ledger, job, outcome.held)
    lines.end()
    if how["as_json"]:
        common.print_json({**telling.outcome_json(outcome), "editor": list(asked.lines)})
    else:
        telling.tell_outcome(outcome, job.setup, config_file)
        click.echo("".join(f"{line}\n" for line in asked.lines), nl=False)
    if asked.trouble or outcome.problems or telling.still_open(outcome.deliveries):
        sys.exit(PROBLEMS)


def _check_alone(month: str | None, how: dict[str, bool]) -> None:
    others = [name for name in ("dry_run", "recollect", "incomplete") if how[name]]
    others += ["month"] if month is not None else []
    if others:
        raise ConfigError(
            "--due", f"decides by itself which month; leave out --{others[0].replace('_', '-')}"
        )


def _due(config: Config, config_file: Path, lines: common.Lines, how: dict[str, bool]) -> None:
    """Do what is due; silent where that is nothing, as cron mails whatever is printed."""
    quiet = common.Lines(quiet=not sys.stderr.isatty() or how["as_json"], stop=lines.stop)
    setup = assemble(config, patience_s=DUE_PATIENCE_S, tell=quiet.stage, sleep=quiet.sleep)
    desk = common.desk_of(setup, config_file)
    try:
        with Ledger.open(setup.ledger) as ledger:
            done = tick(desk, ledger, common.now(), quiet, trust_clock=how["trust_clock"])
    except Stopped as stopped:  # what was left is done by the next call: nothing went wrong
        done = Done((str(stopped),))
    quiet.end()
    if how["as_json"]:
        common.print_json({"done": list(done.lines), "trouble": done.trouble})
    for line in () if how["as_json"] else done.lines:
        click.echo(line)
    if done.trouble:
        sys.exit(PROBLEMS)


def _dry(job: Job, *, as_json: bool) -> None:
    with common.read_only(job.setup.ledger) as ledger:
        held = ledger.held(job.month.key)
        deliveries = ledger.deliveries(held.id) if held else ()
        prepared = trial(job, ledger)
        waits = _would_wait(job, ledger, held)
    had = {(d.channel, d.target) for d in deliveries if d.state in telling.DONE}
    targets = [(channel.name, target) for channel in job.setup.channels for target in channel.targets()]
    targets = [pair for pair in targets if pair not in had]
    problems = prepared.proof.problems
    if as_json:
        facts = {
            "dry_run": True,
            "frozen_already": held is not None,
            "awaits_approval": waits,
            "targets": [{"channel": channel, "target": target} for channel, target in targets],
            "problems": telling.named(problems),
        }
        common.print_json(telling.edition_json(prepared.edition) | facts)
    else:
        _tell_dry(prepared.edition, held, targets, waits=waits)
        telling.tell_problems(problems)
    if problems:
        sys.exit(PROBLEMS)


def _would_wait(job: Job, ledger: Ledger, held: HeldEdition | None) -> bool:
    """Return whether a run would hold it, until somebody has approved it."""
    if held is not None and held.state is not EditionState.COMPOSED:
        return held.state is EditionState.AWAITING_APPROVAL
    return asks_approval(job, ledger)


def _tell_dry(
    edition: Edition, held: HeldEdition | None, targets: list[tuple[str, str]], *, waits: bool
) -> None:
    month = edition.month.key
    for line in telling.summary(edition):
        click.echo(line)
    if held is not None:
        click.echo(f"{month} is frozen already: a run would deliver that edition, not this one.")
    first = " once it is approved, as `approval` asks for" if waits else ""
    click.echo(
        f"Dry run: nothing was stored or sent. It would go to {count_of(len(targets), 'target')}{first}:"
    )
    for channel, target in targets:
        click.echo(f"  {channel}: {target}")
