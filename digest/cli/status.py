"""`digest status`: what went out, what failed, what is in doubt."""

import sys
from collections import Counter
from pathlib import Path

import click

from digest.assemble import assemble
from digest.cli import common
from digest.cli.commands import PROBLEMS
from digest.edition.headline import count_of
from digest.ledger import EditionLine, Ledger, LeftOut
from digest.model import Delivery, DeliveryState

_NAMED = (DeliveryState.FAILED, DeliveryState.UNKNOWN, DeliveryState.RETRY_WAIT)
_TO_DO = {
    DeliveryState.RETRY_WAIT: "not yet: the next run tries again",
    DeliveryState.FAILED: "not sent",
    DeliveryState.UNKNOWN: "may have arrived: ask, then see docs/delivery.md",
}


@click.command(name="status", epilog="Example: digest status --json")
@common.config_option
@common.json_option
def command(config_file: Path, as_json: bool) -> None:  # noqa: FBT001 - click passes options by name
    """List the editions, newest first, and every delivery that failed or is in doubt, by name."""
    setup = assemble(common.read_config(config_file), rendering=False)
    if not setup.ledger.exists():
        if as_json:
            common.print_json({"ledger": str(setup.ledger), "editions": []})
        else:
            click.echo(f"No edition yet: there is no ledger at {setup.ledger}. Make one: digest run")
        return
    with Ledger.open(setup.ledger) as ledger:
        lines = [(line, ledger.counts(line.month), _in_trouble(ledger, line)) for line in ledger.editions()]
    if as_json:
        editions = [_as_json(line, out, trouble) for line, out, trouble in lines]
        common.print_json({"ledger": str(setup.ledger), "editions": editions})
    else:
        _tell(setup.ledger, lines)
    if any(trouble for _, _, trouble in lines):
        sys.exit(PROBLEMS)


def _in_trouble(ledger: Ledger, line: EditionLine) -> list[Delivery]:
    return [d for d in ledger.deliveries(line.id) if d.state in _NAMED]


def _tell(file: Path, lines: list[tuple[EditionLine, LeftOut, list[Delivery]]]) -> None:
    click.echo(f"Ledger: {file}")
    if not lines:
        click.echo("No edition yet. Make one: digest run")
    for line, out, trouble in lines:
        states = Counter({state.value: n for state, n in line.deliveries})
        told = ", ".join(f"{n} {state}" for state, n in sorted(states.items())) or "not delivered yet"
        cutoff = f", collected {line.cutoff:%Y-%m-%d %H:%M} UTC" if line.cutoff else ""
        click.echo(f"{line.month}  {line.state.value}: {told}{cutoff}")
        if out.private:
            click.echo(
                f"    {count_of(out.private, 'private incident')} never entered it; readers are not told"
            )
        if out.unchecked:
            click.echo(
                f"    {count_of(out.unchecked, 'incident')} left out, because they could not be checked"
            )
        for delivery in trouble:
            click.echo(
                f"    {delivery.channel}: {delivery.target}: {_TO_DO[delivery.state]} ({delivery.detail})"
            )


def _as_json(line: EditionLine, out: LeftOut, trouble: list[Delivery]) -> dict[str, object]:
    return {
        "month": line.month,
        "audience": line.audience,
        "revision": line.revision,
        "state": line.state.value,
        "collected_at": line.cutoff.isoformat() if line.cutoff else None,
        "deliveries": {state.value: n for state, n in line.deliveries},
        "private": out.private,
        "unchecked": out.unchecked,
        "in_trouble": [
            {"channel": d.channel, "target": d.target, "state": d.state.value, "detail": d.detail}
            for d in trouble
        ],
    }
