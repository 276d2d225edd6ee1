"""`digest status`: what went out, what failed, what is in doubt, and what to do about it."""

import sys
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import click

from digest.assemble import assemble
from digest.cli import common, telling
from digest.cli.commands import PROBLEMS
from digest.edition.headline import count_of
from digest.ledger import EditionLine, EditionState, Ledger, LeftOut
from digest.model import Delivery, DeliveryState

_S = EditionState
_NAMED = (DeliveryState.FAILED, DeliveryState.UNKNOWN, DeliveryState.RETRY_WAIT)
_UNMADE = (_S.PLANNED, _S.COLLECTING, _S.MISSED, _S.FAILED)
# What is to be done about an edition; {0} is how the program is called, {1} the config option, {2} the month.
_RUN = "{0} run{1} --month {2}"
_TO_DO = {
    _S.PLANNED: f"the schedule makes it; or now: {_RUN}",
    _S.COLLECTING: "a process makes it; if that has ended, the schedule begins anew",
    _S.MISSED: f"it fell due while nothing ran, and is not made by itself; if it is still wanted: {_RUN}",
    _S.FAILED: f"not tried again by itself; look with: {{0}} doctor{{1}}; then: {_RUN}",
    _S.AWAITING_APPROVAL: (
        "held, nobody has had it; look: {0} preview{1} --month {2}; change: {0} edit{1} {2}; "
        "release: {0} approve{1} {2}"
    ),
    _S.APPROVED: f"released; the schedule sends it, or now: {_RUN}",
    **dict.fromkeys(
        (_S.COMPOSED, _S.ADDRESSED, _S.SENDING, _S.PAUSED),
        f"not wholly out; the schedule goes on with it, or now: {_RUN}",
    ),
}
_WORDS = {
    DeliveryState.RETRY_WAIT: "not yet: the next run tries again",
    DeliveryState.FAILED: "not sent; to send it again: {0} resolve{1} {2} --again {3}",
    DeliveryState.UNKNOWN: "may have arrived: ask, then: {0} resolve{1} {2} --sent {3}; or --again",
}


@dataclass(frozen=True, slots=True)
class _Entry:
    """One edition, with what the operator should know of it."""

    line: EditionLine
    out: LeftOut
    named: list[Delivery]  # that did not end well

    @property
    def wrong(self) -> bool:
        tried = self.line.state is _S.PLANNED and bool(self.line.setback)
        return bool(self.named) or tried or self.line.state is _S.FAILED


@click.command(name="status", epilog="Example: digest status --json")
@common.config_option
@common.json_option
def command(config_file: Path, as_json: bool) -> None:  # noqa: FBT001 - click passes options by name
    """List the editions, newest first, what to do about each, and every delivery that failed or is in doubt.

    Exit status 1 where a delivery did not end well, or an edition could not be made.
    """
    setup = assemble(common.read_config(config_file), rendering=False)
    if not setup.ledger.exists():
        if as_json:
            common.print_json({"ledger": str(setup.ledger), "editions": []})
        else:
            click.echo(f"No edition yet: there is no ledger at {setup.ledger}. Make one: digest run")
        return
    with Ledger.open(setup.ledger) as ledger:
        entries = [
            _Entry(line, ledger.counts(line.month), _not_well(ledger, line)) for line in ledger.editions()
        ]
    option = common.option_of(config_file)
    if as_json:
        editions = [_as_json(entry, option) for entry in entries]
        common.print_json({"ledger": str(setup.ledger), "editions": editions})
    else:
        _tell(setup.ledger, entries, option)
    if any(entry.wrong for entry in entries):
        sys.exit(PROBLEMS)


def _not_well(ledger: Ledger, line: EditionLine) -> list[Delivery]:
    return [d for d in ledger.deliveries(line.id) if d.state in _NAMED]


def _tell(file: Path, entries: list[_Entry], option: str) -> None:
    click.echo(f"Ledger: {file}")
    if not entries:
        click.echo("No edition yet. Make one: digest run")
    for entry in entries:
        line, out = entry.line, entry.out
        click.echo(f"{line.month}  {line.state.value}: {_where(line)}")
        if to_do := _to_do(line, option):
            click.echo(f"    {to_do}")
        if out.private:
            click.echo(
                f"    {count_of(out.private, 'private incident')} never entered it; readers are not told"
            )
        if out.unchecked:
            click.echo(
                f"    {count_of(out.unchecked, 'incident')} left out, because they could not be checked"
            )
        for one in entry.named:
            words = _WORDS[one.state].format(common.program(), option, line.month, one.target)
            click.echo(f"    {one.channel}: {one.target}: {words} ({one.detail})")


def _where(line: EditionLine) -> str:
    """Return how far an edition is, and since when."""
    if line.state in _UNMADE:
        due = f"due {line.due_at:%Y-%m-%d %H:%M} UTC" if line.due_at else "not made yet"
        return due + (f", could not be made ({line.setback})" if line.setback else "")
    states = Counter({state.value: n for state, n in line.deliveries})
    told = ", ".join(f"{n} {state}" for state, n in sorted(states.items())) or "not delivered yet"
    return told + (f", collected {line.cutoff:%Y-%m-%d %H:%M} UTC" if line.cutoff else "")


def _to_do(line: EditionLine, option: str) -> str:
    return _TO_DO.get(line.state, "").format(common.program(), option, line.month)


def _as_json(entry: _Entry, option: str) -> dict[str, object]:
    line = entry.line
    return {
        "month": line.month,
        "audience": line.audience,
        "revision": line.revision,
        "state": line.state.value,
        "due_at": line.due_at.isoformat() if line.due_at else None,
        "setback": line.setback or None,
        "to_do": _to_do(line, option) or None,
        "collected_at": line.cutoff.isoformat() if line.cutoff else None,
        "deliveries": {state.value: n for state, n in line.deliveries},
        "private": entry.out.private,
        "unchecked": entry.out.unchecked,
        "in_trouble": [telling.delivery_json(d) for d in entry.named],
    }
