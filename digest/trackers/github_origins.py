"""Says where each field of an issue was read: a label, an issue field or a form. Pure; for the doctor."""

from collections.abc import Iterator, Mapping

from digest.model import Incident, ReviewState
from digest.trackers.fields import GUARDS, by_our_names
from digest.trackers.forms import form_of
from digest.trackers.github_fields import Place, Reader, issue_fields, label_names, text_of
from digest.trackers.label_fields import Labelled

_SHOWN = {"severity": "severity", "service": "service", "team": "team", "cause": "primary_cause"}
_MORE = "a prefix such as service: lets one tell a field; say yours under `labels:`"


def origins_of(
    issue: Mapping[str, object], incident: Incident, place: Place, reader: Reader
) -> Mapping[str, str]:
    """Return what told each field, in some words; nothing of a field that nobody told.

    Raises:
        KeyError, TypeError: not in the shape of an issue.
    """
    told = dict(_places(issue, reader))
    origins = {name: told[ours] for name, ours in _SHOWN.items() if ours in told}
    guards = [told[name] for name in GUARDS if name in told]
    setting = "`visibility: public` of this tracker"
    default = f"a repository that is {place.visibility}"
    is_declared = place.visibility == "private" and reader.settings.visibility
    origins["visibility"] = ", ".join(guards) or (setting if is_declared else default)
    origins["review"] = _about_review(issue, incident, reader)
    return origins | {"tags": _MORE}


def _places(issue: Mapping[str, object], reader: Reader) -> Iterator[tuple[str, str]]:
    """Yield each field with where it was told, what counts most last."""
    form = form_of(text_of(issue.get("body")))
    yield from ((name, "the form in its body") for name, value in by_our_names(form.fields).items() if value)
    yield from ((name, "an issue field") for name, value in issue_fields(issue) if value)
    for label in label_names(issue):
        yield from ((name, f"label {label}") for name in Labelled.of([label], reader.label_rules()).fields)


def _about_review(issue: Mapping[str, object], incident: Incident, reader: Reader) -> str:
    where = "its body" if reader.settings.review == "body" else "its comments"
    if incident.review.state is ReviewState.MISSING:
        return f"{where}: no heading with words below it"
    if reader.settings.finished:
        has = "with" if incident.review.state is ReviewState.FINISHED else "without"
        return f"{where}, {has} the label {reader.settings.finished}"
    return f"{where}; the issue is {issue.get('state')}"
