"""Kinds of connectors by name: ours, and those that outsiders add by an entry point."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from importlib.metadata import EntryPoint, entry_points
from typing import Generic, TypeVar

from rapidfuzz import process

from digest.errors import ConfigError

K = TypeVar("K")


@dataclass(frozen=True, slots=True)
class Registry(Generic[K]):
    """The kinds of one sort of connector; nothing of an outsider's is loaded before it is named."""

    what: str  # "tracker", "channel"
    group: str  # of entry points
    kinds: Mapping[str, K]
    sort: type[K]  # what an entry point must name

    def kind_of(self, word: str, key: str, outsiders: Iterable[EntryPoint] | None = None) -> K:
        """Return the kind that `word` names, ours or an outsider's; `key` is the place in the config.

        `outsiders` are the entry points to look among; what is installed, where None.

        Raises:
            ConfigError: no such kind, a name taken twice, or an outsider's kind that cannot be loaded.
        """
        others = list(entry_points(group=self.group) if outsiders is None else outsiders)
        named = [point for point in others if point.name == word]
        if len(named) + (word in self.kinds) > 1:
            owners = ", ".join(sorted(point.value for point in named))
            raise ConfigError(
                key, f"several kinds of {self.what} are called {word!r} ({owners}); uninstall one"
            )
        if word in self.kinds:
            return self.kinds[word]
        if not named:
            known = sorted({*self.kinds, *(point.name for point in others)})
            near = process.extractOne(word, known, score_cutoff=60)
            hint = f"did you mean {near[0]!r}? " if near else ""
            raise ConfigError(
                key, f"no kind of {self.what} is called {word!r}; {hint}there is: {', '.join(known)}"
            )
        return self._loaded(named[0], key)

    def _loaded(self, point: EntryPoint, key: str) -> K:
        where = f"{self.what} {point.name!r}"
        try:
            kind = point.load()
        except (ImportError, AttributeError) as error:
            raise ConfigError(key, f"{where} ({point.value}) cannot be loaded: {error}") from error
        if not isinstance(kind, self.sort):
            raise ConfigError(key, f"{where}: {point.value} is no {self.sort.__name__}")
        return kind
