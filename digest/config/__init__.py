"""The operator's settings: YAML into typed, strict values; every fault with its key and line.

A connector's own settings stand beside its class; this package keeps them as they were written,
with their place, until the registry knows which class reads them (`Connector.parse`).
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from digest.config.settings import Redaction, Settings
from digest.config.strict import Secret, Strict, Zone
from digest.config.tree import Model, Steps, Tree, parse, read_yaml, unknown
from digest.errors import ConfigError

__all__ = [
    "Config",
    "Connector",
    "Redaction",
    "Secret",
    "Settings",
    "Strict",
    "Tree",
    "Zone",
    "load",
    "parse",
    "read_yaml",
    "unknown",
]

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9 ._-]{0,39}")


@dataclass(frozen=True, slots=True)
class Connector:
    """A tracker or a channel as it was written: a name, a kind, and what its own `Settings` will read."""

    name: str
    kind: str
    values: Mapping[str, object]
    tree: Tree
    steps: Steps

    def parse(self, model: type[Model]) -> Model:
        """Read the connector's own settings, with the file's places in errors."""
        return parse(model, dict(self.values), self.tree, self.steps)

    def error(self, key: str, expected: str) -> ConfigError:
        """Return the error for one of the connector's keys."""
        return self.tree.error((*self.steps, key) if key else self.steps, expected)


@dataclass(frozen=True, slots=True)
class Config:
    """One digest.yaml, read and checked; relative paths in it are relative to `folder`."""

    file: Path
    settings: Settings
    trackers: tuple[Connector, ...]
    channels: tuple[Connector, ...]

    @property
    def folder(self) -> Path:
        """The folder of the file."""
        return self.file.resolve().parent

    def path(self, path: Path) -> Path:
        """Return a path of the config, absolute."""
        return (self.folder / path.expanduser()).resolve()


def load(file: Path) -> Config:
    """Read and check a digest.yaml, but for what only the connectors' own settings can judge.

    Raises:
        ConfigError: the first fault found.
    """
    tree = read_yaml(file)
    if not isinstance(tree.value, dict):
        raise tree.error((), "expected keys and values, such as `organisation: Example`")
    value = dict(tree.value)
    trackers = _connectors(value.pop("trackers", None), tree, "trackers")
    channels = _connectors(value.pop("channels", None), tree, "channels")
    known = {*Settings.model_fields, "trackers", "channels"}
    for key in value:
        if key not in known:
            raise tree.error((str(key),), unknown(str(key), sorted(known), "key"))
    return Config(file, parse(Settings, value, tree), trackers, channels)


def _connectors(value: object, tree: Tree, section: str) -> tuple[Connector, ...]:
    if not isinstance(value, list) or not value:
        raise tree.error(
            (section,), f"expected at least one of {section}: a list, each with a name and a kind"
        )
    connectors = tuple(_connector(item, tree, (section, index)) for index, item in enumerate(value))
    _only_once(connectors)
    return connectors


def _connector(item: object, tree: Tree, steps: Steps) -> Connector:
    if not isinstance(item, dict):
        raise tree.error(steps, "expected keys and values: name, kind, and what the kind needs")
    rest = dict(item)
    kind = rest.pop("kind", None)
    if not isinstance(kind, str):
        raise tree.error((*steps, "kind"), "this key is missing: kind, such as `kind: folder`")
    name = rest.pop("name", kind)
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        raise tree.error((*steps, "name"), "expected up to 40 letters, digits, spaces, dots, dashes")
    return Connector(name, kind, rest, tree, steps)


def _only_once(connectors: Sequence[Connector]) -> None:
    seen: dict[str, Connector] = {}
    for connector in connectors:
        if connector.name in seen:
            first = seen[connector.name].tree.place(seen[connector.name].steps)
            raise connector.error(
                "name", f"the name {connector.name!r} is taken by {first}; names tell them apart"
            )
        seen[connector.name] = connector
