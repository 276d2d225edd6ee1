"""How a review speaks: blame, hindsight, to-dos posing as learnings; and which language it is in.

The check advises with a position, a reason and another wording. It never rewrites.
"""

import re
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from digest.model import Finding, Review
from digest.takeaways.headings import Meaning
from digest.takeaways.sections import Section
from digest.takeaways.sentences import fold, words

BLAME = "blame"
HINDSIGHT = "hindsight"
FIX_LIKE = "fix-like"
ENGLISH = "en"
OTHER = "other"

_UNCHECKED = frozenset({Meaning.PEOPLE, Meaning.REFERENCE})
_CLOSING = " \t.:;,!?-\u2013\u2014_*`\"'()[]"
_SPACE = re.compile(r"[ ](?![?*+{])")
_SAMPLED = 2_000  # characters are enough to know a language
_FEWEST_WORDS = 25  # below, nothing can be told; English is taken for granted
_KNOWN_SHARE = 0.08  # of the words are among a language's commonest, if it is that language
_AHEAD = 1.25  # another language must be ahead of English by so much
_FOREIGN_SHARE = 0.3  # of the letters beyond Latin
_BEYOND_LATIN = re.compile(r"[^\W\d_\u0000-\u024f]")
_WINDOW = 80  # characters before a hit in which its subject may stand
_MOST_QUOTED = 120


@dataclass(frozen=True, slots=True)
class Rule:
    """Words to find, why they matter, and another wording."""

    name: str
    pattern: re.Pattern[str]  # for folded text
    why: str
    instead: str


@dataclass(frozen=True, slots=True)
class Language:
    """`config/language.yaml`, compiled."""

    empty: frozenset[str]
    template: re.Pattern[str]
    prompts: re.Pattern[str]
    rules: tuple[Rule, ...]
    anchors: re.Pattern[str]  # finds, cheaply, wherever a rule could match
    fix_like: Rule
    cues: Mapping[str, re.Pattern[str]]
    stopwords: Mapping[str, frozenset[str]]

    def is_empty(self, quote: str, emphasised: bool = False) -> bool:  # noqa: FBT001, FBT002 -- a mark of the words
        """Whether a line says nothing: N/A, a template's prompt, punctuation."""
        folded = " ".join(fold(quote).split())
        bare = folded.strip(_CLOSING)
        if not any(map(str.isalpha, bare)) or bare in self.empty or self.template.fullmatch(folded):
            return True
        return emphasised and bool(self.prompts.match(bare))

    def rules_in(self, text: str) -> frozenset[str]:
        """Return which rules (blame, hindsight) a text matches."""
        return frozenset(hit[2].name for hit in _hits(fold(text), self))

    def is_fix_like(self, text: str) -> bool:
        """Whether a line, its list mark removed, opens as work to do."""
        return bool(self.fix_like.pattern.match(fold(text)))


def held_to_words(patterns: Iterable[str]) -> re.Pattern[str]:
    """Compile patterns as alternatives, each a whole word or phrase; a space stands for any white space.

    Raises:
        re.error: one of them is no regular expression.
    """
    body = "|".join(_SPACE.sub(r"\\s+", pattern) for pattern in patterns)
    return re.compile(rf"(?<!\w)(?:{body})(?!\w)")


def findings_of(review: Review, sections: Sequence[Section], language: Language) -> tuple[Finding, ...]:
    """Find blame and hindsight in a review's own words, in the order of the text.

    Code, quotations, people and reference sections are not looked at.
    """
    text = fold(review.text)
    hits = tuple(_hits(text, language))
    if not hits:
        return ()
    starts = [0, *(match.end() for match in re.finditer("\n", text))]
    looked_at = _lines_of(sections)
    found = []
    for start, end, rule in hits:
        line = bisect_right(starts, start) - 1
        if line in looked_at and not _struck(text, starts[line], start):
            place = review.origin.locate(line, start - starts[line])
            words_found = " ".join(review.text[start:end].split())
            found.append(Finding(rule.name, *place, words_found, rule.why, rule.instead))
    return tuple(found)


def fix_finding(review: Review, line: int, column: int, quote: str, language: Language) -> Finding:
    """Return the finding for a to-do under a learning heading; `line` and `column` are 0-based."""
    words_found = quote if len(quote) <= _MOST_QUOTED else quote[:_MOST_QUOTED].rsplit(" ", 1)[0] + "\u2026"
    rule = language.fix_like
    return Finding(rule.name, *review.origin.locate(line, column), words_found, rule.why, rule.instead)


def _hits(text: str, language: Language) -> Iterator[tuple[int, int, Rule]]:
    """Yield start, end and rule of what is found in folded text; where two overlap, the first rule's."""
    reached = 0
    for anchor in language.anchors.finditer(text):
        if anchor.start() < reached:
            continue
        window = max(reached, anchor.start() - _WINDOW)
        best = None
        for rule in language.rules:
            match = _around(rule, text, window, anchor)
            if match and (best is None or (rule.name == BLAME) > (best[2].name == BLAME)):
                best = (match.start(), match.end(), rule)
        if best:
            yield best
            reached = best[1]


def _around(rule: Rule, text: str, window: int, anchor: re.Match[str]) -> re.Match[str] | None:
    """Return the rule's match that covers the anchor's beginning."""
    for match in rule.pattern.finditer(text, window, min(len(text), anchor.end() + _WINDOW)):
        if match.start() <= anchor.start() < match.end():
            return match
    return None


def _lines_of(sections: Sequence[Section]) -> set[int]:
    return {
        number
        for section in sections
        if section.meaning not in _UNCHECKED
        for block in section.blocks
        for number in range(block.line, block.line + len(block.source))
    }


def _struck(text: str, line_start: int, start: int) -> bool:
    return text.count("~~", line_start, start) % 2 == 1


def language_of(text: str, stopwords: Mapping[str, frozenset[str]]) -> str:
    """Return the code of the language that a text is most likely in, or "other".

    By the share of each language's commonest words. A text too short to tell counts as English.
    """
    sample = text[:_SAMPLED]
    if not sample.isascii():
        letters = sum(map(str.isalpha, sample))
        if len(_BEYOND_LATIN.findall(sample)) > _FOREIGN_SHARE * letters:
            return OTHER
    found = Counter(words(sample.lower()))
    total = sum(found.values())
    if total < _FEWEST_WORDS:
        return ENGLISH
    # Only the words in both: a `Counter` is slow to say that it lacks a word.
    shares = {
        code: sum(map(found.__getitem__, known & found.keys())) / total for code, known in stopwords.items()
    }
    best = max(shares, key=lambda code: (shares[code], code == ENGLISH, code), default=ENGLISH)
    english = shares.get(ENGLISH, 0.0)
    if best != ENGLISH and shares[best] >= _KNOWN_SHARE and shares[best] > _AHEAD * english:
        return best
    return ENGLISH if english >= _KNOWN_SHARE / 2 else OTHER
