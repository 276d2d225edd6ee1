"""The scorer on words: a linear model of words, pairs and triples, and boosted trees of what a line shows.

Both were trained on reviews whose lines editors had graded; the numbers come from a data file
(`docs/takeaways-model.md` says how they were made). numpy alone, no network, the same every time.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from digest.errors import ConfigError
from digest.takeaways.cues import Cues
from digest.takeaways.features import names_of, rows_of, words_of_page
from digest.takeaways.page import Page
from digest.takeaways.tokens import grams_of, number_of, tokens_of
from digest.takeaways.trees import Trees

MODEL = "config/model/words.npz"
_HEADING = np.uint32(0x27D4EB2F)  # keeps a heading's words apart from a line's

Numbers = NDArray[np.uint32]
Tokens = Sequence[Sequence[str]]


@dataclass(frozen=True, slots=True)
class Words:
    """The model on words."""

    cues: Cues
    vocabulary: Numbers  # sorted
    weights: NDArray[np.float32]  # one each
    trees: Trees
    scale: NDArray[np.float64]  # mean and deviation of the linear model's values, then of the trees'

    @classmethod
    def of(cls, arrays: Mapping[str, NDArray[np.generic]], cues: Cues) -> "Words":
        """Read the arrays of a data file.

        Raises:
            ConfigError: one is missing, or the model was trained on other columns than this program has.
        """
        try:
            if tuple(arrays["columns"].tolist()) != names_of(cues):
                raise ConfigError(
                    MODEL, "was trained on other cues than config/cues.yaml has: run `make model`"
                )
            trees = Trees(
                arrays["tree_columns"].astype(np.int16),
                arrays["tree_limits"].astype(np.float32),
                arrays["tree_leaves"].astype(np.float32),
            )
            vocabulary = arrays["vocabulary"].astype(np.uint32)
            weights = arrays["weights"].astype(np.float32)
            return cls(cues, vocabulary, weights, trees, arrays["scale"].astype(np.float64))
        except (KeyError, ValueError) as error:
            raise ConfigError(MODEL, f"is no model of this program ({error}): run `make model`") from error

    def values_of(self, page: Page) -> NDArray[np.float64]:
        """Return a value for each line: the more, the better; it is no probability."""
        if not page.lines:
            return np.zeros(0)
        tokens = words_of_page(page)
        means, deviations = self.scale
        values: NDArray[np.float64] = (self.linear_of(page, tokens) - means[0]) / deviations[0]
        values += (self.trees_of(page, tokens) - means[1]) / deviations[1]
        return values

    def trees_of(self, page: Page, tokens: Tokens) -> NDArray[np.float64]:
        """Return what the trees make of each line."""
        return self.trees.value_of(rows_of(page, tokens, self.cues))

    def linear_of(self, page: Page, tokens: Tokens) -> NDArray[np.float64]:
        """Return for each line the sum of the weights of its known words, over the root of their number."""
        owner, numbers = grams_of_page(page, tokens)
        at = np.searchsorted(self.vocabulary, numbers)
        at[at == len(self.vocabulary)] = 0
        known = self.vocabulary[at] == numbers
        sums = np.bincount(owner[known], self.weights[at[known]], len(page.lines))
        counts = np.bincount(owner[known], minlength=len(page.lines))
        linear: NDArray[np.float64] = sums / np.sqrt(np.maximum(counts, 1))
        return linear


def grams_of_page(page: Page, tokens: Tokens) -> tuple[NDArray[np.intp], Numbers]:
    """Return the numbers of each line's words, of its heading's, and of its section's meaning.

    Two arrays of one length: which line, and the number. Each number once a line.
    """
    # A known heading counts by its meaning: the words it is put in say more of a team than of a line.
    keys = [("" if line.candidate.section.known else line.heading, line.meaning.value) for line in page.lines]
    headings = {key: number for number, key in enumerate(dict.fromkeys(keys))}
    owner, numbers = grams_of(tokens)
    under, about = grams_of([tokens_of(heading.lower()) for heading, _ in headings])
    meanings = [np.uint32(number_of(f"<{meaning}>")) for _, meaning in headings]
    about = np.concatenate([about, np.array(meanings, np.uint32)]) ^ _HEADING
    under = np.concatenate([under, np.arange(len(meanings))])
    held = [about[under == number] for number in range(len(headings))]
    repeated = [held[headings[key]] for key in keys]
    return (
        np.concatenate([owner, np.repeat(np.arange(len(keys)), [len(r) for r in repeated])]),
        np.concatenate([numbers, *repeated]),
    )
