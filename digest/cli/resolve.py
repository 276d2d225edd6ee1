"""`digest resolve`: an operator's word about deliveries that are in doubt, or failed."""

from collections.abc import Sequence
from pathlib import Path

import click

from digest.cli import common, telling
from digest.edition.headline import count_of
from digest.errors import ConfigError
from digest.ledger import HeldEdition, Ledger
from digest.ledger.targets import normalised
from digest.model import Delivery, DeliveryState
from digest.pipeline.approval import NotHeld

_MAY_BE = {
    DeliveryState.SENT: (DeliveryState.UNKNOWN,),
    DeliveryState.PENDING: (DeliveryState.UNKNOWN, DeliveryState.FAILED),
}


@click.command(name="resolve", epilog="Example: digest resolve 2026-10 --again ana@example.org")
@click.argument("month", metavar="YYYY-MM")
@click.argument("targets", metavar="[TARGET]...", nargs=-1)
@click.option("--sent", is_flag=True, help="It arrived: of those in doubt.")
@click.option("--again", is_flag=True, help="Send it again: to those in doubt, and where it failed.")
@click.option("--all", "everybody", is_flag=True, help="All of them, in place of naming each.")
@click.option("--channel", help="Only of this channel.")
@common.config_option
@common.json_option
def command(month: str, targets: tuple[str, ...], config_file: Path, **how: object) -> None:
    """Say of deliveries that are in doubt, or failed, that they arrived, or that they are to be sent again.

    A TARGET is an address, a page or a room, as `digest status` names it. Nothing is sent by this command:
    the schedule, or `digest run`, does. What may have arrived may then come a second time, with the same
    Message-ID.
    """
    to = _word(targets, **{name: how[name] for name in ("sent", "again", "everybody")})
    config = common.read_config(config_file)
    meant = common.month_meant(month, config.settings.timezone, common.now())
    path = config.path(config.settings.ledger)
    with common.read_only(path) as ledger:
        held = ledger.held(meant.key)
        if held is None:
            raise NotHeld(f"there is no edition of {meant.key}; see: digest status")
        chosen = _chosen(ledger, held, to, targets, how["channel"])
        done = [one for one in chosen if ledger.resolve(held.id, one.channel, one.target, to)]
        state = ledger.conclude(held.id)
    if how["as_json"]:
        told = [telling.delivery_json(one) | {"state": to.value} for one in done]
        common.print_json({"month": meant.key, "state": state.value, "resolved": told})
        return
    for one in done:
        word = "taken as sent" if to is DeliveryState.SENT else "to be sent again"
        click.echo(f"  {one.channel}: {one.target}: {word}")
    click.echo(
        f"{meant.key}: {count_of(len(done), 'delivery', 'deliveries')} settled; the edition is {state.value}."
    )
    if to is DeliveryState.PENDING:
        by_hand = f"{common.program()} run{common.option_of(config_file)} --month {meant.key}"
        click.echo(f"The schedule sends with its next look, or now: {by_hand}")


def _word(targets: Sequence[str], *, sent: object, again: object, everybody: object) -> DeliveryState:
    if bool(sent) is bool(again):
        raise ConfigError("resolve", "say one of --sent (it arrived) and --again (send it again)")
    if bool(targets) is bool(everybody):
        raise ConfigError("resolve", "name the targets, as `digest status` does, or say --all")
    return DeliveryState.SENT if sent else DeliveryState.PENDING


def _chosen(
    ledger: Ledger, held: HeldEdition, to: DeliveryState, targets: Sequence[str], channel: object
) -> list[Delivery]:
    """Return the deliveries that are meant.

    Raises:
        ConfigError: a target that is named, or any, is not among those that may be settled so.
    """
    open_ = [
        one
        for one in ledger.deliveries(held.id)
        if one.state in _MAY_BE[to] and channel in {None, one.channel}
    ]
    named = {normalised(target): target for target in targets}
    known = {normalised(one.target) for one in open_}
    unknown = [target for key, target in named.items() if key not in known]
    if unknown or not open_:
        what = " or ".join(state.value for state in _MAY_BE[to])
        which = f" to {', '.join(unknown)}" if unknown else ""
        detail = f"no delivery of {held.month}{which} is {what}; see: digest status"
        raise ConfigError("resolve", detail)
    return [one for one in open_ if not named or normalised(one.target) in named]
