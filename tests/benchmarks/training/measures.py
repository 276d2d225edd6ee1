"""How near a ranking comes to the editors', as the whole project measures it."""

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from training.corpus import Document

FIRST = 5


def ndcg(document: Document, values: NDArray[np.float64]) -> float | None:
    """Return the graded agreement of the first five with the editors; 1 is ideal, None where none picked."""
    ideal = _gained(sorted(document.gain.values(), reverse=True)[:FIRST])
    if not ideal:
        return None
    order = np.argsort(-values, kind="stable")[:FIRST]
    grades = document.grades()
    return _gained([float(grades[n]) for n in order]) / ideal


def _gained(grades: Sequence[float]) -> float:
    return sum(grade / math.log2(n + 2) for n, grade in enumerate(grades))


def by_organisation(documents: Sequence[Document], values: Sequence[float | None]) -> dict[str, float]:
    """Return each organisation's mean."""
    held: Mapping[str, list[float]] = defaultdict(list)
    for document, value in zip(documents, values, strict=True):
        if value is not None:
            held[document.organisation].append(value)
    return {name: sum(found) / len(found) for name, found in sorted(held.items())}


def told(name: str, documents: Sequence[Document], values: Sequence[float | None]) -> str:
    """Return one line: the mean over documents, over organisations, and the spread over these."""
    known = [value for value in values if value is not None]
    organisations = list(by_organisation(documents, values).values())
    low, high = np.percentile(organisations, [25, 75])
    return (
        f"{name:<32} {np.mean(known):.3f} over {len(known)} documents; "
        f"by organisation {np.mean(organisations):.3f}, "
        f"middle half {low:.2f} to {high:.2f}, of {len(organisations)}"
    )
