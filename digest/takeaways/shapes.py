"""The shape of this stage's YAML files; anything else is refused with file and key."""

import re
from collections.abc import Mapping
from typing import Annotated, TypeVar

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    RootModel,
    ValidationError,
    field_validator,
    model_validator,
)

from digest.errors import ConfigError
from digest.takeaways.headings import Meaning

# An empty list would compile to a pattern that matches everywhere; so would an empty word.
Patterns = Annotated[list[Annotated[str, Field(min_length=1)]], Field(min_length=1)]
Shape = TypeVar("Shape", bound=BaseModel)


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
    to_do: Patterns
    symptom: Patterns


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
    """What one property counts beside the score when an edition chooses, and why."""

    weight: float = Field(ge=-1, le=1)
    because: str


class Says(Strict):
    """The words shown for one property of a line, and why it is told."""

    says: str
    because: str

    @field_validator("says")
    @classmethod
    def _fillable(cls, says: str) -> str:
        if set(re.findall(r"\{(.*?)\}", says)) - {"theme", "found"}:
            message = "only {theme} and {found} are filled in"
            raise ValueError(message)
        return says


class WordCounts(Strict):
    """How many words a takeaway has at least, and how many where it reads well."""

    least: int = Field(ge=1)
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


class OtherLanguage(Strict):
    """The scores of lines in a language that nothing here reads, by their heading alone."""

    takeaways: float = Field(ge=0, le=1)
    went_wrong: float = Field(ge=0, le=1)
    elsewhere: float = Field(ge=0, le=1)
    says: str


CUES = (  # in the order in which they are told
    "mechanism",
    "general",
    "surprise",
    "theme",
    "transferable",
    "to_do",
    "narration",
    "symptom",
    "private_marks",
    "masked",
    "vague",
    "apology",
    "context",
    "opens_in_the_air",
    "question",
)
REASONS = frozenset({*CUES, "short", "long"})


class RankingFile(Strict):
    """`config/ranking.yaml`."""

    bar: float = Field(gt=0, lt=1)
    offered_from: dict[Meaning, float] = {}
    words: WordCounts
    other_language: OtherLanguage
    places: dict[Meaning, str]
    no_heading: str
    reasons: dict[str, Says]
    set_aside: SetAside
    hindsight: str
    choice: ChoiceWeights
    per_incident: int = Field(ge=1)
    minor_from: int = Field(ge=1, le=5)

    @model_validator(mode="after")
    def _complete(self) -> "RankingFile":
        odd = sorted(REASONS ^ self.reasons.keys())
        if odd or Meaning.OTHER not in self.places:
            message = f"reasons: {', '.join(odd)}: missing or unknown" if odd else "places.other is missing"
            raise ValueError(message)
        return self


class CuesFile(RootModel[dict[str, list[Annotated[str, Field(min_length=1)]]]]):
    """`config/cues.yaml`: kinds of words, in order."""


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
