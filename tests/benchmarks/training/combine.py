"""Words and encoder added up: what each counts, and the curve of their sum."""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from digest.takeaways.models import MOST_ENCODED
from training.corpus import Document
from training.curve import curve_of

Values = Mapping[str, NDArray[np.float64]]  # by document


def weights_of(documents: Sequence[Document], words: Values, encoder: Values) -> NDArray[np.float64]:
    """Return what the words count, what the encoder counts, and what it says of lines that it is not shown.

    Both count alike, by their spread: neither was better by much, and a weight tuned here would be luck.
    """
    shown = np.concatenate([_shown(words[d.name]) for d in documents])
    by_words = np.concatenate([words[d.name] for d in documents])
    by_encoder = np.concatenate([encoder[d.name] for d in documents])
    rest = by_encoder[~shown].mean() if not shown.all() else by_encoder.min()
    return np.array([1 / by_words.std(), 1 / by_encoder.std(), rest])


def sums_of(documents: Sequence[Document], words: Values, encoder: Values) -> dict[str, NDArray[np.float64]]:
    """Return the sums, as the program makes them."""
    of_words, of_encoder, rest = weights_of(documents, words, encoder)
    sums = {}
    for document in documents:
        own = words[document.name]
        said = np.where(_shown(own), encoder[document.name], rest)
        sums[document.name] = of_words * own + of_encoder * said
    return sums


def _shown(values: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Which lines the encoder is shown: the best by words."""
    shown = np.zeros(len(values), bool)
    shown[np.argsort(-values, kind="stable")[:MOST_ENCODED]] = True
    return shown


def curve_through(documents: Sequence[Document], values: Values) -> NDArray[np.float64]:
    """Return the curve from values to the share of editors who would print such lines."""
    share = np.concatenate([d.grades("worth") for d in documents])
    return curve_of(np.concatenate([values[d.name] for d in documents]), share)
