"""One incident's review read: takeaways, remarks, what was dropped, what the language check finds."""

import hashlib
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace

from digest.model import Finding, Incident, Reading, Remark, ReviewState, Standing, Takeaway
from digest.takeaways.extract import Candidate
from digest.takeaways.headings import Meaning
from digest.takeaways.language import BLAME, ENGLISH, findings_of, fix_finding, language_of
from digest.takeaways.lexicon import Lexicon
from digest.takeaways.page import Line, Page, page_of
from digest.takeaways.reasons import place_of, reasons_of
from digest.takeaways.sections import Section
from digest.takeaways.sentences import clean, count_words
from digest.takeaways.themes import theme_of

UNFINISHED = "the review is not finished"
MOST_OFFERED = 10  # takeaways of one review, the best; the rest of its lines is no news to anybody
_HASH_DIGITS = 6


@dataclass(frozen=True, slots=True)
class _Desk:
    """What reading one review needs at hand."""

    incident: Incident
    lexicon: Lexicon
    page: Page
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
    page = page_of(review, incident.title, lexicon.headings, lexicon.language)
    language = language_of(_prose(page.sections), lexicon.language.stopwords)
    desk = _Desk(incident, lexicon, page, language)
    takeaways = _takeaways(desk)
    printed = frozenset(t.quote for t in takeaways if t.printed)
    return Reading(
        incident=incident.key,
        title=clean(page.title),
        standing=_standing(incident, takeaways),
        takeaways=takeaways,
        went_well=_remarks(desk, Meaning.WENT_WELL, printed),
        lucky=_remarks(desk, Meaning.LUCKY, printed),
        factors=_remarks(desk, Meaning.FACTORS),
        follow_ups=_remarks(desk, Meaning.FOLLOW_UPS),
        findings=_findings(desk) if desk.english else (),
        dropped=page.dropped,
        headings=tuple((clean(s.heading), s.meaning.value) for s in page.sections if s.heading is not None),
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


def _findings(desk: _Desk) -> tuple[Finding, ...]:
    """What the language check finds, and to-dos that stand as learnings; in the order of the text."""
    review, language = desk.incident.review, desk.lexicon.language
    fixes = [
        fix_finding(review, line.candidate.line, line.candidate.column, line.candidate.quote, language)
        for line in desk.page.lines
        if line.fix_like and line.meaning is Meaning.TAKEAWAYS
    ]
    findings = (*findings_of(review, desk.page.sections, language), *fixes)
    return tuple(sorted(findings, key=lambda f: (f.line, f.column, f.rule)))


def _takeaways(desk: _Desk) -> tuple[Takeaway, ...]:
    """Return the best of the review's lines, best first; a tie goes to the earlier one.

    What is told in the timeline, or asked for among the follow-ups, is mostly that and no takeaway at all.
    """
    lines = desk.page.lines
    scores = desk.lexicon.scores.of(desk.page) if desk.english else [_by_heading(desk, x) for x in lines]
    offered = [pair for pair in zip(scores, lines, strict=True) if _is_offered(*pair, desk.lexicon)]
    ranked = sorted(offered, key=lambda pair: -pair[0])  # a stable sort
    return _numbered([_takeaway(desk, line, round(score, 6)) for score, line in ranked[:MOST_OFFERED]])


def _is_offered(score: float, line: Line, lexicon: Lexicon) -> bool:
    if line.fix_like and line.meaning is Meaning.FOLLOW_UPS:
        return False
    return score >= lexicon.ranking.offered_from.get(line.meaning, 0.0)


def _by_heading(desk: _Desk, line: Line) -> float:
    scores = desk.lexicon.ranking.other_language
    if line.meaning is Meaning.TAKEAWAYS:
        return scores.takeaways
    return scores.went_wrong if line.meaning is Meaning.WENT_WRONG else scores.elsewhere


def _takeaway(desk: _Desk, line: Line, score: float) -> Takeaway:
    incident, lexicon, candidate = desk.incident, desk.lexicon, line.candidate
    rules = lexicon.language.rules_in(line.text) if desk.english else frozenset()
    refused = desk.english and (line.fix_like or BLAME in rules)
    refused = refused or count_words(line.text) < lexicon.ranking.words.least
    printed, reasons = score >= lexicon.ranking.bar and not refused, _reasons(desk, line, rules)
    if printed and incident.review.state is not ReviewState.FINISHED:
        printed, reasons = False, (UNFINISHED, *reasons)
    number, column = desk.place(candidate)
    return Takeaway(
        id=f"{incident.key}-{hashlib.sha256(candidate.quote.encode()).hexdigest()[:_HASH_DIGITS]}",
        incident=incident.key,
        text=line.text,
        quote=candidate.quote,
        heading=_heading(candidate),
        line=number,
        column=column,
        score=score,
        reasons=reasons,
        printed=printed,
    )


def _reasons(desk: _Desk, line: Line, rules: Collection[str]) -> tuple[str, ...]:
    lexicon = desk.lexicon
    if not desk.english:
        return (place_of(line, lexicon), lexicon.ranking.other_language.says)
    theme = theme_of(line.text, incident_words(desk.incident), lexicon.themes)
    return reasons_of(line, rules, theme, lexicon)


def _heading(candidate: Candidate) -> str | None:
    return clean(candidate.section.heading) if candidate.section.heading else None


def _numbered(takeaways: Sequence[Takeaway]) -> tuple[Takeaway, ...]:
    """Give the later of two equal ids a number behind it, so that an editor's file names one of them."""
    taken: dict[str, int] = {}
    unique = []
    for takeaway in takeaways:
        taken[takeaway.id] = count = taken.get(takeaway.id, 0) + 1
        unique.append(takeaway if count == 1 else replace(takeaway, id=f"{takeaway.id}-{count}"))
    return tuple(unique)


def _remarks(desk: _Desk, meaning: Meaning, taken: frozenset[str] = frozenset()) -> tuple[Remark, ...]:
    """Return what stands under such headings, but for what is a takeaway; in the order of the text."""
    remarks = []
    for line in desk.page.lines:
        candidate = line.candidate
        if line.meaning is meaning and candidate.quote not in taken:
            number, column = desk.place(candidate)
            heading = _heading(candidate)
            remarks.append(Remark(desk.incident.key, line.text, candidate.quote, heading, number, column))
    return tuple(remarks)
