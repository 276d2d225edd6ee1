"""One incident's review read: takeaways, remarks, what was dropped, what the language check finds."""

import hashlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

from digest.model import Finding, Incident, Reading, Remark, ReviewState, Standing, Takeaway
from digest.takeaways.extract import Candidate, candidates_of, printed_text, why_dropped
from digest.takeaways.headings import Meaning
from digest.takeaways.language import ENGLISH, findings_of, fix_finding, language_of
from digest.takeaways.lexicon import Lexicon
from digest.takeaways.score import SOURCES, Judged, Line, judge
from digest.takeaways.sections import Section, sections_of, title_of
from digest.takeaways.sentences import clean
from digest.takeaways.themes import theme_of

UNFINISHED = "the review is not finished"
_HASH_DIGITS = 6


@dataclass(frozen=True, slots=True)
class _Desk:
    """What reading one review needs at hand."""

    incident: Incident
    lexicon: Lexicon
    sections: tuple[Section, ...]
    lines: tuple[str, ...]
    language: str

    @property
    def english(self) -> bool:
        return self.language == ENGLISH

    def place(self, candidate: Candidate) -> tuple[int, int]:
        """Return the file's own line and column, 1-based."""
        return self.incident.review.origin.locate(candidate.line, candidate.column)


def reading_of(incident: Incident, lexicon: Lexicon) -> Reading:
    """Read one incident's review.

    An unfinished review is read too, for its author, but none of its takeaways is printed.
    """
    review = incident.review
    if review.state is ReviewState.MISSING or not review.text.strip():
        return Reading(incident.key, incident.title, Standing.WAITING_REVIEW)
    sections = sections_of(review.text, review.format, lexicon.headings)
    language = language_of(_prose(sections), lexicon.language.stopwords)
    desk = _Desk(incident, lexicon, sections, tuple(review.text.split("\n")), language)
    candidates, dropped = _sifted(desk, SOURCES)
    takeaways, fixes = _takeaways(desk, candidates)
    findings = (*findings_of(review, sections, lexicon.language), *fixes) if desk.english else ()
    return Reading(
        incident=incident.key,
        title=clean(title_of(sections) or incident.title),
        standing=_standing(incident, takeaways),
        takeaways=takeaways,
        went_well=_remarks(desk, Meaning.WENT_WELL),
        lucky=_remarks(desk, Meaning.LUCKY),
        factors=_remarks(desk, Meaning.FACTORS),
        follow_ups=_remarks(desk, Meaning.FOLLOW_UPS),
        findings=tuple(sorted(findings, key=lambda f: (f.line, f.column, f.rule))),
        dropped=dropped,
        headings=tuple((clean(s.heading), s.meaning.value) for s in sections if s.heading is not None),
        language=language,
    )


def incident_words(incident: Incident) -> str:
    """Return what a tracker says of an incident, for themes that its takeaways leave open."""
    parts = (incident.title, incident.primary_cause, incident.trigger, *incident.factors, *incident.tags)
    return " ".join(part for part in parts if part)


def _prose(sections: Iterable[Section]) -> str:
    return "\n".join(line for section in sections for block in section.blocks for line in block.source)


def _standing(incident: Incident, takeaways: Iterable[Takeaway]) -> Standing:
    if incident.review.state is not ReviewState.FINISHED:
        return Standing.WAITING_REVIEW
    return Standing.LEARNT if any(t.printed for t in takeaways) else Standing.WAITING_LEARNING


def _sifted(
    desk: _Desk, meanings: Sequence[Meaning]
) -> tuple[tuple[Candidate, ...], tuple[tuple[str, str], ...]]:
    """Return the candidates under these meanings, and what was dropped with its reason."""
    kept: list[Candidate] = []
    dropped: list[tuple[str, str]] = []
    for section in desk.sections:
        if section.meaning not in meanings:
            continue
        for candidate in candidates_of(section, desk.lines, takes_column=_column(desk, section.meaning)):
            reason = why_dropped(candidate, desk.lexicon.language.is_empty)
            if reason:
                dropped.append((candidate.quote, reason))
            else:
                kept.append(candidate)
    return tuple(kept), tuple(dropped)


def _column(desk: _Desk, meaning: Meaning) -> Callable[[str], bool]:
    """Of a table under a learning heading only a column that says so is read: the others are data."""
    if meaning in SOURCES:
        return lambda head: desk.lexicon.headings.known(head) in SOURCES
    return lambda _: True


def _takeaways(
    desk: _Desk, candidates: Iterable[Candidate]
) -> tuple[tuple[Takeaway, ...], tuple[Finding, ...]]:
    made: list[Takeaway] = []
    fixes: list[Finding] = []
    seen: set[str] = set()
    for candidate in candidates:
        if candidate.quote in seen:
            continue
        seen.add(candidate.quote)
        text = printed_text(candidate.quote)
        line = _line(desk, candidate, text)
        judged = judge(line, desk.lexicon)
        made.append(_takeaway(desk, candidate, text, judged))
        if line.fix_like and candidate.section.meaning is Meaning.TAKEAWAYS:
            fixes.append(
                fix_finding(
                    desk.incident.review,
                    candidate.line,
                    candidate.column,
                    candidate.quote,
                    desk.lexicon.language,
                )
            )
    last = desk.lexicon.ranking.hindsight
    made.sort(key=lambda t: (-t.score, last in t.reasons, t.line, t.column))
    return _numbered(made), tuple(fixes)


def _line(desk: _Desk, candidate: Candidate, text: str) -> Line:
    if not desk.english:
        return Line(text, candidate.section, english=False)
    language = desk.lexicon.language
    theme = theme_of(text, incident_words(desk.incident), desk.lexicon.themes)
    rules, fix_like = language.rules_in(text), language.is_fix_like(text)
    return Line(text, candidate.section, theme=theme, rules=rules, fix_like=fix_like)


def _takeaway(desk: _Desk, candidate: Candidate, text: str, judged: Judged) -> Takeaway:
    line, column = desk.place(candidate)
    printed, reasons = judged.printed, judged.reasons
    if printed and desk.incident.review.state is not ReviewState.FINISHED:
        printed, reasons = False, (UNFINISHED, *reasons)
    return Takeaway(
        id=f"{desk.incident.key}-{hashlib.sha256(candidate.quote.encode()).hexdigest()[:_HASH_DIGITS]}",
        incident=desk.incident.key,
        text=text,
        quote=candidate.quote,
        heading=clean(candidate.section.heading) if candidate.section.heading else None,
        line=line,
        column=column,
        score=judged.score,
        reasons=reasons,
        printed=printed,
    )


def _numbered(takeaways: Sequence[Takeaway]) -> tuple[Takeaway, ...]:
    """Give the later of two equal ids a number behind it, so that an editor's file names one of them."""
    taken: dict[str, int] = {}
    unique = []
    for takeaway in takeaways:
        taken[takeaway.id] = count = taken.get(takeaway.id, 0) + 1
        unique.append(takeaway if count == 1 else replace(takeaway, id=f"{takeaway.id}-{count}"))
    return tuple(unique)


def _remarks(desk: _Desk, meaning: Meaning) -> tuple[Remark, ...]:
    remarks = []
    for candidate in _sifted(desk, (meaning,))[0]:
        line, column = desk.place(candidate)
        heading = clean(candidate.section.heading) if candidate.section.heading else None
        text = printed_text(candidate.quote)
        remarks.append(Remark(desk.incident.key, text, candidate.quote, heading, line, column))
    return tuple(remarks)
