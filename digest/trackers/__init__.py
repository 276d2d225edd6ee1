"""Stage 1: trackers → incidents. `collect()` is the door; this module is the registry.

Outsiders add a kind with an entry point of the group `learning_digest.trackers` that names a
`TrackerKind`.
"""

from collections.abc import Iterable, Mapping
from importlib.metadata import EntryPoint
from typing import Any

from digest.config.registry import Registry
from digest.trackers.base import TrackerKind
from digest.trackers.folder import FolderTracker
from digest.trackers.folder import Settings as FolderSettings
from digest.trackers.github import GitHubTracker
from digest.trackers.github import Settings as GitHubSettings

GROUP = "learning_digest.trackers"

TRACKERS: Mapping[str, TrackerKind[Any]] = {
    "folder": TrackerKind(FolderSettings, FolderTracker.connect),
    "github": TrackerKind(GitHubSettings, GitHubTracker.connect),
}


def kind_of(
    word: str, key: str = "trackers", outsiders: Iterable[EntryPoint] | None = None
) -> TrackerKind[Any]:
    """Return the kind of tracker that `word` names; see `Registry.kind_of`."""
    return Registry("tracker", GROUP, TRACKERS, TrackerKind).kind_of(word, key, outsiders)
