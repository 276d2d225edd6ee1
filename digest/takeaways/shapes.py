"""The shape of this stage's four YAML files; anything else is refused with file and key."""

import re
from collections.abc import Mapping
from typing import Annotated, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from digest.errors import ConfigError
from digest.takeaways.headings import Meaning

# An empty list would compile to a pattern that matches everywhere; so would an empty word.
Patterns = Annotated[list[Annotated[str, Field(min_length=1)]], Field(min_length=1)]
Shape = TypeVar("Shape", bound="Strict")


class Strict(BaseModel):
    """Refuses keys that it does not know."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class HeadingsFile(Strict):
    """`config/headings.yaml`."""

    meanings: dict[Meaning, list[str]]
    weak: list[str] = []
    fallback: list[str] = []
    languages: dict[str, dict[Meaning, list[str]]] = {}


class RuleEntry(Strict):
    """One group of wordings that the check finds."""

    rule: str = Field(pattern="^(blame|hindsight)$")
    patterns: Patterns
    why: str
    instead: str


class FixEntry(Strict):
    """What reads as work to do."""

    patterns: Patterns
    why: str
    instead: str


class Cues(Strict):
    """The words by which a line is scored; each list becomes one pattern."""

    mechanism: Patterns
    general: Patterns
    surprise: Patterns
    vague: Patterns
    apology: Patterns
    context: Patterns
    opens_in_the_air: Patterns
    narration: Patterns
    private_marks: Patterns
    masked: Patterns


class LanguageFile(Strict):
    """`config/language.yaml`."""

    empty: list[str]
    template: Patterns
    prompts: Patterns
    persons: Patterns
    done: Patterns
    fix_verbs: Patterns
    rules: Annotated[list[RuleEntry], Field(min_length=1)]
    fix_like: FixEntry
    cues: Cues
    stopwords: dict[str, list[str]]


class Weight(Strict):
    """What one property adds to a score (negative: takes from it), and the words shown for it."""

    weight: float = Field(ge=-1, le=1)
    says: str = ""
    because: str

    @field_validator("says")
    @classmethod
    def _fillable(cls, says: str) -> str:
        if set(re.findall(r"\{(.*?)\}", says)) - {"heading", "theme", "found"}:
            message = "only {heading}, {theme} and {found} are filled in"
            raise ValueError(message)
        return says


class Weights(Strict):
    """The properties of a line that count."""

    mechanism: Weight
    general: Weight
    surprise: Weight
    transferable: Weight
    theme: Weight
    length: Weight
    short: Weight
    long: Weight
    narration: Weight
    private_marks: Weight
    masked: Weight
    vague: Weight
    apology: Weight
    context: Weight
    opens_in_the_air: Weight
    question: Weight


class Sources(Strict):
    """The sections that takeaways are taken from."""

    takeaways: Weight
    went_wrong: Weight


class WordCounts(Strict):
    """How many words a takeaway has that reads well."""

    fewest: int = Field(ge=1)
    most: int = Field(ge=2)


class SetAside(Strict):
    """What is said of lines that are never printed."""

    blame: str
    fix_like: str


class ChoiceWeights(Strict):
    """What counts beside the score when an edition chooses."""

    reach_month: Weight
    reach_year: Weight
    reach_most: Weight
    novel: Weight
    repeated: Weight
    same_theme: Weight
    same_incident: Weight


class RankingFile(Strict):
    """`config/ranking.yaml`."""

    bar: float = Field(gt=0, lt=1)
    words: WordCounts
    sources: Sources
    other_language: Weight
    weights: Weights
    set_aside: SetAside
    hindsight: str
    choice: ChoiceWeights
    per_incident: int = Field(ge=1)
    minor_from: int = Field(ge=1, le=5)


class ThemeEntry(Strict):
    """One theme."""

    key: str = Field(pattern="^[a-z][a-z0-9-]*$")
    name: str
    question: str
    cues: Patterns


class ThemesFile(Strict):
    """`config/themes.yaml`."""

    themes: list[ThemeEntry] = Field(min_length=1)


def read_shape(shape: type[Shape], mappings: Mapping[str, object], name: str) -> Shape:
    """Read `config/{name}.yaml`, parsed.

    Raises:
        ConfigError: the file is missing, or not of this shape; it names the file and the first key.
    """
    file = f"config/{name}.yaml"
    if name not in mappings:
        raise ConfigError(file, "is missing")
    try:
        return shape.model_validate(mappings[name])
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        raise ConfigError(f"{file} {_path(first['loc'])}".strip(), first["msg"]) from error


def _path(loc: tuple[int | str, ...]) -> str:
    text = ""
    for part in loc:
        if part == "[key]":
            continue
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else str(part)
    return text
