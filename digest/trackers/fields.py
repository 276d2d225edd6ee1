"""The names that tables and front matter give our fields, and how their words are read. Pure."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from digest.trackers import labels
from digest.trackers.base import UnusableError
from digest.trackers.times import Told, parse_time

# Our name for each field, and the names that tables and front matter give it, best first.
ALIASES: Mapping[str, tuple[str, ...]] = {
    "key": ("key", "incident", "incident_key", "incident_id", "incident_number", "id", "number"),
    "title": ("title", "name"),
    "url": ("url", "link"),
    "severity": ("severity", "sev"),
    "service": (
        "service",
        "services",
        "system",
        "systems",
        "component",
        "components",
        "system_component",
        "affected",
    ),
    "team": ("team", "owning_team"),
    "primary_cause": ("primary_cause", "cause", "root_cause", "cause_type"),
    "trigger": ("trigger",),
    "contributing_factors": ("contributing_factors", "factors", "causes"),
    "tags": ("tags", "labels"),
    "created": ("created", "created_at", "reported", "reported_at", "opened"),
    "started": ("started", "started_at", "start", "began"),
    "detected": ("detected", "detected_at"),
    # `resolved` comes late: where it is only yes or no, a time stands beside it.
    "resolved": (
        "resolved_at",
        "resolved_when",
        "resolvedwhen",
        "resolution_date",
        "resolved",
        "ended",
        "end",
    ),
    "date": ("date", "incident_date", "day"),
    "visibility": ("visibility", "privacy"),
    "private": ("private", "confidential"),
    "restricted": (
        *("restricted", "sensitive", "embargoed", "embargo", "secret", "security", "internal_only"),
        *("need_to_know", "hr_only"),
    ),
    "public": ("public",),
    "change": ("change", "change_url", "pull_request"),
    "review": ("review", "review_file"),
    "review_state": ("review_state", "review_status"),
    "review_finished": ("review_finished", "finished", "finished_at", "published", "published_at"),
    "out_of_hours": ("out_of_hours",),
    "follow_ups": ("follow_ups", "followups", "action_items", "actions"),
    "people": (
        *("people", "author", "authors", "author_email", "written_by", "owner", "owners", "attendees"),
        *("participants", "responders", "reporter", "reported_by", "assignee", "assignees", "lead", "leads"),
        *("incident_lead", "incident_commander", "commander", "scribe", "on_call", "oncall", "facilitator"),
        *("reviewer", "reviewers", "contributors", "editor", "editors", "roles", "role", "team_members"),
        *("incident_manager", "manager", "coordinator", "coordinators", "dri", "ic", "engineer", "engineers"),
        *("tech_lead", "technical_lead", "notetaker", "note_taker", "opened_by", "created_by", "closed_by"),
        *(
            "resolved_by",
            "detected_by",
            "communications_lead",
            "comms_lead",
            "liaison",
            "responder",
            "contact",
        ),
        *("people_involved", "involved", "staff", "on_call_engineer", "primary_on_call", "secondary_on_call"),
        *("postmortem_owner", "review_owner", "requester", "approver", "approved_by", "prepared_by"),
    ),
}

# The fields that decide which month an incident counts in: where one is wrong, the incident is left out.
MONTH_FIELDS = frozenset({"created", "resolved", "date"})

# The fields that say who may see an incident. All that any of their names says counts, not the first alone.
GUARDS = ("visibility", "private", "restricted", "public")

Fields = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Row:
    """One incident of a table, by the names that the table has; `place` is `incidents.csv:17`."""

    place: str
    fields: Fields
    unusable: str | None = None  # why it gives no incident
    notes: tuple[str, ...] = ()


def field_name(name: str) -> str:
    """Return a column's name as `ALIASES` writes it: `System / Component` gives `system_component`."""
    return re.sub(r"[^a-z0-9]+", "_", name.casefold()).strip("_")


def by_our_names(fields: Fields, columns: Mapping[str, str] | None = None) -> Fields:
    """Return `fields` by our names, where one is known; `columns` (ours to theirs) goes before the aliases.

    Names of people, and who may see it, are gathered from every field that tells.
    """
    if not fields:
        return {}
    theirs = {field_name(name): value for name, value in fields.items()}
    if len(theirs) < len(fields):  # `Visibility` and `visibility`, which are two names to YAML
        theirs |= _all_of_guards(fields)
    chosen = {ours: field_name(column) for ours, column in (columns or {}).items()}
    ours: dict[str, object] = {}
    for name, aliases in ALIASES.items():
        found = [alias for alias in ((chosen[name],) if name in chosen else aliases) if alias in theirs]
        if name == "people" and found:
            ours[name] = [person for alias in found for person in texts(theirs[alias])]
        elif name in GUARDS and found:
            ours[name] = theirs[found[0]] if len(found) == 1 else [theirs[alias] for alias in found]
        elif found:
            ours[name] = next((theirs[alias] for alias in found if texts(theirs[alias])), "")
    return ours


def _all_of_guards(fields: Fields) -> dict[str, object]:
    guarding = {alias for name in GUARDS for alias in ALIASES[name]}
    gathered: dict[str, list[object]] = {}
    for name, value in fields.items():
        gathered.setdefault(field_name(name), []).append(value)
    return {name: list(values) for name, values in gathered.items() if name in guarding}


def texts(value: object) -> tuple[str, ...]:
    """Return the words in a value: a cell's split, a list's items whole, a mapping's values."""
    if isinstance(value, str):
        return labels.split_list(value)
    if isinstance(value, Mapping):
        value = list(value.values())
    if not isinstance(value, Sequence):
        return ()
    items: list[str] = []
    for item in value[: labels.MOST_ITEMS]:
        inner = list(item.values()) if isinstance(item, Mapping) else [item]
        items += [said for word in inner if isinstance(word, str) and (said := labels.said(word))]
    return tuple(dict.fromkeys(items))


def word_of(value: object) -> str | None:
    """Return the words of a value on one line, a list's joined by semicolons; None where it says nothing."""
    return labels.said(value) if isinstance(value, str) else "; ".join(texts(value)) or None


class Reading:
    """Reads fields from several places, the first that tells wins, and notes what could not be used."""

    def __init__(
        self, sources: Iterable[tuple[str, Fields]], zone: str, deciding: frozenset[str] = frozenset()
    ) -> None:
        self.sources = [(place, fields) for place, fields in sources if fields]
        self.zone = zone
        self.deciding = deciding  # fields of which a wrong time costs the incident
        self.notes: list[str] = []

    def told(self, name: str) -> tuple[str, str] | None:
        """Return the place and the words of a field, on one line; None where nobody tells it."""
        for place, fields in self.sources:
            word = word_of(fields.get(name))
            if word:
                return place, word
        return None

    def word(self, name: str) -> str | None:
        """Return the words of a field, on one line."""
        told = self.told(name)
        return told[1] if told else None

    def many(self, name: str) -> tuple[str, ...]:
        """Return the items of a field, of the first place that has some."""
        return next((found for _, fields in self.sources if (found := texts(fields.get(name)))), ())

    def note(self, place: str, name: str, detail: str) -> None:
        """Keep what could not be used, with its place."""
        self.notes.append(f"{place} {name}: {detail}")

    def time(self, name: str) -> Told | None:
        """Return a time; one that cannot be read is noted and None, or, where it decides, an error.

        Raises:
            UnusableError: `name` is one of those that decide; its text names place and field.
        """
        told = self.told(name)
        # Status pages write `resolved: true`: that is a state, and no time.
        if told is None or labels.yes_no(told[1]) is not None:
            return None
        try:
            return parse_time(told[1], self.zone)
        except ValueError as error:
            if name in self.deciding:
                message = f"{told[0]} {name}: {error}"
                raise UnusableError(message) from None
            self.note(told[0], name, f"{error}; it is left out")
            return None

    def link(self, name: str) -> str | None:
        """Return an http(s) address; anything else is noted and None."""
        told = self.told(name)
        if told is None:
            return None
        address = labels.web_address(told[1])
        if address is None:
            self.note(told[0], name, "not an http(s) address; it is left out")
        return address
