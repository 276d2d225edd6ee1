"""`digest edit`: the file in which an editor decides about a month."""

from pathlib import Path

import click

from digest.assemble import assemble
from digest.cli import common
from digest.edition.headline import name_of
from digest.model import Takeaway
from digest.pipeline import Job, Prepared, proof_of
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
@common.config_option
def command(month: str, config_file: Path) -> None:
    """Write editions/YYYY-MM.yaml with every candidate, for an editor to pin, drop and reword.

    A file that is there already is kept; the candidates are printed instead.
    """
    config = common.read_config(config_file)
    at = common.now()
    meant = common.month_meant(month, config.settings.timezone, at, over=False)
    setup = assemble(config)
    lines = common.Lines()
    with common.read_only(setup.ledger) as ledger:
        frozen = ledger.held(meant.key) is not None
        prepared = proof_of(Job(setup, meant, at, lines), ledger)
    lines.end()
    file = editorial_file(setup.editions, meant.key)
    candidates = _candidates(prepared)
    if file.exists():
        click.echo(f"{file} is there already and was kept. The candidates now:\n")
        click.echo(candidates)
    else:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(_HEAD.format(month=name_of(meant)) + candidates + "\n", encoding="utf-8")
        option = "" if config_file == common.DEFAULT else f" --config {config_file}"
        click.echo(
            f"Wrote {file}. Edit it, then look: {common.program()} preview{option} --month {meant.key}"
        )
    if frozen:
        click.echo(f"{meant.key} is frozen. To apply it, if nobody has had it: run it with --recollect")


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
