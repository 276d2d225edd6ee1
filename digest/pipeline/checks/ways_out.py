"""Looks at the channels, and at who is written to about a held edition."""

from collections.abc import Iterator, Sequence

from digest.config import Config, Settings
from digest.delivery import CHANNELS
from digest.delivery.base import MAIL, Channel, Probing, Writing
from digest.delivery.smtp_settings import Settings as SmtpSettings
from digest.edition.headline import count_of
from digest.errors import ConfigError
from digest.pipeline.checks.report import Check, ok, warn


def subject_of(channel: Channel) -> str:
    """Return how lines about a channel begin."""
    return f"channel {channel.name}"


def channel_checks(channel: Channel) -> Iterator[Check]:
    """Try a channel out, without sending anything, and say how many it reaches."""
    said = channel.probe() if isinstance(channel, Probing) else "cannot be tried out without sending"
    targets = channel.targets()
    what = "recipient" if channel.order == MAIL else "target"
    if targets:
        yield ok(subject_of(channel), f"{said}; {count_of(len(targets), what)}")
    else:
        yield warn(subject_of(channel), f"{said}; it reaches nobody", f"name a {what}")


def approval_checks(settings: Settings, channels: Sequence[Channel]) -> Iterator[Check]:
    """Say which editions are held for a look, and whether there is somebody who hears of it."""
    policy = settings.approval
    if policy == "never":
        yield ok("approval", "never: editions go out without a look")
        return
    held = "every edition is" if policy == "always" else "the first three editions are"
    found = f"{policy}: {held} held until `digest approve`"
    writers = [channel for channel in channels if isinstance(channel, Writing)]
    writer = min(writers, key=lambda channel: channel.order != MAIL, default=None)
    if settings.editor is None:
        yield warn("approval", f"{found}, and nobody is told", "set `editor` to the address of who approves")
    elif writer is None:
        to_do = "add a channel that can, such as the kind smtp, or look at `digest status` each month"
        yield warn("approval", f"{found}, and no channel can write to {settings.editor}", to_do)
    else:
        yield ok("approval", f"{found}; {settings.editor} is written to by the channel {writer.name}")


def mail_checks(config: Config) -> Iterator[Check]:
    """Look whether what the mail channels say of themselves fits together."""
    for connector in config.channels:
        kind = CHANNELS.get(connector.kind)
        if kind is None or kind.settings is not SmtpSettings:
            continue
        try:
            settings = connector.parse(SmtpSettings)
        except ConfigError:
            continue  # told as the channel's own fault
        sender = settings.sender.address.rpartition("@")[2]
        if settings.list_id and _owner(settings.list_id) != _owner(sender):
            found = f"the list_id {settings.list_id} is not of the sender's domain {sender}"
            yield warn(
                f"channel {connector.name}",
                found,
                "filters may distrust that; use a name below your own domain",
            )


def _owner(domain: str) -> str:
    """Return the last two names of a domain; that is near enough for advice."""
    return ".".join(domain.casefold().rstrip(".").split(".")[-2:])
