"""The scorer by a small sentence encoder: what a line says, whatever its words.

It runs on the ONNX runtime alone, one thread, one line at a time: so a line's value does not depend on what
else is scored with it. Where the runtime is not installed there is no encoder, and words decide.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Any

import numpy as np
from numpy.typing import NDArray

from digest.errors import ConfigError
from digest.takeaways.page import Line, Page
from digest.takeaways.wordpiece import WordPiece

MODEL = "config/model/encoder"
MOST_PIECES = 96  # of a line with its heading
_RUNTIME = "onnxruntime"


def is_installed() -> bool:
    """Whether the runtime is there."""
    return find_spec(_RUNTIME) is not None


@dataclass(frozen=True, slots=True)
class Encoder:
    """A fine-tuned encoder with its vocabulary."""

    session: Any  # the runtime has no types
    vocabulary: WordPiece

    @classmethod
    def of(cls, arrays: Mapping[str, NDArray[np.generic]]) -> "Encoder":
        """Read the arrays of its data files: `onnx` (bytes) and `vocabulary`.

        Raises:
            ConfigError: one is missing or damaged.
        """
        import onnxruntime  # noqa: PLC0415 -- takes a while to load, and is not always installed

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        options.log_severity_level = 3
        try:
            graph = arrays["onnx"].tobytes()
            session = onnxruntime.InferenceSession(graph, options, providers=["CPUExecutionProvider"])
            return cls(session, WordPiece.of(arrays["vocabulary"].tolist()))
        except Exception as error:  # the runtime has a dozen kinds of its own, none documented
            detail = f"is no model of this program ({type(error).__name__}): run `make model`"
            raise ConfigError(MODEL, detail) from error

    def values_of(self, page: Page) -> NDArray[np.float64]:
        """Return a value for each line: the more, the better; it is no probability."""
        return np.array([self._value(line) for line in page.lines], np.float64)

    def _value(self, line: Line) -> float:
        numbers, kinds = self.vocabulary.pair(around(line), line.text, MOST_PIECES)
        inputs = {
            "input_ids": np.array([numbers], np.int64),
            "attention_mask": np.ones((1, len(numbers)), np.int64),
            "token_type_ids": np.array([kinds], np.int64),
        }
        return float(self.session.run(None, inputs)[0].reshape(-1)[0])


def around(line: Line) -> str:
    """Return what an encoder is told of where a line stands."""
    section = line.candidate.section
    headings = " > ".join([*section.path[-1:], *([section.heading] if section.heading else [])])
    return f"{section.meaning.value.replace('_', ' ')} > {headings or 'none'}"
