"""What takeaways have in common: the theme they share, and whether two say the same.

Similar words alone merge what they should not, so two takeaways count as the same learning only where they
share a theme and half of their content words, and agree in whether something was missing. Missing a pair
costs a repetition; merging a wrong one would claim what no review says.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

from snowballstemmer import stemmer

from digest.model import Theme
from digest.takeaways.sentences import fold, words

# Shares of the content words that two takeaways have in common: of the shorter one's, and of both
# together, so that a short line is not swallowed by a long one. Set where no pair judged different was
# merged; the words before a colon, the learning without its illustration, must be nearer still.
ALIKE = (0.5, 0.3)
HEADS_ALIKE = (0.65, 0.45)
FEWEST_SHARED = 3  # content words besides the theme's own

_OWN = 2  # what a cue in the takeaway's own words counts, against 1 for all of its incident's
_CONCEPT = "\u00abtheme\u00bb"
_NEGATION = re.compile(
    r"\b(?:no|not|never|none|nobody|nothing|without|lack\w*|missing|cannot|\w+n't|un(?:able|tested|monitored))\b"
)
_OPENING = 3
_WORD_OPENING = re.compile(rf"(?<!\w)\w{{1,{_OPENING}}}")
_HEAD_END = re.compile(r"(?<=\w)[:;]\s")
_FILLING_WORDS = """
a about across after again against all along also always among an and another any are as at be
because been before behind being beside between but by can could did do does during each even ever
every for from get got had has have how i if in into is it its just likely made make makes many may
might more most much must need needs of often on once one only onto or other our out over own per
same several should since so some still such than that the their them then there these they this
those through to too two under until up upon us very via was we were what when where whether which
while who why will with within would yet you your without not no never nobody nothing none lack
lacked missing
"""
_FILLING = frozenset(re.findall(r"\w+", _FILLING_WORDS))


@dataclass(frozen=True, slots=True)
class ThemeRule:
    """A theme, and the pattern that finds its cues in folded text."""

    theme: Theme
    pattern: re.Pattern[str]
    openings: frozenset[str]  # how words begin that its cues could begin with: see `_openings`

    @classmethod
    def of(cls, theme: Theme, cues: Iterable[str]) -> "ThemeRule":
        """Compile cues; a closing `*` stands for any ending."""
        # Longest first, so that "load test" is one cue and not "load".
        ordered = sorted({fold(cue) for cue in cues}, key=lambda cue: (-len(cue), cue))
        body = "|".join(_cue(cue) for cue in ordered)
        openings = frozenset(_opening(cue) for cue in ordered)
        return cls(theme, re.compile(rf"(?<!\w)(?:{body})(?!\w)"), openings)


def _cue(cue: str) -> str:
    stem, star, _ = cue.partition("*")
    return re.sub(r"\\?[ -]", r"[\\s-]+", re.escape(stem)) + (r"\w*" if star else "")


def _opening(cue: str) -> str:
    """Return the letters that a word has to begin with for this cue; "" where it may be any word."""
    letters = _WORD_OPENING.match(cue.partition("*")[0])
    return letters[0] if letters else ""


def _openings(folded: str) -> frozenset[str]:
    """Return the first letter, two and three letters of each word; and "", which opens everything.

    A cue stands only where a word begins as the cue does. Knowing these first, most themes need no search.
    """
    longest = set(_WORD_OPENING.findall(folded))
    return frozenset(word[:length] for word in longest for length in range(_OPENING + 1)) | {""}


def theme_of(text: str, incident_words: str, rules: Sequence[ThemeRule]) -> Theme | None:
    """Return the theme with most cues in a takeaway's own words, or None where none has any.

    Ties go to the theme that the incident's words name too, then to the first.
    """
    own, around = fold(text), fold(incident_words)
    openings = _openings(own)
    best, most = None, 0
    for rule in rules:
        if rule.openings.isdisjoint(openings):
            continue
        cues = {match.group() for match in rule.pattern.finditer(own)}
        if cues:
            count = _OWN * len(cues) + bool(rule.pattern.search(around))
            if count > most:
                best, most = rule.theme, count
    return best


@dataclass(frozen=True, slots=True)
class Gist:
    """A takeaway reduced for comparing: its content words as stems, with the theme's cues as one."""

    normal: str
    theme: str | None
    stems: frozenset[str]
    head: frozenset[str]  # those before a colon or semicolon; all of them where there is none
    negated: bool


def gist_of(text: str, theme: Theme | None, rules: Sequence[ThemeRule]) -> Gist:
    """Reduce a takeaway for comparing with others."""
    folded = fold(text)
    if theme is None:  # compared word for word alone: see `same_gist`
        return Gist(" ".join(words(folded)), None, frozenset(), frozenset(), negated=False)
    pattern = next((r.pattern for r in rules if r.theme.key == theme.key), None)
    # The head is cut in the text before cues go, so that a cue beyond the colon does not count for it.
    head = _HEAD_END.split(folded, maxsplit=1)[0]
    stems = _stems(folded, pattern)
    return Gist(
        " ".join(words(folded)),
        theme.key,
        stems,
        stems if head == folded else _stems(head, pattern),
        bool(_NEGATION.search(folded)),
    )


def _stems(folded: str, pattern: re.Pattern[str] | None) -> frozenset[str]:
    bare = pattern.sub(" ", folded) if pattern else folded
    stems = {_stem(word) for word in words(bare) if word not in _FILLING and len(word) > 1}
    return frozenset(stems | {_CONCEPT}) if bare != folded else frozenset(stems)


@lru_cache(maxsize=20_000)
def _stem(word: str) -> str:
    # A stemmer of our own each time: the library's keeps the word it works on.
    return str(stemmer("english").stemWord(word))


def same_gist(a: Gist, b: Gist) -> bool:
    """Whether two takeaways say the same: word for word, or by theme, content words and negation."""
    if a.normal == b.normal:
        return bool(a.normal)
    if a.theme is None or a.theme != b.theme or a.negated != b.negated:
        return False
    return _alike(a.stems, b.stems, ALIKE) or _alike(a.head, b.head, HEADS_ALIKE)


def _alike(a: frozenset[str], b: frozenset[str], least: tuple[float, float]) -> bool:
    shared = a & b
    if len(shared - {_CONCEPT}) < FEWEST_SHARED:
        return False
    return len(shared) / min(len(a), len(b)) >= least[0] and len(shared) / len(a | b) >= least[1]


def same_learning(a: str, b: str, rules: Sequence[ThemeRule]) -> bool:
    """Whether two takeaways' texts say the same; strict, so that nothing different is merged."""
    gists = [gist_of(text, theme_of(text, "", rules), rules) for text in (a, b)]
    return same_gist(*gists)
