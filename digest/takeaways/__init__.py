"""STAGE 2: incidents -> takeaways, the most useful first.

Nothing here reads a file, a clock or a network: the same reviews give the same takeaways.
"""

from collections.abc import Iterable

from digest.model import Incident, Problem, Reading
from digest.takeaways.history import Past, past_of
from digest.takeaways.lexicon import Lexicon
from digest.takeaways.printed import printed_text
from digest.takeaways.rank import Ranking, choose, explain, rank
from digest.takeaways.reading import reading_of
from digest.takeaways.report import as_json, unknown_headings
from digest.takeaways.themes import same_learning, theme_of

__all__ = [
    "Lexicon",
    "Past",
    "Ranking",
    "as_json",
    "choose",
    "explain",
    "past_of",
    "printed_text",
    "rank",
    "same_learning",
    "takeaways_of",
    "theme_of",
    "unknown_headings",
]


def takeaways_of(
    incidents: Iterable[Incident], lexicon: Lexicon
) -> tuple[tuple[Reading, ...], tuple[Problem, ...]]:
    """Read each incident's review, in the order given.

    An incident that cannot be read is left out and named by a problem, which holds none of its text.
    """
    readings: list[Reading] = []
    problems: list[Problem] = []
    for incident in incidents:
        try:
            readings.append(reading_of(incident, lexicon))
        except Exception as error:  # noqa: BLE001 -- one odd review must not cost everybody the month
            detail = f"its review could not be read ({type(error).__name__}); its takeaways are left out"
            problems.append(Problem("takeaways", incident.key, detail))
    return tuple(readings), tuple(problems)
