"""The one open connection, in such a way that a clock can cut it.

The time-outs of requests hold for one read: a byte a minute keeps an answer going for ever, in its head
as in its body. So a second handle of the socket is kept, and shut down when an answer takes too long.
Only the look-up of a name cannot be cut; the resolver has limits of its own.
"""

import socket
import threading
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import Any

from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool


class Line:
    """The connection in use, by one thread; another may cut it."""

    def __init__(self) -> None:
        self.was_cut = False
        self._turn = 0
        self._lock = threading.Lock()
        self._handle: socket.socket | None = None
        self._connection: HTTPConnection | None = None

    def begin(self) -> Callable[[], None]:
        """Start an exchange; return what cuts it, and no later one, from any thread."""
        with self._lock:
            self._turn += 1
            self.was_cut = False
        return partial(self._cut, self._turn)

    def opened(self, connection: HTTPConnection, sock: socket.socket) -> socket.socket:
        """Take note of a new socket, before TLS takes it over; return it."""
        self.release()
        with self._lock:
            self._connection, self._handle = connection, sock.dup()
            if self.was_cut:
                sock.close()
                raise TimeoutError
        return sock

    def _cut(self, turn: int) -> None:
        """End an exchange: whoever waits for its socket finds that closed."""
        with self._lock:
            if turn != self._turn:
                return
            self.was_cut = True
            if self._handle is not None:
                with suppress(OSError):
                    self._handle.shutdown(socket.SHUT_RDWR)

    def end(self) -> None:
        """End an exchange; where the connection was closed with it, the second handle is too."""
        with self._lock:
            self._turn += 1
        if self._connection is None or self._connection.sock is None:
            self.release()

    def close(self) -> None:
        """Close the connection; urllib3 itself leaves that to the garbage collector."""
        if self._connection is not None:
            self._connection.close()
        self.release()

    def release(self) -> None:
        """Let go of the second handle."""
        with self._lock:
            if self._handle is not None:
                self._handle.close()
            self._handle = self._connection = None


class Adapter(HTTPAdapter):
    """What requests sends with, over connections that a `Line` knows of. It never tries again by itself."""

    def __init__(self, line: Line) -> None:
        self._line = line
        super().__init__(pool_connections=1, pool_maxsize=1, max_retries=0)

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401 - handed on as they are
        """Build the pools of the connections below; called by the constructor."""
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = _pools(self._line)


def _pools(line: Line) -> dict[str, type[HTTPConnectionPool]]:
    class Plain(HTTPConnection):
        def _new_conn(self) -> socket.socket:
            return line.opened(self, super()._new_conn())

    class Secure(HTTPSConnection):
        def _new_conn(self) -> socket.socket:
            return line.opened(self, super()._new_conn())

    class PlainPool(HTTPConnectionPool):
        ConnectionCls = Plain

    class SecurePool(HTTPSConnectionPool):
        ConnectionCls = Secure

    return {"http": PlainPool, "https": SecurePool}
