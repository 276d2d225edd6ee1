"""YAML read as words alone: every scalar stays the text that stands there, as in a CSV cell.

YAML's own guesses do harm here: `007` becomes 7, `12:30` becomes 750, `2026-10-32` raises inside
the parser. No tag makes an object, nothing twice is silently lost, and deep nesting, on which the
C parser crashes the whole process, is refused before it.
"""

import re
from collections.abc import Hashable
from typing import Any

import yaml

# The compiled parser is ten times faster; it is missing where PyYAML was built without libyaml.
_Base: Any = getattr(yaml, "CBaseLoader", yaml.BaseLoader)

# Far from what people write, and as far from the 100,000 that crash libyaml's parser.
_DEEPEST = 500
_MOST_ALIASES = 20
_BLOCKS_ON_ONE_LINE = re.compile(rf"(?:[-?:][ \t]+){{{_DEEPEST}}}")
_DEEP_INDENT = re.compile(rf"^ {{{_DEEPEST * 4}}}", re.MULTILINE)


class NotYamlError(ValueError):
    """Text that is no YAML, or not of a kind that is read here; `line` is 1-based."""

    def __init__(self, detail: str, line: int) -> None:
        super().__init__(detail)
        self.detail = detail
        self.line = line


class _Words(_Base):  # type: ignore[misc]  # PyYAML chooses its base at run time
    """Builds lists and mappings of strings; a key that stands twice is an error."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:  # noqa: FBT001, FBT002  PyYAML's signature
        seen: set[str] = set()
        for key, _value in node.value:
            if isinstance(key, yaml.ScalarNode) and key.value in seen:
                problem = f"the key {key.value[:40]!r} stands here twice"
                raise yaml.MarkedYAMLError(problem=problem, problem_mark=key.start_mark)
            seen.add(str(key.value))
        mapping: dict[Hashable, Any] = super().construct_mapping(node, deep=deep)
        return mapping


def read_yaml(text: str) -> object:
    """Return lists, mappings and strings; None where there is nothing.

    Raises:
        NotYamlError: with the line in `text`.
    """
    return _guarded(text, lambda: yaml.load(text, Loader=_Words))  # noqa: S506  builds strings only


def read_rows(text: str) -> list[tuple[int, str | None, object]]:
    """Read a list of mappings, or mappings by key; either may stand under the one key `incidents`.

    Returns:
        For each: its 1-based line, its key where it stands under one, and the value.

    Raises:
        NotYamlError: with the line in `text`.
    """
    rows: list[tuple[int, str | None, object]] = _guarded(text, lambda: _rows(text))
    return rows


def _rows(text: str) -> list[tuple[int, str | None, object]]:
    loader = _Words(text)
    try:
        node = loader.get_single_node()
        if isinstance(node, yaml.MappingNode) and [k.value for k, _ in node.value] == ["incidents"]:
            node = node.value[0][1]
        if isinstance(node, yaml.SequenceNode):
            pairs: list[tuple[str | None, Any]] = [(None, item) for item in node.value]
        elif isinstance(node, yaml.MappingNode):
            loader.construct_mapping(node)  # refuses a key that stands twice
            pairs = [(str(key.value), item) for key, item in node.value]
        else:
            raise NotYamlError("neither a list of incidents nor a mapping of them by key", 1)
        return [(n.start_mark.line + 1, key, loader.construct_object(n, deep=True)) for key, n in pairs]
    finally:
        loader.dispose()


def _guarded(text: str, read: Any) -> Any:  # noqa: ANN401  what YAML holds is only known afterwards
    if _too_deep(text):
        raise NotYamlError("nested too deeply to be read", 1)
    try:
        _refuse_aliases(text)
        return read()
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise NotYamlError(error.problem or "not YAML", line) from None
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        if isinstance(error, NotYamlError):
            raise
        raise NotYamlError(f"not YAML ({type(error).__name__})", 1) from None


def _refuse_aliases(text: str) -> None:
    """Refuse more aliases than people write: a few lines of nested ones stand for more than memory holds."""
    if "&" not in text or "*" not in text:
        return
    aliases = sum(isinstance(event, yaml.AliasEvent) for event in yaml.parse(text, Loader=_Words))
    if aliases > _MOST_ALIASES:
        raise NotYamlError(f"more than {_MOST_ALIASES} aliases (*name); write out what they stand for", 1)


def _too_deep(text: str) -> bool:
    depth = 0
    for mark in re.findall(r"[\[\]{}]", text):
        depth = depth + 1 if mark in "[{" else max(0, depth - 1)
        if depth > _DEEPEST:
            return True
    return bool(_BLOCKS_ON_ONE_LINE.search(text) or _DEEP_INDENT.search(text))
