"""Stage 6: a rendering → people. `deliver()` is the door; this module is the registry.

Outsiders add a kind with an entry point of the group `learning_digest.channels` that names a
`ChannelKind`.
"""

from collections.abc import Iterable, Mapping
from importlib.metadata import EntryPoint, entry_points
from typing import Any

from rapidfuzz import process

from digest.delivery.base import ChannelKind
from digest.delivery.outbox import OutboxChannel
from digest.delivery.outbox import Settings as OutboxSettings
from digest.delivery.smtp import SmtpChannel
from digest.delivery.smtp_settings import Settings as SmtpSettings
from digest.errors import ConfigError

GROUP = "learning_digest.channels"

CHANNELS: Mapping[str, ChannelKind[Any]] = {
    "outbox": ChannelKind(OutboxSettings, OutboxChannel),
    "smtp": ChannelKind(SmtpSettings, SmtpChannel),
}


def kind_of(
    word: str, key: str = "channels", outsiders: Iterable[EntryPoint] | None = None
) -> ChannelKind[Any]:
    """Return the kind that `word` names, ours or an outsider's; `key` is the place in the config.

    `outsiders` are the entry points to look among; what is installed, where None.

    Raises:
        ConfigError: no such kind, a name taken twice, or an outsider's kind that cannot be loaded.
    """
    others = list(entry_points(group=GROUP) if outsiders is None else outsiders)
    named = [point for point in others if point.name == word]
    if len(named) + (word in CHANNELS) > 1:
        owners = ", ".join(sorted(point.value for point in named))
        raise ConfigError(key, f"several kinds of channel are called {word!r} ({owners}); uninstall one")
    if word in CHANNELS:
        return CHANNELS[word]
    if not named:
        known = sorted({*CHANNELS, *(point.name for point in others)})
        near = process.extractOne(word, known, score_cutoff=60)
        hint = f"did you mean {near[0]!r}? " if near else ""
        raise ConfigError(key, f"no kind of channel is called {word!r}; {hint}there is: {', '.join(known)}")
    return _loaded(named[0], key)


def _loaded(point: EntryPoint, key: str) -> ChannelKind[Any]:
    try:
        kind = point.load()
    except (ImportError, AttributeError) as error:
        raise ConfigError(key, f"channel {point.name!r} ({point.value}) cannot be loaded: {error}") from error
    if not isinstance(kind, ChannelKind):
        raise ConfigError(key, f"channel {point.name!r}: {point.value} is no ChannelKind")
    return kind
