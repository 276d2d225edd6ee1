"""An editor's file for one month, `editions/2026-10.yaml`: read with the line of every decision."""

from pathlib import Path

from pydantic import Field, field_validator

from digest.config.strict import Strict
from digest.config.tree import Steps, Tree, parse, read_yaml

_MOST_WORDS = 400


class EditorialFile(Strict):
    """Decisions by takeaway id; what is not named is left to the ranking."""

    pin: tuple[str, ...] = Field(default=(), max_length=5)
    drop: tuple[str, ...] = ()
    reword: dict[str, str] = Field(default_factory=dict)
    note: dict[str, str] = Field(default_factory=dict)
    adopted: dict[str, str] = Field(default_factory=dict)

    @field_validator("pin")
    @classmethod
    def _once(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        if len(set(value)) < len(value):
            message = "each takeaway can be pinned once"
            raise ValueError(message)
        return value

    @field_validator("reword", "note", "adopted")
    @classmethod
    def _some_words(cls, value: dict[str, str]) -> dict[str, str]:
        for id_, words in value.items():
            if not 0 < len(words.strip()) <= _MOST_WORDS:
                message = f"{id_}: expected some words, at most {_MOST_WORDS} characters"
                raise ValueError(message)
        return value

    def places(self) -> list[tuple[str, Steps]]:
        """Return every takeaway id named, with the place where it stands."""
        listed = [(i, (key, n)) for key in ("pin", "drop") for n, i in enumerate(getattr(self, key))]
        keyed = [(i, (key, i)) for key in ("reword", "note", "adopted") for i in getattr(self, key)]
        return [*listed, *keyed]


def read_editorial(file: Path) -> tuple[EditorialFile, Tree]:
    """Read a month's file.

    Raises:
        ConfigError: with file, line and key, as for the config.
    """
    tree = read_yaml(file)
    # A file in which all is still commented out is empty.
    return parse(EditorialFile, {} if tree.value is None else tree.value, tree), tree
