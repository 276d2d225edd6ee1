"""Boosted decision trees of depth three, evaluated with numpy alone.

A tree asks three questions of a row, each "is this number at most so much?", and ends in one of eight leaves.
The first question stands at 0, the second at 1 (yes) or 2 (no), the third at 3 to 6.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

QUESTIONS = 7
LEAVES = 8


@dataclass(frozen=True, slots=True)
class Trees:
    """t trees, added up: t x 7 columns to ask, t x 7 limits, t x 8 values."""

    columns: NDArray[np.int16]
    limits: NDArray[np.float32]
    leaves: NDArray[np.float32]

    def __post_init__(self) -> None:
        count = len(self.columns)
        shapes = (self.columns.shape, self.limits.shape, self.leaves.shape)
        if shapes != ((count, QUESTIONS), (count, QUESTIONS), (count, LEAVES)):
            message = f"trees of shapes {shapes}"
            raise ValueError(message)

    def value_of(self, rows: NDArray[np.float32]) -> NDArray[np.float64]:
        """Return n sums, one for each of the n rows."""
        yes = rows[:, self.columns.ravel()] <= self.limits.ravel()
        yes = yes.reshape(len(rows), -1, QUESTIONS)
        first, no_first = yes[:, :, 0], ~yes[:, :, 0]
        second = np.where(first, yes[:, :, 1], yes[:, :, 2])
        third = np.where(
            first,
            np.where(second, yes[:, :, 3], yes[:, :, 4]),
            np.where(second, yes[:, :, 5], yes[:, :, 6]),
        )
        leaf = 4 * no_first + 2 * ~second + ~third
        offsets = np.arange(len(self.leaves)) * LEAVES
        chosen: NDArray[np.float64] = self.leaves.ravel()[leaf + offsets].sum(axis=1, dtype=np.float64)
        return chosen
