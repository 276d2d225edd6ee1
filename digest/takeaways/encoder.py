"""The scorer by a small sentence encoder: what a line says, whatever its words.

It runs on the ONNX runtime alone, one thread, one line at a time: so a line's value does not depend on what
else is scored with it. Where the runtime is not installed there is no encoder, and words decide.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib.util import find_spec
from typing import Any

import numpy as np
from numpy.typing import NDArray

from digest.errors import ConfigError
from digest.takeaways.page import Line, Page
from digest.takeaways.wordpiece import WordPiece

MODEL = "config/model/encoder.npz"
MOST_PIECES = 96  # of a line with its heading
_RUNTIME = "onnxruntime"


def is_installed() -> bool:
    """Whether the runtime is there."""
    return find_spec(_RUNTIME) is not None


@dataclass(frozen=True, slots=True)
class Encoder:
    """A fine-tuned encoder with its vocabulary."""

    graph: bytes
    vocabulary: WordPiece
    started: list[Any] = field(default_factory=list, compare=False, repr=False)  # the runtime has no types

    @classmethod
    def of(cls, arrays: Mapping[str, NDArray[np.generic]]) -> "Encoder":
        """Read the arrays of its data file: `onnx` and `vocabulary`, both bytes.

        Raises:
            ConfigError: one is missing or damaged.
        """
        try:
            pieces = arrays["vocabulary"].tobytes().decode("utf-8").split("\n")
            return cls(arrays["onnx"].tobytes(), WordPiece.of(pieces))
        except (KeyError, ValueError) as error:
            raise ConfigError(MODEL, f"is no model of this program ({error}): run `make model`") from error

    def values_of(self, page: Page) -> NDArray[np.float64]:
        """Return a value for each line: the more, the better; it is no probability."""
        return np.array([self._value(line) for line in page.lines], np.float64)

    def _value(self, line: Line) -> float:
        if not self.started:
            self.started.append(_session(self.graph))
        numbers, kinds = self.vocabulary.pair(around(line), line.text, MOST_PIECES)
        inputs = {
            "input_ids": np.array([numbers], np.int64),
            "token_type_ids": np.array([kinds], np.int64),
        }
        return float(self.started[0].run(None, inputs)[0].reshape(-1)[0])


def _session(graph: bytes) -> Any:  # noqa: ANN401 -- the runtime has no types
    """Start the runtime, where the first line needs it: it takes a while.

    Raises:
        ConfigError: the graph is damaged.
    """
    import onnxruntime  # noqa: PLC0415 -- as above, and it is not always installed

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 3
    try:
        return onnxruntime.InferenceSession(graph, options, providers=["CPUExecutionProvider"])
    except Exception as error:  # the runtime has a dozen kinds of its own, none documented
        raise ConfigError(MODEL, f"cannot be run ({type(error).__name__}): run `make model`") from error


def around(line: Line) -> str:
    """Return what an encoder is told of where a line stands."""
    section = line.candidate.section
    headings = " > ".join([*section.path[-1:], *([section.heading] if section.heading else [])])
    return f"{section.meaning.value.replace('_', ' ')} > {headings or 'none'}"
