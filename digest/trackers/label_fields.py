"""Labels that tell fields: `service:checkout`, `sev1`, `confidential`. Pure.

Each label tells one thing. Whatever may say who may see the incident is never taken for anything else,
but where a prefix makes it the name of a service or a team.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator

from digest.config import Strict
from digest.model import ReviewState, Severity, Visibility
from digest.trackers import labels
from digest.trackers.fields import ALIASES, GUARDS, field_name
from digest.trackers.slips import slip_of

_SEPARATOR = re.compile(r"\s*(?:::?|/|=)\s*")
_LEVEL = re.compile(r"(?:severity|sev|s|priority|prio|p)[\s.#-]*[0-5]", re.IGNORECASE)
# Words that say how bad it was, alone on a label; "high" and "low" may say anything.
_SEVERE = frozenset({"critical", "major", "moderate", "minor"})
_DRAFT = frozenset({"draft", "wip", "review draft", "draft review", "review in progress"})
_REVIEW = frozenset({"review", "review_state", "review_status", "postmortem", "post_mortem", "pir", "retro"})
_FIELD = {"cause": "primary_cause", "factor": "contributing_factors", "tag": "tags"}
_GUARD_OF = {alias: ours for ours in GUARDS for alias in ALIASES[ours]}
# A team or a service may be called so; anywhere else such a word marks the incident.
_MAY_BE_NAMED = frozenset({"service", "team"})


def one_or_several(value: object) -> object:
    """Return a text as a tuple of one; for settings that take one or a list."""
    return (value,) if isinstance(value, str) else value


def _plain_label(value: str) -> str:
    # In a query a comma stands between labels; one that holds a comma cannot be asked for.
    if not value.strip() or "," in value:
        message = "write one label each, such as incident; several as a list; no label with a comma in it"
        raise ValueError(message)
    return value.strip()


LabelName = Annotated[str, AfterValidator(_plain_label)]
LabelNames = Annotated[tuple[LabelName, ...], BeforeValidator(one_or_several)]


class Prefixes(Strict):
    """How labels begin that tell a field: `service` stands for `service:x`, `service/x` and `service=x`.

    A prefix that ends in another sign, such as `svc-`, is taken as it is.
    """

    severity: LabelNames = ("severity", "sev", "priority")
    service: LabelNames = ("service", "component", "system", "area", "app")
    team: LabelNames = ("team", "squad", "group")
    cause: LabelNames = ("cause", "root-cause", "cause-type")
    trigger: LabelNames = ("trigger",)
    factor: LabelNames = ("factor", "contributing-factor")
    tag: LabelNames = ("tag", "topic")


@dataclass(frozen=True, slots=True)
class LabelRules:
    """How an organisation writes its labels."""

    prefixes: Prefixes = field(default_factory=Prefixes)
    severities: Mapping[str, Severity] = field(default_factory=dict)
    ignored: frozenset[str] = frozenset()  # in small letters: what makes a record an incident


@dataclass(slots=True)
class Labelled:
    """What the labels of one incident tell."""

    fields: dict[str, list[str]] = field(default_factory=dict)  # by our names
    doubts: list[str] = field(default_factory=list)  # about who may see it
    notes: list[str] = field(default_factory=list)
    state: ReviewState | None = None  # of the review

    @classmethod
    def of(cls, names: Iterable[str], rules: LabelRules) -> "Labelled":
        """Sort the labels. What tells no field is a tag, unless the settings say which ones are."""
        told = cls()
        for name in names:
            if name and name.casefold() not in rules.ignored:
                told._take(name, rules)
        return told

    def _take(self, name: str, rules: LabelRules) -> None:
        known = _field_of(name, rules.prefixes)
        if not (known and known[0] in _MAY_BE_NAMED) and self._guards(name):
            return
        if known:
            self._tell(_FIELD.get(known[0], known[0]), known[1])
        elif _is_severity(name, rules):
            self._tell("severity", name)
        elif not self._tells_state(name) and "tag" not in rules.prefixes.model_fields_set:
            self._tell("tags", name)

    def _tell(self, name: str, value: str) -> None:
        self.fields.setdefault(name, []).append(value)

    def _guards(self, name: str) -> bool:
        """Take what may say who may see it; what is nearly such a mark is a doubt."""
        head, value = _parted(name)
        ours = _GUARD_OF.get(field_name(head))
        slip = None if ours else slip_of(head)
        if ours:
            self._tell(ours, value or (head if ours == "visibility" else "yes"))
        elif labels.visibility_of(value or name) is Visibility.PRIVATE:
            self._tell("visibility", value or name)
        elif slip and slip.guards:
            self.doubts.append(f"the label {slip}")
        else:
            return False
        return True

    def _tells_state(self, name: str) -> bool:
        head, value = _parted(name)
        if not value and labels.squeeze(re.sub(r"[-_]", " ", name)).casefold() in _DRAFT:
            self.state = ReviewState.DRAFT
            return True
        if not value or field_name(head) not in _REVIEW:
            return False
        state = labels.review_state_of(value)
        if state is None:
            self.notes.append(
                f"label {name[:60]!r}: neither finished nor draft; the review is taken as a draft"
            )
        # Of two that contradict one another the careful one counts.
        finished = state is ReviewState.FINISHED and self.state is not ReviewState.DRAFT
        self.state = ReviewState.FINISHED if finished else ReviewState.DRAFT
        return True


def worst(words: Sequence[str], own: Mapping[str, Severity]) -> str:
    """Return the word that says the worst severity; the first of equals, and where none is understood."""
    return min(words, key=lambda word: labels.severity_of(word, own) or max(Severity) + 1, default="")


def _field_of(name: str, prefixes: Prefixes) -> tuple[str, str] | None:
    """Return the setting whose prefix a label has, and the rest of the label."""
    head, value = _parted(name)
    for setting, written in prefixes:
        for prefix in written:
            plain = prefix.rstrip(":/= ")
            if plain[-1:].isalnum():
                if value and field_name(head) == field_name(plain):
                    return setting, value
            elif name.casefold().startswith(prefix.casefold()) and name[len(prefix) :].strip():
                return setting, name[len(prefix) :].strip()
    return None


def _parted(name: str) -> tuple[str, str]:
    head, *value = _SEPARATOR.split(name, maxsplit=1)
    return head, value[0].strip() if value else ""


def _is_severity(name: str, rules: LabelRules) -> bool:
    own = {labels.squeeze(word).casefold() for word in rules.severities}
    return name.casefold() in own | _SEVERE or _LEVEL.fullmatch(name) is not None
