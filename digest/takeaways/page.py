"""A review's lines, each with where it stands: what a scorer is shown."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from digest.model import Review
from digest.takeaways.extract import Candidate, candidates_of, why_dropped
from digest.takeaways.headings import Headings, Meaning
from digest.takeaways.language import Language
from digest.takeaways.printed import printed_text
from digest.takeaways.sections import Section, sections_of, title_of
from digest.takeaways.sentences import clean

SOURCES = (Meaning.TAKEAWAYS, Meaning.WENT_WRONG, Meaning.FACTORS)  # what a table's column must be headed by
_UNREAD = (Meaning.PEOPLE, Meaning.REFERENCE)


@dataclass(frozen=True, slots=True)
class Line:
    """One candidate as a scorer sees it; its words as they would be printed."""

    text: str
    candidate: Candidate
    fix_like: bool = False

    @property
    def meaning(self) -> Meaning:
        """What the section holds that the line stands in."""
        return self.candidate.section.meaning

    @property
    def heading(self) -> str:
        """The heading that the line stands under, "" before the first."""
        return self.candidate.section.heading or ""


@dataclass(frozen=True, slots=True)
class Page:
    """A review's lines in the order of the text, each once."""

    title: str
    lines: Sequence[Line]
    length: int  # lines of the whole text
    dropped: tuple[tuple[str, str], ...] = ()  # words that are no candidate, and why
    sections: tuple[Section, ...] = ()


def page_of(review: Review, title: str, headings: Headings, language: Language) -> Page:
    """Read a review's lines from every section but those on people and on further reading."""
    sections = sections_of(review.text, review.format, headings)
    text = review.text.split("\n")
    own = title_of(sections)
    seen: set[str] = {clean(own)} if own else set()  # the title says what happened, not what was learnt
    lines: list[Line] = []
    dropped: list[tuple[str, str]] = []
    for section in sections:
        if section.meaning in _UNREAD:
            continue
        for candidate in candidates_of(section, text, takes_column=column_of(section.meaning, headings)):
            reason = why_dropped(candidate, language.is_empty)
            if reason:
                dropped.append((candidate.quote, reason))
            elif candidate.quote not in seen:
                seen.add(candidate.quote)
                lines.append(_line(candidate, language))
    return Page(own or title, lines, len(text), tuple(dropped), sections)


def column_of(meaning: Meaning, headings: Headings) -> Callable[[str], bool]:
    """Return which columns of a table hold lines: one headed as learnings are, whatever stands around it.

    What went well, factors and work to do are taken from any table under such a heading; all else is data.
    """
    if meaning in {Meaning.WENT_WELL, Meaning.LUCKY, Meaning.FACTORS, Meaning.FOLLOW_UPS}:
        return lambda _: True
    return lambda head: headings.known(head) in SOURCES


def _line(candidate: Candidate, language: Language) -> Line:
    text = printed_text(candidate.quote)
    return Line(text, candidate, language.is_fix_like(text))
