"""The last look at what readers see: everything an edition says is masked once more, as it is printed.

Text was masked while it was collected. Since then an editor may have written, a customer may have been
added to the config, and markup that split a word in two may be gone.
"""

from collections.abc import Callable
from dataclasses import fields, is_dataclass, replace
from enum import Enum
from typing import TypeVar, cast

T = TypeVar("T")

# What names something by a fixed form: masking it would break links. Keys were checked when collected.
_LEFT = frozenset(
    {"id", "incident", "incidents", "key", "also", "url", "editor", "version", "audience", "tracker", "zone"}
)


def gated(value: T, mask: Callable[[str], str]) -> T:
    """Return a value of the model with every text in it masked; without anything to mask, the same one."""
    return cast("T", _gated(value, mask))


def _gated(value: object, mask: Callable[[str], str]) -> object:
    if isinstance(value, Enum):
        return value
    if isinstance(value, str):
        return mask(value)
    if isinstance(value, tuple):
        return tuple(_gated(item, mask) for item in value)
    if is_dataclass(value) and not isinstance(value, type):
        inner = {f.name: getattr(value, f.name) for f in fields(value) if f.name not in _LEFT}
        changed = {name: new for name, old in inner.items() if (new := _gated(old, mask)) != old}
        return replace(value, **changed) if changed else value
    return value
