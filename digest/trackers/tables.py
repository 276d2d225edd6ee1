"""A table of incidents, in CSV or YAML, as rows by our names for the fields."""

import csv
import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from rapidfuzz import fuzz, process

from digest.errors import ConfigError
from digest.trackers.base import CountBy
from digest.trackers.documents import UnreadableError, read_text
from digest.trackers.fields import Fields, Row, by_our_names, field_name
from digest.trackers.labels import squeeze
from digest.trackers.plain_yaml import NotYamlError, read_rows
from digest.trackers.slips import slips_in

MOST_BYTES = 20_000_000

# Any one of these says which month an incident counts in.
_DECIDING: Mapping[CountBy, tuple[str, ...]] = {
    "resolved": ("resolved", "date"),
    "created": ("created", "started", "date"),
}

# Python's own limit is 131,072 characters: one cell beyond it, in any column, would cost the whole table.
_LONGEST_CELL = 10_000_000


@dataclass(frozen=True, slots=True)
class TableRules:
    """How a table is to be read."""

    encoding: str = "utf-8"
    columns: Mapping[str, str] = field(default_factory=dict)  # our field to their column
    count_by: CountBy = "resolved"


@dataclass(frozen=True, slots=True)
class Table:
    """A table's rows, in its order, and its columns that were probably meant to be read."""

    file: str
    rows: tuple[Row, ...]
    notes: tuple[str, ...] = ()


def read_table(path: Path, file: str, rules: TableRules) -> Table:
    """Read a table; `file` is the name to call it by. A row that cannot be used says so itself.

    Raises:
        ConfigError: the table as a whole cannot be used; it names the file and the line.
    """
    try:
        text, shortened = read_text(path, rules.encoding, MOST_BYTES)
    except UnreadableError as error:
        raise ConfigError(str(path), str(error)) from error
    if shortened:
        raise ConfigError(str(path), f"longer than {MOST_BYTES // 1_000_000} MB; split it by year")
    if path.suffix.lower() in {".yaml", ".yml"}:
        return _read_yaml(path, file, text, rules)
    return _read_csv(path, file, text, rules)


def _read_csv(path: Path, file: str, text: str, rules: TableRules) -> Table:
    lines = _lines(path, text)
    first = next(lines, None)
    if first is None:
        raise ConfigError(f"{path}:1", "the file is empty; its first line names the columns")
    at, header = first
    names = [squeeze(name) for name in header]
    twice = {name for name in names if name and names.count(name) > 1}
    if twice:
        raise ConfigError(f"{path}:{at}", f"the column {min(twice)!r} stands here twice")
    notes = _check_columns(f"{path}:{at}", f"{file}:{at}", names, rules)
    return Table(file, tuple(_csv_row(f"{file}:{n}", names, cells, rules) for n, cells in lines), notes)


def _lines(path: Path, text: str) -> Iterator[tuple[int, list[str]]]:
    """Yield each line that holds anything, with the number of the physical line it begins on."""
    skipped = 0
    if text[:4].lower() == "sep=":  # what Excel writes for itself
        skipped, text = 1, text.partition("\n")[2]
    csv.field_size_limit(_LONGEST_CELL)
    # Strict, because a quote that is never closed would swallow all later incidents in silence.
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(text), strict=True)
    ended = skipped
    while True:
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            advice = f"not CSV ({error}); is a quote opened and not closed, or not doubled?"
            raise ConfigError(f"{path}:{ended + 1}", advice) from None
        began, ended = ended + 1, skipped + reader.line_num
        if any(cell.strip() for cell in cells):
            yield began, cells


def _delimiter(text: str) -> str:
    header = text.lstrip("\n").partition("\n")[0]
    # The first of equals wins: a comma.
    return max(",;\t", key=header.count)


def _csv_row(place: str, names: Sequence[str], cells: Sequence[str], rules: TableRules) -> Row:
    found, wanted = len(cells), len(names)
    fields = by_our_names(dict(zip(names, [*cells, *[""] * (wanted - found)], strict=False)), rules.columns)
    if any(cell.strip() for cell in cells[wanted:]):
        why = (
            f"{place} has {found} cells, the first line {wanted}; put quotes around a cell that holds a comma"
        )
        return Row(place, fields, unusable=why)
    notes = (f"{place} has {found} cells, the first line {wanted}; the rest is absent",)
    return Row(place, fields, notes=notes if found < wanted else ())


def _check_columns(path: str, place: str, names: Sequence[str], rules: TableRules) -> tuple[str, ...]:
    """Return notes about columns that are nearly ours.

    Raises:
        ConfigError: a column that is needed is not there, or misspelt.
    """
    for ours, theirs in rules.columns.items():
        if field_name(theirs) not in map(field_name, names):
            raise ConfigError(
                path, f"no column {theirs!r}, which `columns.{ours}` names; {_there_is(theirs, names)}"
            )
    have = by_our_names(dict.fromkeys(names, "x"), rules.columns)
    if "key" not in have:
        raise ConfigError(
            path, f"no column 'key', the incident's own number; {_there_is('key', names, 'Number')}"
        )
    deciding = _DECIDING[rules.count_by]
    if not any(name in have for name in deciding):
        needed = " or ".join(map(repr, deciding))
        there = _there_is(deciding[0], names, "Closed at")
        raise ConfigError(
            path,
            f"no column {needed}, by which incidents are counted; {there}"
            + ("; or set `count_by: created`" if rules.count_by == "resolved" and "created" in have else ""),
        )
    return tuple(_slips(path, place, dict.fromkeys(filter(None, names)), rules.columns))


def _there_is(wanted: str, names: Iterable[str], called: str = "") -> str:
    known = [name[:40] for name in names if name][:40]
    near = process.extractOne(wanted, known, scorer=fuzz.ratio, processor=field_name, score_cutoff=60)
    there = f"there is: {', '.join(known)}"
    if not called:
        return f"{there}; did you mean {near[0]!r}?" if near else there
    ask = f"did you mean {near[0]!r}?" if near else "is yours called otherwise?"
    return f"{there}; {ask} Say so in the config: `columns: {{{wanted}: {near[0] if near else called}}}`"


def _slips(path: str, place: str, names: Fields, columns: Mapping[str, str]) -> Iterator[str]:
    """Yield notes about names that are nearly ours.

    Raises:
        ConfigError: one of them may say that an incident is private.
    """
    for slip in slips_in(names, columns):
        if slip.guards:
            advice = f" Rename it, or say in the config what it is: `columns: {{{slip.field}: {slip.name}}}`"
            raise ConfigError(path, f"the column {slip}{'' if '.' in slip.name else advice}")
        yield f"{place} the column {slip}"


def _read_yaml(path: Path, file: str, text: str, rules: TableRules) -> Table:
    try:
        found = read_rows(text)
    except NotYamlError as error:
        raise ConfigError(f"{path}:{error.line}", error.detail) from None
    rows: list[Row] = []
    names: dict[str, None] = {}
    for line, key, value in found:
        place = f"{file}:{line}"
        if not isinstance(value, dict):
            rows.append(Row(place, {}, unusable=f"{place} is no mapping of names to values"))
            continue
        fields = {str(name): inner for name, inner in value.items()}
        list(_slips(f"{path}:{line}", place, fields, rules.columns))  # raises; its notes follow once for all
        names |= dict.fromkeys(fields)
        own = {} if key is None else {"key": key}
        rows.append(Row(place, {**own, **by_our_names(fields, rules.columns)}))
    if rows and names:
        keyed = ["key"] if any(key is not None for _, key, _ in found) else []
        return Table(file, tuple(rows), _check_columns(f"{path}:1", f"{file}:1", [*keyed, *names], rules))
    return Table(file, tuple(rows))
