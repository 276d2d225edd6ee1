"""From an issue of GitHub to an `Incident`: labels, fields, forms, and who may see it. Pure.

What the issue itself says goes first (its labels, then issue fields), then the form in its body.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from digest.model import Incident, Review, ReviewState, TextFormat, Visibility
from digest.trackers import labels
from digest.trackers.base import UnusableError
from digest.trackers.documents import MOST_BYTES, SHORTENED, Document
from digest.trackers.fields import GUARDS, Row, by_our_names
from digest.trackers.forms import form_of, has_heading, is_filled, without_blanks
from digest.trackers.github_settings import Settings
from digest.trackers.incidents import Built, Rules, build
from digest.trackers.label_fields import Labelled, LabelRules, worst

# What GitHub itself knows of an issue; an organisation's own field of such a name means something else.
_ITS_OWN = frozenset({"key", "title", "url", "created", "resolved", "date", "review", "review_state"})

_MENTION = re.compile(r"(?<![\w`/@.-])@([A-Za-z\d](?:[A-Za-z\d]|-(?=[A-Za-z\d])){1,38})(?![\w/-])", re.ASCII)
_CODE = re.compile(r"```.*?(?:```|\Z)|~~~.*?(?:~~~|\Z)|`[^`\n]*`", re.DOTALL)
# Written like mentions, and nobody's name: versions of packages, the groups of chats.
_NOBODY = frozenset(
    {"all", "channel", "everyone", "head", "here", "latest", "main", "next", "stable", "team"}
)

# Closed as no incident: a false alarm, or one that another issue already tells of.
_NOT_INCIDENTS = frozenset({"not_planned", "duplicate"})
# On a public repository anybody may comment; what is printed is written by those whom it trusts.
_TRUSTED = frozenset({"OWNER", "MEMBER", "COLLABORATOR"})
_ANYBODYS = (
    "it was opened and closed by one person, whom GitHub does not count among your people; "
    "if it was an incident, assign it to one of you"
)
_MARKER = re.compile(r"\s*<!--\s*(?:incident[- ])?(?:review|post-?mortem)\s*-->", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Place:
    """A repository, as far as reading its issues depends on it."""

    name: str  # "acme/incidents"
    prefix: str = ""  # of keys: "incidents-"
    visibility: str = "private"  # public, internal, private
    person: str = ""  # its owner's login, where that is a person and no organisation
    address: str = ""  # as its issues name it, whatever it was called before

    def of(self, number: object) -> str:
        """Return how people refer to an issue: `acme/incidents#12`."""
        return f"{self.name}#{number if isinstance(number, int) else '?'}"


@dataclass(frozen=True, slots=True)
class Reader:
    """How the issues of one tracker are read; made once."""

    tracker: str
    settings: Settings
    zone: str
    headings: frozenset[str]  # those that only reviews have, as `forms.plain_heading` writes them

    def built(self, issue: Mapping[str, object], comments: Sequence[object], place: Place) -> Built:
        """Read one issue, and the comments on it where the review is looked for among them.

        Raises:
            UnusableError: a time of the record cannot be read.
            KeyError, TypeError: not in the shape of an issue.
        """
        number = number_of(issue)
        names = label_names(issue)
        told = Labelled.of(names, self.label_rules())
        body = text_of(issue.get("body"))
        comment = self._review_comment(comments)
        texts = [text for text in (body, comment) if text.strip()]
        row = self._row(issue, told, place) | {"people": people_of(issue, place, texts)}
        documents = [_document(place.of(number), text) for text in texts]
        built = build(f"{place.prefix}{number}", Row(place.of(number), row), documents, self._rules(place))
        review = self._review(issue, told, body if self.settings.review == "body" else comment)
        # What a review asks for stays in its text, where it is read with the rest.
        incident = replace(built.incident, review=review, follow_ups=())
        return self._guarded(issue, replace(built, incident=incident), told, place)

    def label_rules(self) -> LabelRules:
        """Return how this organisation writes its labels."""
        settings = self.settings
        ignored = {*settings.label, *((settings.finished,) if settings.finished else ())}
        return LabelRules(settings.labels, settings.severities, frozenset(map(str.casefold, ignored)))

    def _rules(self, place: Place) -> Rules:
        default = Visibility.PUBLIC if self._is_open(place) else None
        return Rules(self.tracker, self.zone, default, self.settings.severities)

    def _is_open(self, place: Place) -> bool:
        return place.visibility in {"public", "internal"} or self.settings.visibility == "public"

    def _row(self, issue: Mapping[str, object], told: Labelled, place: Place) -> dict[str, object]:
        """Return the issue as the row of a table, by our names."""
        number = number_of(issue)
        fields: dict[str, object] = dict(issue_fields(issue))
        for name, values in told.fields.items():
            fields[name] = [*values, *_listed(fields.get(name))] if name in GUARDS else values
        fields["severity"] = worst(_listed(fields.get("severity")), self.settings.severities)
        fields |= {
            "key": str(number),
            "title": _word(issue.get("title")),
            "url": _word(issue.get("html_url")),
        }
        for name, theirs in (("created", "created_at"), ("resolved", "closed_at")):
            fields[name] = _moment(issue.get(theirs), f"{place.of(number)} {theirs}")
        if issue.get("state") == "closed" and not fields["resolved"]:
            message = f"{place.of(number)} is closed, and GitHub does not say when"
            raise UnusableError(message)
        return fields

    def _review(self, issue: Mapping[str, object], told: Labelled, text: str) -> Review:
        url = labels.web_address(_word(issue.get("html_url")))
        text = without_blanks(text)
        if not is_filled(text, self.headings):
            return Review(url=url)
        if self.settings.finished:
            finished = self.settings.finished.casefold() in map(str.casefold, label_names(issue))
        else:
            finished = told.state is ReviewState.FINISHED or issue.get("state") == "closed"
        draft = told.state is ReviewState.DRAFT or not finished
        return Review(ReviewState.DRAFT if draft else ReviewState.FINISHED, text, url=url)

    def _review_comment(self, comments: Sequence[object]) -> str:
        """Return the newest comment that is marked as a review, else the newest with a review's heading."""
        told = (c for c in comments if isinstance(c, Mapping) and c.get("author_association") in _TRUSTED)
        texts = [text_of(c.get("body")) for c in told if not c.get("minimized")]
        marked = [text for text in texts if _MARKER.match(text)]
        return (marked or [text for text in texts if has_heading(text, self.headings)] or [""])[-1]

    def _guarded(self, issue: Mapping[str, object], built: Built, told: Labelled, place: Place) -> Built:
        """Let nothing pass of which it is in doubt who may see it."""
        where = place.of(number_of(issue))
        incident = built.incident
        doubts = [*built.doubts, *((where, doubt) for doubt in told.doubts)]
        if not self._is_open(place):
            doubts.append((where, _private(place.name)))
        elif place.visibility == "public" and _is_anybodys(issue):
            doubts.append((where, _ANYBODYS))
        if doubts and incident.visibility is Visibility.PUBLIC:
            incident = replace(incident, visibility=Visibility.UNKNOWN)
        notes = [*(f"{where}: {note}" for note in told.notes), *self._unread_severity(incident, where)]
        return Built(incident, (*notes, *built.notes), tuple(doubts))

    def _unread_severity(self, incident: Incident, where: str) -> Iterator[str]:
        word = incident.severity_label
        if word and incident.severity is None:
            yield f"{where} severity: {word[:40]!r} is not understood; say what it is under `severities:`"


def number_of(issue: Mapping[str, object]) -> int:
    """Return an issue's number.

    Raises:
        KeyError, TypeError: it has none.
    """
    number = issue["number"]
    if not isinstance(number, int) or isinstance(number, bool):
        message = "a number is expected"
        raise TypeError(message)
    return number


def numbered(issue: object) -> tuple[int, int]:
    """Return an issue's number and how many comments it has; 0 for what cannot be read, and is told later."""
    told = issue if isinstance(issue, Mapping) else {}
    number, count = told.get("number"), told.get("comments")
    return (number if isinstance(number, int) else 0), (count if isinstance(count, int) else 0)


def is_no_incident(issue: Mapping[str, object]) -> bool:
    """Whether an issue was closed as none."""
    reason = issue.get("state_reason")
    return isinstance(reason, str) and reason in _NOT_INCIDENTS


def label_names(issue: Mapping[str, object]) -> tuple[str, ...]:
    """Return the names of an issue's labels, which the API gives as text or as objects.

    Raises:
        KeyError, TypeError: they cannot be read; a mark of privacy may be among them.
    """
    told = issue["labels"]
    if not isinstance(told, list):
        message = "a list of labels is expected"
        raise TypeError(message)
    return tuple(map(_label_name, told))


def _label_name(label: object) -> str:
    name = label.get("name") if isinstance(label, Mapping) else label
    if not isinstance(name, str):
        message = "a label with a name is expected"
        raise TypeError(message)
    return labels.squeeze(name)


def text_of(value: object) -> str:
    """Return a body: lines ending in a line feed, of bounded length; empty where there is none."""
    if not isinstance(value, str):
        return ""
    text = value.replace("\r\n", "\n").replace("\r", "\n").replace("\0", "\N{REPLACEMENT CHARACTER}")
    if len(text) <= MOST_BYTES:
        return text
    return text[: text.rfind("\n", 0, MOST_BYTES) + 1 or MOST_BYTES] + SHORTENED


def people_of(issue: Mapping[str, object], place: Place, texts: Sequence[str]) -> list[str]:
    """Return the handles of all who have to do with an issue, as mentions: `@ana-r`; not those of bots."""
    milestone = issue.get("milestone")
    assignees = issue.get("assignees")
    users = [issue.get(role) for role in ("user", "assignee", "closed_by")]
    users += [milestone.get("creator")] if isinstance(milestone, Mapping) else []
    users += assignees if isinstance(assignees, list) else []
    persons = (user for user in users if isinstance(user, Mapping) and user.get("type") != "Bot")
    logins = [str(user["login"]) for user in persons if user.get("login")]
    mentioned = (login for text in texts for login in _MENTION.findall(_CODE.sub(" ", text)))
    logins += (login for login in mentioned if login.casefold() not in _NOBODY)
    # The address of a person's repository holds their name: to mask it would take away every link.
    return [f"@{login}" for login in dict.fromkeys(logins) if login.casefold() != place.person.casefold()]


def issue_fields(issue: Mapping[str, object]) -> Iterator[tuple[str, object]]:
    """Yield what an organisation's own issue fields tell, by our names."""
    told = issue.get("issue_field_values")
    theirs: dict[str, object] = {}
    for one in told if isinstance(told, list) else ():
        if isinstance(one, Mapping) and isinstance(one.get("issue_field_name"), str):
            theirs[one["issue_field_name"]] = _field_value(one)
    for name, value in by_our_names(theirs).items():
        if name not in _ITS_OWN:
            yield name, value


def _field_value(one: Mapping[str, object]) -> object:
    several = one.get("multi_select_options")
    options = [one.get("single_select_option"), *(several if isinstance(several, list) else ())]
    names = [str(option["name"]) for option in options if isinstance(option, Mapping) and option.get("name")]
    value = one.get("value")
    return names or ("" if value is None else str(value))


def _moment(value: object, where: str) -> str:
    if value is None or isinstance(value, str):
        return value or ""
    message = f"{where}: not a time"
    raise UnusableError(message)


def _document(place: str, text: str) -> Document:
    form = form_of(text)
    return Document(place, place, text, TextFormat.MARKDOWN, fields=form.fields, at=form.at)


def _listed(value: object) -> list[str]:
    if isinstance(value, str):
        return [value] if value else []
    return [str(item) for item in value] if isinstance(value, list) else []


def _word(value: object) -> str:
    return value if isinstance(value, str) else ""


def _is_anybodys(issue: Mapping[str, object]) -> bool:
    """Whether nobody whom a public repository trusts had a part in it, as far as the issue itself tells.

    The form that it was written with may have put the label on it; who opened an issue may close it.
    """
    opened, closed = (_login(issue.get(role)) for role in ("user", "closed_by"))
    trusted = str(issue.get("author_association")) in _TRUSTED or issue.get("assignees")
    return bool(opened) and opened == closed and not trusted


def _login(user: object) -> str:
    """Return a person's login; nothing where there is none, and for a bot, which somebody has installed."""
    is_person = isinstance(user, Mapping) and user.get("type") != "Bot"
    return _word(user.get("login")) if is_person and isinstance(user, Mapping) else ""


def _private(repository: str) -> str:
    return (
        f"{repository} is a private repository, and an edition may reach people who cannot open it; "
        "where everybody who gets the edition may read its incidents, write `visibility: public` "
        "into this tracker's settings"
    )
