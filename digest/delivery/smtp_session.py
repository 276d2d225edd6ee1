"""One conversation with a mail server, step by step, each step with its own patience and its own verdict.

Before the final dot every failure is harmless: nothing was taken. After it, only a reply of three
digits tells; anything else is in doubt. A 421 is the server's business, never the recipient's.
"""

import contextlib
import smtplib
import socket
import ssl
from collections.abc import Callable
from typing import NoReturn

from digest.delivery.base import ChannelDown, TargetRefused
from digest.delivery.message import clean_header
from digest.delivery.smtp_settings import Settings
from digest.errors import Reason, RemoteError

_REPLY_MOST = 300
_CLOSING = 421
_AUTH_NEEDED = 530
_GO_AHEAD = 354

_Reply = tuple[int, bytes]


class Session:
    """An open connection on which the server has let us in."""

    def __init__(self, name: str, settings: Settings, tls: ssl.SSLContext) -> None:
        """Connect, secure and log in.

        Raises:
            ChannelDown: any of it failed; nothing was sent.
        """
        self._name = name
        self._settings = settings
        self._waits = settings.timeouts
        self._smtp = smtplib.SMTP(local_hostname="localhost")
        try:
            self._connect(tls)
            self._log_in()
        except BaseException:
            self.drop()
            raise

    def envelope(self, sender: str, recipient: str, size: int) -> None:
        """Announce a mail, up to the server's "go ahead".

        Raises:
            ChannelDown: the line was lost, the server is closing, or refuses us or the sender.
            TargetRefused: it refuses this recipient, for now or for good.
        """
        options = [f"SIZE={size}"] if self._smtp.has_extn("size") else []
        reply = self._ask(self._waits.reply_s, lambda: self._smtp.mail(sender, options))
        self._sender_taken(*reply)
        reply = self._ask(self._waits.reply_s, lambda: self._smtp.rcpt(recipient))
        self._recipient_taken(*reply)
        reply = self._ask(self._waits.data_s, lambda: self._smtp.docmd("DATA"))
        if reply[0] != _GO_AHEAD:
            self._recipient_taken(*reply)
            self.drop()
            self._down(Reason.MALFORMED, f"answered DATA with {_said(*reply)}")

    def write(self, mail: bytes) -> None:
        """Write all of a mail but the final dot.

        Raises:
            ChannelDown: the line was lost; without the dot no server takes a mail.
        """
        try:
            self._patience(self._waits.block_s)
            self._smtp.send(mail)
        except (OSError, smtplib.SMTPException) as error:
            self.drop()
            self._down(Reason.UNAVAILABLE, f"the line was lost while the mail was written ({_words(error)})")

    def finish(self) -> str:
        """Send the final dot; return the server's words of acceptance.

        Raises:
            ChannelDown: the server took nothing, since it is closing.
            TargetRefused: it took nothing, for now or for good.
            RemoteError: in doubt: no answer, or one that is not SMTP.
        """
        try:
            self._patience(self._waits.final_s)
            self._smtp.send(b".\r\n")
            code, text = self._smtp.getreply()
        except (OSError, smtplib.SMTPException) as error:
            self.drop()
            detail = f"no answer after the mail was handed over ({_words(error)}); it may have arrived"
            raise RemoteError(self._name, Reason.NO_ANSWER, detail) from error
        if code == _CLOSING:
            self.drop()
            self._down(Reason.UNAVAILABLE, f"the server is closing: {_said(code, text)}")
        if code // 100 == 2:  # noqa: PLR2004 - the first digit says it, RFC 5321 section 4.2.1
            return _cleaned(text)
        if code // 100 in {4, 5}:
            raise TargetRefused(self._name, _reason(code), _said(code, text), code)
        self.drop()
        detail = f"the answer after the mail was no SMTP ({_said(code, text)}); it may have arrived"
        raise RemoteError(self._name, Reason.MALFORMED, detail)

    def quit(self) -> None:
        """Take leave, as far as the server still listens."""
        with contextlib.suppress(OSError, smtplib.SMTPException):
            self._patience(5)
            self._smtp.quit()
        self.drop()

    def drop(self) -> None:
        """Close the line without a word: in the midst of a mail, a word would be part of it."""
        self._smtp.close()

    def _connect(self, tls: ssl.SSLContext) -> None:
        host, port = self._settings.at
        place = f"{host}:{port}"
        try:
            sock = socket.create_connection((host, port), self._waits.connect_s)
        except OSError as error:
            self._down(Reason.UNAVAILABLE, f"{place} cannot be reached: {_words(error)}")
        # Otherwise a mail in TLS records waits 40 ms for the other side's acknowledgement.
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._smtp.sock = sock
        self._smtp.local_hostname = _own_name(sock)
        if self._settings.tls == "tls":
            self._secure(tls)
        code, text = self._ask(self._waits.reply_s, self._smtp.getreply)
        if code != 220:  # noqa: PLR2004 - the greeting, RFC 5321 section 4.3.2
            self._down(_reason(code), f"{place} does not serve us: {_said(code, text)}")
        self._greet()
        if self._settings.tls == "starttls":
            self._start_tls(tls)

    def _greet(self) -> None:
        code, text = self._ask(self._waits.reply_s, self._smtp.ehlo)
        if code // 100 != 2:  # noqa: PLR2004 - as above
            code, text = self._ask(self._waits.reply_s, self._smtp.helo)
        if code // 100 != 2:  # noqa: PLR2004 - as above
            self._down(_reason(code), f"the server refused our greeting: {_said(code, text)}")

    def _start_tls(self, tls: ssl.SSLContext) -> None:
        if not self._smtp.has_extn("starttls"):
            detail = (
                "the server offers no STARTTLS, so nothing was sent; check host and port, or, where mail may "
                "travel in clear, write `tls: none`"
            )
            self._down(Reason.AUTH, detail)
        code, text = self._ask(self._waits.reply_s, lambda: self._smtp.docmd("STARTTLS"))
        if code != 220:  # noqa: PLR2004 - ready, RFC 3207 section 4
            self._down(_reason(code), f"the server refused STARTTLS: {_said(code, text)}")
        self._secure(tls)
        # What was said in clear counts no more.
        self._smtp.ehlo_resp = self._smtp.helo_resp = None
        self._smtp.esmtp_features = {}
        self._smtp.does_esmtp = False
        self._greet()

    def _secure(self, tls: ssl.SSLContext) -> None:
        host, _ = self._settings.at
        plain = self._smtp.sock
        try:
            self._smtp.sock = tls.wrap_socket(plain, server_hostname=host)  # type: ignore[arg-type]  # open here
            self._smtp.file = None
        except ssl.SSLCertVerificationError as error:
            detail = (
                f"the certificate of {host} is not trusted ({error.verify_message}), so nothing was sent; "
                "set `ca_file` to the certificate of its authority"
            )
            self._down(Reason.AUTH, detail)
        except (ssl.SSLError, OSError) as error:
            self._down(Reason.AUTH, f"no TLS with {host} ({_words(error)}); check `port` and `tls`")

    def _log_in(self) -> None:
        username, password = self._settings.username, self._settings.password
        if username is None or password is None:
            return
        self._patience(self._waits.reply_s)
        try:
            self._smtp.login(username, password.get_secret_value())
        except smtplib.SMTPNotSupportedError:
            self._down(
                Reason.AUTH, "the server offers no log-in that we know; remove `username`, or check `tls`"
            )
        except smtplib.SMTPResponseException as error:
            said = _said(error.smtp_code, error.smtp_error)
            reason = Reason.UNAVAILABLE if error.smtp_code // 100 == 4 else Reason.AUTH  # noqa: PLR2004 - as above
            self._down(reason, f"the log-in was refused: {said}; check `username` and `password`")
        except (OSError, smtplib.SMTPException) as error:
            self._down(Reason.UNAVAILABLE, f"the line was lost at the log-in ({_words(error)})")

    def _sender_taken(self, code: int, text: bytes) -> None:
        if code // 100 == 2:  # noqa: PLR2004 - as above
            return
        self._reset()
        if code // 100 == 4:  # noqa: PLR2004 - as above
            raise TargetRefused(self._name, Reason.UNAVAILABLE, _said(code, text), code)
        # No recipient was named yet: it is about us, or the mail itself.
        reason = Reason.AUTH if code == _AUTH_NEEDED else Reason.REJECTED
        self._down(reason, f"the server refuses the sender or the mail's size: {_said(code, text)}")

    def _recipient_taken(self, code: int, text: bytes) -> None:
        if code // 100 == 2:  # noqa: PLR2004 - as above
            return
        if code == _AUTH_NEEDED:
            self.drop()
            self._down(Reason.AUTH, f"the server wants a log-in: {_said(code, text)}")
        if code // 100 in {4, 5}:
            self._reset()
            raise TargetRefused(self._name, _reason(code), _said(code, text), code)

    def _reset(self) -> None:
        """Leave the refused mail behind; a server that cannot is left itself."""
        try:
            self._patience(self._waits.reply_s)
            code, _ = self._smtp.rset()
        except (OSError, smtplib.SMTPException):
            code = -1
        if code // 100 != 2:  # noqa: PLR2004 - as above
            self.drop()

    def _ask(self, patience_s: float, step: Callable[[], _Reply]) -> _Reply:
        """Take one step before the final dot; return its reply where it is one."""
        try:
            self._patience(patience_s)
            code, text = step()
        except (OSError, smtplib.SMTPException) as error:
            self.drop()
            self._down(Reason.UNAVAILABLE, f"the line was lost ({_words(error)})")
        if code == _CLOSING:
            self.drop()
            self._down(Reason.UNAVAILABLE, f"the server is closing: {_said(code, text)}")
        if not 200 <= code <= 599:  # noqa: PLR2004 - RFC 5321 knows no others
            self.drop()
            self._down(Reason.MALFORMED, f"the answer is no SMTP: {_said(code, text)}")
        return code, text

    @property
    def open(self) -> bool:
        """Whether the line was not closed from this side."""
        return self._smtp.sock is not None

    def _patience(self, seconds: float) -> None:
        if self._smtp.sock is None:
            message = "the line is closed"
            raise smtplib.SMTPServerDisconnected(message)
        self._smtp.sock.settimeout(seconds)

    def _down(self, reason: Reason, detail: str) -> NoReturn:
        raise ChannelDown(self._name, reason, detail) from None


def _reason(code: int) -> Reason:
    return Reason.UNAVAILABLE if code // 100 == 4 else Reason.REJECTED  # noqa: PLR2004 - as above


def _said(code: int, text: bytes | str) -> str:
    words = _cleaned(text)
    return f"{code} {words}".strip() if code > 0 else repr(words)


def _cleaned(text: bytes | str) -> str:
    return clean_header(text.decode("utf-8", "replace") if isinstance(text, bytes) else text, _REPLY_MOST)


def _words(error: BaseException) -> str:
    if isinstance(error, TimeoutError):
        return "it did not answer in time"
    if isinstance(error, socket.gaierror):
        return "no such host is known"
    if isinstance(error, OSError) and error.strerror:
        return error.strerror.lower()
    return _cleaned(str(error)) or type(error).__name__


def _own_name(sock: socket.socket) -> str:
    """Return how we name ourselves: the host's full name, else the address; asking DNS may take seconds."""
    name = socket.gethostname()
    if "." in name and name.isascii():
        return name
    address = sock.getsockname()[0]
    return f"[IPv6:{address}]" if ":" in address else f"[{address}]"
