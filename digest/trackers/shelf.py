"""What a folder holds: its table, its reviews, and which review belongs to which incident."""

import os
import re
import stat
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from digest.errors import ConfigError
from digest.trackers.documents import Document, UnreadableError, read_document, refusal, stem_of, withheld
from digest.trackers.fields import Row, by_our_names, word_of
from digest.trackers.folder_settings import Settings
from digest.trackers.incidents import canonical_key, is_private
from digest.trackers.tables import Table, TableRules, read_table

TABLES = ("incidents.csv", "incidents.yaml", "incidents.yml")
# Reviews that nobody can read here; passed over in silence, they would seem never written.
_CLOSED_FORMATS = (".pdf", ".docx", ".doc", ".odt", ".rtf")

_DATE_FIRST = re.compile(r"\d{4}([-_]?)\d{2}\1\d{2}(?!\d)[-_ T]*")
_KEY_FIRST = re.compile(r"(\d+|[A-Z][A-Z0-9]*-\d+)(?![A-Za-z0-9])")


@dataclass(frozen=True, slots=True)
class Unread:
    """A review that could not be read, and why."""

    file: str
    stem: str
    why: str


@dataclass(frozen=True, slots=True)
class Entry:
    """One incident's parts: its row, its reviews (the first counts), and those that cannot be read."""

    key: str
    place: str
    row: Row | None = None
    documents: tuple[Document, ...] = ()
    unread: tuple[Unread, ...] = ()


@dataclass(frozen=True, slots=True)
class Shelf:
    """All that a folder holds; `notes` tell what belongs to no incident, each with its place.

    `refused` tells of the folders and files that the system does not let this account see.
    """

    entries: tuple[Entry, ...]
    notes: tuple[str, ...] = ()
    table: str | None = None
    refused: tuple[str, ...] = ()


@dataclass(slots=True)
class _Found:
    documents: list[Document] = field(default_factory=list)
    unread: list[Unread] = field(default_factory=list)


def read_shelf(root: Path, settings: Settings, rules: TableRules) -> Shelf:
    """Read a folder's table and reviews, in the order of the table, else of the files' names.

    Raises:
        ConfigError: there is nothing to read, or the table cannot be used.
    """
    notes: list[str] = []
    refused: list[str] = []
    files = list(_files(root, notes, refused))
    name = _table_name(root, settings, files, notes)
    table = read_table(root / name, name, rules) if name else None
    found = _reviews(root, [file for file in files if file != name], settings)
    if table is None and not found.documents and not found.unread:
        looked = f"looked for {', '.join(TABLES)} and for reviews named {', '.join(settings.reviews)}"
        if refused:
            raise ConfigError(str(root), f"holds no incidents that can be read; {listed(refused)}")
        raise ConfigError(str(root), f"holds no incidents; {looked}")
    if table is None:
        entries = list(_without_table(found, settings.key_pattern))
        return Shelf(tuple(entries), tuple(notes), refused=tuple(refused))
    entries, orphans = _joined(table, found, settings.key_pattern)
    return Shelf(tuple(entries), (*notes, *table.notes, *orphans), table.file, tuple(refused))


def key_of_document(document: Document, pattern: str | None = None) -> str:
    """Return the key that a review gives itself: in its front matter, else in its file's name."""
    own = word_of(by_our_names(document.fields).get("key"))
    return canonical_key(own) if own else _key_in_name(document.stem, pattern)


def _key_in_name(stem: str, pattern: str | None) -> str:
    match = re.search(pattern, stem) if pattern else None
    if match is None and not _DATE_FIRST.match(stem):
        match = _KEY_FIRST.match(stem)
    return canonical_key(match[1] or stem) if match else canonical_key(stem)


def plain(folder: Path) -> Path:
    """Return `folder` without `..` in it, where that is the same folder; behind a link it may not be."""
    short = Path(os.path.normpath(folder))
    try:
        return short if short.samefile(folder) else folder
    except (OSError, ValueError):
        return short


def _files(root: Path, notes: list[str], refused: list[str]) -> Iterator[str]:
    """Yield the files below `root` by name, sorted, none hidden; a link that leaves the folder is noted."""
    inside = root.resolve()

    def refuse(error: OSError) -> None:
        here = _relative(root, Path(error.filename))
        place = "the folder" if here == "." else shown(here)
        refused.append(f"{place}: {refusal(error)}")

    for folder, folders, names in os.walk(root, onerror=refuse):
        links = [name for name in folders if (Path(folder) / name).is_symlink()]
        notes += [
            f"{shown(_relative(root, Path(folder) / n))}: a link to a folder is not followed" for n in links
        ]
        folders[:] = sorted(name for name in folders if not name.startswith((".", "_")))
        for name in sorted(names):
            path = Path(folder) / name
            try:
                wanted = not name.startswith((".", "_")) and _is_file(path)
                leaves = wanted and path.is_symlink() and not path.resolve().is_relative_to(inside)
            except OSError as error:
                refuse(error)
                continue
            if leaves:
                notes.append(f"{shown(_relative(root, path))}: a link that leaves the folder is not followed")
            elif wanted:
                yield _relative(root, path)


def _is_file(path: Path) -> bool:
    # Newer Pythons' `Path.is_file` passes over in silence what may not be looked at.
    try:
        return stat.S_ISREG(path.stat().st_mode)
    except PermissionError:
        raise
    except OSError:  # a link to nothing, or in a circle
        return False


def _relative(root: Path, path: Path) -> str:
    return path.relative_to(root).as_posix()


def shown(file: str) -> str:
    """Return a file's name fit to print: on one line, without control characters or stray bytes."""
    return "".join(c if c.isprintable() else "?" for c in file)


def _table_name(root: Path, settings: Settings, files: Sequence[str], notes: list[str]) -> str | None:
    if settings.table is not None:
        name = PurePosixPath(settings.table).as_posix()
        if name not in files:
            tables = [file for file in files if file.lower().endswith((".csv", ".yaml", ".yml"))]
            there = f"; there is: {', '.join(tables[:5])}" if tables else ""
            raise ConfigError(str(root / name), f"there is no such table in the folder{there}")
        return name
    there_are = [name for name in TABLES if name in files]
    notes += [f"{name}: not read, because there is {there_are[0]} as well" for name in there_are[1:]]
    return there_are[0] if there_are else None


def _reviews(root: Path, files: Iterable[str], settings: Settings) -> _Found:
    wanted = [_pattern(pattern) for pattern in settings.reviews]
    found = _Found()
    for file in files:
        closed = file.lower().endswith(_CLOSED_FORMATS)
        # A README beside the table tells people about the folder.
        if "/" not in file and stem_of(PurePosixPath(file)).casefold() == "readme":
            continue
        if not closed and not any(pattern.fullmatch(file) for pattern in wanted):
            continue
        try:
            found.documents.append(read_document(root / file, shown(file), settings.encoding))
        except UnreadableError as error:
            if (document := withheld(root / file, shown(file))) is not None:
                found.documents.append(document)
                continue
            found.unread.append(
                Unread(shown(file), stem_of(PurePosixPath(PurePosixPath(file).name)), str(error))
            )
    return found


def _pattern(glob: str) -> re.Pattern[str]:
    """Make a regular expression of a pattern: `**/` any folders, `*` and `?` within one name."""
    marks = {"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*", "?": "[^/]"}
    parts = re.split(r"(\*\*/|\*\*|\*|\?)", glob)
    return re.compile(
        "".join(marks.get(part) or re.escape(part) for part in parts), re.IGNORECASE | re.DOTALL
    )


def _without_table(found: _Found, pattern: str | None) -> Iterator[Entry]:
    for document in found.documents:
        yield Entry(key_of_document(document, pattern), document.file, documents=(document,))
    for unread in found.unread:
        yield Entry(_key_in_name(unread.stem, pattern), unread.file, unread=(unread,))


def _joined(table: Table, found: _Found, pattern: str | None) -> tuple[list[Entry], list[str]]:
    keys = [canonical_key(word_of(row.fields.get("key")) or "") for row in table.rows]
    finder = _Finder(table, keys, pattern)
    documents: dict[str, list[Document]] = {}
    unread: dict[str, list[Unread]] = {}
    lost: list[str] = []
    for document in found.documents:
        own = word_of(by_our_names(document.fields).get("key"))
        key = finder.key_of(document.file, document.stem, canonical_key(own) if own else None)
        documents.setdefault(key, []).append(document)
        lost += [] if key or is_private(document.fields) else [document.file]
    notes = []
    for broken in found.unread:
        key = finder.key_of(broken.file, broken.stem, None)
        unread.setdefault(key, []).append(broken)
        notes += [] if key else [f"{broken.file}: {broken.why}"]
    if lost:
        one = len(lost) == 1
        verb, its = ("belongs", "its name") if one else ("belong", "their names")
        advice = f"begin {its} with the incident's key"
        notes.append(f"{listed(lost)} {verb} to no incident of {table.file}; {advice}")
    entries = [
        Entry(key, row.place, row, tuple(documents.get(key, ())), tuple(unread.get(key, ())))
        if key
        else Entry(
            "", row.place, Row(row.place, row.fields, f"{row.place} key: absent; each incident has one")
        )
        for key, row in zip(keys, table.rows, strict=True)
    ]
    return entries, notes


class _Finder:
    """Finds the table's incident that a review belongs to."""

    def __init__(self, table: Table, keys: Sequence[str], pattern: str | None) -> None:
        self.pattern = pattern
        self.keys: Mapping[str, str] = {key.casefold(): key for key in reversed(keys) if key}
        self.named = {
            PurePosixPath(name).as_posix(): key
            for key, row in zip(keys, table.rows, strict=True)
            if key and (name := word_of(row.fields.get("review")))
        }

    def key_of(self, file: str, stem: str, own: str | None) -> str:
        """Return the table's key, "" where there is none: by the table, the front matter, the file's name."""
        if file in self.named:
            return self.named[file]
        if own and own.casefold() in self.keys:
            return self.keys[own.casefold()]
        if self.pattern:
            return self.keys.get(_key_in_name(stem, self.pattern).casefold(), "")
        rest = _DATE_FIRST.sub("", stem, count=1).casefold()
        # From the longest beginning that ends where a word ends: "pm-12-3" before "pm-12" before "pm".
        ends = [len(rest), *(match.start() for match in re.finditer(r"[^a-z0-9]", rest))]
        for end in sorted(set(ends), reverse=True):
            if rest[:end] in self.keys:
                return self.keys[rest[:end]]
        return ""


def listed(names: Sequence[str], most: int = 3) -> str:
    """Return the first few names and how many more there are."""
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more
