"""Finds secrets: tries each rule only around its keywords, in the source and in what is shown of it."""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise

from digest.redact.mask import Span
from digest.redact.rules import Rule, Rules
from digest.redact.view import View, unwrapped

# A match may begin before its keyword: an e-mail address, a setting's name.
_BEFORE = 100
# How far a window is drawn out so as not to end within a word.
_STRETCH = 4_000
_HIDDEN = re.compile(r"__|<[/A-Za-z][A-Za-z0-9]{0,12}[ \t\n]")
_BLANK = re.compile(r"\s")
# What stands after a line break belongs to a token already found only if it looks like more of it.
_MORE_TOKEN = 10


def secrets(views: Sequence[View], rules: Rules) -> list[Span]:
    """Return the secrets of a text as stretches of it; `views` are the text and what is shown of it."""
    spans: list[Span] = []
    wrapped: list[Rule] = []
    tried: Sequence[Rule] = rules.secrets
    for view in reversed(views):
        tried = _may_match(tried, view)
        wrapped = wrapped or [rule for rule in tried if rule.wrapped]
        spans += _of(view, rules, tried)
        # A keyword of the source is shown too, unless it stands within a tag or is read as a mark.
        tried = rules.secrets if _HIDDEN.search(views[0].text) else tried
    if wrapped:
        spans += _over_breaks(views[-1], rules, spans, wrapped)
    return spans


def _may_match(rules: Sequence[Rule], view: View) -> list[Rule]:
    """Return the rules that stand a chance: one of their keywords is there, and what they need."""
    needs: dict[re.Pattern[str], bool] = {}
    tried = []
    for rule in rules:
        if rule.keywords and not _holds(view.folded, rule.keywords):
            continue
        if rule.needs is not None and rule.needs not in needs:
            needs[rule.needs] = rule.needs.search(view.text) is not None
        if rule.needs is None or needs[rule.needs]:
            tried.append(rule)
    return tried


def _holds(text: str, keywords: Sequence[str]) -> bool:
    for keyword in keywords:  # noqa: SIM110  any() takes twice as long, and nothing runs more often
        if keyword in text:
            return True
    return False


def _of(view: View, rules: Rules, tried: Sequence[Rule]) -> list[Span]:
    spans = []
    for rule in tried:
        for start, end in _stretches(rule, view.text, view.folded):
            begin, finish = view.source(start, end)
            if not rules.allows(view.text[start:end]):
                spans.append(Span(begin, finish, rule.kind))
    return spans


def _stretches(rule: Rule, text: str, folded: str) -> Iterator[tuple[int, int]]:
    for begin, end in _windows(rule, text, folded):
        match = rule.pattern.search(text, begin, end)
        while match is not None:
            found = rule.check(match, rule.group) if match[rule.group] else None
            if found is not None:
                yield found
            # A check may take less than the pattern did: what follows may be another one.
            done = found[1] if found else match.end()
            match = rule.pattern.search(text, max(done, match.start() + 1), end)


def _windows(rule: Rule, text: str, folded: str) -> list[tuple[int, int]]:
    """Return the stretches around a rule's keywords, or what it needs, apart from one another, in order."""
    if rule.keywords:
        return _joined(
            [window for keyword in rule.keywords for window in _around(keyword, rule, text, folded)]
        )
    if rule.needs is None:
        return [(0, len(text))]
    around = ((max(0, m.start() - _BEFORE), m.end() + rule.reach) for m in rule.needs.finditer(text))
    return [(begin, _word_end(text, end)) for begin, end in _joined(around)]


def _around(keyword: str, rule: Rule, text: str, folded: str) -> Iterator[tuple[int, int]]:
    at = folded.find(keyword)
    while at >= 0:
        last = at
        # Keywords close together share a window, so that many of them cost no more than one.
        while (further := folded.rfind(keyword, last + 1, last + rule.reach)) > last:
            last = further
        end = _word_end(text, last + rule.reach)
        yield max(0, at - _BEFORE), end
        at = folded.find(keyword, max(end, last + 1))


def _word_end(text: str, at: int) -> int:
    if at >= len(text):
        return len(text)
    blank = _BLANK.search(text, at, at + _STRETCH)
    return blank.start() if blank else min(len(text), at + _STRETCH)


def _joined(windows: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    joined: list[tuple[int, int]] = []
    for begin, end in sorted(windows):
        if joined and begin <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((begin, end))
    return joined


def _over_breaks(shown: View, rules: Rules, known: Sequence[Span], wrapped: Sequence[Rule]) -> list[Span]:
    """Return secrets that go on after a line break."""
    found = []
    joined = unwrapped(shown)
    for rule in wrapped:
        for start, end in _stretches(rule, joined.text, joined.folded):
            if rules.allows(joined.text[start:end]):
                continue
            pieces = _pieces(joined, start, end)
            if len(pieces) == 1:
                continue
            span = Span(*joined.source(start, end), rule.kind)
            known_part = any(span.start < other.end and other.start < span.end for other in known)
            if not known_part or all(map(_more_token, pieces[1:])):
                found.append(span)
    return found


def _pieces(joined: View, start: int, end: int) -> list[str]:
    """Return what stands on each line of a stretch that was joined over line breaks."""
    first, last = bisect_right(joined.starts, start), bisect_left(joined.starts, end)
    cuts = joined.starts[first:last]
    return [joined.text[a:b] for a, b in pairwise([start, *cuts, end])]


def _more_token(piece: str) -> bool:
    return len(piece) >= _MORE_TOKEN and any(c.isdigit() for c in piece) and any(c.isalpha() for c in piece)
