"""The rules of redaction, read from `config/redaction.yaml` and compiled once."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from digest.errors import ConfigError
from digest.redact.checks import CHECKS, Check
from digest.redact.phrases import Phrasebook
from digest.redact.vocabulary import Vocabulary

FILE = "config/redaction.yaml"
_KIND = re.compile(r"[a-z][a-z0-9 -]{1,30}")
_KEYS = {"name", "kind", "pattern", "keywords", "needs", "check", "reach", "wrapped", "option"}
_OPTIONS = {"ip_addresses": False, "phone_numbers": True}
PERSON, HANDLE, CUSTOMER = "person", "handle", "customer"


@dataclass(frozen=True, slots=True)
class Rule:
    """One kind of secret: a pattern, and what spares most texts the work of trying it."""

    name: str
    kind: str  # the mask is this word in brackets
    pattern: re.Pattern[str]
    keywords: tuple[str, ...]  # one of them, in lower case, stands in every match; empty: always tried
    needs: re.Pattern[str] | None  # a cheaper pattern that the text must hold
    check: Check
    group: int  # of the pattern: what is masked
    reach: int  # characters after a keyword that a match may take
    wrapped: bool  # whether a match may go on after a line break


@dataclass(frozen=True, slots=True)
class Rules:
    """All that is masked, and what never is."""

    secrets: tuple[Rule, ...]
    people: Vocabulary
    customers: Phrasebook
    allowed: frozenset[str]
    allowed_patterns: tuple[re.Pattern[str], ...]
    masks: re.Pattern[str]  # the placeholders themselves

    @classmethod
    def of(
        cls, mapping: Mapping[str, object], *, customers: Sequence[str] = (), allow: Sequence[str] = ()
    ) -> "Rules":
        """Compile the parsed `config/redaction.yaml`.

        Args:
            mapping: `options`, `secrets` and `people`, as the comments of that file describe them.
            customers: names to mask, whatever their case, spacing, hyphens and diacritics.
            allow: words that are never masked; between slashes, a pattern that must match all of
                what would be masked.

        Raises:
            ConfigError: a key is unknown or missing, or a value is of the wrong type; it names the key.
        """
        _only(mapping, {"options", "secrets", "people"}, FILE)
        options = _options(mapping.get("options", {}))
        listed = mapping.get("secrets")
        if not isinstance(listed, list) or not listed:
            raise ConfigError(f"{FILE} secrets", "expected a list of rules")
        rules = [_rule(entry, f"{FILE} secrets[{n}]", options) for n, entry in enumerate(listed)]
        secrets = tuple(rule for rule in rules if rule is not None)
        kinds = sorted({r.kind for r in secrets} | {PERSON, HANDLE, CUSTOMER})
        return cls(
            secrets=secrets,
            people=Vocabulary.of(mapping.get("people", {}), f"{FILE} people"),
            customers=Phrasebook.of((name, CUSTOMER) for name in customers),
            allowed=frozenset(word.casefold() for word in allow if not _is_pattern(word)),
            allowed_patterns=tuple(
                _pattern(word[1:-1], f"redaction.allow[{n}]")
                for n, word in enumerate(allow)
                if _is_pattern(word)
            ),
            masks=re.compile(r"\[(?:" + "|".join(map(re.escape, kinds)) + r")\]"),
        )

    def allows(self, found: str) -> bool:
        """Whether the operator said that these words are never masked."""
        return found.casefold() in self.allowed or any(p.fullmatch(found) for p in self.allowed_patterns)


def _is_pattern(word: str) -> bool:
    return len(word) > len("//") and word[0] == word[-1] == "/"


def _options(value: object) -> dict[str, bool]:
    if not isinstance(value, Mapping):
        raise ConfigError(f"{FILE} options", "expected a mapping")
    _only(value, set(_OPTIONS), f"{FILE} options")
    for key, setting in value.items():
        if not isinstance(setting, bool):
            raise ConfigError(f"{FILE} options.{key}", "expected true or false")
    return _OPTIONS | dict(value)


def _rule(entry: object, key: str, options: Mapping[str, bool]) -> Rule | None:
    """Read one rule; None: an option turns it off."""
    if not isinstance(entry, Mapping):
        raise ConfigError(key, "expected a mapping with kind and pattern")
    _only(entry, _KEYS, key)
    kind = _text(entry, "kind", key)
    if not _KIND.fullmatch(kind):
        raise ConfigError(f"{key}.kind", "expected a few words in lower case, such as 'aws key'")
    pattern = _pattern(_text(entry, "pattern", key), f"{key}.pattern")
    check = entry.get("check", "none")
    if not isinstance(check, str) or check not in CHECKS:
        raise ConfigError(f"{key}.check", f"expected one of {', '.join(CHECKS)}")
    option = entry.get("option")
    if option is not None and (not isinstance(option, str) or option not in _OPTIONS):
        raise ConfigError(f"{key}.option", f"expected one of {', '.join(_OPTIONS)}")
    rule = Rule(
        name=_text(entry, "name", key),
        kind=kind,
        pattern=pattern,
        keywords=_keywords(entry.get("keywords", []), f"{key}.keywords"),
        needs=_pattern(_text(entry, "needs", key), f"{key}.needs") if "needs" in entry else None,
        check=CHECKS[check],
        group=pattern.groupindex.get("value", 0),
        reach=_number(entry.get("reach", 300), f"{key}.reach"),
        wrapped=_flag(entry.get("wrapped", False), f"{key}.wrapped"),
    )
    if check in {"password", "secret"} and not {"sep", "quote", "value"} <= pattern.groupindex.keys():
        raise ConfigError(f"{key}.pattern", f"check {check} needs the groups sep, quote and value")
    return rule if option is None or options[option] else None


def _keywords(value: object, key: str) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(word, str) and word for word in value):
        raise ConfigError(key, "expected a list of words")
    return tuple(word.lower() for word in value)


def _number(value: object, key: str) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value < 1:
        raise ConfigError(key, "expected a number of characters, 1 or more")
    return value


def _flag(value: object, key: str) -> bool:
    if not isinstance(value, bool):
        raise ConfigError(key, "expected true or false")
    return value


def _text(entry: Mapping[object, object], name: str, key: str) -> str:
    value = entry.get(name)
    if not isinstance(value, str) or not value:
        raise ConfigError(f"{key}.{name}", "expected a text")
    return value


def _pattern(source: str, key: str) -> re.Pattern[str]:
    try:
        return re.compile(source)
    except (re.error, OverflowError, RecursionError) as error:
        raise ConfigError(key, f"expected a regular expression ({error})") from error


def _only(mapping: Mapping[object, object] | Mapping[str, object], known: set[str], key: str) -> None:
    for name in mapping:
        if name not in known:
            place = f"{key} {name}" if key == FILE else f"{key}.{name}"
            raise ConfigError(place, f"is not known here; expected one of {', '.join(sorted(known))}")
