"""Stage 1: trackers → incidents. `collect()` is the door; this module is the registry.

Outsiders add a kind with an entry point of the group `learning_digest.trackers` that names a
`TrackerKind`.
"""

from collections.abc import Iterable, Mapping
from importlib.metadata import EntryPoint, entry_points
from typing import Any

from rapidfuzz import process

from digest.errors import ConfigError
from digest.trackers.base import TrackerKind
from digest.trackers.folder import FolderTracker
from digest.trackers.folder import Settings as FolderSettings

GROUP = "learning_digest.trackers"

TRACKERS: Mapping[str, TrackerKind[Any]] = {
    "folder": TrackerKind(FolderSettings, FolderTracker.connect),
}


def kind_of(
    word: str, key: str = "trackers", outsiders: Iterable[EntryPoint] | None = None
) -> TrackerKind[Any]:
    """Return the kind that `word` names, ours or an outsider's; `key` is the place in the config.

    `outsiders` are the entry points to look among; what is installed, where None.

    Raises:
        ConfigError: no such kind, a name taken twice, or an outsider's kind that cannot be loaded.
    """
    others = list(entry_points(group=GROUP) if outsiders is None else outsiders)
    named = [point for point in others if point.name == word]
    if len(named) + (word in TRACKERS) > 1:
        owners = ", ".join(sorted(point.value for point in named))
        raise ConfigError(key, f"several kinds of tracker are called {word!r} ({owners}); uninstall one")
    if word in TRACKERS:
        return TRACKERS[word]
    if not named:
        known = sorted({*TRACKERS, *(point.name for point in others)})
        raise ConfigError(key, f"no kind of tracker is called {word!r}; {_instead(word, known)}")
    return _loaded(named[0], key)


def _loaded(point: EntryPoint, key: str) -> TrackerKind[Any]:
    try:
        kind = point.load()
    except (ImportError, AttributeError) as error:
        raise ConfigError(key, f"tracker {point.name!r} ({point.value}) cannot be loaded: {error}") from error
    if not isinstance(kind, TrackerKind):
        raise ConfigError(key, f"tracker {point.name!r}: {point.value} is no TrackerKind")
    return kind


def _instead(word: str, known: list[str]) -> str:
    near = process.extractOne(word, known, score_cutoff=60)
    hint = f"did you mean {near[0]!r}? " if near else ""
    return f"{hint}there is: {', '.join(known)}"
