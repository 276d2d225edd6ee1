"""The channel `smtp`: one mail a recipient, over a connection that is kept.

`smtplib.sendmail` raises the same error for "surely not sent" and "perhaps sent". So the conversation
is led step by step (`smtp_session`), and the intent committed between the body and the final dot.
"""

import ssl
from collections.abc import Sequence

from digest.delivery.base import MAIL, Context, Handover, TargetRefused
from digest.delivery.message import (
    Form,
    Letter,
    compose,
    compose_notice,
    notice_key,
    on_the_wire,
    plain_address,
)
from digest.delivery.smtp_session import Session
from digest.delivery.smtp_settings import Settings, all_recipients
from digest.errors import ConfigError, Reason
from digest.model import Notice, Receipt, Rendering

_PROBE_S = 15.0


class SmtpChannel:
    """A mail server, and those who are written to by way of it."""

    order = MAIL
    repeatable = False
    publishes = False

    def __init__(self, name: str, settings: Settings, context: Context) -> None:
        """Check all that can be checked without the server.

        Raises:
            ConfigError: the recipients' file or the authority's certificate cannot be read.
        """
        self.name = name
        self._settings = settings
        self._recipients = all_recipients(settings, context.base)
        self._tls = _tls(name, settings, context)
        self._date = context.clock
        self._session: Session | None = None
        self._letters: dict[tuple[Rendering, bool], tuple[Letter, bytes]] = {}

    def targets(self) -> Sequence[str]:
        """Return the addresses, each once."""
        return tuple(one.address for one in self._recipients.values())

    def send(self, rendering: Rendering, target: str, handover: Handover) -> Receipt:
        """Send one mail; see `Channel.send`. The receipt's reference is the server's answer."""
        address = self._address(target)
        known = self._recipients.get(address.casefold())
        letter, body = self._letter(rendering, to_list=known is not None and known.kind == "list")
        mail = letter.head(address, handover.key) + body
        if self._session is None or not self._session.open:
            self._session = Session(self.name, self._settings, self._tls)
        session = self._session
        session.envelope(self._settings.sender.address, address, len(mail))
        session.write(mail)
        try:
            handover.commit()
        except BaseException:
            session.drop()
            raise
        return Receipt(reference=session.finish())

    def write(self, notice: Notice) -> Receipt:
        """Write one mail to one person, over a connection of its own; see `Writing.write`.

        Notices are rare: a connection kept for the next one would be closed by the server long before it.
        """
        address = self._address(notice.to)
        letter = compose_notice(notice, _form(self._settings, to_list=False), self._date())
        mail = letter.head(address, notice_key(notice)) + on_the_wire(letter.body)
        session = Session(self.name, self._settings, self._tls)
        try:
            session.envelope(self._settings.sender.address, address, len(mail))
            session.write(mail)
            receipt = Receipt(reference=session.finish())
        except BaseException:
            session.drop()
            raise
        session.quit()
        return receipt

    def probe(self) -> str:
        """Connect, secure, log in, and take leave; see `Probing.probe`. Somebody watches: no wait is long."""
        hurried = self._settings.timeouts.hurried(_PROBE_S)
        settings = self._settings.model_copy(update={"timeouts": hurried})
        Session(self.name, settings, self._tls).quit()
        host, port = settings.at
        secured = "in clear text" if settings.tls == "none" else "over TLS"
        login = "the log-in was taken" if settings.username else "no log-in is configured"
        return f"{host}:{port} answers {secured}; {login}"

    def close(self) -> None:
        """Take leave of the server."""
        if self._session is not None:
            self._session.quit()
            self._session = None

    def _address(self, target: str) -> str:
        try:
            return plain_address(target)
        except ValueError as error:
            raise TargetRefused(self.name, Reason.REJECTED, str(error)) from None

    def _letter(self, rendering: Rendering, *, to_list: bool) -> tuple[Letter, bytes]:
        key = (rendering, to_list)
        if key not in self._letters:
            letter = compose(rendering, _form(self._settings, to_list=to_list), self._date())
            self._letters[key] = (letter, on_the_wire(letter.body))
        return self._letters[key]


def _form(settings: Settings, *, to_list: bool) -> Form:
    sender = settings.sender
    return Form(
        sender=sender.address,
        sender_name=sender.name,
        list_id=settings.list_id or f"learning-digest.{sender.address.rpartition('@')[2]}",
        unsubscribe=settings.unsubscribe or settings.reply_to or sender.address,
        reply_to=settings.reply_to,
        to_list=to_list,
    )


def _tls(name: str, settings: Settings, context: Context) -> ssl.SSLContext:
    """Return the one context of the channel: making one reads all of the machine's authorities."""
    tls = ssl.create_default_context()
    if settings.ca_file is not None:
        path = context.base / settings.ca_file.expanduser()
        try:
            tls.load_verify_locations(path)
        except (OSError, ssl.SSLError) as error:
            expected = f"no certificate of an authority could be read from {path} ({type(error).__name__})"
            raise ConfigError(f"channel {name}: ca_file", expected) from error
    return tls
