"""Stage 6: a rendering → people. `deliver()` is the door; this module is the registry.

Outsiders add a kind with an entry point of the group `learning_digest.channels` that names a
`ChannelKind`.
"""

from collections.abc import Iterable, Mapping
from importlib.metadata import EntryPoint
from typing import Any

from digest.config.registry import Registry
from digest.delivery.base import ChannelKind
from digest.delivery.chats.slack import Settings as SlackSettings
from digest.delivery.chats.slack import SlackChannel
from digest.delivery.outbox import OutboxChannel
from digest.delivery.outbox import Settings as OutboxSettings
from digest.delivery.smtp import SmtpChannel
from digest.delivery.smtp_settings import Settings as SmtpSettings
from digest.delivery.wikis.git import GitChannel
from digest.delivery.wikis.git_settings import Settings as GitSettings

GROUP = "learning_digest.channels"

CHANNELS: Mapping[str, ChannelKind[Any]] = {
    "git": ChannelKind(GitSettings, GitChannel),
    "outbox": ChannelKind(OutboxSettings, OutboxChannel),
    "slack": ChannelKind(SlackSettings, SlackChannel),
    "smtp": ChannelKind(SmtpSettings, SmtpChannel),
}


def kind_of(
    word: str, key: str = "channels", outsiders: Iterable[EntryPoint] | None = None
) -> ChannelKind[Any]:
    """Return the kind of channel that `word` names; see `Registry.kind_of`."""
    return Registry("channel", GROUP, CHANNELS, ChannelKind).kind_of(word, key, outsiders)
