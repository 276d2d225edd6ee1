"""Which addresses are asked: a base that the operator wrote, and what lies at the same origin."""

import re
from dataclasses import dataclass
from ipaddress import ip_address
from urllib.parse import urldefrag, urljoin

# Printable ASCII without what no URL may hold; no user name, since requests would send it in place of
# our credentials; no backslash, which different readers of URLs take for different hosts.
_URL = re.compile(
    r"(?P<scheme>https?)://"
    r"(?P<host>[a-z0-9_](?:[a-z0-9._-]*[a-z0-9_])?|\[[0-9a-f:.]+\])"
    r"(?::(?P<port>[0-9]{1,5}))?"
    r"(?P<rest>[/?][!$-;=?-\[\]_a-~]*)?",
    re.IGNORECASE | re.ASCII,
)
_PORTS = {"https": 443, "http": 80}
_HOST_MOST = 253

Origin = tuple[str, str, int]


@dataclass(frozen=True, slots=True)
class Base:
    """Where a service is: the address that paths are appended to, and its origin."""

    url: str
    origin: Origin

    @property
    def host(self) -> str:
        """The host's name or number, as the operator wrote it."""
        return self.origin[1]

    def at(self, path: str) -> str:
        """Return the address of `path`, which starts with a slash, or is empty for the base itself.

        Raises:
            ValueError: the path starts otherwise, and could change the host; or the base has a query.
        """
        if path and (not path.startswith("/") or "?" in self.url):
            raise ValueError("a path starts with a slash, and follows an address without a query")
        return self.url + path

    def holds(self, url: str) -> bool:
        """Whether `url` lies at this origin: same scheme, host and port."""
        return origin(url) == self.origin


def read_base(text: str) -> Base:
    """Read the address of a service as an operator wrote it.

    Raises:
        ValueError: not an address, or one at which credentials would travel in clear. Safe to print.
    """
    where = origin(text)
    if where is None:
        raise ValueError("expected an address such as https://api.example.org, without user name or #")
    scheme, host, _ = where
    if scheme == "http" and not _is_loopback(host):
        raise ValueError("expected https://; http:// is for this machine only, since anybody could listen")
    return Base(text if "?" in text else text.rstrip("/"), where)


def origin(url: str) -> Origin | None:
    """Return scheme, host and port of an absolute address; None where it is none that we would ask."""
    match = _URL.fullmatch(url)
    if match is None or len(match["host"]) > _HOST_MOST:
        return None
    scheme = match["scheme"].lower()
    return scheme, match["host"].lower(), int(match["port"] or _PORTS[scheme])


def resolve(url: str, reference: str) -> str:
    """Return the address that `reference`, met in the answer of `url`, stands for; "" where it is none."""
    try:
        target = urldefrag(urljoin(url, reference.strip())).url
    except ValueError:
        return ""
    return target if origin(target) else ""


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        address = ip_address(host.strip("[]"))
    except ValueError:
        return False
    return address.is_loopback and getattr(address, "ipv4_mapped", None) is None
