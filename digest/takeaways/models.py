"""The trained models: data files by name, put together into one score."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from digest.errors import ConfigError
from digest.takeaways.cues import Cues
from digest.takeaways.score import Part, Scores
from digest.takeaways.words import MODEL, Words

Models = Mapping[str, Mapping[str, NDArray[np.generic]]]
WORDS = "words"
UNTRAINED = Scores((), ((0.0, 0.0), (1.0, 0.0)))


def scores_of(models: Models, cues: Cues) -> Scores:
    """Put the models together that there are.

    Raises:
        ConfigError: one is missing, or of another shape.
    """
    if WORDS not in models:
        raise ConfigError(MODEL, "is missing: run `make model`")
    words = models[WORDS]
    points = words.get("points")
    if points is None:
        raise ConfigError(MODEL, "has no curve: run `make model`")
    return Scores((Part(Words.of(words, cues), 1.0),), _pairs(points))


def _pairs(points: NDArray[np.generic]) -> tuple[tuple[float, float], ...]:
    return tuple((float(x), float(p)) for x, p in points.astype(np.float64).tolist())
