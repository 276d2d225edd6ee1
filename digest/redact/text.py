"""Redacts one text: gathers what is to be masked, in the source and in what is shown of it."""

from bisect import bisect_right
from collections.abc import Iterable, Sequence

from digest.redact import handles, names, people, scan
from digest.redact.excerpt import masked_lines
from digest.redact.mask import Redacted, Span, merge, put
from digest.redact.names import People
from digest.redact.rules import CUSTOMER, Rules
from digest.redact.view import View, visible

# Each look finds less; a text that goes on giving is somebody's joke.
_LOOKS = 5


def redact_text(text: str, rules: Rules, people: Sequence[str] = (), first_line: int = 0) -> Redacted:
    """Mask the secrets, addresses, handles, customers and people of a text.

    Args:
        text: in Markdown, HTML, wiki markup or plain.
        rules: what to mask.
        people: who took part, as the tracker names them; names, logins or addresses. Those of the
            text's own people sections are found besides.
        first_line: how many lines of the file come before the text.

    Returns:
        The text with masks of a fixed size, each line still on its own line; masked again, it stays
        as it is. Its `origin` gives the file's own line and column of every place.
    """
    views = views_of(text)
    known = known_people(people, rules) + people_of(views[-1], rules)
    return put(text, all_spans(views, rules, known), first_line)


def is_clean(text: str, rules: Rules, people: Sequence[str] = ()) -> tuple[str, ...]:
    """Return the kinds still to be masked in a finished text, sorted; empty where it is clean.

    People sections are not looked for: a finished text may say "Owner: the Checkout team".
    """
    found = spans_of(views_of(text), rules, known_people(people, rules), sections=False)
    return tuple(sorted({span.kind for span in found}))


def views_of(text: str) -> list[View]:
    """Return the source and, where it differs, what is shown of it; the latter stands last."""
    return _with_visible(View.of(text))


def _with_visible(view: View) -> list[View]:
    shown = visible(view)
    return [view] if shown is view else [view, shown]


def known_people(written: Iterable[str], rules: Rules) -> People:
    """Read people out of a tracker's fields."""
    known = People()
    for one in written:
        known += names.read(one, rules, certain=True)
    return known


def people_of(view: View, rules: Rules, spare: Iterable[str] = ()) -> People:
    """Return who is named in the people sections of a text.

    Args:
        view: what is shown of it.
        rules: their vocabulary says where people are named.
        spare: names of teams and services, which no person is taken to bear alone.
    """
    sure, unsure = people.learn(view, people.places(view, rules.people), rules)
    return names.without(sure, spare, "") + names.without(unsure, spare, view.text)


def all_spans(views: Sequence[View], rules: Rules, known: People) -> list[Span]:
    """Return all that is to be masked in a text, apart from one another and in order.

    What is masked is looked at again with its masks in place, until nothing more is found.
    """
    text = views[0].text
    spans = merge(text, spans_of(views, rules, known))
    for _ in range(_LOOKS if spans else 0):
        again = _with_visible(masked_lines(text, spans))
        more = merge(text, [*spans, *spans_of(again, rules, known, sections=False)])
        if more == spans:
            break
        spans = more
    return spans


def spans_of(views: Sequence[View], rules: Rules, known: People, *, sections: bool = True) -> list[Span]:
    """Return all that is to be masked in a text, as stretches of it, in no order."""
    found = scan.secrets(views, rules)
    if sections:
        found += people.spans(views[-1], people.places(views[-1], rules.people), rules)
    logins = People()
    for view in views:
        at, telling = handles.spans(view, rules)
        found += at
        logins += telling
    for view in views:
        found += names.find(view, known + logins, rules)
        found += customers(view, rules)
    return _outside_masks(views[0], found, rules)


def customers(view: View, rules: Rules) -> Iterable[Span]:
    """Yield where the operator's customers are named."""
    for start, end, _ in rules.customers.find(view.folded):
        if not rules.allows(view.text[start:end]):
            yield Span(*view.source(start, end), CUSTOMER)


def _outside_masks(view: View, found: Sequence[Span], rules: Rules) -> list[Span]:
    """Leave out what lies within a mask, so that a customer named "Token" leaves `[token]` alone."""
    masks = [view.source(*match.span()) for match in rules.masks.finditer(view.text)]
    starts = [start for start, _ in masks]
    return [span for span in found if not _is_within(span, masks, starts)]


def _is_within(span: Span, masks: Sequence[tuple[int, int]], starts: Sequence[int]) -> bool:
    before = bisect_right(starts, span.start) - 1
    return before >= 0 and span.end <= masks[before][1]
