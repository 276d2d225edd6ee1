"""The channel `outbox`: an edition as files in a folder, for trying out, for archives, for other senders."""

import os
import re
import secrets
from collections.abc import Sequence
from pathlib import Path

from pydantic import Field

from digest.config import Strict
from digest.delivery.base import PAGES, ChannelDown, Context, Handover, TargetRefused
from digest.delivery.message import Form, compose, compose_notice, notice_key, plain_address
from digest.errors import Reason
from digest.model import Notice, Receipt, Rendering
from digest.period import Month

_AUDIENCE = re.compile(r"[a-z0-9-]{1,40}")
_NOTICES = "notices"
_WORDS = re.compile(r"[A-Za-z0-9]+")
_STEM_MOST = 80
# A mail in a file has no sender and no reader; .invalid belongs to nobody (RFC 2606).
_READER = "reader@example.invalid"
_FORM = Form(
    sender="digest@example.invalid",
    sender_name="Learning Digest",
    list_id="learning-digest.example.invalid",
    unsubscribe="digest@example.invalid",
)


class Settings(Strict):
    """The channel `outbox`."""

    folder: Path = Field(default=Path("out"))


class OutboxChannel:
    """A folder, with a folder a month in it."""

    order = PAGES
    repeatable = True
    publishes = False

    def __init__(self, name: str, settings: Settings, context: Context) -> None:
        self.name = name
        self._folder = context.base / settings.folder.expanduser()
        self._date = context.clock

    def targets(self) -> Sequence[str]:
        """Return the folder, absolute."""
        return (str(self._folder.resolve()),)

    def send(self, rendering: Rendering, target: str, handover: Handover) -> Receipt:
        """Write the files beside their names, then move them all in place; see `Channel.send`.

        The receipt's reference is the month's folder, its URL the page.
        """
        stem, month = _names(rendering)
        folder = Path(target) / month
        written: list[tuple[Path, Path]] = []
        try:
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            for suffix, content in self._forms(rendering, handover.key).items():
                place = folder / f"{stem}{suffix}"
                written.append((_beside(place, content), place))
            handover.commit()
            for temporary, place in written:
                temporary.replace(place)
        except OSError as error:
            detail = f"cannot write to {folder}: {error.strerror or type(error).__name__}"
            raise ChannelDown(self.name, Reason.REJECTED, detail) from error
        finally:
            for temporary, _ in written:
                temporary.unlink(missing_ok=True)
        return Receipt(reference=str(folder), url=(folder / f"{stem}.html").as_uri())

    def write(self, notice: Notice) -> Receipt:
        """Write a mail to one person as a file in `notices`; see `Writing.write`.

        The receipt's reference is the file. The same words to the same person are the same file.
        """
        try:
            address = plain_address(notice.to)
        except ValueError as error:
            raise TargetRefused(self.name, Reason.REJECTED, str(error)) from None
        key = notice_key(notice)
        letter = compose_notice(notice, _FORM, self._date())
        folder = self._folder.resolve() / _NOTICES
        place = folder / f"{_stem(notice.key)}-{key[-12:]}.eml"
        try:
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            temporary = _beside(place, letter.head(address, key) + letter.body)
            try:
                temporary.replace(place)
            finally:
                temporary.unlink(missing_ok=True)
        except OSError as error:
            detail = f"cannot write to {folder}: {error.strerror or type(error).__name__}"
            raise ChannelDown(self.name, Reason.REJECTED, detail) from error
        return Receipt(reference=str(place))

    def probe(self) -> str:
        """Look whether the folder can be written to, or made; see `Probing.probe`."""
        folder = self._folder.resolve()
        there = next(place for place in (folder, *folder.parents) if os.access(place, os.F_OK))
        if not there.is_dir() or not os.access(there, os.W_OK | os.X_OK):
            detail = f"cannot write to {there}; give this account the right to, or set `folder`"
            raise ChannelDown(self.name, Reason.REJECTED, detail)
        return f"{folder} can be written to" if there == folder else f"{folder} will be made"

    def close(self) -> None:
        """Nothing is held open."""

    def _forms(self, rendering: Rendering, key: str) -> dict[str, bytes]:
        letter = compose(rendering, _FORM, self._date())
        return {
            ".eml": letter.head(_READER, key) + letter.body,
            ".html": _bytes(rendering.html),
            ".md": _bytes(rendering.markdown),
            ".txt": _bytes(rendering.text),
        }


def _names(rendering: Rendering) -> tuple[str, str]:
    """Return the files' common stem and the folder's name; neither can lead elsewhere."""
    month = Month.parse(rendering.month).key
    if not _AUDIENCE.fullmatch(rendering.audience):
        message = f"{rendering.audience!r} is no name of an audience"
        raise ValueError(message)
    suffix = "" if rendering.audience == "all" else f"-{rendering.audience}"
    return f"digest-{month}{suffix}", month


def _stem(key: str) -> str:
    """Return a notice's key as a part of a file's name, which leads nowhere else; others look like it."""
    return "-".join(_WORDS.findall(key))[:_STEM_MOST] or _NOTICES


def _beside(place: Path, content: bytes) -> Path:
    """Write a new file beside its place, for its owner alone; links that wait there are not followed."""
    temporary = place.with_name(f".{place.name}.{secrets.token_hex(6)}.tmp")
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0)
    with os.fdopen(os.open(temporary, flags, 0o600), "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    return temporary


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "replace")
