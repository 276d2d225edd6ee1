"""`digest run`: the whole job for one month, now."""

import sys
from collections import Counter
from pathlib import Path

import click

from digest.assemble import assemble
from digest.cli import common
from digest.cli.commands import PROBLEMS
from digest.edition.headline import count_of, name_of
from digest.ledger import Ledger
from digest.model import Delivery, DeliveryState, Edition, Problem
from digest.pipeline import Job, Outcome, Setup, run, trial

_DONE = {DeliveryState.SENT, DeliveryState.SUPPRESSED, DeliveryState.CANCELLED}
_ANEW = "To make it anew, if nobody has had it: --recollect"


@click.command(name="run", epilog="Example: digest run --month 2026-10")
@common.config_option
@common.month_option
@click.option(
    "--dry-run", is_flag=True, help="Do all but store and send; say what would be sent, and to whom."
)
@click.option("--recollect", is_flag=True, help="Make the month's edition anew, if nobody has had it yet.")
@common.json_option
def command(config_file: Path, month: str | None, dry_run: bool, recollect: bool, as_json: bool) -> None:  # noqa: FBT001 - click passes options by name
    """Collect a month, find what was learnt, and send the edition: once, however often this is run."""
    config = common.read_config(config_file)
    at = common.now()
    meant = common.month_meant(month, config.settings.timezone, at)
    setup = assemble(config)
    lines = common.Lines(quiet=as_json, stop=common.Stop())
    job = Job(setup, meant, at, lines)
    if dry_run:
        _dry(job, as_json=as_json)
        return
    with Ledger.open(setup.ledger) as ledger:
        outcome = run(job, ledger, recollect=recollect)
    lines.end()
    if as_json:
        common.print_json(_as_json(outcome))
    else:
        _tell(outcome, setup, config_file)
    if outcome.problems or _open(outcome.deliveries):
        sys.exit(PROBLEMS)


def _dry(job: Job, *, as_json: bool) -> None:
    with common.read_only(job.setup.ledger) as ledger:
        held = ledger.held(job.month.key)
        deliveries = ledger.deliveries(held.id) if held else ()
        prepared = trial(job, ledger)
    had = {(d.channel, d.target) for d in deliveries if d.state in _DONE}
    targets = [(channel.name, target) for channel in job.setup.channels for target in channel.targets()]
    edition, problems = prepared.edition, prepared.proof.problems
    if as_json:
        would = [{"channel": channel, "target": target} for channel, target in targets]
        common.print_json(
            {**_edition_json(edition), "dry_run": True, "targets": would, "problems": _named(problems)}
        )
        return
    for line in _summary(edition):
        click.echo(line)
    if held is not None:
        click.echo(f"{job.month.key} is frozen already: a run would deliver that edition, not this one.")
        targets = [pair for pair in targets if pair not in had]
    click.echo(f"Dry run: nothing was stored or sent. It would go to {count_of(len(targets), 'target')}:")
    for channel, target in targets:
        click.echo(f"  {channel}: {target}")
    _tell_problems(problems)
    if problems:
        sys.exit(PROBLEMS)


def _summary(edition: Edition) -> list[str]:
    facts = ", ".join(edition.masthead.facts)
    lines = [f"{name_of(edition.month)}: {facts}."]
    lines += [
        f"  {n}. {card.text}  ({card.incident})" for n, card in enumerate(edition.key_takeaways, start=1)
    ]
    if edition.lead:
        lines.append(f"  {edition.lead}")
    if edition.made.unchecked:
        lines.append(
            f"  Left out, because they could not be checked: {count_of(edition.made.unchecked, 'incident')}."
        )
    return lines


def _tell(outcome: Outcome, setup: Setup, config_file: Path) -> None:
    month = outcome.held.month
    for line in _summary(outcome.held.edition):
        click.echo(line)
    click.echo(_what_was_sent(outcome))
    if outcome.stale:
        click.echo(f"{month} is frozen: {outcome.stale} after it was made, and is not in it. {_ANEW}")
    _tell_deliveries(outcome.deliveries)
    _tell_problems(outcome.problems)
    option = "" if config_file == common.DEFAULT else f" --config {config_file}"
    click.echo("To see it, open in a browser or run:")
    for page in _pages(outcome.deliveries, setup):
        click.echo(f"  {page}")
    click.echo(f"  {common.program()} preview{option} --month {month}")


def _open(deliveries: tuple[Delivery, ...]) -> list[Delivery]:
    return [d for d in deliveries if d.state not in _DONE]


def _what_was_sent(outcome: Outcome) -> str:
    month, waiting = outcome.held.month, len(_open(outcome.deliveries))
    left = f" {waiting} not yet: run again." if waiting else ""
    if outcome.sent:
        return f"Delivered now: {outcome.sent}.{left}"
    if waiting:
        return f"Nothing was delivered now.{left}"
    return f"{month} was sent before; nothing was left to send, and nothing was sent."


def _pages(deliveries: tuple[Delivery, ...], setup: Setup) -> list[Path]:
    """Return the pages that channels wrote to this machine."""
    kept = {channel.name for channel in setup.channels if channel.repeatable}
    sent = [d for d in deliveries if d.channel in kept and d.state is DeliveryState.SENT and d.reference]
    return [page for d in sent for page in sorted(Path(d.reference or "").glob("*.html"))]


def _tell_deliveries(deliveries: tuple[Delivery, ...]) -> None:
    for channel in dict.fromkeys(d.channel for d in deliveries):
        ours = [d for d in deliveries if d.channel == channel]
        if len(ours) == 1:
            (one,) = ours
            click.echo(f"  {channel}: {one.state.value}, {one.reference or one.target}")
            continue
        states = Counter(d.state.value for d in ours)
        click.echo(f"  {channel}: {', '.join(f'{n} {state}' for state, n in sorted(states.items()))}")


def _tell_problems(problems: tuple[Problem, ...]) -> None:
    if problems:
        click.echo(f"{count_of(len(problems), 'problem').capitalize()}:", err=True)
    for problem in problems:
        click.echo(f"  {problem.subject}: {problem.detail}", err=True)


def _edition_json(edition: Edition) -> dict[str, object]:
    return {
        "month": edition.month.key,
        "subject": edition.subject,
        "facts": list(edition.masthead.facts),
        "key_takeaways": [
            {"id": c.id, "incident": c.incident, "text": c.text} for c in edition.key_takeaways
        ],
        "unchecked": edition.made.unchecked,
    }


def _as_json(outcome: Outcome) -> dict[str, object]:
    return {
        **_edition_json(outcome.held.edition),
        "fresh": outcome.fresh,
        "sent": outcome.sent,
        "deliveries": [
            {
                "channel": d.channel,
                "target": d.target,
                "state": d.state.value,
                "reference": d.reference,
                "detail": d.detail,
            }
            for d in outcome.deliveries
        ],
        "problems": _named(outcome.problems),
    }


def _named(problems: tuple[Problem, ...]) -> list[dict[str, str]]:
    return [{"stage": p.stage, "subject": p.subject, "detail": p.detail} for p in problems]
