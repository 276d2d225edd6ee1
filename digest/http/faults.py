"""What a fault of the connection means, in words for a person.

Its own text is never repeated: it may hold the whole address, and with it a secret.
"""

import ssl
from collections.abc import Iterator
from socket import gaierror
from typing import NamedTuple

from requests.exceptions import InvalidURL
from urllib3.exceptions import ConnectTimeoutError, LocationParseError, NewConnectionError, ReadTimeoutError

from digest.errors import Reason
from digest.http.failure import A_FEW, ONCE, PATIENTLY
from digest.http.pace import Limits
from digest.http.waits import spoken


class Fault(NamedTuple):
    """The first three arguments of a `Failure`."""

    reason: Reason
    detail: str
    tries: int


_LOST = Fault(Reason.NO_ANSWER, "its answer was garbled, or broke off", PATIENTLY)
_NO_TLS = Fault(Reason.UNAVAILABLE, "no secure connection; check the address and its port", A_FEW)
_NO_HOST = Fault(
    Reason.UNAVAILABLE, "no such host is known here; check the address, and the network", PATIENTLY
)
_NO_URL = Fault(Reason.REJECTED, "no request can be made of its address; check it", ONCE)


def fault_of(error: BaseException, limits: Limits) -> Fault:
    """Say what an exception of requests, urllib3 or the socket means. The first kind that is found tells."""
    chain = list(_chain(error))
    connect, read = spoken(limits.connect_s), spoken(limits.read_s)
    too_late = Fault(Reason.UNAVAILABLE, f"it cannot be reached: no connection within {connect}", PATIENTLY)
    silent = Fault(Reason.NO_ANSWER, f"no answer within {read}", PATIENTLY)
    # From the particular to the general: the socket's time-out, for one, lies under both kinds of it.
    for cause in chain:
        if isinstance(cause, ssl.SSLCertVerificationError):
            return _not_trusted(cause)
        if isinstance(cause, NewConnectionError) and not isinstance(cause.__cause__, gaierror):
            return _unreached(cause.__cause__)
    kinds: list[tuple[type[BaseException] | tuple[type[BaseException], ...], Fault]] = [
        (ssl.SSLError, _NO_TLS),
        (gaierror, _NO_HOST),
        (ConnectTimeoutError, too_late),
        ((ReadTimeoutError, TimeoutError), silent),
        ((InvalidURL, LocationParseError), _NO_URL),
    ]
    return next((fault for kind, fault in kinds if any(isinstance(one, kind) for one in chain)), _LOST)


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


def _not_trusted(error: ssl.SSLCertVerificationError) -> Fault:
    words = f"its certificate is not trusted ({error.verify_message})"
    return Fault(Reason.AUTH, f"{words}; set `ca_file` to the certificate of its authority", ONCE)


def _unreached(error: BaseException | None) -> Fault:
    why = error.strerror.lower() if isinstance(error, OSError) and error.strerror else "no connection"
    return Fault(Reason.UNAVAILABLE, f"it cannot be reached: {why}", PATIENTLY)
