"""Marks that a review is private, wherever in its head they stand; for what is no front matter, or broken.

A reader of front matter sees what is well formed. A slip in it (an empty line before it, a rule too
long, none to close it) must not make a private review a public one, so its head is read as lines, too.
"""

import re

from digest.model import Visibility
from digest.trackers import labels

_MOST_LINES = 600
_WORDS = ("visibility", "priva", "confidential", "restricted", "embargo")
_HEADING = re.compile(r"#{1,6}\s")
_MARK = re.compile(
    r"[\s>|*_\"'-]{0,40}(?P<name>visibility|privacy|private|confidential|restricted|embargo(?:ed)?)"
    r"[\s*_\"']{0,10}[:=](?P<value>[^\n]{1,80})",
    re.IGNORECASE,
)


def says_private(text: str) -> bool:
    """Whether a line before the first heading marks the review as private."""
    folded = text.lower()
    if not any(word in folded for word in _WORDS):  # nearly always, and far cheaper than line by line
        return False
    for line in text.split("\n", _MOST_LINES)[:_MOST_LINES]:
        if _HEADING.match(line):
            return False
        match = _MARK.match(line)
        if match and _is_private(match["name"].casefold(), match["value"].strip(" \t\r*_\"'|,")):
            return True
    return False


def _is_private(name: str, value: str) -> bool:
    if labels.visibility_of(value) is Visibility.PRIVATE:
        return True
    return name not in {"visibility", "privacy"} and bool(labels.yes_no(value))
