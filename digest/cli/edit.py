"""`digest edit`: the file in which an editor decides about a month."""

from pathlib import Path

import click

from digest.assemble import assemble
from digest.cli import common, telling
from digest.edition.headline import name_of
from digest.ledger import EditionState, Ledger
from digest.model import Takeaway
from digest.pipeline import Job, Prepared, proof_of
from digest.pipeline.approval import apply_decisions
from digest.pipeline.editing import editorial_file

_HEAD = """\
# {month}: what the editor decides. Applied on top of what the program finds, whenever the edition is made.
# Each takeaway is named by its id; the list at the foot has them all. Remove the # where you decide.

# Print these first, in this order (5 at most):
# pin: [ID, ID]

# Do not print these:
# drop: [ID]

# Other words; printed with "(edited)":
# reword:
#   ID: The learning, in one or two sentences.

# A line beside why it is here:
# note:
#   ID: More in the guild's talk of May.

# What somebody changed because of it:
# adopted:
#   ID: Payments gave every call a time limit.

# --- The candidates, best first -------------------------------------------------------------
"""


@click.command(name="edit", epilog="Example: digest edit 2026-10")
@click.argument("month", metavar="YYYY-MM")
@click.option("--apply", "apply_it", is_flag=True, help="Put the file's decisions into the held edition.")
@common.config_option
def command(month: str, config_file: Path, apply_it: bool) -> None:  # noqa: FBT001 - click passes options by name
    """Write editions/YYYY-MM.yaml with every candidate, for an editor to pin, drop and reword.

    A file that is there already is kept; the candidates are printed instead.
    """
    if apply_it:
        _apply(month, config_file)
        return
    config = common.read_config(config_file)
    at = common.now()
    meant = common.month_meant(month, config.settings.timezone, at, over=False)
    setup = assemble(config)
    lines = common.Lines()
    with common.read_only(setup.ledger) as ledger:
        held = ledger.held(meant.key)
        state = None if held is None else held.state
        prepared = proof_of(Job(setup, meant, at, lines), ledger)
    lines.end()
    file = editorial_file(setup.editions, meant.key)
    candidates = _candidates(prepared)
    option = common.option_of(config_file)
    if file.exists():
        click.echo(f"{file} is there already and was kept. The candidates now:\n")
        click.echo(candidates)
    else:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(_HEAD.format(month=name_of(meant)) + candidates + "\n", encoding="utf-8")
        look = "" if state else f", then look: {common.program()} preview{option} --month {meant.key}"
        click.echo(f"Wrote {file}. Edit it{look}")
    if state is not None:
        click.echo(f"{meant.key} is frozen. {_how_to_apply(state, meant.key, option)}")


def _how_to_apply(state: EditionState, month: str, option: str) -> str:
    if state in {EditionState.COMPOSED, EditionState.AWAITING_APPROVAL}:
        return f"To put your decisions into it: {common.program()} edit{option} {month} --apply"
    anew = f"{common.program()} run{option} --month {month} --recollect"
    return f"It was released; to make it anew with your decisions, if nobody has had it: {anew}"


def _apply(month: str, config_file: Path) -> None:
    """Make the held edition again with what the file says now, from what was collected then."""
    config = common.read_config(config_file)
    at = common.now()
    setup = assemble(config)
    lines = common.Lines()
    job = Job(setup, common.month_meant(month, config.settings.timezone, at), at, lines)
    with Ledger.open(setup.ledger) as ledger:
        held = apply_decisions(job, ledger)
    lines.end()
    for line in telling.summary(held.edition):
        click.echo(line)
    option = common.option_of(config_file)
    click.echo("Look at it, then release it:")
    click.echo(f"  {common.program()} preview{option} --month {held.month}")
    click.echo(f"  {common.program()} approve{option} {held.month}")


def _candidates(prepared: Prepared) -> str:
    fates = {v.takeaway.id: v for v in prepared.proof.verdicts}
    order = {id_: n for n, id_ in enumerate(fates)}
    found = sorted(prepared.takeaways, key=lambda t: (order.get(t.id, len(order)), -t.score, t.id))
    blocks = []
    for takeaway in found:
        verdict = fates.get(takeaway.id)
        fate = (
            "printed" if verdict and verdict.printed else "; ".join(verdict.why) if verdict else "not printed"
        )
        blocks.append(_candidate(takeaway, fate))
    return "\n".join(blocks) if blocks else "# (none: no review of this month holds a takeaway)"


def _candidate(takeaway: Takeaway, fate: str) -> str:
    place = f"{takeaway.heading or 'no heading'}, line {takeaway.line}"
    return f"#\n# {takeaway.id}   score {takeaway.score:.2f}   {place}\n#   {takeaway.text}\n#   {fate}"
