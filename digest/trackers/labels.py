"""Severity, visibility, lists and the like out of the words that trackers and people use. Pure.

Nothing is guessed: a word that is not understood gives None, and the caller says so.
"""

import re
from collections.abc import Mapping
from urllib.parse import urlsplit

from digest.model import ReviewState, Severity, Visibility

# What people write for "nothing here".
ABSENT = frozenset({"", "~", "-", "–", "—", "n/a", "na", "null", "none", "unknown", "tbd"})

# A ticket with more labels than this is hostile or broken.
MOST_ITEMS = 100

_SCALE_PREFIX = re.compile(r"^(?:severity|sev|priority|prio|impact)[\s:/=_.-]+", re.IGNORECASE)
_LEVEL = re.compile(
    r"(?:severity|sev|s|priority|prio|p)[\s:/=_.#-]*([0-5])(?![\w.])"  # Sev-1, S1, P1, severity::1
    r"|([0-5])(?=$|\s*[-–:(])",  # 1, 1 - Critical
    re.IGNORECASE,
)

_SEVERITY_WORDS = {
    "blocker": Severity.SEV1,
    "catastrophic": Severity.SEV1,
    "critical": Severity.SEV1,
    "crit": Severity.SEV1,
    "emergency": Severity.SEV1,
    "high": Severity.SEV2,
    "major": Severity.SEV2,
    "medium": Severity.SEV3,
    "moderate": Severity.SEV3,
    "low": Severity.SEV4,
    "minor": Severity.SEV4,
    "cosmetic": Severity.SEV5,
    "info": Severity.SEV5,
    "informational": Severity.SEV5,
    "trivial": Severity.SEV5,
}

_PUBLIC = frozenset({"public"})
# "internal", "company", "everyone" and the like are in neither: to one organisation they mean all its
# people, to the next a few of them.
_PRIVATE = frozenset(
    {
        *("private", "privat", "confidential", "strictly confidential", "restricted", "secret", "top secret"),
        *("security", "sensitive", "embargoed", "embargo", "internal only", "need to know", "hidden"),
        *("hr", "hr only", "not public", "non public", "nonpublic"),
    }
)

_STATES = {
    ReviewState.FINISHED: "finished complete completed done closed published final approved reviewed",
    ReviewState.DRAFT: "draft in_progress in_review open wip started pending",
    ReviewState.MISSING: "missing not_started todo not_needed no",
}
_STATE_OF = {word: state for state, words in _STATES.items() for word in words.split()}


def squeeze(text: str) -> str:
    """Return `text` on one line, without white space around it or runs of it inside."""
    return " ".join(text.split())


def said(text: str) -> str | None:
    """Return `text` on one line, or None where it stands for nothing ("", "-", "n/a", "none", …)."""
    line = squeeze(text)
    return None if line.casefold() in ABSENT else line


def severity_of(label: str | None, own: Mapping[str, Severity] | None = None) -> Severity | None:
    """Read a severity: the operator's `own` words first (any case), then the usual ones.

    `Sev-1`, `SEV1`, `S1`, `P1`, `severity::1`, `1 - Critical` and `1` are SEV1, and so is level 0,
    which some scales put above 1; critical, major (high), moderate (medium), minor (low) and
    trivial (info) are SEV1 to SEV5. Anything else gives None.
    """
    word = squeeze(label or "").casefold()
    if not word:
        return None
    for theirs, severity in (own or {}).items():
        if squeeze(theirs).casefold() == word:
            return severity
    level = _LEVEL.match(word)
    if level:
        return Severity(max(1, int(level[1] or level[2])))
    return _SEVERITY_WORDS.get(_SCALE_PREFIX.sub("", word))


def split_list(text: str) -> tuple[str, ...]:
    """Split a cell that holds several: at semicolons and line ends where there are any, else at commas.

    Order is kept, repeats and empty items are not; at most `MOST_ITEMS` are.
    """
    marks = r"[;\n]" if ";" in text or "\n" in text.strip() else ","
    items = (said(item) for item in re.split(marks, text))
    return tuple(dict.fromkeys(item for item in items if item))[:MOST_ITEMS]


def yes_no(text: str | None) -> bool | None:
    """Read yes or no in the words of YAML and spreadsheets; None where it is neither."""
    word = (text or "").strip().casefold()
    if word in {"yes", "y", "true", "1", "on"}:
        return True
    return False if word in {"no", "n", "false", "0", "off"} else None


def visibility_of(text: str | None) -> Visibility:
    """Read who may see an incident; a word that is not understood is `unknown`, and so keeps it out."""
    word = squeeze(re.sub(r"[-_]", " ", text or "")).casefold()
    if word in _PUBLIC:
        return Visibility.PUBLIC
    return Visibility.PRIVATE if word in _PRIVATE else Visibility.UNKNOWN


def strictest(told: list[Visibility]) -> Visibility | None:
    """Return the most careful of what several places told; None where none told anything."""
    for visibility in (Visibility.PRIVATE, Visibility.UNKNOWN, Visibility.PUBLIC):
        if visibility in told:
            return visibility
    return None


def review_state_of(text: str | None) -> ReviewState | None:
    """Read how far a review has come; None where the word is not understood."""
    return _STATE_OF.get("_".join((text or "").casefold().replace("-", " ").split()))


def web_address(text: str | None) -> str | None:
    """Return `text` where it is an http(s) address with a host, else None: nobody clicks anything else."""
    address = (text or "").strip()
    if re.search(r"[\x00-\x20\x7f\\<>\"]", address):
        return None
    try:
        parts = urlsplit(address)
        host = parts.hostname
    except ValueError:
        return None
    return address if parts.scheme.lower() in {"http", "https"} and host else None
