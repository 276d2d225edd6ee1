"""All forms state the same facts: every number, key and word of an edition, found where it belongs."""

import re
from collections.abc import Callable, Iterator
from dataclasses import fields, is_dataclass, replace
from datetime import datetime
from enum import Enum
from itertools import count
from typing import Any
from urllib.parse import unquote

import pytest
from render.seen import html_text, links, markdown_parser, one_line

from digest.model import Count, Edition, Rendering
from digest.period import Month
from digest.render import Renderer

# What a form leaves out, and why. Anything else that an edition holds must be in all three.
NOWHERE = {
    "Edition.audience",  # whom it is for, not what it says
    "Edition.subject",  # the mail's header; compared below
    "Edition.revision",  # the ledger's
    "Card.theme",  # readers get its question
    "IncidentRow.group",  # counted in the matrix; the table has the tracker's own words
    "Problem.stage",  # for the operator
    "Month.zone",
    "Month.year",
    "Month.number",
}
PAGE_ONLY = {
    "Card.heading",  # where the words stand is for who looks them up
    "Card.line",
    "IncidentRow.tags",  # the mail's table is short
}
MAIL_ONLY = {"Edition.preheader"}  # what a mailbox shows before it is opened
# What a note for a chat tells, of its first three takeaways; the mail and the page have the rest.
IN_A_NOTE = {"Masthead.title", "Masthead.facts", "Edition.lead", "Card.text", "Card.incident"}
# Words of a note that are its own: they say what follows, or where to go on.
NOTES_OWN = ("Worth repeating", "Read the full page", "https://page.invalid/", "We are sorry")


def rebuilt(value: Any, change: Callable[[str, Any], Any], path: str = "") -> Any:
    """Return `value` with every text and number in it put through `change`."""
    if isinstance(value, Month | datetime | Enum | bool) or value is None:
        return value
    if isinstance(value, tuple):
        return tuple(rebuilt(item, change, path) for item in value)
    if is_dataclass(value):
        name = type(value).__name__
        parts = {f.name: rebuilt(getattr(value, f.name), change, f"{name}.{f.name}") for f in fields(value)}
        return replace(value, **parts)  # type: ignore[type-var]
    return change(path, value)


def leaves(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    found: list[tuple[str, Any]] = []
    rebuilt(value, lambda where, leaf: found.append((where, leaf)) or leaf, path)
    return iter(found)


def numbered(edition: Edition) -> Edition:
    """Give each number of `edition` a value that no other has, so that finding it means something."""
    numbers = count(3001)

    def other(path: str, value: Any) -> Any:
        return next(numbers) if isinstance(value, int) and path != "Edition.revision" else value

    return rebuilt(edition, other)


def shown(form: str, rendering: Rendering) -> str:
    """Return what a reader of `form` sees, links' targets after it."""
    if form == "text":
        return one_line(unquote(rendering.text))
    html = rendering.html if form == "html" else markdown_parser().render(rendering.markdown)
    return " ".join([html_text(html), *map(unquote, links(html))])


def expected(value: Any) -> str:
    return f"{value:,}" if isinstance(value, int) else " ".join(str(value).split())


def counted_before(edition: Edition) -> set[int]:
    """Return the figures of earlier months that stand behind a median and a range, not for themselves."""
    matrix = edition.matrix
    hidden = {n for row in matrix.rows for cell in row.cells for n in cell.before} if matrix else set()
    for total in [*matrix.totals, matrix.total, *(row.total for row in matrix.rows)] if matrix else []:
        hidden |= set(total.before) - {total.low, total.high, int(total.median)}
    return hidden | set(edition.waiting.incidents.before if edition.waiting else ())


@pytest.mark.parametrize("form", ["html", "text", "markdown"])
@pytest.mark.parametrize("month", ["rich", "quiet", "unread"])
def test_every_fact_of_an_edition_is_in_each_form_that_has_it(
    form: str, month: str, renderer: Renderer, request: pytest.FixtureRequest
) -> None:
    edition = numbered(request.getfixturevalue(month))
    page = shown(form, renderer.render(edition))
    left_out = (
        NOWHERE | (set() if form == "html" else MAIL_ONLY) | (set() if form == "markdown" else PAGE_ONLY)
    )
    behind = counted_before(edition)

    missing = [
        (path, value)
        for path, value in leaves(edition)
        if path not in left_out and value not in behind and not _stands_in(page, expected(value))
    ]

    assert missing == []


def _stands_in(page: str, words: str) -> bool:
    # Lower case: a line's first letter is raised. A heading on the page has no full stop.
    pattern = rf"(?<!\d){re.escape(words.rstrip('.').lower())}(?!\d)"
    return re.search(pattern, page.lower()) is not None


@pytest.mark.parametrize("month", ["rich", "quiet", "unread"])
def test_a_note_tells_the_month_and_three_takeaways(
    month: str, renderer: Renderer, request: pytest.FixtureRequest
) -> None:
    edition = numbered(request.getfixturevalue(month))
    key = edition.key_takeaways[:3]
    short = replace(edition, key_takeaways=key, worth_repeating=edition.worth_repeating[: 3 - len(key)])
    short = replace(short, went_right=(), incidents=())

    notice = renderer.render(edition).notice

    missing = [
        (path, value)
        for path, value in leaves(short)
        if path in IN_A_NOTE and not _stands_in(one_line(notice), expected(value))
    ]
    assert missing == []
    assert len([line for line in notice.split("\n") if line[:1].isdigit() and ". " in line[:3]]) == len(
        [*short.key_takeaways, *short.worth_repeating]
    )
    assert "October 2026" in notice.split("\n")[0]


def test_a_note_tells_what_could_not_be_read(renderer: Renderer, unread: Edition) -> None:
    [problem] = unread.problems
    assert f"Incidents may be missing. {problem.subject}: {problem.detail}" in renderer.render(unread).notice


@pytest.mark.parametrize("page", [False, True])
@pytest.mark.parametrize("month", ["rich", "quiet", "unread"])
def test_a_note_says_nothing_that_the_mail_does_not(
    month: str, renderer: Renderer, request: pytest.FixtureRequest, *, page: bool
) -> None:
    edition = numbered(request.getfixturevalue(month))
    made = renderer.render(edition, page=page)
    mail = shown("html", made)
    lines = [line for line in made.notice.split("\n") if line and not line.startswith(NOTES_OWN)]

    said = [
        part
        for line in lines
        for part in re.split(r"^\d\. | \(|\)$|, | · |^Incidents may be missing\. |(?<=Jira): ", line)
        if part
    ]

    assert lines
    assert [part for part in said if not _stands_in(mail, one_line(part))] == []


def test_the_subject_is_the_editions(renderer: Renderer, rich: Edition) -> None:
    assert renderer.render(rich).subject == rich.subject


def test_a_number_that_a_form_lost_would_be_missed(rich: Edition) -> None:
    assert not _stands_in("13,001 and 3,0012", "3,001")
    assert _stands_in("there are 3,001.", "3,001")
    assert len({value for _, value in leaves(numbered(rich)) if isinstance(value, int)}) > 100


def test_counts_of_too_few_months_are_not_compared(renderer: Renderer, rich: Edition) -> None:
    few = replace(rich, matrix=_with_months(rich.matrix, 2))

    for page in (renderer.render(few).html, renderer.render(few).text, renderer.render(few).markdown):
        assert "median" not in page.lower()
        assert "too few months" in page


def _with_months(matrix: Any, months: int) -> Any:
    def cut(value: Any) -> Any:
        if isinstance(value, Count):
            return Count(value.now, value.before[:months])
        if isinstance(value, tuple):
            return tuple(cut(item) for item in value)
        if is_dataclass(value):
            return replace(value, **{f.name: cut(getattr(value, f.name)) for f in fields(value)})  # type: ignore[type-var]
        return value

    return cut(matrix)
