"""Spans of time and lists of words as people say them. Pure."""

from collections import Counter
from datetime import timedelta

_MOST = 10
_LONGEST = 40
_HOUR, _DAY = 3600, 86_400


def ago(span: timedelta) -> str:
    """Return a span in its largest unit that gives two or more, rounded down: `3 days`, `26 hours`."""
    seconds = max(int(span.total_seconds()), 0)
    for size, unit in ((_DAY, "days"), (_HOUR, "hours"), (60, "minutes")):
        if seconds >= 2 * size:
            return f"{seconds // size} {unit}"
    return "a minute" if seconds >= 60 else "less than a minute"  # noqa: PLR2004 - seconds


def counted(words: Counter[str]) -> str:
    """Return up to ten words with their counts, the most frequent first, ties by the alphabet."""
    ranked = sorted(words.items(), key=lambda item: (-item[1], item[0]))
    told = [f"“{word[:_LONGEST]}” ({n})" for word, n in ranked[:_MOST]]
    more = [f"{len(ranked) - _MOST} more"] if len(ranked) > _MOST else []
    return ", ".join([*told, *more])
