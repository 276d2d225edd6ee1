"""A real git repository on loopback: git http-backend behind http.server, with a token by basic auth."""

import base64
import os
import ssl
import subprocess
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import trustme
from servers.needed import need

TOKEN = "glpat-canary-0123456789"
_WHO = {"NAME": "Ana", "EMAIL": "ana@example.org"}


@dataclass
class GitRemote:
    """A repository that is served: where it is, what is on it, and what it is made to do wrong."""

    url: str
    token: str
    path: Path  # the bare repository
    branch: str
    ca_file: Path | None = None  # of the authority, where it is served by https
    down: bool = False  # connections are closed without an answer
    status: int = 0  # answered to everything, in place of git's answer
    location: str = ""  # goes with a status that leads elsewhere
    refuse_push: int = 0  # answered to pushes alone
    hanging: bool = False  # nothing is answered until the end
    drop_push_answers: int = 0  # so many pushes are taken, and not answered
    before_push: list[Callable[[], None]] = field(default_factory=list)  # one for each push, before it begins
    amid_push: list[Callable[[], None]] = field(default_factory=list)  # one for each, once the tip was told
    on_request: Callable[[], None] = lambda: None
    requests: list[str] = field(default_factory=list)  # method and path, in order
    credentials: list[str] = field(default_factory=list)  # as they were sent
    over: threading.Event = field(default_factory=threading.Event)

    def pages(self) -> dict[str, str]:
        """Return the files at the branch's tip, by path."""
        if not self.tip():
            return {}
        names = self.git("ls-tree", "-r", "-z", "--name-only", self.branch).split("\0")
        return {name: self.git("show", f"{self.branch}:{name}") for name in names if name}

    def log(self) -> list[str]:
        """Return the subjects of the commits, newest first."""
        return self.git("log", "--format=%s", self.branch).splitlines() if self.tip() else []

    def tip(self) -> str:
        """Return the newest commit; nothing where there is none."""
        return self.git("for-each-ref", "--format=%(objectname)", f"refs/heads/{self.branch}").strip()

    def write(self, page: str, text: str | bytes | None, mode: str = "100644") -> None:
        """Commit a file as a person does in the browser; None deletes it."""
        index = {"GIT_INDEX_FILE": str(self.path / "a person's index")}
        tip = self.tip()
        self.git("read-tree", tip or "--empty", **index)
        if text is None:
            line = f"0 {'0' * 40}\t{page}\0"
        else:
            content = text if isinstance(text, bytes) else text.encode()
            blob = self.git("hash-object", "-w", "--stdin", stdin=content).strip()
            line = f"{mode} {blob}\t{page}\0"
        self.git("update-index", "-z", "--index-info", stdin=line.encode("utf-8", "surrogateescape"), **index)
        tree = self.git("write-tree", **index).strip()
        parents = ("-p", tip) if tip else ()
        commit = self.git("commit-tree", *parents, "-m", f"Edit {page}", tree).strip()
        self.git("update-ref", f"refs/heads/{self.branch}", commit)

    def overtake(self, page: str = "Home.md", text: str = "# Home, edited\n") -> None:
        """Let somebody else write a page just before the next push, so that it is no fast-forward."""
        self.before_push.append(lambda: self.write(page, text))

    def git(self, *arguments: str, stdin: bytes = b"", **environment: str) -> str:
        """Run git on the bare repository."""
        done = subprocess.run(
            ["git", *arguments],
            input=stdin,
            capture_output=True,
            check=True,
            env={**_clean(self.path.parent), "GIT_DIR": str(self.path), **environment},
        )
        return done.stdout.decode("utf-8", "surrogateescape")


def bare(folder: Path, branch: str = "master", pages: Mapping[str, str] | None = None) -> GitRemote:
    """Make a bare repository that is not served: its `url` is its folder. No pages: it is empty."""
    need("git")
    path = folder / "incidents.wiki.git"
    remote = GitRemote(str(path), TOKEN, path, branch)
    subprocess.run(
        ["git", "init", "--quiet", "--bare", "--template=", "-b", branch, str(path)],
        check=True,
        env=_clean(folder),
    )
    remote.git("config", "http.receivepack", "true")
    for page, text in ({"Home.md": "# Home\n"} if pages is None else pages).items():
        remote.write(page, text)
    return remote


@contextmanager
def git_remote(
    folder: Path, branch: str = "master", pages: Mapping[str, str] | None = None, *, tls: bool = False
) -> Iterator[GitRemote]:
    """Serve a bare repository in `folder`, with a Home page where `pages` says nothing else.

    With `tls`, by https, with a certificate that only its own `ca_file` vouches for.
    """
    remote = bare(folder, branch, pages)
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), {"remote": remote}))
    server.daemon_threads = True
    scheme, host = "http", "127.0.0.1"
    if tls:
        authority = trustme.CA()
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        authority.issue_cert("localhost").configure_cert(context)
        remote.ca_file = folder / "ca.pem"
        authority.cert_pem.write_to_path(str(remote.ca_file))
        server.socket = context.wrap_socket(server.socket, server_side=True)
        server.handle_error = lambda *_: None  # type: ignore[method-assign]  # who does not trust us hangs up
        scheme, host = "https", "localhost"
    remote.url = f"{scheme}://{host}:{server.server_port}/{remote.path.name}"
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield remote
    finally:
        remote.over.set()
        server.shutdown()
        server.server_close()
        thread.join()


class _Handler(BaseHTTPRequestHandler):
    remote: GitRemote

    def do_GET(self) -> None:
        self._serve(b"")

    def do_POST(self) -> None:
        self._serve(self._body())

    def log_message(self, *_: object) -> None:
        pass

    def _serve(self, body: bytes) -> None:
        remote = self.remote
        remote.requests.append(f"{self.command} {self.path}")
        remote.on_request()
        if remote.hanging:
            remote.over.wait()
        if remote.down or remote.hanging:
            self.close_connection = True
            return
        status = self._refusal()
        if status:
            self._refuse(status)
            return
        pushing = self.path.endswith("git-receive-pack")
        self._hook(pushing)
        head, content = self._backend(body)
        if pushing and self.command == "POST" and remote.drop_push_answers:
            remote.drop_push_answers -= 1
            self.close_connection = True
            return
        self._answer(head, content)

    def _refusal(self) -> int:
        remote = self.remote
        sent = self.headers.get("Authorization", "")
        remote.credentials.append(sent)
        if remote.status:
            return remote.status
        known = base64.b64decode(sent.removeprefix("Basic ")).decode().partition(":")[2] if sent else ""
        if known != remote.token:
            return 401
        return remote.refuse_push if "receive-pack" in self.path else 0

    def _refuse(self, status: int) -> None:
        self.send_response(status)
        if status == 401:
            self.send_header("WWW-Authenticate", 'Basic realm="git"')
        if self.remote.location:
            self.send_header("Location", self.remote.location)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def _hook(self, pushing: bool) -> None:  # noqa: FBT001 -- a fact of the request
        hooks = self.remote.amid_push if self.command == "POST" else self.remote.before_push
        if pushing and hooks:
            hooks.pop(0)()

    def _backend(self, body: bytes) -> tuple[str, bytes]:
        path, _, query = self.path.partition("?")
        environment = {
            **_clean(self.remote.path.parent),
            "GIT_PROJECT_ROOT": str(self.remote.path.parent),
            "GIT_HTTP_EXPORT_ALL": "1",
            "REMOTE_USER": "bot",
            "REQUEST_METHOD": self.command,
            "PATH_INFO": path,
            "QUERY_STRING": query,
            "CONTENT_TYPE": self.headers.get("Content-Type", ""),
            "CONTENT_LENGTH": str(len(body)),
            "HTTP_CONTENT_ENCODING": self.headers.get("Content-Encoding", ""),
            "GIT_PROTOCOL": self.headers.get("Git-Protocol", ""),
        }
        done = subprocess.run(
            ["git", "http-backend"], input=body, env=environment, capture_output=True, check=False
        )
        head, _, content = done.stdout.partition(b"\r\n\r\n")
        return head.decode(), content

    def _answer(self, head: str, content: bytes) -> None:
        headers = dict(line.split(": ", 1) for line in head.split("\r\n"))
        self.send_response(int(headers.pop("Status", "200").split()[0]))
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def _body(self) -> bytes:
        if "chunked" not in self.headers.get("Transfer-Encoding", ""):
            return self.rfile.read(int(self.headers.get("Content-Length") or 0))
        body = b""
        while size := int(self.rfile.readline().split(b";")[0], 16):
            body += self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()
        return body


def _clean(home: Path) -> dict[str, str]:
    """Return an environment in which nobody's own settings of git count."""
    who = {f"GIT_{role}_{what}": value for role in ("AUTHOR", "COMMITTER") for what, value in _WHO.items()}
    return {
        "PATH": os.environ.get("PATH", ""),
        "HOME": str(home),
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_CONFIG_GLOBAL": os.devnull,
        "LC_ALL": "C",
        **who,
    }
