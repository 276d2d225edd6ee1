"""A text written by way of an issue form: headings with a short answer below each. Pure.

`### Severity`, an empty line, `SEV2`. Long answers are the review itself and no fields, but for
those that may say who may see the incident.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from digest.trackers.fields import ALIASES, GUARDS, field_name, texts
from digest.trackers.marks import says_private
from digest.trackers.slips import slip_of

_HEADING = re.compile(r" {0,3}#{1,6}[ \t]+(.*)")
_FENCE = re.compile(r" {0,3}(?:```|~~~)")
_NO_ANSWER = re.compile(r"[ \t]*_no response_[ \t]*", re.IGNORECASE)
_BOX = re.compile(r"[-*+] \[([ xX])\][ \t]*(.*)")
_BULLET = re.compile(r"[-*+][ \t]+")
_HEADED = re.compile(r"[ \t]*(?:#{1,6}[ \t].+|\*\*[^*]+\*\*:?|[^.:]{3,80}:)[ \t]*")
_BOLD_LINE = re.compile(r"[ \t]*\*\*[^*\n]{2,120}\*\*:?[ \t]*")

# Fields that an answer may tell; not those that the tracker itself knows better: title, times of the record.
_ONE_LINE = frozenset({
    "severity", "team", "primary_cause", "trigger", "started", "detected", "out_of_hours", "change",
})  # fmt: skip
_LISTS = frozenset({"service", "contributing_factors", "tags", "people"})
_TIMES = frozenset({"started", "detected"})
_AROUND = re.compile(r"^(?:affected|impacted|incident)_|_affected$")
# Headings that name a guard, and that reviews also have above a paragraph of their own.
_ALSO_SECTIONS = frozenset({"security", "privacy"})
_LONGEST_ANSWER = 80  # characters; a longer one is prose
_LONGEST_GUARD = 40
_MOST_LINES = 20
_FIELD_OF = {alias: ours for ours, aliases in ALIASES.items() for alias in aliases}


@dataclass(frozen=True, slots=True)
class Form:
    """What a text tells in fields, by names that `by_our_names` knows; and the line of each, 1-based."""

    fields: Mapping[str, object] = field(default_factory=dict)
    at: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Section:
    heading: str
    line: int
    lines: tuple[str, ...]  # that say something; without comments


def form_of(text: str) -> Form:
    """Read the fields of `text`, whose lines end in a line feed; the first answer to a name wins.

    Of who may see it every answer counts, and one that nobody can understand is kept: it is for
    `digest.trackers.access` to refuse. A mark before the first heading counts as `private`.
    """
    fields: dict[str, object] = {}
    at: dict[str, int] = {}
    guards: dict[str, list[object]] = {}
    if says_private(text):
        guards["private"] = ["yes"]
    for section in _sections(text):
        name, value = _answer(section)
        if not name or not value:
            continue
        at.setdefault(name, section.line)
        if _guards(name):
            guards.setdefault(name, []).extend(value if isinstance(value, list) else [value])
        else:
            fields.setdefault(name, value)
    return Form(fields | guards, at)


def without_blanks(text: str) -> str:
    """Return `text` without what stands for "no answer"; its lines keep their numbers."""
    return "\n".join("" if _NO_ANSWER.fullmatch(line) else line for line in text.split("\n"))


def is_filled(text: str, known: frozenset[str]) -> bool:
    """Whether a review is written in `text`: words below a heading that are no mere field, and no empty form.

    A bold line is a heading, and so is one of the `known` ones (see `has_heading`) with a colon.
    """
    if any(section.lines and not _is_field(section) for section in _sections(text)):
        return True
    others = [line for line in _shown(text) if not _HEADING.fullmatch(line[:1000])]
    return has_heading("\n".join(others), known) or any(map(_BOLD_LINE.fullmatch, others))


def has_heading(text: str, known: frozenset[str]) -> bool:
    """Whether `text` has one of the `known` headings (as `plain_heading` writes them)."""
    return any(plain_heading(line) in known for line in _shown(text) if _HEADED.fullmatch(line[:200]))


def plain_heading(line: str) -> str:
    """Return a heading in small letters, without its marks, numbering, and closing signs."""
    words = re.sub(r"[^\w'’ ]+", " ", line.casefold().replace("&", " and ")).replace("’", "'")
    return re.sub(r"^[\d _]+", "", " ".join(words.split())).strip("_ ")


def _sections(text: str) -> Iterator[_Section]:
    heading: tuple[str, int] | None = None
    held: list[str] = []
    for number, line in enumerate(_shown(text), start=1):
        match = _HEADING.fullmatch(line[:1000])
        if match is None:
            held += [line.strip()] if line.strip() and not _NO_ANSWER.fullmatch(line) else []
            continue
        if heading:
            yield _Section(*heading, tuple(held))
        heading, held = (match[1].strip().rstrip("#").rstrip(), number), []
    if heading:
        yield _Section(*heading, tuple(held))


def _shown(text: str) -> list[str]:
    """Return the lines without HTML comments, of which templates are full, and code set apart from headings.

    A comment or a block of code that nobody closed hides nothing: a mark of privacy may stand behind it.
    """
    lines = text.split("\n")
    ends = [number for number, line in enumerate(lines) if "-->" in line]
    fences = [number for number, line in enumerate(lines) if _FENCE.match(line)]
    last_end = ends[-1] if ends else -1
    last_fence = fences[-1] if len(fences) % 2 == 0 and fences else (fences[-2] if len(fences) > 1 else -1)
    commented = fenced = False
    shown: list[str] = []
    for number, line in enumerate(lines):
        if number <= last_fence and not commented and _FENCE.match(line):
            fenced = not fenced
        if fenced:
            shown.append(f"    {line}")  # indented, it is no heading
            continue
        plain, commented = _without_comments(line, commented=commented)
        shown.append(plain)
        commented = commented and number < last_end
    return shown


def _without_comments(line: str, *, commented: bool) -> tuple[str, bool]:
    """Return what a line shows, and whether a comment is still open at its end."""
    shown = ""
    while True:
        before, mark, rest = line.partition("-->" if commented else "<!--")
        shown += "" if commented else before
        if not mark:
            return shown, commented
        commented, line = not commented, rest


def _answer(section: _Section) -> tuple[str, object]:
    name = field_name(section.heading)
    if _guards(name):
        return _guarding(name, section)
    name = name if name in _FIELD_OF else _AROUND.sub("", name)
    ours = _FIELD_OF.get(name)
    items = [item for line in section.lines for item in _items(line)]
    is_prose = ours != "people" and any(len(item) > _LONGEST_ANSWER for item in items)
    if is_prose or len(section.lines) > _MOST_LINES:
        return "", None
    if ours in _LISTS:
        return name, [part for item in items for part in texts(item)]
    # Under "Detected" some tell when, others how.
    is_other = ours in _TIMES and not any(sign.isdigit() for item in items for sign in item)
    return (name, items[0]) if ours in _ONE_LINE and len(items) == 1 and not is_other else ("", None)


def _guarding(name: str, section: _Section) -> tuple[str, object]:
    """Return what a heading says of who may see the incident; a long text is kept as not understood."""
    boxes = [_BOX.fullmatch(line) for line in section.lines]
    if boxes and all(boxes):
        ticked = [box[2] for box in boxes if box and box[1] in "xX"]
        visibility = _FIELD_OF.get(name) == "visibility"
        return name, (ticked or ["-"]) if visibility else ["yes" if ticked else "no"]
    answer = " ".join(_BULLET.sub("", line) for line in section.lines)
    if len(answer) <= _LONGEST_GUARD:
        return name, answer
    if name in _ALSO_SECTIONS:
        return "", None
    return name, "a text of several words"


def _guards(name: str) -> bool:
    if name in _FIELD_OF:
        return _FIELD_OF[name] in GUARDS
    slip = slip_of(name) if len(name) <= _LONGEST_GUARD else None
    return slip is not None and slip.guards


def _items(line: str) -> Iterator[str]:
    box = _BOX.fullmatch(line)
    if box is None:
        yield _BULLET.sub("", line)
    elif box[1] in "xX":
        yield box[2]


def _is_field(section: _Section) -> bool:
    name = field_name(section.heading)
    known = name in _FIELD_OF or _AROUND.sub("", name) in _FIELD_OF or _guards(name)
    return known and sum(map(len, section.lines)) <= _LONGEST_ANSWER
