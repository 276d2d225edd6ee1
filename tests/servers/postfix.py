"""A real Postfix on loopback, with a configuration, a queue and mailboxes of its own."""

import pwd
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import trustme
from servers.needed import need

_MAIN = """
compatibility_level = 3.6
queue_directory = {root}/queue
data_directory = {root}/data
maillog_file = {root}/log/postfix.log
maillog_file_prefixes = {root}
mail_owner = postfix
setgid_group = postdrop
myhostname = mx.example.test
mydestination =
mynetworks = 127.0.0.0/8
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
alias_maps =
alias_database =
virtual_mailbox_domains = example.test
virtual_mailbox_base = {root}/mail
virtual_mailbox_maps = static:all/
virtual_uid_maps = static:{uid}
virtual_gid_maps = static:{gid}
virtual_minimum_uid = 1
default_transport = error:5.1.1 this server relays nothing
relay_transport = error:5.1.1 this server relays nothing
smtpd_relay_restrictions = reject_unauth_destination
smtpd_recipient_restrictions = check_recipient_access regexp:{root}/etc/recipients
smtpd_tls_security_level = encrypt
smtpd_tls_chain_files = {root}/etc/server.pem
smtpd_tls_loglevel = 0
smtpd_peername_lookup = no
message_size_limit = 1000000
"""
_MASTER = """
127.0.0.1:{port} inet n - n - - smtpd
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
tlsmgr unix - - n 1000? 1 tlsmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
verify unix - - n - 1 verify
proxymap unix - - n - - proxymap
error unix - - n - - error
retry unix - - n - - error
virtual unix - n n - - virtual
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
postlog unix-dgram n - n - 1 postlogd
"""
_RECIPIENTS = """
/^greylist@/ 450 4.2.0 greylisted, try again
/^full@/ 452 4.2.2 mailbox full
/^nobody@/ 550 5.1.1 no such user
"""


@dataclass(frozen=True)
class Postfix:
    """A running Postfix."""

    port: int
    ca_file: Path
    root: Path

    def mails(self, count: int, patience_s: float = 20) -> list[bytes]:
        """Return the mails that came to the mailbox, once there are `count` of them."""
        until = time.monotonic() + patience_s
        while True:
            found = sorted(self.root.glob("mail/all/new/*"))
            if len(found) >= count or time.monotonic() > until:
                return [file.read_bytes() for file in found]
            time.sleep(0.1)


@contextmanager
def postfix() -> Iterator[Postfix]:
    """Run a Postfix: mail for example.test goes into one mailbox, any other domain is refused."""
    program = need("postfix", as_root=True)
    # Not pytest's folder: the user postfix must be able to pass through.
    root = Path(tempfile.mkdtemp(prefix="digest-postfix-"))
    try:
        root.chmod(0o755)
        port = _configure(root)
        etc = str(root / "etc")
        subprocess.run([program, "-c", etc, "start"], check=True, capture_output=True, timeout=60)
        try:
            _answering(port)
            yield Postfix(port, root / "ca.pem", root)
        finally:
            subprocess.run([program, "-c", etc, "stop"], check=False, capture_output=True, timeout=60)
    finally:
        shutil.rmtree(root, ignore_errors=True)


def _configure(root: Path) -> int:
    for name in ("etc", "queue", "data", "mail", "log"):
        (root / name).mkdir()
    mail = pwd.getpwnam("mail")
    shutil.chown(root / "data", "postfix")
    shutil.chown(root / "mail", "mail", "mail")
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(root / "ca.pem"))
    server = authority.issue_cert("localhost")
    pem = root / "etc" / "server.pem"
    server.private_key_and_cert_chain_pem.write_to_path(str(pem))
    pem.chmod(0o600)
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = int(free.getsockname()[1])
    (root / "etc/main.cf").write_text(_MAIN.format(root=root, uid=mail.pw_uid, gid=mail.pw_gid))
    (root / "etc/master.cf").write_text(_MASTER.format(port=port))
    (root / "etc/recipients").write_text(_RECIPIENTS)
    return port


def _answering(port: int, patience_s: float = 20) -> None:
    until = time.monotonic() + patience_s
    while True:
        try:
            with socket.create_connection(("127.0.0.1", port), 5) as line:
                if line.recv(4).startswith(b"220"):
                    return
        except OSError:
            pass
        if time.monotonic() > until:
            message = "Postfix did not answer"
            raise TimeoutError(message)
        time.sleep(0.1)
