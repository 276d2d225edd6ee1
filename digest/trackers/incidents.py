"""From a table's row and a review's front matter to an `Incident`. Pure.

The row is the tracker's word and goes first; front matter fills in what the row leaves out.
Of who may see an incident the stricter counts.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote
from zoneinfo import ZoneInfo

from digest.model import FollowUp, Incident, Origin, Review, ReviewState, Severity, Visibility
from digest.trackers import labels
from digest.trackers.access import access_of
from digest.trackers.documents import Document, title_of
from digest.trackers.fields import (
    MONTH_FIELDS,
    Fields,
    Reading,
    Row,
    by_our_names,
    field_name,
    texts,
)
from digest.trackers.slips import slips_in
from digest.trackers.times import Told, day_in_name, end_of_day, parse_time

# Far more than is printed: what is cut here is cut before it is masked, and half a secret is none to a rule.
_LONGEST_TITLE = 2_000
_LONGEST_KEY = 100
_LONGEST_INCIDENT = timedelta(days=366)
_FOLLOW_UP_PARTS = {
    "text": ("text", "title", "summary", "name", "description"),
    "done": ("done", "closed", "state", "status"),
    "opened": ("opened", "created", "date"),
    "closed": ("closed", "closed_at", "done_on", "completed"),
    "url": ("url", "link"),
}
_DONE = frozenset({"done", "closed", "complete", "completed", "finished", "fixed", "resolved"})


@dataclass(frozen=True, slots=True)
class Rules:
    """How a folder's words are to be read."""

    tracker: str
    zone: str = "UTC"
    visibility: Visibility | None = None  # for incidents that do not say
    severities: Mapping[str, Severity] = field(default_factory=dict)
    url: str | None = None  # with {key} in it
    needs_month: bool = True  # whether a time that decides the month costs the incident where it is wrong


@dataclass(frozen=True, slots=True)
class Built:
    """An incident, and what of it could not be used; each note begins with the place."""

    incident: Incident
    notes: tuple[str, ...] = ()
    doubts: tuple[tuple[str, str], ...] = ()  # about who may see it: the place, and what is wrong there


def build(key: str, row: Row | None, documents: Sequence[Document], rules: Rules) -> Built:
    """Make the incident `key` of its row, its reviews' files (the first is the review), or both.

    Times of a day alone mean its first moment in `rules.zone`; without a row, the day that the
    review or its file's name gives counts as the day it was resolved.

    Raises:
        UnusableError: a time that decides the month cannot be read; its text names place and field.
    """
    sources = [(document.file, by_our_names(document.fields)) for document in documents]
    if row:
        sources.insert(0, (row.place, row.fields))
    read = Reading(sources, rules.zone, MONTH_FIELDS if rules.needs_month else frozenset())
    slips = [(d.place_of(slip.name), slip) for d in documents for slip in slips_in(d.fields)]
    doubts = [(place, str(slip)) for place, slip in slips if slip.guards]
    access = access_of(read.sources, doubts, rules.visibility)
    visibility = access.visibility
    if visibility is Visibility.PRIVATE:
        # Nothing is said of a private incident, not even that its time cannot be read.
        read.deciding = frozenset()
    incident = Incident(
        key=key,
        tracker=rules.tracker,
        title=_title(read, key, documents),
        url=_url(read, key, rules),
        visibility=visibility,
        people=_people(read),
        change=read.link("change"),
        out_of_hours=_out_of_hours(read),
        follow_ups=_follow_ups(read),
        review=_review(read, documents, rules),
        **_classification(read, rules),
        **_times(read, row, documents),
    )
    notes = [note for document in documents for note in document.notes]
    notes += [f"{place} {slip}" for place, slip in slips if not slip.guards]
    return Built(incident, (*(row.notes if row else ()), *notes, *read.notes), access.doubts)


def canonical_key(text: str) -> str:
    """Return a key on one line, without a `#` before it or control characters, and of bounded length."""
    printable = "".join(c for c in labels.squeeze(text) if c.isprintable())
    return printable.removeprefix("#").strip()[:_LONGEST_KEY]


def is_private(fields: Fields) -> bool:
    """Whether a review's front matter says that it is private."""
    return access_of([("", by_our_names(fields))]).visibility is Visibility.PRIVATE


def _classification(read: Reading, rules: Rules) -> dict[str, Any]:
    severity = read.word("severity")
    return {
        "severity": labels.severity_of(severity, rules.severities),
        "severity_label": severity,
        "services": read.many("service"),
        "team": read.word("team"),
        "primary_cause": read.word("primary_cause"),
        "trigger": read.word("trigger"),
        "factors": read.many("contributing_factors"),
        "tags": read.many("tags"),
    }


def _title(read: Reading, key: str, documents: Sequence[Document]) -> str:
    title = read.word("title") or (title_of(documents[0]) if documents else None) or f"Incident {key}"
    return title if len(title) <= _LONGEST_TITLE else title[: _LONGEST_TITLE - 1] + "…"


def _url(read: Reading, key: str, rules: Rules) -> str | None:
    url = read.link("url")
    if url or not rules.url:
        return url
    return rules.url.replace("{key}", quote(key, safe=""))


def _people(read: Reading) -> tuple[str, ...]:
    # Of every place, not the first alone: each of them has to be masked.
    return tuple(dict.fromkeys(name for _, fields in read.sources for name in texts(fields.get("people"))))


def _times(read: Reading, row: Row | None, documents: Sequence[Document]) -> dict[str, Any]:
    times = {name: read.time(name) for name in ("created", "started", "detected", "resolved")}
    day = _day(read, row, documents)
    still_open = labels.yes_no(read.word("resolved")) is False
    # A table that has a column for it and leaves it empty says that the incident is open.
    if times["resolved"] is None and not still_open and not (row and "resolved" in row.fields):
        times["resolved"] = day
    times["created"] = times["created"] or day
    at: dict[str, datetime | None] = {name: told.at if told else None for name, told in times.items()}
    resolved = at["resolved"]
    for name in ("started", "detected"):
        began = at[name]
        if began and resolved and not timedelta(0) <= resolved - began <= _LONGEST_INCIDENT:
            told = read.told(name)
            what = "after it was resolved" if began > resolved else "more than a year before it was resolved"
            read.note(told[0] if told else "", name, f"{what}; it is left out")
            at[name] = None
    return at


def _day(read: Reading, row: Row | None, documents: Sequence[Document]) -> Told | None:
    if row:
        # A review's own date may be the day it was published, which says nothing of the row.
        return Reading([(row.place, row.fields)], read.zone, read.deciding).time("date")
    day = read.time("date")
    named = day_in_name(documents[0].stem) if documents and not day else None
    return day or (parse_time(named, read.zone) if named else None)


def _out_of_hours(read: Reading) -> bool | None:
    told = read.told("out_of_hours")
    answer = labels.yes_no(told[1]) if told else None
    if told and answer is None:
        read.note(told[0], "out_of_hours", "neither yes nor no; it is left out")
    return answer


def _review(read: Reading, documents: Sequence[Document], rules: Rules) -> Review:
    finished = read.time("review_finished")
    at = finished.at if finished else None
    if finished and finished.day_only:
        # At its first moment, a review finished today would seem older than this morning's edition.
        at = end_of_day(finished.at, rules.zone)
    url = labels.web_address(read.word("review"))
    if not documents:
        told = labels.review_state_of(read.word("review_state"))
        return Review(ReviewState.DRAFT if told is ReviewState.DRAFT else ReviewState.MISSING, url=url)
    document = documents[0]
    if not document.text.strip():
        read.notes.append(f"{document.file}: holds no text; the incident waits for a review")
        return Review(file=document.file)
    return Review(
        state=_state(read, document),
        text=document.text,
        format=document.format,
        finished=at,
        url=url,
        file=document.file,
        origin=Origin(first_line=document.first_line),
    )


def _state(read: Reading, document: Document) -> ReviewState:
    told = read.told("review_state")
    state = labels.review_state_of(told[1]) if told else None
    if told and state is None:
        read.note(told[0], "review_state", "not `finished`, `draft` or `missing`; taken as a draft")
        return ReviewState.DRAFT
    if told and state is ReviewState.MISSING:
        read.note(told[0], "review_state", f"says missing, but there is {document.file}; taken as a draft")
        return ReviewState.DRAFT
    if state:
        return state
    draft = labels.yes_no(str(document.fields.get("draft", "")))
    status = labels.review_state_of(str(document.fields.get("status", "")).replace("open", ""))
    return ReviewState.DRAFT if draft or status is ReviewState.DRAFT else ReviewState.FINISHED


def _follow_ups(read: Reading) -> tuple[FollowUp, ...]:
    for place, fields in read.sources:
        value = fields.get("follow_ups")
        items = list(texts(value)) if isinstance(value, str) else value
        if isinstance(items, list) and items:
            found = [_follow_up(read, place, item) for item in items[: labels.MOST_ITEMS]]
            return tuple(item for item in found if item)
    return ()


def _follow_up(read: Reading, place: str, item: object) -> FollowUp | None:
    if isinstance(item, str):
        text = labels.said(item)
        return FollowUp(text) if text else None
    if not isinstance(item, Mapping):
        return None
    parts = {field_name(str(name)): str(value) for name, value in item.items() if isinstance(value, str)}
    ours = {
        n: next((parts[a] for a in aliases if parts.get(a)), "") for n, aliases in _FOLLOW_UP_PARTS.items()
    }
    inner = Reading([(place, ours)], read.zone)
    opened, closed = inner.time("opened"), inner.time("closed")
    read.notes += [note.replace(place, f"{place} follow_ups", 1) for note in inner.notes]
    text = labels.said(ours["text"])
    if text is None:
        return None
    done = bool(labels.yes_no(ours["done"])) or ours["done"].strip().casefold() in _DONE or closed is not None
    there = ZoneInfo(read.zone)
    opened_on, closed_on = (told.at.astimezone(there).date() if told else None for told in (opened, closed))
    return FollowUp(text, done, opened_on, closed_on, labels.web_address(ours["url"]))
