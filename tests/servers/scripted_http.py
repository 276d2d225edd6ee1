"""A service that answers on cue: statuses, lies, silences and floods that no real one can be made to show."""

import contextlib
import json
import socket
import ssl
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

Headers = Sequence[tuple[str, str]] | Mapping[str, str]


@dataclass(frozen=True)
class Reply:
    """What is answered to one request. Unless told otherwise, the length is true and the line stays open."""

    status: int = 200
    body: bytes = b""
    headers: Headers = ()
    length: int | None = None  # stated in place of the true one; -1 states none, and closes the line
    raw: bytes | None = None  # all of it, as it is, in place of the rest
    drip_s: float = 0.0  # each byte after a wait, but for those that go at once
    at_once: int = 0
    hang: bool = False  # before a byte is sent
    close: bool = False  # after it

    def written(self) -> bytes:
        if self.raw is not None:
            return self.raw
        pairs = list(self.headers.items() if isinstance(self.headers, Mapping) else self.headers)
        length = len(self.body) if self.length is None else self.length
        if length >= 0:
            pairs.append(("Content-Length", str(length)))
        head = "".join(f"{name}: {value}\r\n" for name, value in pairs)
        return f"HTTP/1.1 {self.status} Scripted\r\n{head}\r\n".encode("latin-1") + self.body

    @property
    def is_last(self) -> bool:
        untrue = self.length is not None and self.length != len(self.body)
        return self.close or untrue or self.raw is not None or self.drip_s > 0


def page(value: object, status: int = 200, **headers: str) -> Reply:
    """Return a reply with `value` as JSON; `Retry_After="5"` becomes the header `Retry-After`."""
    named = {name.replace("_", "-"): text for name, text in headers.items()}
    kind = {"Content-Type": "application/json; charset=utf-8"}
    return Reply(status, json.dumps(value).encode(), kind | named)


DROP = Reply(raw=b"")
HANG = Reply(hang=True)


@dataclass(frozen=True)
class Asked:
    """One request as it came."""

    method: str
    target: str
    headers: Mapping[str, str]  # names in lower case
    body: bytes
    line: int  # the connection that it came over: 1 is the first


@dataclass
class ScriptedHttp:
    """Answers each request with the next reply; the last one stays."""

    replies: list[Reply]
    port: int = 0
    tls: ssl.SSLContext | None = None
    asked: list[Asked] = field(default_factory=list)
    lines: int = 0
    stop: threading.Event = field(default_factory=threading.Event)
    lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def url(self) -> str:
        return f"https://localhost:{self.port}" if self.tls else f"http://127.0.0.1:{self.port}"

    @property
    def targets(self) -> list[str]:
        return [one.target for one in self.asked]

    def serve(self, connection: socket.socket) -> None:
        with self.lock:
            self.lines += 1
            line = self.lines
        with connection, contextlib.suppress(OSError):
            secured = self.tls.wrap_socket(connection, server_side=True) if self.tls else connection
            with secured, secured.makefile("rb") as stream:
                while self._answer(secured, stream, line):
                    pass

    def _answer(self, connection: socket.socket, stream: Iterator[bytes], line: int) -> bool:
        asked = _read(stream, line)
        if asked is None:
            return False
        with self.lock:
            self.asked.append(asked)
            reply = self.replies.pop(0) if len(self.replies) > 1 else self.replies[0]
        if reply.hang:
            self.stop.wait(30)
            return False
        self._send(connection, reply)
        return not reply.is_last

    def _send(self, connection: socket.socket, reply: Reply) -> None:
        written = reply.written()
        if not reply.drip_s:
            connection.sendall(written)
            return
        connection.sendall(written[: reply.at_once])
        for byte in written[reply.at_once :]:
            if self.stop.wait(reply.drip_s):
                return
            connection.sendall(bytes([byte]))


def _read(stream: Iterator[bytes], line: int) -> Asked | None:
    first = next(stream, b"").decode("latin-1").split()
    if len(first) != 3:
        return None
    headers: dict[str, str] = {}
    for raw in stream:
        name, colon, value = raw.decode("latin-1").strip().partition(":")
        if not colon:
            break
        headers[name.lower()] = value.strip()
    body = stream.read(int(headers.get("content-length", "0")))  # type: ignore[attr-defined]  # a file
    return Asked(first[0], first[1], headers, body, line)


@contextmanager
def scripted_http(*replies: Reply, tls: ssl.SSLContext | None = None) -> Iterator[ScriptedHttp]:
    """Run a scripted service on a free port of loopback."""
    script = ScriptedHttp(list(replies), tls=tls)
    threads: list[threading.Thread] = []
    with socket.create_server(("127.0.0.1", 0)) as listener:
        script.port = listener.getsockname()[1]
        threads.append(threading.Thread(target=_listen, args=(listener, script.serve, threads)))
        threads[0].start()
        try:
            yield script
        finally:
            script.stop.set()
            listener.shutdown(socket.SHUT_RDWR)
    for thread in threads:
        thread.join(5)


def _listen(
    listener: socket.socket, serve: Callable[[socket.socket], None], threads: list[threading.Thread]
) -> None:
    while True:
        try:
            connection, _ = listener.accept()
        except OSError:
            return
        threads.append(threading.Thread(target=serve, args=(connection,)))
        threads[-1].start()
