"""The trained models: data files by name, put together into one score."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from digest.errors import ConfigError
from digest.takeaways import encoder, words
from digest.takeaways.cues import Cues
from digest.takeaways.score import Part, Scores

Arrays = Mapping[str, NDArray[np.generic]]
Models = Mapping[str, Arrays]
WORDS, ENCODER = "words", "encoder"
MOST_ENCODED = 24  # lines of a review, the best by words: the rest is never among the first
UNTRAINED = Scores((), ((0.0, 0.0), (1.0, 0.0)))


def scores_of(models: Models, cues: Cues) -> Scores:
    """Put the models together: words and encoder where its runtime is installed, else the words alone.

    Raises:
        ConfigError: one is missing, or of another shape.
    """
    if WORDS not in models:
        raise ConfigError(words.MODEL, "is missing: run `make model`")
    by_words = words.Words.of(models[WORDS], cues)
    if ENCODER not in models or not encoder.is_installed():
        return Scores((Part(by_words, 1.0),), _points(models[WORDS], words.MODEL))
    arrays = models[ENCODER]
    points = _points(arrays, encoder.MODEL)
    weights = arrays.get("weights", np.zeros(0)).astype(np.float64).tolist()
    if len(weights) != 3:  # noqa: PLR2004 -- of the words, of the encoder, and what it says of lines not shown
        raise ConfigError(encoder.MODEL, "has no weights: run `make model`")
    of_words, of_encoder, elsewhere = weights
    encoded = Part(encoder.Encoder.of(arrays), of_encoder, MOST_ENCODED, elsewhere)
    return Scores((Part(by_words, of_words), encoded), points)


def _points(arrays: Arrays, name: str) -> tuple[tuple[float, float], ...]:
    points = arrays.get("points")
    if points is None:
        raise ConfigError(name, "has no curve: run `make model`")
    return tuple((float(x), float(p)) for x, p in points.astype(np.float64).tolist())
