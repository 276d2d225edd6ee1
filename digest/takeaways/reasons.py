"""What a score rests on, in words that can be checked by reading the line.

First where the line stands, then what it is, what it corrects, whether it carries to another team and whether
it makes sense alone. The words are in `config/ranking.yaml`, what they look for in `config/language.yaml`.
"""

from collections.abc import Collection, Iterator

from digest.model import Theme
from digest.takeaways.headings import Meaning
from digest.takeaways.language import BLAME, HINDSIGHT
from digest.takeaways.lexicon import Lexicon
from digest.takeaways.page import Line
from digest.takeaways.sentences import clean, count_words, fold
from digest.takeaways.shapes import CUES

_INSIDERS = {"private_marks", "masked", "context"}
_OPENING = {"opens_in_the_air"}
# Where the first is found, the second says less than nothing.
_OUTDOES = (("narration", "general"), ("mechanism", "symptom"), ("surprise", "symptom"))


def reasons_of(line: Line, rules: Collection[str], theme: Theme | None, lexicon: Lexicon) -> tuple[str, ...]:
    """Return the reasons of a line in English, what it is refused for first; `rules` are those it breaks."""
    says = lexicon.ranking.reasons
    reasons = [*_refusals(line, rules, lexicon), place_of(line, lexicon)]
    count, limits = count_words(line.text), lexicon.ranking.words
    if count < limits.fewest:
        reasons.append(says["short"].says)
    elif count > limits.most:
        reasons.append(says["long"].says)
    name = theme.name[:1].lower() + theme.name[1:] if theme else ""
    found = _found(line, name, lexicon)
    reasons += [says[cue].says.format(found=found[cue], theme=name) for cue in CUES if cue in found]
    return tuple(reasons)


def place_of(line: Line, lexicon: Lexicon) -> str:
    """Say under which heading a line stands, and what such a section holds."""
    section = line.candidate.section
    own = section.heading if section.known or not section.path else section.path[-1]
    says = lexicon.ranking.places.get(section.meaning, lexicon.ranking.places[Meaning.OTHER])
    return says.format(heading=clean(own)) if own else lexicon.ranking.no_heading


def _refusals(line: Line, rules: Collection[str], lexicon: Lexicon) -> Iterator[str]:
    ranking = lexicon.ranking
    if BLAME in rules:
        yield ranking.set_aside.blame
    if line.fix_like:
        yield ranking.set_aside.fix_like
    if HINDSIGHT in rules:
        yield ranking.hindsight


def _found(line: Line, theme: str, lexicon: Lexicon) -> dict[str, str]:
    """Return the cues that the line shows, each with the words found."""
    text = fold(line.text)
    hits = {}
    for name, pattern in lexicon.language.cues.items():
        match = pattern.match(text) if name in _OPENING else pattern.search(text)
        if match:
            hits[name] = match.group()
    outdone = {weaker for name, weaker in _OUTDOES if name in hits} | ({"to_do"} if line.fix_like else set())
    if not _INSIDERS & hits.keys():
        hits["transferable"] = ""
    if line.text.rstrip(" \"'\u201d\u2019)").endswith("?"):
        hits["question"] = ""
    if theme:
        hits["theme"] = theme
    return {name: words for name, words in hits.items() if name not in outdone}
