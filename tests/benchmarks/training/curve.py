"""From values to probabilities: a logistic curve with bends, through values that no model has learnt."""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

BENDS = (0.5, 0.9, 0.97)  # shares of the lines below; most are far from being printed
POINTS = 30
_PENALTY = 2.0  # on bends, so that few lines make no corner


def curve_of(values: NDArray[np.float64], share: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return points (value, probability) of a curve that never falls.

    Logistic regression (Platt 1999) on the value and on how far it is beyond each bend.

    Args:
        values: n of them, without unit.
        share: for each the share of editors who would print the line, 0 to 1.
    """
    bends = np.quantile(values, BENDS)
    design = _design(values, bends)

    def lost(weights: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        sums = design @ weights
        error = 1 / (1 + np.exp(-sums)) - share
        bent = np.where(np.arange(len(weights)) > 1, weights, 0.0)
        loss = np.logaddexp(0, sums).sum() - share @ sums + _PENALTY / 2 * bent @ bent
        return float(loss), design.T @ error + _PENALTY * bent

    weights = minimize(lost, np.zeros(design.shape[1]), jac=True, method="L-BFGS-B").x
    at = np.linspace(values.min(), values.max() + values.std(), POINTS)
    probability = 1 / (1 + np.exp(-_design(at, bends) @ weights))
    return np.stack([at, np.maximum.accumulate(probability)], axis=1)


def _design(values: NDArray[np.float64], bends: NDArray[np.float64]) -> NDArray[np.float64]:
    beyond = [np.maximum(values - bend, 0.0) for bend in bends]
    return np.stack([np.ones_like(values), values, *beyond], axis=1)


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
