"""The YAML files of this stage, compiled once, and the trained model: what scoring works with."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from digest.errors import ConfigError
from digest.model import Theme
from digest.takeaways.cues import Cues
from digest.takeaways.headings import Headings, Meaning
from digest.takeaways.language import BLAME, FIX_LIKE, Language, Rule, held_to_words
from digest.takeaways.models import UNTRAINED, Models, scores_of
from digest.takeaways.score import Scores
from digest.takeaways.sentences import fold
from digest.takeaways.shapes import CuesFile, HeadingsFile, LanguageFile, RankingFile, ThemesFile, read_shape
from digest.takeaways.themes import ThemeRule

_LANGUAGE = "config/language.yaml"


# A word or two without an article, where a sentence or a bullet begins. What checks by itself is no person.
_NAME = (
    r"(?:\A|(?<=[.;!?]\s)|(?<=[-*]\s))"
    r"(?!(?:we|it|this|that|they|tests?|monitoring|alerts?|alerting|dashboards?|checks?|probes?|automation|nobody|none|"
    r"which|and|but|the|an?|our)\s)[^\W\d_][\w'-]{1,20}(?:\s[^\W\d_][\w'-]{1,20})?"
)
_ANYBODY = "".join(
    rf"(?<!{word}\s)" for word in ("we", "it", "system", "alert", "alerts", "monitor", "monitoring")
)


@dataclass(frozen=True, slots=True)
class Lexicon:
    """What this stage knows of words; nothing in it changes."""

    headings: Headings
    language: Language
    ranking: RankingFile
    themes: tuple[ThemeRule, ...]
    cues: Cues
    scores: Scores

    @classmethod
    def of(cls, mappings: Mapping[str, object], models: Models | None = None) -> "Lexicon":
        """Compile the parsed files `headings`, `language`, `ranking`, `themes` and `cues`, by these names.

        Args:
            mappings: the parsed files.
            models: the arrays of each trained model, by its name; without any, each line scores 0.

        Raises:
            ConfigError: one is missing or not of its shape; `key` names the file and the key.
        """
        ranking = read_shape(RankingFile, mappings, "ranking")
        cues = Cues.of(read_shape(CuesFile, mappings, "cues").root)
        return cls(
            _headings(read_shape(HeadingsFile, mappings, "headings")),
            _language(read_shape(LanguageFile, mappings, "language")),
            ranking,
            _themes(read_shape(ThemesFile, mappings, "themes")),
            cues,
            UNTRAINED if models is None else scores_of(models, cues),
        )


def _headings(file: HeadingsFile) -> Headings:
    def variants() -> Iterator[tuple[Meaning, str]]:
        for meanings in (file.meanings, *file.languages.values()):
            for meaning, names in meanings.items():
                yield from ((meaning, name) for name in names)

    return Headings.of(variants(), file.weak, file.fallback)


def _language(file: LanguageFile) -> Language:
    fill = {
        "{name}": _NAME,
        "{anybody}": _ANYBODY,
        "{person}": _any_of(file.persons),
        "{verb}": _any_of(file.fix_verbs),
        "{done}": _any_of(file.done),
    }
    rules = []
    for number, entry in enumerate(file.rules):
        pattern = _compiled(entry.patterns, f"rules[{number}].patterns", fill)
        rules.append(Rule(entry.rule, pattern, entry.why, entry.instead))
    # Without their subjects: three dozen words for persons tried at every word would cost more than all else.
    anchors = [
        re.sub(r"^\{(?:person|name|anybody)\} ?(?:\(\?:[^()]*\)\?)?", "", p)
        for entry in file.rules
        for p in entry.patterns
    ]
    fix = file.fix_like
    opening = _compiled(fix.patterns, "fix_like.patterns", fill)
    return Language(
        empty=frozenset(fold(word).strip(" .") for word in file.empty),
        template=_compiled(file.template, "template", fill, whole=False),
        prompts=_compiled(file.prompts, "prompts", fill),
        rules=tuple(sorted(rules, key=lambda rule: rule.name != BLAME)),
        anchors=_compiled(anchors, "rules", fill),
        fix_like=Rule(FIX_LIKE, opening, fix.why, fix.instead),
        cues={name: _compiled(patterns, f"cues.{name}", fill) for name, patterns in file.cues},
        stopwords={code: frozenset(known) for code, known in file.stopwords.items()},
    )


def _any_of(alternatives: Iterable[str]) -> str:
    return "(?:" + "|".join(sorted(alternatives, key=lambda word: (-len(word), word))) + ")"


def _compiled(
    patterns: Iterable[str], key: str, fill: Mapping[str, str], *, whole: bool = True
) -> re.Pattern[str]:
    filled = []
    for number, pattern in enumerate(patterns):
        full = pattern
        for name, body in fill.items():
            full = full.replace(name, body)
        try:
            held_to_words([full])  # as it will be compiled: a space stands for any white space
        except re.error as error:
            raise ConfigError(f"{_LANGUAGE} {key}[{number}]", f"no regular expression: {error}") from error
        filled.append(full)
    return held_to_words(filled) if whole else re.compile("|".join(f"(?:{p})" for p in filled), re.DOTALL)


def _themes(file: ThemesFile) -> tuple[ThemeRule, ...]:
    keys = [entry.key for entry in file.themes]
    for number, key in enumerate(keys):
        if key in keys[:number]:
            raise ConfigError(f"config/themes.yaml themes[{number}].key", f"{key} is there twice")
    return tuple(ThemeRule.of(Theme(e.key, e.name, e.question), e.cues) for e in file.themes)
