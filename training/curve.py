"""From values to probabilities: a logistic curve through values of reviews that a model has not seen."""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

POINTS = 25
_STEPS = 50
_SMALL = 1e-9


def curve_of(values: NDArray[np.float64], share: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return points (value, probability) of the logistic curve that fits best (Platt 1999), rising.

    Args:
        values: n of them, without unit.
        share: for each the share of editors who would print the line, 0 to 1.
    """
    slope, level = 0.0, float(np.log(share.mean() / (1 - share.mean())))
    design = np.stack([values, np.ones_like(values)], axis=1)
    for _ in range(_STEPS):  # Newton's method
        p = 1 / (1 + np.exp(-(slope * values + level)))
        gradient = design.T @ (share - p)
        curvature = (design * (p * (1 - p) + _SMALL)[:, None]).T @ design
        step = np.linalg.solve(curvature, gradient)
        slope, level = slope + step[0], level + step[1]
    at = np.linspace(values.min(), values.max() + values.std(), POINTS)
    return np.stack([at, 1 / (1 + np.exp(-(slope * at + level)))], axis=1)


def reliability(
    scores: NDArray[np.float64], share: NDArray[np.float64], edges: Sequence[float]
) -> list[tuple[float, float, int]]:
    """Return for each bin of scores that holds any: the mean score, what editors printed, how many lines."""
    told = []
    for low, high in pairwise(edges):
        inside = (scores >= low) & (scores < high)
        if inside.any():
            told.append((float(scores[inside].mean()), float(share[inside].mean()), int(inside.sum())))
    return told
