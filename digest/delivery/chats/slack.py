"""The channel `slack`: the edition's note, posted into one room by an incoming webhook.

A webhook takes a message and tells nothing: what was posted cannot be read back, found or taken away
by it. So where the answer did not come, nobody can know but those in the room, and it is not posted
again. https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from pydantic import Field, SecretStr, field_validator

from digest.config import Secret, Strict
from digest.delivery.base import CHATS, ChannelDown, Context, Handover, TargetRefused
from digest.delivery.chats.slack_message import message
from digest.errors import Reason, RemoteError
from digest.http import Client, Limits, Pace, read_base
from digest.model import Receipt, Rendering

_LIMITS = Limits(read_s=30, total_s=60, bytes_most=64 * 1024)
# The intent is noted before the first try, and the ledger waits no longer than eleven minutes for what
# follows it. Whoever is to wait longer is left for a later run.
_PATIENCE_MOST_S = 300.0
_TAKEN = b"ok"
# How digest.http words a refusal: the status first, and the service's one word, if it has one.
_STATUS = re.compile(r"(\d{3}): ")
_TOKEN = re.compile(r"[^/?&=]{16,}")  # shorter ones could be words
_WORD = re.compile(r"; it says: ([a-z_]+)")

_RENEW = "make a new one for the room, and set `webhook` to it"
_FORM = "the note's form was not taken; if templates/chat is your own, compare it with ours"
_ADVICE = {
    "no_service": f"the webhook was removed or switched off; {_RENEW}",
    "no_active_hooks": f"the webhook was switched off; {_RENEW}",
    "no_team": f"the workspace is gone; {_RENEW}",
    "team_disabled": f"the workspace was switched off; {_RENEW}",
    "invalid_token": "`webhook` is not an address that the chat gave; copy it anew, whole",
    "action_prohibited": "an administrator does not allow it; ask one to let the webhook's app post there",
    "posting_to_general_channel_denied": "only some may post in this room; choose another room",
    "channel_not_found": f"the room is gone, or was made private; {_RENEW}",
    "channel_is_archived": f"the room was archived; bring it back, or choose another: {_RENEW}",
    "user_not_found": f"whoever made the webhook is gone; {_RENEW}",
    "invalid_payload": _FORM,
    "invalid_blocks": _FORM,
    "msg_blocks_too_long": _FORM,
    "no_text": _FORM,
}
_BY_STATUS = {
    403: "the webhook may not post there; ask an administrator",
    404: f"the webhook is not known there; {_RENEW}",
    410: f"the room is closed; {_RENEW}",
}


class Settings(Strict):
    """The channel `slack`."""

    webhook: Secret = Field(description="the incoming webhook's whole address; whoever knows it may post")
    room: str = Field(
        min_length=1, max_length=80, description="where it posts, as people call it, such as #learning"
    )

    @field_validator("webhook")
    @classmethod
    def _an_address(cls, value: SecretStr) -> SecretStr:
        """Refuse what is no address to post to; the words hold nothing of it."""
        base = read_base(value.get_secret_value())
        if base.url.count("/") < 3:  # noqa: PLR2004 - two of them in https://
            message = "expected the whole address of a webhook; this one ends at the host"
            raise ValueError(message)
        return value

    @field_validator("room")
    @classmethod
    def _one_line(cls, value: str) -> str:
        if not value.isprintable() or not value.strip():
            message = "expected a room's name on one line, such as #learning"
            raise ValueError(message)
        return value.strip()


@dataclass(frozen=True, slots=True)
class Wire:
    """How long one answer may take, and how patiently it is tried; what tests replace."""

    limits: Limits = _LIMITS
    pace: Pace = field(default_factory=Pace)


class SlackChannel:
    """One room, and the webhook that leads to it."""

    order = CHATS
    repeatable = False
    publishes = False

    def __init__(self, name: str, settings: Settings, context: Context, wire: Wire | None = None) -> None:
        self.name = name
        self._room = settings.room
        self._webhook = settings.webhook.get_secret_value()
        self._limits = (wire or Wire()).limits
        patience_s = min(context.patience_s, _PATIENCE_MOST_S)
        self._pace = replace((wire or Wire()).pace, patience_s=patience_s, tell=context.tell)
        self._client = self._connected()

    def targets(self) -> Sequence[str]:
        """Return the room."""
        return (self._room,)

    def send(self, rendering: Rendering, target: str, handover: Handover) -> Receipt:
        """Post the note; see `Channel.send`. The receipt is empty: a webhook does not say what it posted."""
        if target != self._room:
            detail = f"the webhook posts to {self._room}; make a channel of its own for {target}"
            raise TargetRefused(self.name, Reason.REJECTED, detail)
        # Editions that were frozen by a version without notes have none.
        payload = message(rendering.notice or rendering.subject)
        handover.commit()
        try:
            answer = self._client.post("", payload)
        except RemoteError as error:
            failure = self._meaning(error)
        else:
            if answer.body.strip() == _TAKEN:
                return Receipt()
            failure = self._in_doubt(Reason.MALFORMED, f"{answer.status}, but without the `ok` of a webhook")
        raise failure

    def probe(self) -> str:
        """Say that a webhook cannot be tried without posting; see `Probing.probe`. Asks no network."""
        return f"nothing can be tried without posting to {self._room}; the first edition will show"

    def close(self) -> None:
        """Close the connection."""
        self._client.close()

    def _connected(self) -> Client:
        path = "/" + self._webhook.partition("://")[2].partition("/")[2]
        return Client(
            self.name,
            self._webhook,
            headers={"Accept": "text/plain, */*"},
            secrets=[self._webhook, path, *_TOKEN.findall(path)],
            limits=self._limits,
            pace=self._pace,
        )

    def _meaning(self, error: RemoteError) -> RemoteError:
        """Say what a failed post means: whose it is, and whether it may stand in the room all the same."""
        if error.reason.in_doubt:
            return self._in_doubt(error.reason, error.detail)
        status = _STATUS.match(error.detail)
        if error.reason is Reason.RATE_LIMITED:
            return TargetRefused(self.name, error.reason, error.detail, 429)
        if status is None or status[1] < "400" or error.reason is Reason.UNAVAILABLE:
            self._waited()
            return ChannelDown(self.name, error.reason, error.detail)
        return _refused(self.name, error, int(status[1]))

    def _in_doubt(self, reason: Reason, detail: str) -> RemoteError:
        seen = f"look in {self._room} whether the note is there: a webhook cannot be asked"
        return RemoteError(self.name, reason, f"{detail}; {seen}")

    def _waited(self) -> None:
        """Spend no more patience: whoever tries again after this does so at their own pace."""
        self._client.close()
        self._pace = replace(self._pace, patience_s=0)
        self._client = self._connected()


def _refused(name: str, error: RemoteError, status: int) -> TargetRefused:
    """Return a refusal with the chat's own word and what to do.

    Who may post where is the webhook itself, so what it may no longer do is a matter of its right: it
    waits until that is mended. What was wrong with the message would be wrong again.
    """
    said = _WORD.search(error.detail)
    word = said[1] if said else ""
    advice = _ADVICE.get(word) or _BY_STATUS.get(status)
    detail = f"{status} {word}: {advice}".replace(" :", ":") if advice else error.detail
    ours_to_mend = status in _BY_STATUS or error.reason is Reason.AUTH
    reason = Reason.AUTH if ours_to_mend else Reason.REJECTED
    return TargetRefused(name, reason, detail, status)
