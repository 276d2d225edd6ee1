"""An editor's decisions for a month, checked against the takeaways that there are, and applied."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from difflib import get_close_matches
from pathlib import Path

from digest.config.editorial import EditorialFile, read_editorial
from digest.config.tree import Tree
from digest.edition import Editorial
from digest.edition.editorial import DROPPED_BY_EDITOR, NOTED_BY_EDITOR, annotated, pinned_first, reworded
from digest.model import Choice, Reading, Standing, Takeaway
from digest.takeaways import Lexicon, Ranking, theme_of


def editorial_file(folder: Path, month_key: str) -> Path:
    """Return where an editor's decisions for a month are, or would be."""
    return folder / f"{month_key}.yaml"


def read_decisions(folder: Path, month_key: str, takeaways: Iterable[Takeaway]) -> Editorial:
    """Read an editor's file for a month; nothing is decided where there is none.

    Raises:
        ConfigError: the file is wrong, or names a takeaway that there is not, with its line.
    """
    file = editorial_file(folder, month_key)
    if not file.exists():
        return Editorial()
    decided, tree = read_editorial(file)
    _check_ids(decided, tree, sorted(t.id for t in takeaways))
    return Editorial(
        pin=decided.pin,
        drop=frozenset(decided.drop),
        reword=decided.reword,
        note=decided.note,
        adopted=decided.adopted,
    )


def _check_ids(decided: EditorialFile, tree: Tree, known: Sequence[str]) -> None:
    for id_, steps in decided.places():
        if id_ not in known:
            near = get_close_matches(id_, known, n=1)
            hint = f"; did you mean {near[0]!r}?" if near else ""
            raise tree.error(
                steps, f"no takeaway of this month has the id {id_!r}{hint} (its review may have changed)"
            )


def applied(readings: Iterable[Reading], editorial: Editorial) -> tuple[Reading, ...]:
    """Return the readings with an editor's words, and without what was dropped."""
    return tuple(_applied(reading, editorial) for reading in readings)


def _applied(reading: Reading, editorial: Editorial) -> Reading:
    takeaways = reworded(reading.takeaways, editorial)
    pinned = tuple(replace(t, printed=True) if t.id in editorial.pin else t for t in takeaways)
    standing = reading.standing
    if standing is not Standing.WAITING_REVIEW:
        learnt = any(t.printed for t in pinned)
        standing = Standing.LEARNT if learnt else Standing.WAITING_LEARNING
    return replace(reading, takeaways=pinned, standing=standing)


def blamed_pin(readings: Iterable[Reading], editorial: Editorial) -> Takeaway | None:
    """Return a pinned takeaway that blames and was not reworded; it may not be printed."""
    for reading in readings:
        lines = {finding.line for finding in reading.findings if finding.rule == "blame"}
        for takeaway in reading.takeaways:
            pinned = takeaway.id in editorial.pin and takeaway.id not in editorial.reword
            if pinned and takeaway.line in lines:
                return takeaway
    return None


def edited(ranking: Ranking, readings: Sequence[Reading], editorial: Editorial, lexicon: Lexicon) -> Ranking:
    """Put an editor's pins first, with the notes; what gives way to them is said to."""
    if not editorial.ids:
        return ranking
    takeaways = {t.id: t for reading in readings for t in reading.takeaways}
    by_id = {choice.takeaway.id: choice for choice in ranking.chosen}
    pins = [by_id.get(i) or _choice(takeaways[i], lexicon) for i in editorial.pin if i in takeaways]
    chosen = pinned_first(ranking.chosen, pins, max(len(ranking.chosen), len(pins)))
    shown = {choice.takeaway.id for choice in chosen}
    gone = [
        (c.takeaway, "gave way to the editor's choice") for c in ranking.chosen if c.takeaway.id not in shown
    ]
    left = [(t, why) for t, why in ranking.passed_over if t.id not in shown]
    return Ranking(tuple(annotated(choice, editorial) for choice in chosen), (*gone, *left))


def _choice(takeaway: Takeaway, lexicon: Lexicon) -> Choice:
    return Choice(takeaway, (NOTED_BY_EDITOR,), theme_of(takeaway.text, "", lexicon.themes))


def dropped(readings: Iterable[Reading], editorial: Editorial) -> list[tuple[Takeaway, str]]:
    """Return what an editor dropped, for the proof."""
    return [(t, DROPPED_BY_EDITOR) for r in readings for t in r.takeaways if t.id in editorial.drop]
