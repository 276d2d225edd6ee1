"""`digest nudge`: asks those who own reviews that wait, privately, what was learnt."""

import sys
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

import click

from digest.assemble import assemble
from digest.cli import common
from digest.cli.commands import PROBLEMS
from digest.config.nudge import Nudge
from digest.edition.headline import count_of
from digest.ledger import Ledger
from digest.pipeline import Setup
from digest.pipeline.nudge import (
    Ask,
    Asked,
    Fate,
    Plan,
    ask_owners,
    asked_before,
    letter_of,
    line_of,
    mails,
    may_ask,
    plan_of,
)
from digest.pipeline.waiting import Waiting, waiting

_QUOTE = "'"


@click.command(name="nudge", epilog="Example: digest nudge --dry-run")
@common.config_option
@click.option("--dry-run", is_flag=True, help="Say who would be asked what; write to nobody.")
@click.option("--now", "anytime", is_flag=True, help="Outside of working hours too.")
@common.json_option
def command(config_file: Path, dry_run: bool, anytime: bool, as_json: bool) -> None:  # noqa: FBT001 - click passes options by name
    """Ask those who own reviews what was learnt: each privately, and at most once a fortnight.

    It concerns incidents of the last six months that wait for a review, or for a learning in it. What is
    in the ledger counts; trackers are asked only whether an incident may still be shown.
    """
    setup = assemble(common.read_config(config_file))
    nudge = setup.settings.nudge or Nudge()
    at = common.now()
    asks = not dry_run and (anytime or may_ask(setup, nudge, at))
    writing = asks and setup.ledger.exists()
    with Ledger.open(setup.ledger) if writing else common.read_only(setup.ledger) as ledger:
        plan = plan_of(waiting(setup, ledger, at, nudge.wait_days), nudge)
        if asks:
            results = ask_owners(setup, ledger, nudge, plan, at)
            told = [line_of(one, by_mail=mails(setup)) for one in results]
        else:
            results = ()
            told = _would(setup, ledger, nudge, plan, at)
    if as_json:
        common.print_json(_as_json(plan, results))
    else:
        _tell(plan, told, _why_not(setup, nudge, dry_run=dry_run, asks=asks), config_file)
    if any(one.fate is Fate.FAILED for one in results):
        sys.exit(PROBLEMS)


def _why_not(setup: Setup, nudge: Nudge, *, dry_run: bool, asks: bool) -> str:
    if asks:
        return ""
    if dry_run:
        return "Dry run: nobody is written to."
    start, end = nudge.hours
    zone = nudge.timezone or setup.settings.schedule.timezone or setup.settings.timezone
    return (
        f"Nobody was asked, as it is outside of working hours ({start:%H:%M} to {end:%H:%M}, {zone}, on "
        f"working days). To ask now: {common.program()} nudge --now"
    )


def _would(setup: Setup, ledger: Ledger, nudge: Nudge, plan: Plan, at: datetime) -> list[str]:
    """Return the letters that owners would get now."""
    lines = []
    for ask in plan.asks:
        again = asked_before(ledger, nudge, ask, at)
        if again is not None:
            lines.append(line_of(Asked(ask, Fate.BEFORE, again)))
            continue
        letter = letter_of(setup, ledger, nudge, ask, at)
        lines += [f"To {ask.name}: {letter.subject}", "", *_indented(letter.text), ""]
    return lines


def _indented(text: str) -> list[str]:
    return [f"  {line}".rstrip() for line in text.rstrip().splitlines()]


def _tell(plan: Plan, told: Sequence[str], why_not: str, config_file: Path) -> None:
    if not plan.asks and not plan.unowned:
        click.echo("No incident of the last six months, as far as they were collected, waits for anybody.")
        return
    if why_not and plan.asks:
        click.echo(why_not)
    for line in told:
        click.echo(line)
    if plan.unowned:
        click.echo(f"Nobody to ask is named in {config_file} for:")
    for team, incidents in plan.unowned:
        keys = ", ".join(one.key for one in incidents)
        name = "incidents without a team" if team is None else team
        click.echo(f"  {name}: {count_of(len(incidents), 'incident')} ({keys})")
    if plan.unowned:
        click.echo("To have them asked, name an address for each, or one for all others:")
        click.echo("\n".join(_to_add(plan)))


def _to_add(plan: Plan) -> list[str]:
    """Return what to write into the config, as YAML; a team's name is data, so it is quoted."""
    teams = [team for team, _ in plan.unowned if team is not None]
    named = [f"      '{team.replace(_QUOTE, _QUOTE * 2)}': ADDRESS" for team in teams]
    return ["  nudge:", *(["    teams:", *named] if named else []), "    otherwise: ADDRESS"]


def _as_json(plan: Plan, results: Sequence[Asked]) -> dict[str, object]:
    fates = {one.ask.target: one for one in results}
    return {
        "owners": [_owner_json(ask, fates.get(ask.target)) for ask in plan.asks],
        "unowned": [{"team": team, "incidents": _incidents(some)} for team, some in plan.unowned],
    }


def _owner_json(ask: Ask, asked: Asked | None) -> dict[str, object]:
    return {
        "owner": ask.name,
        "teams": list(ask.teams),
        "state": asked.fate.value if asked else "not asked",
        "again_from": asked.again_from.isoformat() if asked and asked.again_from else None,
        "problem": asked.problem.detail if asked and asked.problem else None,
        "incidents": _incidents(ask.incidents),
    }


def _incidents(incidents: Sequence[Waiting]) -> list[dict[str, object]]:
    return [
        {
            "key": one.key,
            "title": one.title,
            "team": one.team,
            "url": one.url,
            "standing": one.standing.value,
            "days": one.days,
            "candidates": list(one.candidates),
        }
        for one in incidents
    ]
