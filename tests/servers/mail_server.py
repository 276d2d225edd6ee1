"""A real SMTP server on loopback: aiosmtpd with STARTTLS or TLS, AUTH, and refusals by address."""

import socket
import ssl
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import trustme
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

USER, PASSWORD = "digest", "digest-canary-secret"


@dataclass
class MailServer:
    """A running server: where it is, what it took, and what it was made to refuse."""

    port: int
    ca_file: Path
    taken: list[tuple[str, bytes]] = field(default_factory=list)  # recipient, the mail
    users: list[str] = field(default_factory=list)  # who logged in, in order
    connections: int = 0
    at_rcpt: Mapping[str, str] = field(default_factory=dict)  # address: the reply instead of 250
    after_dot: Mapping[str, str] = field(default_factory=dict)
    down: bool = False  # every conversation ends at its first step

    def got(self) -> list[str]:
        """Return who got a mail, sorted, as often as they did."""
        return sorted(address for address, _ in self.taken)


class Handler:
    def __init__(self, server: MailServer) -> None:
        self.server = server

    async def handle_EHLO(  # noqa: N802 - aiosmtpd's name
        self, _server: SMTP, session: Session, _envelope: Envelope, hostname: str, responses: list[str]
    ) -> list[str]:
        session.host_name = hostname
        if session.ssl is None:
            self.server.connections += 1
        return responses

    async def handle_MAIL(  # noqa: N802 - aiosmtpd's name
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        if self.server.down:
            return "421 4.3.2 closing"
        envelope.mail_from = address
        return "250 OK"

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's name
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        if address in self.server.at_rcpt:
            return self.server.at_rcpt[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802
        for address in envelope.rcpt_tos:
            if address in self.server.after_dot:
                return self.server.after_dot[address]
            content = envelope.content
            self.server.taken.append((address, content if isinstance(content, bytes) else b""))
        return "250 2.0.0 Ok: queued as TEST"


@contextmanager
def mail_server(folder: Path, tls: str = "starttls", *, auth: bool = True) -> Iterator[MailServer]:
    """Run a server with a certificate that only its own `ca_file` vouches for."""
    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(context)
    ca_file = folder / "ca.pem"
    authority.cert_pem.write_to_path(str(ca_file))
    server = MailServer(0, ca_file)

    def authenticate(_server: Any, _session: Any, _envelope: Any, _mechanism: str, data: Any) -> AuthResult:
        sound = data == LoginPassword(USER.encode(), PASSWORD.encode())
        server.users.append(data.login.decode())
        # handled=True would mean that the reply was sent already.
        return AuthResult(
            success=sound, handled=False, message=None if sound else "535 5.7.8 Bad credentials"
        )

    options: dict[str, Any] = {"authenticator": authenticate, "auth_required": True} if auth else {}
    if tls == "starttls":
        options |= {"tls_context": context, "require_starttls": True}
    elif auth:
        options |= {"auth_require_tls": False}
    # The controller asks its port whether it answers, so 0 will not do.
    with socket.create_server(("127.0.0.1", 0)) as free:
        server.port = int(free.getsockname()[1])
    controller = Controller(
        Handler(server),
        hostname="127.0.0.1",
        port=server.port,
        ssl_context=context if tls == "tls" else None,
        **options,
    )
    controller.start()
    try:
        yield server
    finally:
        controller.stop()
