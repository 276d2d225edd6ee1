"""A server that misbehaves on cue, for faults that real servers cannot be made to show."""

import contextlib
import socket
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field

DROP, HANG = "drop", "hang"
# What the server answers where no cue says otherwise.
ORDINARY = {
    "CONNECT": "220 scripted",
    "EHLO": "250 scripted",
    "MAIL": "250 ok",
    "RCPT": "250 ok",
    "DATA": "354 go on",
    "RSET": "250 ok",
    "QUIT": "221 bye",
    "DOT": "250 taken",
}


@dataclass
class Scripted:
    """Cues by step: each time a step comes up, its next cue is the answer; afterwards the ordinary one."""

    cues: Mapping[str, list[str]] = field(default_factory=dict)
    port: int = 0
    dots: list[str] = field(default_factory=list)  # recipients whose mail came to its final dot
    taken: list[str] = field(default_factory=list)  # those that the server took for delivery
    connections: int = 0
    take_before_dropping: bool = True
    on_dot: Callable[[str], None] | None = None
    stop: threading.Event = field(default_factory=threading.Event)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def answer(self, step: str) -> str:
        with self.lock:
            waiting = self.cues.get(step)
            return waiting.pop(0) if waiting else ORDINARY.get(step, "502 unknown")

    def serve(self, connection: socket.socket) -> None:
        with connection, connection.makefile("rb") as lines, contextlib.suppress(OSError):
            self.connections += 1
            if not self._reply(connection, "CONNECT"):
                return
            recipient = ""
            for raw in lines:
                line = raw.decode("latin-1").strip()
                verb = line[:4].upper()
                if verb == "RCPT":
                    recipient = line.partition("<")[2].rstrip(">")
                words = self._reply(connection, verb)
                if not words or verb == "QUIT":
                    return
                if words.startswith("354") and not self._body(connection, lines, recipient):
                    return

    def _body(self, connection: socket.socket, lines: Iterator[bytes], recipient: str) -> str:
        for raw in lines:
            if raw == b".\r\n":
                self.dots.append(recipient)
                if self.on_dot is not None:
                    self.on_dot(recipient)
                return self._reply(connection, "DOT", recipient)
        return ""

    def _reply(self, connection: socket.socket, step: str, recipient: str = "") -> str:
        """Send the answer to a step; return it, or nothing where the line ends with it."""
        words = self.answer(step)
        taken = words.startswith("2") or (words in {DROP, HANG} and self.take_before_dropping)
        if step == "DOT" and taken:
            self.taken.append(recipient)
        if words == HANG:
            self.stop.wait(30)
        if words in {DROP, HANG}:
            return ""
        connection.sendall(words.encode() + b"\r\n")
        return "" if words.startswith("421") else words


@contextmanager
def scripted_smtp(**cues: list[str]) -> Iterator[Scripted]:
    """Run a scripted server on a free port."""
    script = Scripted(cues)
    threads: list[threading.Thread] = []
    with socket.create_server(("127.0.0.1", 0)) as listener:
        script.port = listener.getsockname()[1]

        def listen() -> None:
            while True:
                try:
                    connection, _ = listener.accept()
                except OSError:
                    return
                threads.append(threading.Thread(target=script.serve, args=(connection,)))
                threads[-1].start()

        threads.append(threading.Thread(target=listen))
        threads[0].start()
        try:
            yield script
        finally:
            script.stop.set()
            listener.shutdown(socket.SHUT_RDWR)
    for thread in threads:
        thread.join(5)
