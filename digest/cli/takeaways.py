"""`digest takeaways`: what would be taken from these reviews, ranked, with the reasons."""

import sys
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

import click

from digest.assemble import lexicon_of, rules_of
from digest.cli import common
from digest.cli.commands import PROBLEMS
from digest.config import Config
from digest.errors import DigestError
from digest.model import Incident, Reading, Takeaway
from digest.pipeline.gate import gated
from digest.redact import Rules, redact_incident, redact_text
from digest.takeaways import Lexicon, as_json, rank, takeaways_of, unknown_headings
from digest.trackers.folder import incident_of_file


@click.command(name="takeaways", epilog="Example: digest takeaways --pick 5 reviews/*.md")
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option(
    "--config", "-c", "config_file", type=click.Path(path_type=Path), help="For your own words and customers."
)
@click.option(
    "--pick", type=click.IntRange(1, 50), metavar="N", help="Also choose N, as an edition of these would."
)
@click.option(
    "--explain", is_flag=True, help="Also show every candidate, what was dropped, and headings not known."
)
@common.json_option
def command(
    files: Sequence[Path],
    config_file: Path | None,
    pick: int | None,
    explain: bool,  # noqa: FBT001 - click passes options by name
    as_json: bool,  # noqa: FBT001 - as above
) -> None:
    """Show what would be taken from FILES, best first, with reasons and findings; all of it masked."""
    config = common.read_config(config_file) if config_file else None
    lexicon = lexicon_of(config.folder if config else None)
    read = list(_read(files, config, lexicon))
    picked = _pick(read, lexicon, pick) if pick else []
    if as_json:
        _print_json(read, picked, pick=pick, explain=explain)
    else:
        _print(read, picked, pick=pick, explain=explain)
    if any(isinstance(found, str) for _, found in read):
        sys.exit(PROBLEMS)


_ASKED = 2  # lines that an author is asked about, where nothing clears the bar

_Found = tuple[Incident, Reading] | str  # what a file gave, or why it gave nothing


def _read(files: Iterable[Path], config: Config | None, lexicon: Lexicon) -> Iterable[tuple[Path, _Found]]:
    rules = rules_of(config)
    for number, file in enumerate(files):
        yield file, _read_one(file, number, rules, lexicon)


def _read_one(file: Path, number: int, rules: Rules, lexicon: Lexicon) -> _Found:
    try:
        # Files of several trackers may share a key; here each is an incident by itself.
        incident = incident_of_file(file)
        incident = redact_incident(replace(incident, key=f"{incident.key}.{number}"), rules)
    except DigestError as error:
        return str(error)
    except Exception as error:  # noqa: BLE001 - fail closed: what raises while being masked is not shown
        return f"could not be checked for secrets and names ({type(error).__name__}), so it is left out"
    readings, problems = takeaways_of([incident], lexicon)
    if not readings:
        return problems[0].detail
    return incident, gated(readings[0], lambda text: redact_text(text, rules).text)


def _pick(read: Iterable[tuple[Path, _Found]], lexicon: Lexicon, count: int) -> list[tuple[Path, Takeaway]]:
    found = [(file, each) for file, each in read if not isinstance(each, str)]
    files = {reading.incident: file for file, (_, reading) in found}
    ranking = rank([r for _, (_, r) in found], [i for _, (i, _) in found], [], lexicon, count=count)
    return [(files[c.takeaway.incident], c.takeaway) for c in ranking.chosen]


def _print_json(
    read: Iterable[tuple[Path, _Found]],
    picked: Iterable[tuple[Path, Takeaway]],
    *,
    pick: int | None,
    explain: bool,
) -> None:
    reviews = [
        {"file": str(file), "error": found, "takeaways": []}
        if isinstance(found, str)
        else as_json(found[1], str(file), explain=explain)
        for file, found in read
    ]
    choice = {"picked": [{"file": str(file), "quote": t.quote} for file, t in picked]} if pick else {}
    common.print_json({"reviews": reviews, **choice})


def _print(
    read: Sequence[tuple[Path, _Found]],
    picked: Sequence[tuple[Path, Takeaway]],
    *,
    pick: int | None,
    explain: bool,
) -> None:
    for file, found in read:
        if isinstance(found, str):
            click.echo(f"{file}: {found}", err=True)
        else:
            _print_one(file, found[1], explain=explain)
    if explain:
        _print_unknown([found[1] for _, found in read if not isinstance(found, str)])
    if pick:
        click.echo(f"An edition of these would print {len(picked)}:")
        for number, (file, takeaway) in enumerate(picked, start=1):
            click.echo(f"  {number}. {takeaway.text}  ({file}:{takeaway.line})")


def _print_one(file: Path, reading: Reading, *, explain: bool) -> None:
    click.echo(f"{file}: {reading.title}")
    printed = [t for t in reading.takeaways if t.printed]
    left = [t for t in reading.takeaways if not t.printed]
    for rank_, takeaway in enumerate(printed, start=1):
        _print_takeaway(f"{rank_}.", takeaway)
    if not printed:
        click.echo(f"  nothing clears the bar: it waits for a learning{'. Was it this?' if left else ''}")
    for takeaway in left if explain else left[:_ASKED] if not printed else ():
        _print_takeaway("-", takeaway)
    for words, why in reading.dropped if explain else ():
        click.echo(f"  dropped: “{words}” ({why})")
    for finding in reading.findings:
        click.echo(
            f"  {file}:{finding.line}:{finding.column} {finding.rule}: “{finding.text}”. {finding.why}"
        )
        click.echo(f"     instead: {finding.instead}")
    click.echo()


def _print_takeaway(mark: str, takeaway: Takeaway) -> None:
    click.echo(f"  {mark} {takeaway.text}{'' if takeaway.printed else '  [not printed]'}")
    click.echo(f"     {takeaway.score:.2f}  line {takeaway.line}  {'; '.join(takeaway.reasons)}")


def _print_unknown(readings: Iterable[Reading]) -> None:
    counts = Counter(heading for reading in readings for heading in unknown_headings(reading))
    if not counts:
        click.echo("Every heading is known.")
        return
    click.echo("Headings that headings.yaml does not know, with how many reviews have them:")
    for heading, count in sorted(counts.items(), key=lambda pair: (-pair[1], pair[0])):
        click.echo(f"  {count}  {heading}")
    click.echo(
        "A copy of headings.yaml beside your digest.yaml, with those that matter added, makes them known."
    )
