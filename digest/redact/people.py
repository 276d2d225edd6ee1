"""Finds the places of a review that name people: sections, labels, table cells.

Line scanning only: a review in any markup is first made to look like Markdown
(`digest.redact.view.visible`), and what is found here is masked in the source.
"""

import re
from collections.abc import Iterator, Sequence
from itertools import islice

from digest.redact import tables
from digest.redact.lines import Lines, Named, is_prose
from digest.redact.mask import Span
from digest.redact.names import People, is_team, read
from digest.redact.phrases import words_of
from digest.redact.rules import PERSON, Rules
from digest.redact.view import View
from digest.redact.vocabulary import Vocabulary

_HEADING = re.compile(r"[ \t>]{0,20}(?:#{1,6}[ \t]|h[1-6]\.|={2,5}[ \t]?\w|(?:\+\+\+|---)[ \t\r]*$)")
_ITEM = re.compile(r"[ \t>]*(?:[-*+•]|\d{1,2}[.)])[ \t]|[ \t]{2,}\S|[ \t>]*\|")
_ITEM_MARK = re.compile(r"[ \t>|]*(?:(?:[-*+•]|\d{1,2}[.)])[ \t]+)?(?:\[[ xX]\][ \t]+)?")
_SKIPPED = re.compile(r"[ \t|:=_*+-]*$|[ \t]*\[[^\]\n]{1,200}\]:[ \t]")  # lines of a table, link definitions
_UNDERLINE = re.compile(r"(?m)[=-]{4,}[ \t\r]*$|={3}[ \t\r]*$")
_INDENT = re.compile(r"[ \t]*")
_AFTER_COLON = re.compile(
    r":[ \t]{0,2}(?P<name>"
    r"(?>(?:(?:, | and )?[^\W\d_a-z][\w'’-]{1,30}(?:[ \t][^\W\d_a-z][\w'’-]{1,30}){0,3}){1,8})(?!\.\w))"
)
_LONGEST_LABEL = 40
_LABELLED = re.compile(r"(?P<label>[^:\n]{2,40}):[ \t]*(?P<rest>\S.*)$")


def places(view: View, words: Vocabulary) -> list[Named]:
    """Return the stretches of a view that hold people, each within one line, in no order."""
    found: list[Named] = []
    lines = Lines(view.text)
    done = 0
    for match in words.place.finditer(view.folded):
        # Within a section every line is taken already.
        if match.start("label") >= done:
            found += _after_label(lines, match, words)
            done = max(done, found[-1].end if found else 0)
    if "|" in view.text:
        found += tables.named(view, words)
    if ":" in view.text:
        found += _inline(view, words)
    return found


def _inline(view: View, words: Vocabulary) -> Iterator[Named]:
    """Yield the names within sentences that a label and a colon lead up to: "(owner: Ana Ribeiro)"."""
    labels = tuple(words.labels)
    for match in _AFTER_COLON.finditer(view.text):
        before = view.folded[max(0, match.start() - _LONGEST_LABEL) : match.start()].rstrip()
        if before.endswith(labels) and _ends_in_label(before, words):
            yield Named(*match.span("name"), certain=False)


def _ends_in_label(before: str, words: Vocabulary) -> bool:
    return any(before.endswith(label) and not before[: -len(label)][-1:].isalnum() for label in words.labels)


def learn(view: View, found: Sequence[Named], rules: Rules) -> tuple[People, People]:
    """Return who is named in the stretches: surely people, and perhaps teams or systems."""
    return _read_all(view, found, rules, certain=True), _read_all(view, found, rules, certain=False)


def _read_all(view: View, found: Sequence[Named], rules: Rules, *, certain: bool) -> People:
    lines = dict.fromkeys(view.text[n.start : n.end] for n in found if n.certain is certain)
    # A line with a mask was masked in part only, so it holds other words than names.
    return read("\n".join(line for line in lines if not rules.masks.search(line)), rules, certain=certain)


def spans(view: View, found: Sequence[Named], rules: Rules) -> Iterator[Span]:
    """Yield the stretches of the source to mask; teams, and what is masked already, stay."""
    for named in found:
        text = view.text[named.start : named.end]
        # What holds a mask was not masked whole before, so it is not now.
        if not words_of(text) or rules.masks.search(text) or rules.allows(text.strip()):
            continue
        if not is_team(text, rules.people):
            start = named.end - len(text.lstrip())
            begin, end = view.source(start, start + len(text.strip()))
            yield Span(begin, end, PERSON)


def _after_label(lines: Lines, match: re.Match[str], words: Vocabulary) -> Iterator[Named]:
    """Yield what a heading or label at a line's start introduces: beside it, or below."""
    line_end = lines.end(match.start("label"))
    if match.end("tail") > line_end or not lines.text[match.end("tail") : line_end].strip(" \t*_#=:\r"):
        yield from _below(lines, match, words)
        return
    tail = match["tail"]
    owner_like = match["mark"] is None or not match["mark"].startswith("#")
    if not any(sign in tail for sign in (":", "=")) and not (owner_like and re.search(r"\s[-–—]\s", tail)):
        return
    begin = match.end("tail")
    if not is_prose(lines.text[begin:line_end]):
        yield Named(begin, line_end, certain=match["label"] not in words.owners)


def _below(lines: Lines, match: re.Match[str], words: Vocabulary) -> Iterator[Named]:
    """Yield the content of the lines below a heading: of a section, or of the list or line below a label."""
    mark = match["mark"] or ""
    rest = list(islice(lines.after(match.start("label")), 1))
    underlined = bool(rest) and _UNDERLINE.match(lines.text, rest[0][0]) is not None
    if mark[:1] in {"#", "h", "="} or underlined:
        yield from _section(lines, rest[0][0] if underlined else match.start("label"), words)
        return
    indent = match.start("label") - lines.start(match.start("label")) - len(mark)
    listed = False
    for start, end in lines.after(match.start("label")):
        line = lines.text[start:end]
        item = _ITEM.match(line) is not None
        if not line.strip() and not listed:
            continue
        if not line.strip() or _ends_section(lines, line, end) or (listed and not item):
            return
        if mark and _indent(line) < indent:
            return
        listed = True
        yield from _line(line, start, words)
        if not item:
            return


def _section(lines: Lines, at: int, words: Vocabulary) -> Iterator[Named]:
    """Yield the content of the lines below the one that holds `at`, up to the next heading."""
    for start, end in lines.after(at):
        line = lines.text[start:end]
        if _ends_section(lines, line, end):
            return
        if line.strip() and not _SKIPPED.match(line):
            yield from _line(line, start, words)


def _ends_section(lines: Lines, line: str, end: int) -> bool:
    return _HEADING.match(line) is not None or _UNDERLINE.match(lines.text, end + 1) is not None


def _indent(line: str) -> int:
    found = _INDENT.match(line)
    return found.end() if found else 0


def _line(line: str, offset: int, words: Vocabulary) -> Iterator[Named]:
    """Yield what to mask of a line below a heading: all of it, but for its mark and a role it names."""
    mark = _ITEM_MARK.match(line)
    begin = mark.end() if mark else 0
    labelled = _LABELLED.match(line, begin)
    if labelled and is_team(labelled["label"], words):
        begin = labelled.start("rest")
    if not is_prose(line[begin:]):
        yield Named(offset + begin, offset + len(line.rstrip(" \t|\r")), certain=True)
