"""One request, one answer: what travels, guarded in time and size.

It drives the adapter of requests and no session of it: a session follows redirects, reads the whole
body of one even where it was told not to follow, keeps cookies, and lets ~/.netrc and the environment
change credentials, proxies and trusted certificates.
"""

import io
import logging
import threading
from collections.abc import Mapping
from pathlib import Path

import requests
from urllib3.exceptions import HTTPError

from digest.errors import Reason
from digest.http.answer import Answer
from digest.http.body import too_large, unpacked
from digest.http.failure import ONCE, PATIENTLY, Failure
from digest.http.faults import Fault, fault_of
from digest.http.line import Adapter, Line
from digest.http.pace import Limits
from digest.http.waits import spoken

_PIECE = 64 * 1024
_REFUSAL_MOST = 64 * 1024
_REFUSALS_FROM = 300
_FAULTS = (requests.RequestException, HTTPError, OSError)

# What it logs, warnings too, holds whole addresses, and with them the secret part of a webhook's.
logging.getLogger("urllib3").setLevel(logging.CRITICAL + 1)


class Wire:
    """A connection with one service, opened when needed; one request at a time."""

    def __init__(
        self, service: str, headers: Mapping[str, str], ca_file: Path | None, limits: Limits
    ) -> None:
        self._service = service
        self._headers = dict(headers)
        self._verify = str(ca_file) if ca_file else True
        self._limits = limits
        self._line = Line()
        self._adapter = Adapter(self._line)

    def send(self, method: str, url: str, content: bytes | None = None) -> Answer:
        """Send one request; return whatever was answered, its body unpacked.

        The body of a refusal or a redirect is empty where it could not be read.

        Raises:
            Failure: nothing came, or not all of it, or too much.
        """
        body = None if content is None else _Body(content)
        timer = threading.Timer(self._limits.total_s, self._line.begin())
        timer.daemon = True
        timer.start()
        try:
            return self._exchange(method, url, body)
        except _FAULTS as error:
            failure = self._failure(error, body)
        finally:
            timer.cancel()
            self._line.end()
        raise failure

    def close(self) -> None:
        """Close the connection; may be called more than once."""
        self._line.close()
        self._adapter.close()

    def _exchange(self, method: str, url: str, body: "_Body | None") -> Answer:
        headers = self._headers if body is None else self._headers | {"Content-Type": "application/json"}
        request = requests.Request(method, url, headers=headers, data=body).prepare()
        waits = (self._limits.connect_s, self._limits.read_s)
        response = self._adapter.send(request, stream=True, timeout=waits, verify=self._verify)
        with response:
            status = response.status_code
            content = _refusal(response) if status >= _REFUSALS_FROM else self._content(response)
        return Answer(status, response.headers, content, self._service)

    def _content(self, response: requests.Response) -> bytes:
        content = _read(response, self._limits.bytes_most)
        if self._line.was_cut:
            # The end of the line ends a head, or a body without a length, as if it were whole.
            raise TimeoutError
        return content

    def _failure(self, error: Exception, body: "_Body | None") -> Failure:
        fault = self._fault(error)
        if body is None:
            return Failure(*fault)
        if body.asked:
            # Whatever went wrong, it went wrong after the service could read what it was to do.
            return Failure(Reason.NO_ANSWER, f"{fault.detail}; it may have been done", ONCE)
        reason = Reason.UNAVAILABLE if fault.reason.in_doubt else fault.reason
        failure = Failure(reason, fault.detail, fault.tries)
        failure.sent = False
        return failure

    def _fault(self, error: Exception) -> Fault:
        if self._line.was_cut:
            words = f"its answer took more than {spoken(self._limits.total_s)}"
            return Fault(Reason.NO_ANSWER, words, PATIENTLY)
        return fault_of(error, self._limits)


class _Body(io.BytesIO):
    """What is posted. While nobody asked for it, the service cannot have acted on it."""

    asked = False

    def read(self, size: int | None = -1, /) -> bytes:
        self.asked = True
        return super().read(size)


def _read(response: requests.Response, most: int) -> bytes:
    """Read and unpack a body of at most `most` bytes. A length that is not kept raises; see urllib3."""
    raw = bytearray()
    # One piece as it comes, since `read` waits for all that was asked for.
    while piece := response.raw.read1(_PIECE, decode_content=False):
        raw += piece
        if len(raw) > most:
            raise too_large(most)
    return unpacked(bytes(raw), response.headers.get("Content-Encoding", ""), most)


def _refusal(response: requests.Response) -> bytes:
    """Read the body of an answer whose status says enough already."""
    try:
        return _read(response, _REFUSAL_MOST)
    except (Failure, *_FAULTS):
        return b""
