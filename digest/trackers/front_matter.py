"""What stands before a review's text: YAML between `---` lines, TOML between `+++` lines. Pure."""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field

from digest.trackers.plain_yaml import NotYamlError, read_yaml

# Front matter longer than this is a document that happens to begin with a rule.
_MOST_LINES = 400
_MOST_CHARACTERS = 64_000

_ENDS = {"---": ("---", "..."), "+++": ("+++",)}
_NAME = re.compile(r"[\"']?([^\s\"':=#-][^\"':=]{0,60}?)[\"']?\s*[:=]")
_LINE = re.compile(r"([A-Za-z][\w -]{0,40}?)\s*[:=]\s*(.*)")


@dataclass(frozen=True, slots=True)
class FrontMatter:
    """The fields and where each stands, how many lines they took, and (`problem`) what was wrong, at `line`.

    Lines are 1-based, in the file.
    """

    fields: Mapping[str, object] = field(default_factory=dict)
    lines: int = 0
    problem: str | None = None
    line: int = 1
    at: Mapping[str, int] = field(default_factory=dict)


def front_matter_of(text: str) -> FrontMatter:
    """Read the front matter of `text`, whose lines end in a line feed.

    Front matter that is not valid is read line by line as `name: value`, so that one bad line
    loses neither the mark that a review is private nor its authors' names; `problem` says so.
    A rule without a second one is text, and takes no lines.
    """
    first, _, rest = text.partition("\n")
    mark = first.rstrip()
    if mark not in _ENDS:
        return FrontMatter()
    lines = rest[:_MOST_CHARACTERS].split("\n")[:_MOST_LINES]
    end = next((n for n, line in enumerate(lines) if line.rstrip() in _ENDS[mark]), None)
    if end is None:
        return FrontMatter()
    block = lines[:end]
    taken = end + 2
    try:
        fields = (_toml if mark == "+++" else read_yaml)("\n".join(block))
    except NotYamlError as error:
        if not any(_LINE.match(line) for line in block):
            return FrontMatter()  # text between two rules
        return FrontMatter(_line_by_line(block), taken, error.detail, error.line + 1, _lines_of(block))
    if isinstance(fields, dict):
        named = {str(name): value for name, value in fields.items()}
        return FrontMatter(named, taken, at=_lines_of(block))
    return FrontMatter(lines=taken) if fields is None else FrontMatter()


def _toml(block: str) -> object:
    try:
        return _as_words(tomllib.loads(block))
    except tomllib.TOMLDecodeError as error:
        at = re.search(r"line (\d+)", str(error))
        raise NotYamlError("not valid TOML", int(at[1]) if at else 1) from None
    except (RecursionError, ValueError) as error:
        raise NotYamlError(f"not valid TOML ({type(error).__name__})", 1) from None


def _as_words(value: object) -> object:
    # TOML has types; everything behind this reads words.
    if isinstance(value, dict):
        return {name: _as_words(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [_as_words(inner) for inner in value]
    return str(value).lower() if isinstance(value, bool) else str(value)


def _lines_of(block: list[str]) -> Mapping[str, int]:
    found = ((number, _NAME.match(line)) for number, line in enumerate(block, start=2))
    return {match[1]: number for number, match in found if match}


def _line_by_line(block: list[str]) -> Mapping[str, object]:
    found = (_LINE.fullmatch(line.rstrip()) for line in block)
    return {match[1]: match[2].strip().strip("'\"") for match in found if match and match[2].strip()}
