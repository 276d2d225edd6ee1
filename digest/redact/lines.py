"""The lines of a text, by offset, and the stretches of them that name people."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

_SEPARATORS = re.compile(r"[,;|/&+()<>\[\]\"“”]|\s(?:and|und|et)\s|\s[-–—]\s")
_PROSE = 6  # words in a row that no name has


@dataclass(frozen=True, slots=True)
class Named:
    """A stretch of a view that names people; `certain`: it names nobody and nothing else."""

    start: int
    end: int
    certain: bool


@dataclass(frozen=True, slots=True)
class Lines:
    """A text, asked for its lines."""

    text: str

    def end(self, at: int) -> int:
        """Return the end of the line that holds `at`, without its break."""
        found = self.text.find("\n", at)
        return len(self.text) if found < 0 else found

    def start(self, at: int) -> int:
        """Return the start of the line that holds `at`."""
        return self.text.rfind("\n", 0, at) + 1

    def after(self, at: int) -> Iterator[tuple[int, int]]:
        """Yield start and end of each line below the one that holds `at`."""
        start = self.end(at) + 1
        while start < len(self.text):
            end = self.end(start)
            yield start, end
            start = end + 1


def is_prose(text: str) -> bool:
    """Whether words stand in sentences here, rather than in a list of names."""
    return any(len(piece.split()) > _PROSE for piece in _SEPARATORS.split(text))
