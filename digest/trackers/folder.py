"""The tracker `folder`: reviews in a folder, with or without a table of incidents; no server needed.

With a table (CSV or YAML), each row is an incident and its review is the file that carries its
key. Without one, each review is an incident by itself, and its front matter tells the rest.
"""

import stat
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

from digest.errors import ConfigError
from digest.model import Incident, Problem, ReviewState, Visibility
from digest.period import Month
from digest.trackers import labels
from digest.trackers.base import Context, Payload, UnusableError
from digest.trackers.documents import UnreadableError, read_document, refusal
from digest.trackers.fields import GUARDS, MONTH_FIELDS, Reading, by_our_names, word_of
from digest.trackers.folder_settings import Settings
from digest.trackers.incidents import Built, Rules, build
from digest.trackers.shelf import Entry, Shelf, key_of_document, listed, plain, read_shelf
from digest.trackers.tables import TableRules
from digest.trackers.times import day_in_name, parse_time

__all__ = ["FolderTracker", "Settings", "incident_of_file", "read_review"]


@dataclass(frozen=True)
class _Item:
    """One incident's parts, and the incident, which is built once, however often it is asked for."""

    entry: Entry
    rules: Rules

    @cached_property
    def built(self) -> Built:
        return build(self.entry.key, self.entry.row, self.entry.documents, self.rules)


@dataclass(frozen=True)
class FolderTracker:
    """A folder, read once, when its first incident is asked for."""

    name: str
    settings: Settings
    folder: Path
    context: Context

    @classmethod
    def connect(cls, name: str, settings: Settings, context: Context) -> "FolderTracker":
        """Check that the folder is there.

        Raises:
            ConfigError: it is not, or this account may not look.
        """
        folder = plain(context.base / Path(settings.path).expanduser())
        try:
            there = stat.S_ISDIR(folder.stat().st_mode)
        except PermissionError as error:
            raise ConfigError(f"tracker {name}: path", f"{folder}: {refusal(error)}") from error
        except (OSError, ValueError):
            there = False
        if not there:
            start = "" if Path(settings.path).is_absolute() else "; a relative path starts at the config file"
            raise ConfigError(f"tracker {name}: path", f"there is no folder {folder}{start}")
        return cls(name, settings, folder, context)

    def fetch(self, month: Month) -> Iterator[Payload]:
        """Yield all incidents of the folder; of reviews that cannot be read, not those of another month."""
        for item in self._items:
            entry = item.entry
            elsewhere = _only_unread(entry) and self._elsewhere(entry, month)
            if not elsewhere and entry.place not in self._undated:
                yield {"item": item}

    def refresh(self, keys: Sequence[str]) -> Iterator[Payload]:
        """Yield the incidents of those keys, in the folder's order."""
        wanted = set(keys)
        return ({"item": item} for item in self._items if item.entry.key in wanted)

    def to_incident(self, payload: Payload) -> Incident:
        """Read one row, one review, or both; see `digest.trackers.incidents.build`."""
        item = _item(payload)
        entry = item.entry
        if entry.row and entry.row.unusable:
            raise UnusableError(entry.row.unusable)
        if _only_unread(entry):
            raise UnusableError("; ".join(f"{unread.file}: {unread.why}" for unread in entry.unread))
        return item.built.incident

    def place(self, payload: Payload) -> str:
        """Return the row, else the review's file."""
        item = payload.get("item")
        return item.entry.place if isinstance(item, _Item) else "a payload"

    def problems(self, payload: Payload | None = None) -> Sequence[Problem]:
        """Return what could not be used, of one incident or (None) of the folder as a whole."""
        if payload is None:
            notes = [*self._shelf.notes, *self._about_zone(), *self._about_severities()]
            missing = [
                Problem("trackers", self.name, note, incidents_missing=True)
                for note in (*self._shelf.refused, *self._about_dates())
            ]
            return (*missing, *(Problem("trackers", self.name, note) for note in notes))
        item = _item(payload)
        entry = item.entry
        waits = [f"{u.file}: {u.why}; incident {entry.key} waits for a review" for u in entry.unread]
        others = [document.file for document in entry.documents[1:]]
        if others:
            waits.append(f"{listed(others)}: not read, as {entry.documents[0].file} is of the same incident")
        notes = [*item.built.notes, *waits, *self._about_missing(entry)]
        return tuple(Problem("trackers", self.name, note) for note in notes)

    def doubts(self, payload: Payload) -> Sequence[tuple[str, str]]:
        """Return what was not understood of who may see this incident."""
        return _item(payload).built.doubts

    def origins(self, payload: Payload) -> Mapping[str, str]:
        """Return what told how far the review is, and who may see the incident; see `Tracing`."""
        item = _item(payload)
        entry, review = item.entry, item.built.incident.review
        sources = [(entry.place, entry.row.fields)] if entry.row else []
        sources += [(document.file, by_our_names(document.fields)) for document in entry.documents]
        state = Reading(sources, self._zone).told("review_state")
        said = [place for place, fields in sources if any(fields.get(name) for name in GUARDS)]
        return {
            "review": f"{state[0]} review_state" if state else review.file or "no file carries its key",
            "visibility": listed(said)
            if said
            else f"`visibility: {self.settings.visibility}` of this tracker",
        }

    @cached_property
    def _shelf(self) -> Shelf:
        settings = self.settings
        rules = TableRules(settings.encoding, settings.columns, self.context.count_by)
        return read_shelf(self.folder, settings, rules)

    @property
    def _zone(self) -> str:
        return self.settings.timezone or self.context.zone or "UTC"

    @cached_property
    def _items(self) -> tuple[_Item, ...]:
        settings = self.settings
        rules = Rules(self.name, self._zone, settings.visibility, settings.severities, settings.url)
        return tuple(_Item(entry, rules) for entry in self._shelf.entries)

    def _elsewhere(self, entry: Entry, month: Month) -> bool:
        day = day_in_name(entry.unread[0].stem)
        return day is not None and parse_time(day, self._zone).at not in month

    @cached_property
    def _undated(self) -> Mapping[str, Visibility]:
        """The reviews that are incidents by themselves and name no day, with who may see them."""
        undated: dict[str, Visibility] = {}
        for item in self._items:
            entry = item.entry
            if entry.row or not entry.documents:
                continue
            with suppress(UnusableError):  # a wrong date is told where the incident is read
                incident = item.built.incident
                if not (incident.resolved or incident.created or incident.started):
                    undated[entry.place] = incident.visibility
        return undated

    def _about_dates(self) -> Iterator[str]:
        some = [place for place, who in self._undated.items() if who is not Visibility.PRIVATE]
        if some:
            yield f"{listed(some)}: no date, so no month; write `date: 2026-10-03` into the front matter"

    def _about_missing(self, entry: Entry) -> Iterator[str]:
        told = word_of(entry.row.fields.get("review_state")) if entry.row else None
        named = word_of(entry.row.fields.get("review")) if entry.row else None
        if entry.documents or entry.unread:
            return
        if named and not labels.web_address(named):
            yield f"{entry.place} review: there is no such file, or `reviews:` does not match it"
        elif labels.review_state_of(told) is ReviewState.FINISHED:
            yield f"{entry.place} review_state: finished, but no file carries the key {entry.key}"

    def _about_zone(self) -> Iterator[str]:
        if self.settings.timezone or self.context.zone:
            return
        for place, value in self._told(*MONTH_FIELDS, "started", "detected", "review_finished"):
            try:
                naive = parse_time(value, "UTC").naive
            except ValueError:
                continue
            if naive:
                yield f"{place} and maybe others name no time zone, and are taken as UTC; set `timezone:`"
                return

    def _about_severities(self) -> Iterator[str]:
        own = self.settings.severities
        words = [word for _, word in self._told("severity") if labels.severity_of(word, own) is None]
        if words:
            some = listed([repr(word[:40]) for word in dict.fromkeys(words)])
            yield f"severities not understood: {some}; say what they are under `severities:`"

    def _told(self, *names: str) -> Iterator[tuple[str, str]]:
        for entry in self._shelf.entries:
            rows = [(entry.place, entry.row.fields)] if entry.row else []
            reviews = [(document.file, by_our_names(document.fields)) for document in entry.documents]
            for place, fields in [*rows, *reviews]:
                words = (word_of(fields.get(name)) for name in sorted(names))
                yield from ((place, word) for word in words if word)


def _item(payload: Payload) -> _Item:
    item = payload["item"]
    if not isinstance(item, _Item):
        message = "not a payload of this tracker"
        raise TypeError(message)
    return item


def _only_unread(entry: Entry) -> bool:
    return bool(entry.unread) and entry.row is None and not entry.documents


def read_review(path: Path, encoding: str = "utf-8") -> Built:
    """Read any one review as a finished, public incident without a month, with what could not be used of it.

    Markdown (`.html.md.erb`, `.qmd`, `.rst` and no suffix too), HTML or plain text. The key is that
    of its front matter, else of its file's name.

    Raises:
        ConfigError: the file cannot be read, or is no text; it names the file and says why.
    """
    try:
        document = read_document(path, str(path), encoding)
    except UnreadableError as error:
        raise ConfigError(str(path), str(error)) from error
    key = key_of_document(document)
    rules = Rules(tracker="files", needs_month=False)
    built = build(key, None, (document,), rules)
    review = replace(built.incident.review, state=ReviewState.FINISHED)
    return replace(built, incident=replace(built.incident, visibility=Visibility.PUBLIC, review=review))


def incident_of_file(path: Path) -> Incident:
    """Return the incident that `read_review` makes of a file; raises as it does."""
    return read_review(path).incident
