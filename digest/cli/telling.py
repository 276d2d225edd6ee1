"""What the commands tell of an edition and its deliveries, for people and for programs."""

from collections import Counter
from pathlib import Path

import click

from digest.cli import common
from digest.edition.headline import count_of, name_of
from digest.model import Delivery, DeliveryState, Edition, Problem
from digest.pipeline import Outcome, Setup

DONE = {DeliveryState.SENT, DeliveryState.SUPPRESSED, DeliveryState.CANCELLED}
STUCK = {DeliveryState.FAILED, DeliveryState.UNKNOWN}
_ANEW = "To make it anew, if nobody has had it: --recollect"


def summary(edition: Edition) -> list[str]:
    """Return an edition in a few lines."""
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


def tell_outcome(outcome: Outcome, setup: Setup, config_file: Path) -> None:
    """Say what a run did, and what to do next."""
    month = outcome.held.month
    for line in summary(outcome.held.edition):
        click.echo(line)
    if outcome.left:
        click.echo(f"Made again without {count_of(outcome.left, 'incident')} that may no longer be shown.")
    option = common.option_of(config_file)
    for line in _what_was_sent(outcome, option):
        click.echo(line)
    if outcome.waits_until is not None:
        until = f"{outcome.waits_until:%Y-%m-%d %H:%M} UTC"
        click.echo(f"Chats and mails wait for the page until {until}; put it right, and run again.")
    if outcome.stale:
        apply = f"Put it in: {common.program()} edit{option} {month} --apply"
        told = apply if outcome.awaits_approval else _ANEW
        click.echo(f"{month} is frozen: {outcome.stale} after it was made, and is not in it. {told}")
    _tell_deliveries(outcome.deliveries)
    tell_problems(outcome.problems)
    click.echo("To see it, open in a browser or run:")
    for page in _pages(outcome.deliveries, setup):
        click.echo(f"  {page}")
    click.echo(f"  {common.program()} preview{option} --month {month}")
    if outcome.awaits_approval:
        click.echo("To change it, and to release it:")
        click.echo(f"  {common.program()} edit{option} {month}")
        click.echo(f"  {common.program()} approve{option} {month}")


def still_open(deliveries: tuple[Delivery, ...]) -> list[Delivery]:
    """Return the deliveries that did not end well, or not yet."""
    return [d for d in deliveries if d.state not in DONE]


def _what_was_sent(outcome: Outcome, option: str) -> list[str]:
    month, open_ = outcome.held.month, still_open(outcome.deliveries)
    if outcome.awaits_approval:
        return [f"Nothing was sent: {month} is held until somebody has looked at it."]
    stuck = [d for d in open_ if d.state in STUCK]
    waiting = len(open_) - len(stuck)
    left = f" {waiting} not yet: run again." if waiting else ""
    lines = [f"Delivered now: {outcome.sent}.{left}"] if outcome.sent else []
    if not lines and open_:
        lines = [f"Nothing was delivered now.{left}"]
    if stuck:
        lines.append(
            f"{count_of(len(stuck), 'delivery', 'deliveries')} failed or in doubt, and not tried again by "
            f"itself; your word settles it: {common.program()} resolve{option} {month} --help"
        )
    return lines or [f"{month} was sent before; nothing was left to send, and nothing was sent."]


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
            click.echo(f"  {channel}: {one.state.value}, {_place(one)}")
            continue
        states = Counter(d.state.value for d in ours)
        click.echo(f"  {channel}: {', '.join(f'{n} {state}' for state, n in sorted(states.items()))}")


def _place(delivery: Delivery) -> str:
    """Return where somebody finds what was sent: a page, before a number of it."""
    page = delivery.url if delivery.url and not delivery.url.startswith("file:") else None
    return page or delivery.reference or delivery.target


def tell_problems(problems: tuple[Problem, ...]) -> None:
    """Name what went wrong, on standard error."""
    if problems:
        click.echo(f"{count_of(len(problems), 'problem').capitalize()}:", err=True)
    for problem in problems:
        click.echo(f"  {problem.subject}: {problem.detail}", err=True)


def edition_json(edition: Edition) -> dict[str, object]:
    """Return what programs are told of an edition."""
    return {
        "month": edition.month.key,
        "subject": edition.subject,
        "facts": list(edition.masthead.facts),
        "key_takeaways": [
            {"id": c.id, "incident": c.incident, "text": c.text} for c in edition.key_takeaways
        ],
        "unchecked": edition.made.unchecked,
    }


def outcome_json(outcome: Outcome) -> dict[str, object]:
    """Return what programs are told of a run."""
    return {
        **edition_json(outcome.held.edition),
        "fresh": outcome.fresh,
        "sent": outcome.sent,
        "state": outcome.held.state.value,
        "awaits_approval": outcome.awaits_approval,
        "left_out_at_the_last_look": outcome.left,
        "changed_since_it_was_frozen": outcome.stale or None,
        "waits_for_page_until": outcome.waits_until.isoformat() if outcome.waits_until else None,
        "deliveries": [delivery_json(d) for d in outcome.deliveries],
        "problems": named(outcome.problems),
    }


def delivery_json(delivery: Delivery) -> dict[str, object]:
    """Return what programs are told of a delivery."""
    return {
        "channel": delivery.channel,
        "target": delivery.target,
        "state": delivery.state.value,
        "attempt": delivery.attempt,
        "reference": delivery.reference,
        "url": delivery.url,
        "detail": delivery.detail,
    }


def named(problems: tuple[Problem, ...]) -> list[dict[str, str]]:
    """Return what programs are told of problems."""
    return [{"stage": p.stage, "subject": p.subject, "detail": p.detail} for p in problems]
