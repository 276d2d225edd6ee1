"""Trains the model on words: `digest.takeaways.words` is what it is, docs/takeaways-model.md how good."""

from collections import defaultdict
from collections.abc import Iterator, Sequence

import lightgbm
import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix
from sklearn.linear_model import Ridge

from digest.takeaways.cues import Cues
from digest.takeaways.features import names_of, rows_of, words_of_page
from digest.takeaways.trees import LEAVES, QUESTIONS
from digest.takeaways.words import Words, grams_of_page
from training.corpus import Document

Arrays = dict[str, NDArray[np.generic]]

FEWEST_ORGANISATIONS = 3  # that use a word; fewer, and it may be somebody's name
RIDGE = 3.0
BAGS = 3  # sets of trees, each from another seed: the mean is steadier
TREES = 100  # in each set
TREE_SETTINGS: dict[str, object] = {
    "objective": "regression",
    "learning_rate": 0.06,
    "num_leaves": LEAVES,
    "max_depth": 3,
    "min_data_in_leaf": 40,
    "feature_fraction": 0.2,
    "bagging_fraction": 0.7,
    "bagging_freq": 1,
    "lambda_l2": 5.0,
    "num_threads": 1,
    "deterministic": True,
    "verbosity": -1,
}


def folds_of(documents: Sequence[Document], count: int = 10) -> list[frozenset[str]]:
    """Deal the organisations into folds of like size, the largest first."""
    sizes: defaultdict[str, int] = defaultdict(int)
    for document in documents:
        sizes[document.organisation] += len(document.page.lines)
    folds: list[list[str]] = [[] for _ in range(count)]
    filled = [0] * count
    for name in sorted(sizes, key=lambda n: (-sizes[n], n)):
        least = filled.index(min(filled))
        folds[least].append(name)
        filled[least] += sizes[name]
    return [frozenset(fold) for fold in folds]


def fitted(documents: Sequence[Document], cues: Cues) -> Arrays:
    """Train on these documents; the arrays are what `Words.of` reads, but for the curve."""
    target = np.sqrt(np.concatenate([d.grades() for d in documents]))
    vocabulary, weights = _linear(documents, target)
    rows = np.concatenate([rows_of(d.page, words_of_page(d.page), cues) for d in documents])
    trees = _trees(rows, target)
    arrays: Arrays = {
        "columns": np.array(names_of(cues)),
        "vocabulary": vocabulary,
        "weights": weights.astype(np.float32),
        "scale": np.array([[0.0, 0.0], [1.0, 1.0]]),
        **trees,
    }
    arrays["scale"] = _scale(Words.of(arrays, cues), documents)
    return arrays


def _linear(
    documents: Sequence[Document], target: NDArray[np.float64]
) -> tuple[NDArray[np.uint32], NDArray[np.float64]]:
    grams = [grams_of_page(d.page, words_of_page(d.page)) for d in documents]
    users: defaultdict[int, set[str]] = defaultdict(set)
    for document, (_, numbers) in zip(documents, grams, strict=True):
        for number in set(numbers.tolist()):
            users[number].add(document.organisation)
    kept = sorted(number for number, names in users.items() if len(names) >= FEWEST_ORGANISATIONS)
    vocabulary = np.array(kept, np.uint32)
    sizes = [len(d.page.lines) for d in documents]
    before = np.cumsum(sizes) - sizes
    owner = np.concatenate([own + start for (own, _), start in zip(grams, before, strict=True)])
    matrix = _matrix(owner, np.concatenate([numbers for _, numbers in grams]), vocabulary, len(target))
    return vocabulary, Ridge(alpha=RIDGE).fit(matrix, target).coef_


def _matrix(
    owner: NDArray[np.intp], numbers: NDArray[np.uint32], vocabulary: NDArray[np.uint32], count: int
) -> csr_matrix:
    at = np.searchsorted(vocabulary, numbers) % len(vocabulary)
    known = vocabulary[at] == numbers
    held = np.bincount(owner[known], minlength=count)
    values = 1 / np.sqrt(held[owner[known]])
    return csr_matrix((values, (owner[known], at[known])), shape=(count, len(vocabulary)))


def _trees(rows: NDArray[np.float32], target: NDArray[np.float64]) -> Arrays:
    columns, limits, leaves = [], [], []
    for seed in range(BAGS):
        data = lightgbm.Dataset(rows, target)
        booster = lightgbm.train({**TREE_SETTINGS, "seed": seed}, data, TREES)
        for tree in booster.dump_model()["tree_info"]:
            asked, ended = _flattened(tree["tree_structure"])
            columns.append([column for column, _ in asked])
            limits.append([limit for _, limit in asked])
            leaves.append([value / BAGS for value in ended])
    return {
        "tree_columns": np.array(columns, np.int16),
        "tree_limits": np.array(limits, np.float32),
        "tree_leaves": np.array(leaves, np.float32),
    }


def _flattened(root: dict[str, object]) -> tuple[list[tuple[int, float]], list[float]]:
    """Return a tree's questions and leaves, level by level; where it ends early, both answers are alike."""
    level, asked = [root], []
    while len(asked) < QUESTIONS:
        asked += [_question(node) for node in level]
        level = [child for node in level for child in _children(node)]
    return asked, [float(str(node["leaf_value"])) for node in level]


def _question(node: dict[str, object]) -> tuple[int, float]:
    if "split_feature" not in node:
        return 0, float("inf")
    return int(str(node["split_feature"])), float(str(node["threshold"]))


def _children(node: dict[str, object]) -> Iterator[dict[str, object]]:
    for side in ("left_child", "right_child"):
        child = node.get(side, node)
        yield child if isinstance(child, dict) else node


def _scale(words: Words, documents: Sequence[Document]) -> NDArray[np.float64]:
    """Return mean and deviation of both values; the linear one learnt these lines, so it is near enough."""
    linear = np.concatenate([words.linear_of(d.page, words_of_page(d.page)) for d in documents])
    trees = np.concatenate([words.trees_of(d.page, words_of_page(d.page)) for d in documents])
    spread = [float(values.std()) or 1.0 for values in (linear, trees)]
    return np.array([[linear.mean(), trees.mean()], spread])
