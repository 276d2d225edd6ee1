"""What a heading means, by the variants in `config/headings.yaml`.

Templates are filled in by people: headings come numbered, with emoji, misspelt, with a zone or a date behind
them. The exact variant is tried first, then forms around it, then a slip of the pen.
"""

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from rapidfuzz import fuzz, process

FORGIVEN = 92  # percent alike (rapidfuzz ratio): one slip in a dozen letters, but not "well" for "wrong"
FORGIVEN_FROM = 6  # letters; shorter words have too many neighbours
LONGEST = 120  # characters; a longer line is prose, whatever stands before it
FALLBACK = "fallback"

_STRAIGHT = str.maketrans({"\u2019": "'", "\u2018": "'", "\u00b4": "", "\u201c": '"', "\u201d": '"'})
_NUMBERING = re.compile(
    r"^(?:\(?\d{1,2}(?:\.\d{1,2})*[.):]?\s+|[ivx]{1,4}[.)]\s+|[a-h][.)]\s+|step \d+[:.]?\s+)"
)
_SHORTCODE = re.compile(r":[a-z][a-z0-9_+-]*:")
_BRACKETS = re.compile(r"\s*[(\[][^()\[\]]*[)\]]?")
_TAIL = re.compile(r"\s+[-\u2013\u2014|]\s+|:\s+")
_SPACES = re.compile(r"\s+")
_CLOSING = " \t?:.!,;*_#-\u2013\u2014\"'"
_WHEN = re.compile(r"^[(\[]?(?:\d{1,2}[:.]\d{2}\b|\d{4}-\d{2}-\d{2}|\d{1,2}[./-]\d{1,2}[./-]\d{2,4})")


class Meaning(StrEnum):
    """What a section of a review holds."""

    TAKEAWAYS = "takeaways"
    WENT_WELL = "went_well"
    WENT_WRONG = "went_wrong"
    LUCKY = "lucky"
    FACTORS = "factors"
    FOLLOW_UPS = "follow_ups"
    TIMELINE = "timeline"
    IMPACT = "impact"
    DETECTION = "detection"
    RESPONSE = "response"
    SUMMARY = "summary"
    PEOPLE = "people"
    REFERENCE = "reference"
    OTHER = "other"


# Inside these, a general word ("Monitoring") names a part of the section, not another section.
KEPT_BY_WEAK = frozenset(
    {Meaning.TAKEAWAYS, Meaning.WENT_WELL, Meaning.WENT_WRONG, Meaning.LUCKY, Meaning.FOLLOW_UPS}
)


_GOES_ON = re.compile(r"(?:of|for|on|from|in|and) |\d")
_FIRST_WORD = re.compile(r"[^\s:,;]+")


def normalised(heading: str) -> str:
    """Return a heading as variants are written: lower case, without numbering, emoji and closing marks."""
    text = heading.translate(_STRAIGHT).casefold().replace("&", " and ")
    text = _SHORTCODE.sub(" ", text)
    if not text.isascii():
        text = "".join(
            c for c in text if c.isascii() or unicodedata.category(c) not in {"So", "Sk", "Mn", "Cf", "Co"}
        )
    text = _SPACES.sub(" ", text).strip(_CLOSING)
    # Twice: "3. 5 whys" is numbered, and so is what the variant "5 whys" looks like.
    return _NUMBERING.sub("", _NUMBERING.sub("", text)).strip(_CLOSING)


@dataclass(frozen=True, slots=True)
class Headings:
    """The known headings, compiled once."""

    exact: Mapping[str, Meaning]
    by_first: Mapping[
        str, tuple[str, ...]
    ]  # variants of two words or more by their first word, longest first
    by_last: Mapping[str, tuple[str, ...]]  # the same by their last
    weak: frozenset[str]
    fallback: frozenset[str]
    longest: int  # characters of the longest variant

    @classmethod
    def of(
        cls, variants: Iterable[tuple[Meaning, str]], weak: Iterable[str] = (), fallback: Iterable[str] = ()
    ) -> "Headings":
        """Compile (meaning, variant) pairs; where a variant is given two meanings, the first holds."""
        exact: dict[str, Meaning] = {}
        for meaning, variant in variants:
            exact.setdefault(normalised(variant), meaning)
        phrases = sorted((v for v in exact if " " in v), key=lambda v: (-len(v), v))
        return cls(
            exact,
            _grouped((p.partition(" ")[0], p) for p in phrases),
            _grouped((p.rpartition(" ")[2], p) for p in phrases),
            frozenset(map(normalised, weak)),
            frozenset(map(normalised, fallback)),
            max(map(len, exact), default=0),
        )

    def known(self, heading: str) -> Meaning | None:
        """Return the meaning of exactly this variant, or None."""
        return self.exact.get(normalised(heading)) if len(heading) <= LONGEST else None

    def is_weak(self, heading: str) -> bool:
        """Whether the heading is too general to end a learning section that it stands in."""
        return normalised(heading) in self.weak

    def is_fallback(self, heading: str) -> bool:
        """Whether the section counts as takeaways where the review has none."""
        return normalised(heading) in self.fallback

    def meaning_of(self, heading: str) -> Meaning | None:
        """Return what a heading means, or None where it is not known.

        Tried in this order: the variant; without brackets or what stands behind a dash or colon; a
        variant of several words at its beginning or end; the parts of "X/Y"; a slip of the pen; an entry
        of a timeline (it opens with a date or a time of day).
        """
        if len(heading) > LONGEST:
            return None
        text = normalised(heading)
        found = self._stem(text)
        if found is not None:
            return found
        if _WHEN.match(text):
            return Meaning.TIMELINE
        parts = [self.exact[part.strip()] for part in text.split("/") if part.strip() in self.exact]
        return parts[0] if parts else self._misspelt(text)

    def _stem(self, text: str) -> Meaning | None:
        bare = _BRACKETS.sub("", text).strip(_CLOSING)
        for form in (text, bare, *(part.strip(_CLOSING) for part in _TAIL.split(bare, maxsplit=1)[:1])):
            if form in self.exact:
                return self.exact[form]
        found = _FIRST_WORD.match(bare)
        for phrase in self.by_first.get(found[0], ()) if found else ():
            if bare.startswith(phrase) and not bare[len(phrase) : len(phrase) + 1].isalnum():
                return self.exact[phrase]
        for phrase in self.by_last.get(bare.rpartition(" ")[2], ()):
            if bare.endswith(phrase) and not bare[-len(phrase) - 1 : -len(phrase)].isalnum():
                return self.exact[phrase]
        first, _, rest = bare.partition(" ")
        # "Impact on users", "Timeline 01/05/2024"; but not "Risks we took".
        return self.exact.get(first) if _GOES_ON.match(rest) else None

    def _misspelt(self, text: str) -> Meaning | None:
        letters = sum(map(str.isalpha, text))
        if letters < FORGIVEN_FROM or len(text) > self.longest + 2:
            return None
        near = process.extractOne(text, self.exact.keys(), scorer=fuzz.ratio, score_cutoff=FORGIVEN)
        return None if near is None else self.exact[near[0]]


def _grouped(pairs: Iterable[tuple[str, str]]) -> dict[str, tuple[str, ...]]:
    groups: dict[str, list[str]] = {}
    for key, phrase in pairs:
        groups.setdefault(key, []).append(phrase)
    return {key: tuple(phrases) for key, phrases in groups.items()}
