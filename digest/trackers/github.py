"""The tracker `github`: issues with a label are incidents, on github.com or an Enterprise Server.

What a list gave once is not asked for again while a run goes back through the months: one read of
the issues changed since an early day holds all later months, too.
"""

import re
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from digest import paths
from digest.config import read_yaml
from digest.errors import Reason, RemoteError
from digest.http import Answer, Client, Pace
from digest.model import Incident, Problem
from digest.period import Month
from digest.trackers.base import Context, Payload
from digest.trackers.forms import plain_heading
from digest.trackers.github_api import HEADERS, Api, limits_for
from digest.trackers.github_fields import Place, Reader, is_no_incident, label_names, numbered
from digest.trackers.github_origins import origins_of
from digest.trackers.github_settings import Settings
from digest.trackers.incidents import Built

__all__ = ["GitHubTracker", "Settings"]

_A_DAY = timedelta(days=1)
_YOUNG_S = 3600.0  # how long a list may serve for earlier months
_REACH = 12  # months further back, once a second earlier month is asked for: the usual history
_FEW = 5  # issues that are asked for one by one
# Sections that a record of what happened does not have, and a review does.
_OF_REVIEWS = ("takeaways", "went_well", "went_wrong", "lucky")


@dataclass(slots=True)
class _Reading:
    """A repository's issues as they were listed."""

    place: Place
    since: datetime  # those changed after it are all here
    at: float  # by the tracker's clock, in seconds
    month: Month  # the last one that was asked for
    issues: Sequence[object]


@dataclass(frozen=True)
class GitHubTracker:
    """The labelled issues of one repository, or of several."""

    name: str
    settings: Settings
    context: Context
    api: Api = field(repr=False)
    reader: Reader = field(repr=False)
    clock: Callable[[], float] = time.monotonic
    # Not shown: they hold what may be private.
    _readings: dict[str, _Reading] = field(default_factory=dict, repr=False)
    _left_out: list[str] = field(default_factory=list, repr=False)  # of the last month that was asked for

    @classmethod
    def connect(cls, name: str, settings: Settings, context: Context) -> "GitHubTracker":
        """Read the headings that tell a review; ask nothing.

        Raises:
            ConfigError: headings.yaml or `ca_file` cannot be read.
        """
        token = settings.token.get_secret_value() if settings.token else ""
        client = Client(
            name,
            settings.url,
            headers=HEADERS | ({"Authorization": f"Bearer {token}"} if token else {}),
            secrets=[token] if token else [],
            ca_file=context.base / settings.ca_file.expanduser() if settings.ca_file else None,
            limits=limits_for(context.patience_s),
            pace=Pace(patience_s=context.patience_s, sleep=context.sleep, tell=context.tell),
        )
        api = Api(name, client, settings.label)
        reader = Reader(name, settings, context.zone or "UTC", _headings(context))
        return cls(name, settings, context, api, reader)

    def fetch(self, month: Month) -> Iterator[Payload]:
        """Yield the issues that were closed (or opened, by `count_by`) in `month`, a day more at each end."""
        self._left_out.clear()
        yield from self._of_each(self.settings.names, lambda repository: self._of_month(repository, month))

    def refresh(self, keys: Sequence[str]) -> Iterator[Payload]:
        """Yield the issues of those keys, as they are now; raises as `fetch` does.

        Not those that were deleted, transferred, lost the label, or were closed as no incident.
        """
        numbers = {repository: self._numbers(repository, keys) for repository in self.settings.names}
        asked = [repository for repository, wanted in numbers.items() if wanted]
        yield from self._of_each(asked, lambda repository: self._again(repository, numbers[repository]))

    def to_incident(self, payload: Payload) -> Incident:
        """Read one issue; see `digest.trackers.github_fields.Reader.built`."""
        return self._built(payload).incident

    def place(self, payload: Payload) -> str:
        """Return `acme/incidents#12`."""
        place, issue = payload.get("place"), payload.get("issue")
        number = issue.get("number") if isinstance(issue, Mapping) else None
        return place.of(number) if isinstance(place, Place) else "an issue"

    def problems(self, payload: Payload | None = None) -> Sequence[Problem]:
        """Return what could not be used of an issue, or (None) which ones closed as no incident."""
        notes = self._built(payload).notes if payload is not None else self._about_left_out()
        return tuple(Problem("trackers", self.name, note) for note in notes)

    def doubts(self, payload: Payload) -> Sequence[tuple[str, str]]:
        """Return why it is in doubt who may see this issue."""
        return self._built(payload).doubts

    def origins(self, payload: Payload) -> Mapping[str, str]:
        """Return what told this issue's fields; see `Tracing`."""
        issue, _, place = _parts(payload)
        return origins_of(issue, self.to_incident(payload), place, self.reader)

    def probe(self) -> str:
        """Ask each repository for its newest issues; return `acme/incidents: 21 issues carry "incident"`."""
        with closing(self.api.client):
            answers = {repository: self.api.answer(repository) for repository in self.settings.names}
            told = [self._probed(repository, answer) for repository, answer in answers.items()]
        first = answers[self.settings.names[0]]
        day = re.match(r"\d{4}-\d{2}-\d{2}", first.headers.get("GitHub-Authentication-Token-Expiration", ""))
        return "; ".join([*told, *([f"token expires {day[0]}"] if day else [])])

    def server_time(self) -> datetime | None:
        """Ask GitHub for the time: the `Date` of its answer, in UTC."""
        with closing(self.api.client):
            return self.api.answer(self.settings.names[0]).date

    def _of_each(
        self, repositories: Iterable[str], read: Callable[[str], Iterator[Payload]]
    ) -> Iterator[Payload]:
        """Yield what each repository gives; one that is refused does not keep the others from being read.

        Raises:
            RemoteError: for all that failed, at the end.
        """
        failures: list[RemoteError] = []
        with closing(self.api.client):
            for repository in repositories:
                try:
                    yield from read(repository)
                except RemoteError as error:
                    failures.append(error)
                    if error.reason.passing:  # the server itself; to be patient once is enough
                        break
        if failures:
            detail = "; ".join(dict.fromkeys(error.detail for error in failures))
            raise RemoteError(self.name, failures[0].reason, detail)

    def _of_month(self, repository: str, month: Month) -> Iterator[Payload]:
        reading = self._reading(repository, month)
        for issue in reading.issues:
            if self._may_count(issue, reading.place, month):
                yield from self._payload(issue, reading.place)

    def _numbers(self, repository: str, keys: Sequence[str]) -> set[int]:
        prefix = self._prefix(repository)
        rest = (key[len(prefix) :] for key in keys if key.startswith(prefix))
        return {int(number) for number in rest if re.fullmatch(r"[1-9][0-9]{0,17}", number)}

    def _reading(self, repository: str, month: Month) -> _Reading:
        """Return a list of issues that holds those of `month`: of now, or of this walk through the months.

        A run asks for a month, the one before, and at first for a year of months, the newest first.
        """
        held = self._readings.get(repository)
        walking = held is not None and month < held.month and self.clock() - held.at < _YOUNG_S
        if held and walking and held.since <= _from(month):
            held.month = month
            return held
        since = _from(month.shift(-_REACH if walking else -1))
        place = self.api.place(repository, self._prefix(repository))
        at = self.clock()
        reading = _Reading(place, since, at, month, self.api.issues(repository, since))
        self._readings[repository] = reading
        return reading

    def _again(self, repository: str, numbers: set[int]) -> Iterator[Payload]:
        place = self.api.place(repository, self._prefix(repository))
        found = self._found(repository, numbers) if len(numbers) > _FEW else {}
        for number in sorted(numbers):
            issue = found.get(number) or self.api.issue(place, number)
            if issue and self._is_labelled(issue) and not is_no_incident(issue):
                yield from self._payload(issue, place)

    def _found(self, repository: str, numbers: set[int]) -> dict[int, Mapping[str, object]]:
        """Return those among the labelled issues, looked through from the newest to the oldest wanted."""
        found: dict[int, Mapping[str, object]] = {}
        for page in self.api.newest_first(repository):
            known = {n: i for i in page if isinstance(i, Mapping) and isinstance(n := i.get("number"), int)}
            found |= {number: issue for number, issue in known.items() if number in numbers}
            if numbers <= found.keys() or (known and min(known) < min(numbers)):
                break
        return found

    def _may_count(self, issue: object, place: Place, month: Month) -> bool:
        """Whether an issue may count in `month`; what cannot be read may, so that it is told."""
        if not isinstance(issue, Mapping):
            return True
        try:
            at = self._counted(issue)
        except (KeyError, ValueError):
            return True
        if at is None or not _from(month) <= at < month.end + _A_DAY or not self._is_labelled(issue):
            return False
        if not is_no_incident(issue):
            return True
        self._left_out.extend([place.of(issue.get("number"))] if at in month else [])
        return False

    def _counted(self, issue: Mapping[str, object]) -> datetime | None:
        told = issue["closed_at" if self.context.count_by == "resolved" else "created_at"]
        if told is None and issue.get("state") == "closed":
            message = "closed, and not when"
            raise ValueError(message)
        at = None if told is None else datetime.fromisoformat(str(told))
        return at.replace(tzinfo=UTC) if at and at.tzinfo is None else at

    def _is_labelled(self, issue: Mapping[str, object]) -> bool:
        """Whether it has all the labels; where they cannot be read it may have, so that it is told."""
        try:
            names = {name.casefold() for name in label_names(issue)}
        except (KeyError, TypeError):
            return True
        return all(label.casefold() in names for label in self.settings.label)

    def _payload(self, issue: object, place: Place) -> Iterator[Payload]:
        """Yield an issue with the comments that may hold its review; nothing where it is gone by now."""
        comments: Sequence[object] = ()
        number, count = numbered(issue)
        if self.settings.review == "comment" and number and count:
            try:
                comments = self.api.comments(place.name, number, count)
            except RemoteError as error:
                if error.reason is Reason.NOT_FOUND and self.api.issue(place, number) is None:
                    return
                raise
        yield {"issue": issue, "comments": comments, "place": place}

    def _built(self, payload: Payload) -> Built:
        return self.reader.built(*_parts(payload))

    def _prefix(self, repository: str) -> str:
        # With one repository too: a second one that joins later must not rename what is held.
        return f"{repository.rpartition('/')[2]}-"

    def _about_left_out(self) -> Iterator[str]:
        if self._left_out:
            some = ", ".join(self._left_out[:10])
            more = f" and {len(self._left_out) - 10} more" if len(self._left_out) > 10 else ""  # noqa: PLR2004  one line
            yield (
                f"{some}{more}: closed as not planned or as a duplicate, so not counted; "
                "close what was an incident as completed"
            )

    def _probed(self, repository: str, answer: Answer) -> str:
        place = self.api.place_of(repository, answer)
        issues, more = self.api.sample(repository)
        one = len(issues) == 1 and not more
        count = "more than 100" if more else len(issues) or "no"
        labels = " and ".join(f'"{label}"' for label in self.settings.label)
        told = f"{repository}: {count} issue{'' if one else 's'} {'carries' if one else 'carry'} {labels}"
        if not issues and not more:
            told += " (is `label` right?)"
        if place.visibility == "private" and self.settings.visibility != "public":
            told += "; it is private, so none is printed without `visibility: public`"
        return told


def _parts(payload: Payload) -> tuple[Mapping[str, object], Sequence[object], Place]:
    issue, comments, place = payload["issue"], payload["comments"], payload["place"]
    if not (isinstance(issue, Mapping) and isinstance(comments, Sequence) and isinstance(place, Place)):
        message = "not a payload of this tracker"
        raise TypeError(message)
    return issue, comments, place


def _from(month: Month) -> datetime:
    """Return a day before the month's first moment: clocks and zones may differ a little."""
    return month.start - _A_DAY


def _headings(context: Context) -> frozenset[str]:
    own = context.base / "headings.yaml"
    told = read_yaml(own if own.exists() else paths.config() / "headings.yaml").value
    meanings = told.get("meanings") if isinstance(told, Mapping) else None
    known = meanings if isinstance(meanings, Mapping) else {}
    return frozenset(plain_heading(str(heading)) for of in _OF_REVIEWS for heading in known.get(of) or ())
