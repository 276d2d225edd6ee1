"""Redacts one text: gathers what is to be masked, in the source and in what is shown of it."""

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from digest.redact import handles, names, people, scan
from digest.redact.excerpt import masked_lines
from digest.redact.lines import Named
from digest.redact.mask import Redacted, Span, merge, put
from digest.redact.names import People
from digest.redact.phrases import words_of
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
    page = Page.of(text, rules)
    known = known_people(people, rules) + page.people(rules)
    return put(text, page.spans(rules, known), first_line)


def is_clean(text: str, rules: Rules, people: Sequence[str] = ()) -> tuple[str, ...]:
    """Return the kinds still to be masked in a finished text, sorted; empty where it is clean.

    People sections are not looked for: a finished text may say "Owner: the Checkout team".
    """
    page = Page.plain(View.of(text))
    return tuple(sorted({span.kind for span in page.found(rules, known_people(people, rules))}))


def known_people(written: Iterable[str], rules: Rules) -> People:
    """Read people out of a tracker's fields."""
    known = People()
    for one in written:
        known += names.read(one, rules, certain=True)
    return known


@dataclass(frozen=True, slots=True)
class Page:
    """A text under redaction: itself, what is shown of it where that differs, and where it names people."""

    views: tuple[View, ...]
    named: tuple[Named, ...] = ()

    @classmethod
    def of(cls, text: str, rules: Rules, spare: Iterable[str] = ()) -> "Page":
        """Return a text with the places that name people; a team or service in `spare` is none."""
        page = cls.plain(View.of(text))
        shown = page.views[-1]
        teams = {tuple(words_of(name)) for name in spare}
        named = (
            one
            for one in people.places(shown, rules.people)
            if one.certain or tuple(words_of(shown.text[one.start : one.end])) not in teams
        )
        return replace(page, named=tuple(named))

    @classmethod
    def plain(cls, view: View) -> "Page":
        """Return a text whose people sections are not looked for."""
        shown = visible(view)
        return cls((view,) if shown is view else (view, shown))

    def people(self, rules: Rules, spare: Iterable[str] = ()) -> People:
        """Return who is named in the people sections.

        Args:
            rules: what is a team and no name.
            spare: names of teams and services, which no person is taken to bear alone.
        """
        shown = self.views[-1]
        sure, unsure = people.learn(shown, self.named, rules)
        return names.without(sure, spare, "") + names.without(unsure, spare, shown.text)

    def spans(self, rules: Rules, known: People) -> list[Span]:
        """Return all that is to be masked, apart from one another and in order.

        What is masked is looked at again with its masks in place, until nothing more is found.
        """
        text = self.views[0].text
        spans = merge(text, self.found(rules, known))
        for _ in range(_LOOKS if spans else 0):
            again = Page.plain(masked_lines(text, spans))
            more = merge(text, [*spans, *again.found(rules, known)])
            if more == spans:
                break
            spans = more
        return spans

    def found(self, rules: Rules, known: People) -> list[Span]:
        """Return what is found at one look, as stretches of the source, in no order."""
        found = scan.secrets(self.views, rules)
        found += people.spans(self.views[-1], self.named, rules)
        logins = People()
        for view in self.views:
            at, telling = handles.spans(view, rules)
            found += at
            logins += telling
        for view in self.views:
            found += names.find(view, known + logins, rules)
            found += customers(view, rules)
        return _outside_masks(self.views[0], found, rules)


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
