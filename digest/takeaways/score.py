"""How useful one line is to somebody who was not there, 0 to 1, with its reasons in words.

A score of 0.8 means that about four in five such lines would be printed by an editor. Lines that blame or
that read as work to do have their score like all others, but are never printed.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from digest.takeaways.page import Page


class Scorer(Protocol):
    """What weighs a review's lines."""

    def values_of(self, page: Page) -> NDArray[np.float64]:
        """Return a value for each line of the page, in their order: the more, the better."""
        ...


@dataclass(frozen=True, slots=True)
class Part:
    """A scorer with what it counts."""

    scorer: Scorer
    weight: float
    most: int | None = None  # lines of a review that it is shown, the best by the parts before it; None: all
    elsewhere: float = 0.0  # what it is taken to say of the others


@dataclass(frozen=True, slots=True)
class Scores:
    """Scorers added up, and the curve that makes a probability of their sum.

    The curve is a line through points, flat beyond the first and the last; it never falls.
    """

    parts: Sequence[Part]
    points: tuple[tuple[float, float], ...]  # (sum, probability), rising

    def of(self, page: Page) -> list[float]:
        """Return each line's score, 0 to 1, in the order of the page."""
        total = np.zeros(len(page.lines))
        for part in self.parts:
            total += part.weight * _values(part, page, total)
        return self.probabilities(total)

    def probabilities(self, values: NDArray[np.float64]) -> list[float]:
        """Return what the curve makes of sums."""
        at, probability = zip(*self.points, strict=True)
        # A little of the sum itself keeps the order where the curve is flat.
        scores = np.interp(values, at, probability) + 1e-6 * np.tanh(values / 10)
        return [float(score) for score in np.clip(scores, 0.0, 1.0)]


def _values(part: Part, page: Page, before: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return a part's values, asked only of the lines that are best so far."""
    if part.most is None or len(page.lines) <= part.most:
        return part.scorer.values_of(page)
    best = np.sort(np.argsort(-before, kind="stable")[: part.most])
    values = np.full(len(page.lines), part.elsewhere)
    values[best] = part.scorer.values_of(replace(page, lines=[page.lines[n] for n in best]))
    return values
