"""How useful one takeaway is to somebody who was not there, 0 to 1, with its reasons in words.

A plain sum of the weights in `config/ranking.yaml`, held within 0 and 1. It is no probability: it orders the
lines of a section, and what it says of each can be checked by reading it.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from digest.model import Theme
from digest.takeaways.headings import Meaning
from digest.takeaways.language import BLAME, HINDSIGHT, OTHER
from digest.takeaways.lexicon import Lexicon
from digest.takeaways.sections import Section
from digest.takeaways.sentences import clean, count_words, fold
from digest.takeaways.shapes import Weight

SOURCES = (Meaning.TAKEAWAYS, Meaning.WENT_WRONG)  # sections that takeaways are taken from
_CUES = (  # in the order in which their reasons are told
    "mechanism",
    "surprise",
    "general",
    "theme",
    "transferable",
    "narration",
    "private_marks",
    "masked",
    "vague",
    "apology",
    "context",
    "opens_in_the_air",
    "question",
)
_BELOW_BAR = 0.9  # of the bar: where what is never printed is held


@dataclass(frozen=True, slots=True)
class Judged:
    """A score with its reasons; `printed` says whether it clears the bar."""

    score: float
    reasons: tuple[str, ...]
    printed: bool


@dataclass(frozen=True, slots=True)
class Line:
    """What is scored: a takeaway's text, where it stands, and what was found out about it."""

    text: str
    section: Section
    english: bool = True
    theme: Theme | None = None
    rules: frozenset[str] = frozenset()  # of the language check that it matches
    fix_like: bool = False


def judge(line: Line, lexicon: Lexicon) -> Judged:
    """Score one line. Blame and to-dos are held below the bar, hindsight at the bar."""
    ranking = lexicon.ranking
    found = list(_weighed(line, lexicon))
    score = min(1.0, max(0.0, sum(weight.weight for weight, _ in found)))
    reasons = [says for _, says in found if says]
    for applies, says in (
        (HINDSIGHT in line.rules, ranking.hindsight),
        (line.fix_like, ranking.set_aside.fix_like),
        (BLAME in line.rules, ranking.set_aside.blame),
    ):
        if applies:
            limit = ranking.bar if says == ranking.hindsight else ranking.bar * _BELOW_BAR
            score = min(score, limit)
            reasons.insert(0, says)
    score = round(score, 3)
    return Judged(score, tuple(reasons), score >= ranking.bar)


def _weighed(line: Line, lexicon: Lexicon) -> Iterator[tuple[Weight, str]]:
    """Yield each weight that applies, with its reason in words; the heading first."""
    ranking = lexicon.ranking
    source = (
        ranking.sources.takeaways if line.section.meaning is Meaning.TAKEAWAYS else ranking.sources.went_wrong
    )
    yield source, source.says.format(heading=_heading(line.section), theme="", found="")
    yield from _by_length(line, lexicon)
    if not line.english:
        yield ranking.other_language, ranking.other_language.says
        return
    yield from _by_cues(line, lexicon)


def _heading(section: Section) -> str:
    if section.known or not section.path:
        return clean(section.heading or OTHER)
    return clean(section.path[-1])


def _by_length(line: Line, lexicon: Lexicon) -> Iterator[tuple[Weight, str]]:
    weights, limits = lexicon.ranking.weights, lexicon.ranking.words
    count = count_words(line.text)
    chosen = (
        weights.short if count < limits.fewest else weights.long if count > limits.most else weights.length
    )
    yield chosen, chosen.says


def _by_cues(line: Line, lexicon: Lexicon) -> Iterator[tuple[Weight, str]]:
    cues = lexicon.language.cues
    text = fold(line.text)
    hit = {name: match.group() for name, pattern in cues.items() if (match := pattern.search(text))}
    hit.pop("opens_in_the_air", None)
    if opening := cues["opens_in_the_air"].match(text):
        hit["opens_in_the_air"] = opening.group()
    if "narration" in hit:
        hit.pop("general", None)
    if not {"private_marks", "masked", "context"} & hit.keys():
        hit["transferable"] = ""
    if line.text.rstrip(" \"'\u201d\u2019)").endswith("?"):
        hit["question"] = ""
    theme = _lower(line.theme.name) if line.theme else ""
    if theme:
        hit["theme"] = theme
    for name in _CUES:
        if name in hit:
            weight: Weight = getattr(lexicon.ranking.weights, name)
            yield weight, weight.says.format(found=hit[name], theme=theme, heading="")


def _lower(name: str) -> str:
    return name[:1].lower() + name[1:]
