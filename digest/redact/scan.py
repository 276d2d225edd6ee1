"""Finds secrets: tries each rule only around its keywords, in the source and in what is shown of it."""

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from itertools import pairwise

from digest.redact.mask import Span
from digest.redact.rules import Rule, Rules
from digest.redact.view import View, unwrapped

# A match may begin before its keyword: an e-mail address, a setting's name.
_BEFORE = 100
# How far a window is drawn out so as not to end within a word.
_STRETCH = 4_000
_BLANK = re.compile(r"\s")
# What stands after a line break belongs to a token already found only if it looks like more of it.
_MORE_TOKEN = 10


def secrets(views: Sequence[View], rules: Rules) -> list[Span]:
    """Return the secrets of a text as stretches of it; `views` are the text and what is shown of it."""
    spans: list[Span] = []
    wrapped: list[Rule] = []
    for view in views:
        tried = [rule for rule in rules.secrets if _may_match(rule, view)]
        wrapped = [rule for rule in tried if rule.wrapped]
        spans += _of(view, rules, tried)
    if wrapped:
        spans += _over_breaks(views[-1], rules, spans, wrapped)
    return spans


def _may_match(rule: Rule, view: View) -> bool:
    folded = view.folded
    for keyword in rule.keywords:  # a plain loop: this line runs more often than any other
        if keyword in folded:
            break
    else:
        if rule.keywords:
            return False
    return rule.needs is None or rule.needs.search(view.text) is not None


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
    """Return the stretches around a rule's keywords, apart from one another, in order."""
    if not rule.keywords:
        return [(0, len(text))]
    found: list[tuple[int, int]] = []
    for keyword in rule.keywords:
        at = folded.find(keyword)
        while at >= 0:
            begin, last = max(0, at - _BEFORE), at
            # Keywords close together share a window, so that many of them cost no more than one.
            while (further := folded.rfind(keyword, last + 1, last + rule.reach)) > last:
                last = further
            end = _word_end(text, last + rule.reach)
            found.append((begin, end))
            at = folded.find(keyword, max(end, last + 1))
    return _joined(found)


def _word_end(text: str, at: int) -> int:
    if at >= len(text):
        return len(text)
    blank = _BLANK.search(text, at, at + _STRETCH)
    return blank.start() if blank else min(len(text), at + _STRETCH)


def _joined(windows: list[tuple[int, int]]) -> list[tuple[int, int]]:
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
            span = Span(*joined.source(start, end), rule.kind)
            known_part = any(span.start < other.end and other.start < span.end for other in known)
            pieces = _pieces(joined, start, end)
            if len(pieces) > 1 and (not known_part or all(map(_more_token, pieces[1:]))):
                found.append(span)
    return found


def _pieces(joined: View, start: int, end: int) -> list[str]:
    """Return what stands on each line of a stretch that was joined over line breaks."""
    cuts = [at for at in joined.starts[bisect_right(joined.starts, start) :] if at < end]
    return [joined.text[a:b] for a, b in pairwise([start, *cuts, end])]


def _more_token(piece: str) -> bool:
    return len(piece) >= _MORE_TOKEN and any(c.isdigit() for c in piece) and any(c.isalpha() for c in piece)
