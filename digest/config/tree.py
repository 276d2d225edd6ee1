"""YAML files with the line of every value, so that each fault is named by key and line."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import TypeVar, get_args

import yaml
from pydantic import BaseModel, ValidationError

from digest.errors import ConfigError

Steps = tuple[str | int, ...]  # ("trackers", 1, "token")
_MOST_TOLD = 3
# Pydantic's own words name Python's types, which an operator need not know.
_EXPECTED = {
    "tuple_type": "a list, such as [a, b]",
    "list_type": "a list, such as [a, b]",
    "dict_type": "keys and values",
    "mapping_type": "keys and values",
    "model_type": "keys and values",
    "model_attributes_type": "keys and values",
    "string_type": "text; put figures in quotes",
    "bool_parsing": "true or false",
}
# LibYAML where it is there: ten times as fast, and the files of a run are a thousand lines.
_Loader: type[yaml.SafeLoader] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
Model = TypeVar("Model", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class Tree:
    """A parsed YAML file, and the line on which each of its values stands."""

    file: Path
    value: object
    lines: Mapping[Steps, int]  # 1-based

    def place(self, steps: Steps) -> str:
        """Return `config/digest.yaml:14 trackers[1].token`; the nearest known line for an absent key."""
        known = next((steps[:n] for n in range(len(steps), -1, -1) if steps[:n] in self.lines), ())
        path = _path(steps)
        return f"{self.file}:{self.lines.get(known, 1)}" + (f" {path}" if path else "")

    def error(self, steps: Steps, expected: str) -> ConfigError:
        """Return the error for a place in this file."""
        return ConfigError(self.place(steps), expected)


def _path(steps: Steps) -> str:
    """Return `trackers[1].token`."""
    return "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in steps).lstrip(".")


def read_yaml(file: Path) -> Tree:
    """Read one YAML document with plain values only.

    Raises:
        ConfigError: the file is missing, not UTF-8, not YAML, or holds a key twice.
    """
    try:
        text = file.read_text(encoding="utf-8-sig")
    except FileNotFoundError as error:
        raise ConfigError(str(file), "there is no such file; `digest init` writes one") from error
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(str(file), f"could not be read as UTF-8 text ({error})") from error
    lines: dict[Steps, int] = {}
    loader = _Loader(text)
    try:
        node = loader.get_single_node()
        tree = Tree(file, None if node is None else loader.construct_document(node), lines)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise ConfigError(f"{file}:{line}", f"this is not YAML: {error.problem}") from error
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise ConfigError(str(file), f"this is not YAML: {error}") from error
    finally:
        loader.dispose()
    if node is not None:
        _note_lines(node, (), tree, lines)
    return tree


def _note_lines(node: yaml.Node, steps: Steps, tree: Tree, lines: dict[Steps, int]) -> None:
    lines[steps] = node.start_mark.line + 1
    if isinstance(node, yaml.SequenceNode):
        for index, item in enumerate(node.value):
            _note_lines(item, (*steps, index), tree, lines)
    elif isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            inner = (*steps, str(key.value))
            if inner in lines:
                raise ConfigError(
                    f"{tree.file}:{key.start_mark.line + 1}", f"the key {key.value!r} stands here twice"
                )
            _note_lines(value, inner, tree, lines)
            lines[inner] = key.start_mark.line + 1


def parse(model: type[Model], value: object, tree: Tree, steps: Steps = ()) -> Model:
    """Read part of a file as `model`.

    Raises:
        ConfigError: the first fault, with key, line and what was expected; it says how many more there are.
    """
    try:
        return model.model_validate(value)
    except ValidationError as error:
        # What is misspelt comes before what is missing for it.
        faults = sorted(
            error.errors(include_url=False, include_input=False), key=lambda f: f["type"] != "extra_forbidden"
        )
        told = [
            (
                (*steps, *(step for step in f["loc"] if not _is_tag(step, value))),
                _worded(model, f["type"], f["msg"], f["loc"]),
            )
            for f in faults[:_MOST_TOLD]
        ]
        also = "".join(f"; also {_path(where)}: {what}" for where, what in told[1:])
        left = f"; {len(faults) - _MOST_TOLD} more" if len(faults) > _MOST_TOLD else ""
        raise tree.error(told[0][0], told[0][1] + also + left) from None


def _is_tag(step: str | int, value: object) -> bool:
    """Pydantic adds the names of a union's members to a place; they are no keys of the file."""
    return isinstance(step, str) and not re.fullmatch(r"[a-z0-9_]+", step) and step not in repr(value)


def _worded(model: type[BaseModel], kind: str, message: str, loc: Sequence[str | int]) -> str:
    if kind == "extra_forbidden":
        return unknown(str(loc[-1]), _keys_at(model, loc[:-1]), "key")
    if kind == "missing":
        return f"this key is missing: {loc[-1]}"
    if kind in _EXPECTED:
        return f"expected {_EXPECTED[kind]}"
    plain = message.removeprefix("Value error, ")
    return plain[0].lower() + plain[1:] if plain.startswith(("Input ", "String ")) else plain


def _keys_at(model: type[BaseModel], loc: Sequence[str | int]) -> list[str]:
    """Return the keys that the settings know at a place, for "did you mean"."""
    for step in loc:
        field = model.model_fields.get(str(step))
        model = (_model_in(field.annotation) if field is not None else None) or model
    return [field.alias or name for name, field in model.model_fields.items()]


def _model_in(annotation: object) -> type[BaseModel] | None:
    """Return the settings that a field holds: at once, where it is given, or under names of its own."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next((found for inner in get_args(annotation) if (found := _model_in(inner))), None)


def unknown(word: str, known: Sequence[str], what: str) -> str:
    """Word the error for a word that is none of the known ones."""
    near = get_close_matches(word, known, n=1, cutoff=0.6)
    return f"unknown {what} {word!r}" + (
        f"; did you mean {near[0]!r}?" if near else f". Known: {', '.join(sorted(known))}"
    )
