"""A stand-in for GitHub's issues over HTTP on loopback, with state, faults and a clock of its own.

    with GitHubServer() as server:
        number = server.add("Search was slow", closed=datetime(2026, 5, 12, 9, 30, tzinfo=UTC))
        server.url, server.token  # what a tracker's settings need
        server.down = True  # every request is answered by 503

It answers as GitHub Enterprise Server does, below `/api/v3`; written from the public description of
the API. Times are given or are `server.now()`, so that months can pass in a moment.
"""

import base64
import json
import re
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self
from urllib.parse import parse_qsl, urlencode, urlsplit

PREFIX = "/api/v3"
TOKEN = "github_pat_canary0123456789abcdefghijklmnop"
LARGEST_PAGE = 100
DEFAULT_PAGE = 30

JSON = "application/json; charset=utf-8"


@dataclass(frozen=True)
class Request:
    """One request as it came in."""

    method: str
    path: str  # without /api/v3 and without the query
    query: Mapping[str, str]
    headers: Mapping[str, str]  # names in small letters


@dataclass
class Reply:
    status: int
    value: object = None
    headers: dict[str, str] = field(default_factory=dict)
    kind: str = JSON
    raw: bytes | None = None  # instead of `value`
    missing: int = 0  # bytes that Content-Length promises and that never come

    @property
    def body(self) -> bytes:
        return json.dumps(self.value).encode() if self.raw is None else self.raw


@dataclass
class Repository:
    """A repository of the stand-in; its issues by number, in the shape of the API."""

    id: int
    name: str  # "acme/incidents"
    visibility: str = "private"  # or public, internal
    has_issues: bool = True
    owner_type: str = "Organization"
    issues: dict[int, dict[str, Any]] = field(default_factory=dict)
    comments: dict[int, list[dict[str, Any]]] = field(default_factory=dict)
    moved: dict[int, tuple[str, int]] = field(default_factory=dict)  # transferred: where to
    deleted: set[int] = field(default_factory=set)


def stamp(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


class GitHubServer:
    """Issues behind HTTP; see the module. `requests` holds every request that came in."""

    def __init__(
        self,
        repository: str = "acme/incidents",
        *,
        visibility: str = "private",
        token: str = TOKEN,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self.token = token
        self.now = now
        self.skew = timedelta()  # added to the Date header
        self.down = False  # an outage: 503 to everybody
        self.fault: str | None = None  # one of FAULTS, for every request that `fault_when` picks
        self.fault_when: Callable[[Request], bool] = lambda _: True
        self.faults: list[str] = []  # one of FAULTS each, for the next requests, first one first
        self.retry_after = "60"  # of rate limits
        self.page_size = LARGEST_PAGE  # the most that a page holds
        self.cursors = True  # `next` by a cursor; otherwise by page number, with `last`
        self.token_expires: str | None = "2027-01-03 12:00:00 UTC"
        self.requests: list[Request] = []
        self.during: Callable[[Request], None] = lambda _: None  # called before each answer
        self.repositories: dict[str, Repository] = {}
        self.renamed: dict[str, str] = {}
        self.first = self.repository(repository, visibility=visibility)
        self._lock = threading.RLock()
        self._http: ThreadingHTTPServer | None = None
        self._last_comment = 0

    # --- Running it ------------------------------------------------------------------------

    def start(self) -> Self:
        handler = type("Handler", (_Handler,), {"github": self})
        self._http = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self._http.daemon_threads = True
        threading.Thread(target=self._http.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        return self

    def stop(self) -> None:
        if self._http is not None:
            self._http.shutdown()
            self._http.server_close()
            self._http = None

    def __enter__(self) -> Self:
        return self if self._http else self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def url(self) -> str:
        assert self._http is not None, "start() it first"
        return f"http://127.0.0.1:{self._http.server_address[1]}{PREFIX}"

    @property
    def issues(self) -> dict[int, dict[str, Any]]:
        return self.first.issues

    def paths(self) -> list[str]:
        """Return the path of each request so far, without the query."""
        return [request.path for request in self.requests]

    @contextmanager
    def outage(self) -> Iterator[None]:
        self.down = True
        try:
            yield
        finally:
            self.down = False

    # --- Its contents ----------------------------------------------------------------------

    def repository(self, name: str, **over: Any) -> Repository:
        """Add a repository."""
        made = Repository(id=4000 + len(self.repositories), name=name, **over)
        self.repositories[name] = made
        return made

    def add(
        self,
        title: str = "Timetable search was slow",
        body: str | None = None,
        labels: Sequence[str | Mapping[str, Any]] = ("incident",),
        *,
        created: datetime | None = None,
        closed: datetime | None = None,
        **more: Any,
    ) -> int:
        """Add an issue and return its number. `more`: `repository`, `number`, `user`, or the API's fields."""
        repository = self.repositories[more.pop("repository", self.first.name)]
        with self._lock:
            number = more.pop("number", None) or max((*repository.issues, *repository.deleted, 0)) + 1
            opened = created or (closed - timedelta(hours=2) if closed else self.now())
            issue = issue_shape(repository.name, number, title=title, body=body, at=stamp(opened))
            issue["labels"] = [_label(name) for name in labels]
            issue["user"] = user_shape(more.pop("user", "ana-r"))
            issue["assignees"] = [user_shape(login) for login in more.pop("assignees", ())]
            issue["assignee"] = next(iter(issue["assignees"]), None)
            issue.update(more)
            repository.issues[number] = issue
            if closed:
                self.close(number, closed, repository=repository.name)
        return int(number)

    def add_pull_request(self, title: str = "Fix it", **more: Any) -> int:
        """Add a pull request, which the API lists among the issues."""
        at = {"url": "x", "html_url": "x", "diff_url": "x", "patch_url": "x", "merged_at": None}
        return self.add(title, pull_request=at, **more)

    def change(
        self, number: int, at: datetime | None = None, *, repository: str | None = None, **fields: Any
    ) -> None:
        """Change fields of an issue; it counts as updated at `at`."""
        with self._lock:
            issue = self.repositories[repository or self.first.name].issues[number]
            issue.update(fields)
            issue["updated_at"] = max(issue["updated_at"], stamp(at or self.now()))

    def close(
        self,
        number: int,
        at: datetime | None = None,
        reason: str = "completed",
        *,
        repository: str | None = None,
    ) -> None:
        """Close an issue; `reason` is completed, not_planned or duplicate."""
        moment = at or self.now()
        closed = {"state": "closed", "state_reason": reason, "closed_at": stamp(moment)}
        self.change(number, moment, repository=repository, closed_by=user_shape("bo-chen"), **closed)

    def reopen(self, number: int, at: datetime | None = None) -> None:
        self.change(number, at, state="open", state_reason="reopened", closed_at=None, closed_by=None)

    def label(self, number: int, *names: str, at: datetime | None = None) -> None:
        """Put labels on an issue."""
        self.change(number, at, labels=[*self.issues[number]["labels"], *map(_label, names)])

    def unlabel(self, number: int, name: str, at: datetime | None = None) -> None:
        """Take a label off an issue."""
        kept = [label for label in self.issues[number]["labels"] if label_name(label) != name]
        self.change(number, at, labels=kept)

    def comment(self, number: int, body: str, at: datetime | None = None, **more: Any) -> int:
        """Add a comment. `more`: `repository`, `user`, `association` (MEMBER), or fields of the API."""
        repository = self.repositories[more.pop("repository", self.first.name)]
        with self._lock:
            self._last_comment += 1
            moment = stamp(at or self.now())
            made = comment_shape(repository.name, number, self._last_comment, body, moment)
            made["user"] = user_shape(more.pop("user", "ana-r"))
            made["author_association"] = more.pop("association", "MEMBER")
            repository.comments.setdefault(number, []).append(made | more)
            issue = repository.issues[number]
            issue["comments"] += 1
            issue["updated_at"] = max(issue["updated_at"], moment)
            return self._last_comment

    def transfer(self, number: int, to: str) -> int:
        """Move an issue to another repository; its old address leads to the new one."""
        with self._lock:
            issue = self.first.issues.pop(number)
            target = self.repositories[to]
            new = max((*target.issues, 0)) + 1
            target.issues[new] = issue | issue_address(to, new)
            self.first.moved[number] = (to, new)
            return new

    def delete(self, number: int) -> None:
        """Delete an issue; its address answers 410."""
        self.first.issues.pop(number)
        self.first.deleted.add(number)

    def rename(self, name: str, old: str | None = None) -> None:
        """Rename a repository; its old address leads to the new one."""
        old = old or self.first.name
        repository = self.repositories.pop(old)
        repository.name = name
        for number, issue in repository.issues.items():
            issue.update(issue_address(name, number))
        self.repositories[name] = repository
        self.renamed[old] = name

    # --- Answering -------------------------------------------------------------------------

    def answer(self, request: Request) -> Reply:
        with self._lock:
            self.requests.append(request)
            self.during(request)
            if self.down:
                return Reply(503, {"message": "Service unavailable"})
            fault = self.faults.pop(0) if self.faults else None
            if fault is None and self.fault and self.fault_when(request):
                fault = self.fault
            normal = self._answer(request)
            reply = FAULTS[fault](self, normal) if fault else normal
        return self._with_headers(reply)

    def _with_headers(self, reply: Reply) -> Reply:
        moment = self.now() + self.skew
        usual = {
            "Date": format_datetime(moment.astimezone(UTC), usegmt=True),
            "X-GitHub-Request-Id": f"STAND:{len(self.requests)}",
            "X-RateLimit-Limit": "5000",
            "X-RateLimit-Remaining": "4990",
            "X-RateLimit-Reset": str(int(moment.timestamp()) + 3600),
        }
        if self.token_expires:
            usual["GitHub-Authentication-Token-Expiration"] = self.token_expires
        reply.headers = usual | reply.headers
        return reply

    def _answer(self, request: Request) -> Reply:
        sent = request.headers.get("authorization", "")
        if sent and sent not in {f"Bearer {self.token}", f"token {self.token}"}:
            return _bad_credentials()
        if "user-agent" not in request.headers:
            return Reply(403, {"message": "Request forbidden by administrative rules."})
        parts = request.path.strip("/").split("/")
        if request.path == "/rate_limit":
            core = {"limit": 5000, "remaining": 4990, "reset": 0, "used": 10}
            return Reply(200, {"resources": {"core": core, "search": core}, "rate": core})
        repository, rest = self._named(parts)
        if isinstance(repository, Reply):
            return repository
        if repository is None or (not sent and repository.visibility != "public"):
            return _not_found()
        return self._of_repository(repository, rest, request)

    def _named(self, parts: Sequence[str]) -> tuple[Repository | Reply | None, Sequence[str]]:
        if parts[0] == "repositories" and len(parts) > 1:
            found = (one for one in self.repositories.values() if str(one.id) == parts[1])
            return next(found, None), parts[2:]
        if parts[0] != "repos" or len(parts) < 3:
            return None, ()
        name = f"{parts[1]}/{parts[2]}".casefold()
        for old, new in self.renamed.items():
            if old.casefold() == name:
                below = "/".join(["repositories", str(self.repositories[new].id), *parts[3:]])
                return self._moved(f"{self.url}/{below}"), ()
        found = (one for one in self.repositories.values() if one.name.casefold() == name)
        return next(found, None), parts[3:]

    @staticmethod
    def _moved(location: str) -> Reply:
        return Reply(301, {"message": "Moved Permanently", "url": location}, {"Location": location})

    def _of_repository(self, repository: Repository, rest: Sequence[str], request: Request) -> Reply:
        if not rest:
            return Reply(200, repository_shape(repository))
        if rest[0] != "issues":
            return _not_found()
        if not repository.has_issues:
            return Reply(410, {"message": "Issues are disabled for this repo"})
        if len(rest) == 1:
            return self._page(self._listed(repository, request.query), repository, request)
        return self._of_issue(repository, int(rest[1]) if rest[1].isdigit() else 0, rest, request)

    def _of_issue(self, repository: Repository, number: int, rest: Sequence[str], request: Request) -> Reply:
        if number in repository.moved:
            to, new = repository.moved[number]
            below = "/".join(["repositories", str(self.repositories[to].id), "issues", str(new), *rest[2:]])
            return self._moved(f"{self.url}/{below}")
        if number in repository.deleted:
            return Reply(410, {"message": "This issue was deleted"})
        if number not in repository.issues:
            return _not_found()
        if rest[2:] == ["comments"]:
            return self._page(repository.comments.get(number, []), repository, request)
        return Reply(200, repository.issues[number]) if len(rest) == 2 else _not_found()

    @staticmethod
    def _listed(repository: Repository, query: Mapping[str, str]) -> list[dict[str, Any]]:
        state = query.get("state", "open")
        wanted = {name.strip().casefold() for name in query.get("labels", "").split(",") if name.strip()}
        since = query.get("since", "")
        found = [
            issue
            for issue in repository.issues.values()
            if state in {"all", issue["state"]}
            and wanted <= {label_name(label).casefold() for label in issue["labels"]}
            and (not since or issue["updated_at"] > stamp(datetime.fromisoformat(since)))
        ]
        by = f"{query.get('sort', 'created')}_at"
        return sorted(
            found,
            key=lambda issue: (issue[by], issue["number"]),
            reverse=query.get("direction", "desc") == "desc",
        )

    def _page(self, items: Sequence[dict[str, Any]], repository: Repository, request: Request) -> Reply:
        query = dict(request.query)
        size = min(int(query.get("per_page", DEFAULT_PAGE)), LARGEST_PAGE, self.page_size)
        at = (
            self._after(items, query["after"]) if "after" in query else (int(query.get("page", 1)) - 1) * size
        )
        shown = items[at : at + size]
        links: list[str] = []
        # GitHub's links lead to /repositories/ID, not to where the request went.
        below = re.sub(r"^/repos/[^/]+/[^/]+", f"/repositories/{repository.id}", request.path)
        page = int(query.get("page", 1))

        def link(rel: str, **over: str) -> str:
            return f'<{self.url}{below}?{urlencode({**query, **over})}>; rel="{rel}"'

        if at + size < len(items):
            after = {"after": _cursor(shown[-1])} if self.cursors else {}
            links.append(link("next", **after, page=str(page + 1)))
            if not self.cursors:
                links.append(link("last", page=str(-(-len(items) // size))))
        return Reply(200, list(shown), {"Link": ", ".join(links)} if links else {})

    @staticmethod
    def _after(items: Sequence[dict[str, Any]], cursor: str) -> int:
        known = [_cursor(item) for item in items]
        return known.index(cursor) + 1 if cursor in known else len(items)


# --- Faults ------------------------------------------------------------------------------------


def _bad_credentials() -> Reply:
    return Reply(401, {"message": "Bad credentials", "documentation_url": "https://docs.github.com/rest"})


def _not_found() -> Reply:
    return Reply(404, {"message": "Not Found", "documentation_url": "https://docs.github.com/rest"})


def _limit(status: int, headers: Mapping[str, str], message: str) -> Reply:
    return Reply(status, {"message": message}, dict(headers))


def _loop(server: GitHubServer, reply: Reply) -> Reply:
    again = f'<{server.url}/repositories/{server.first.id}/issues?after=again>; rel="next"'
    return Reply(200, reply.value, {"Link": again})


def _spent(server: GitHubServer, _: Reply) -> Reply:
    reset = str(int(server.now().timestamp()) + int(server.retry_after))
    spent = {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": reset}
    return _limit(403, spent, "API rate limit exceeded")


# What can go wrong, by name; each takes the server and the answer that would have been right.
FAULTS: Mapping[str, Callable[[GitHubServer, Reply], Reply]] = {
    "401": lambda *_: _bad_credentials(),
    "403": lambda *_: Reply(403, {"message": "Resource not accessible by personal access token"}),
    "404": lambda *_: _not_found(),
    "410": lambda *_: Reply(410, {"message": "Issues are disabled for this repo"}),
    "422": lambda *_: Reply(422, {"message": "Validation Failed", "errors": []}),
    "429": lambda server, _: _limit(429, {"Retry-After": server.retry_after}, "Too many requests"),
    "limit": _spent,  # the hourly limit: 403, nothing remaining
    "secondary": lambda server, _: _limit(403, {"Retry-After": server.retry_after}, "secondary rate limit"),
    "500": lambda *_: Reply(500, {"message": "Server Error"}),
    "502": lambda *_: Reply(502, kind="text/html", raw=b"<html><h1>Bad gateway</h1></html>"),
    "503": lambda *_: Reply(503, {"message": "Service unavailable"}),
    "truncated": lambda _, right: Reply(200, headers=right.headers, raw=right.body[:-9], missing=9),
    "cut": lambda _, right: Reply(200, headers=right.headers, raw=right.body[:-9]),  # and a length that fits
    "html": lambda *_: Reply(200, kind="text/html", raw=b"<html><body>Sign in</body></html>"),
    "object": lambda *_: Reply(200, {"message": "all is well"}),
    "loop": _loop,  # pages without an end
}


# --- The shapes of the API -------------------------------------------------------------------


def user_shape(login: str) -> dict[str, Any]:
    at = f"https://api.github.com/users/{login}"
    lists = ("followers", "organizations", "repos", "received_events", "subscriptions")
    return {
        "login": login,
        "id": sum(map(ord, login)),
        "node_id": base64.b64encode(login.encode()).decode(),
        "avatar_url": f"https://avatars.githubusercontent.com/{login}",
        "gravatar_id": "",
        "url": at,
        "html_url": f"https://github.com/{login}",
        **{f"{name}_url": f"{at}/{name}" for name in lists},
        **{f"{name}_url": f"{at}/{name}{{/other}}" for name in ("following", "gists", "starred", "events")},
        "type": "Bot" if login.endswith("[bot]") else "User",
        "site_admin": False,
    }


def issue_address(repository: str, number: int) -> dict[str, Any]:
    of = f"https://api.github.com/repos/{repository}"
    at = f"{of}/issues/{number}"
    return {
        "number": number,
        "url": at,
        "repository_url": of,
        "labels_url": f"{at}/labels{{/name}}",
        "comments_url": f"{at}/comments",
        "events_url": f"{at}/events",
        "html_url": f"https://github.com/{repository}/issues/{number}",
    }


def issue_shape(repository: str, number: int, *, title: str, body: str | None, at: str) -> dict[str, Any]:
    return {
        **issue_address(repository, number),
        "id": 9_000_000 + number,
        "node_id": f"I_{number}",
        "state": "open",
        "state_reason": None,
        "title": title,
        "body": body,
        "milestone": None,
        "locked": False,
        "active_lock_reason": None,
        "comments": 0,
        "closed_at": None,
        "created_at": at,
        "updated_at": at,
        "closed_by": None,
        "author_association": "MEMBER",
    }


def comment_shape(repository: str, number: int, comment: int, body: str, at: str) -> dict[str, Any]:
    of = issue_address(repository, number)
    return {
        "id": comment,
        "node_id": f"IC_{comment}",
        "url": f"https://api.github.com/repos/{repository}/issues/comments/{comment}",
        "html_url": f"{of['html_url']}#issuecomment-{comment}",
        "issue_url": of["url"],
        "body": body,
        "created_at": at,
        "updated_at": at,
    }


def repository_shape(repository: Repository) -> dict[str, Any]:
    owner, name = repository.name.split("/")
    return {
        "id": repository.id,
        "name": name,
        "full_name": repository.name,
        "owner": user_shape(owner) | {"type": repository.owner_type},
        "private": repository.visibility != "public",
        "visibility": repository.visibility,
        "html_url": f"https://github.com/{repository.name}",
        "url": f"https://api.github.com/repos/{repository.name}",
        "has_issues": repository.has_issues,
    }


def label_name(label: object) -> str:
    return str(label["name"]) if isinstance(label, Mapping) else str(label)


def _label(label: str | Mapping[str, Any]) -> str | dict[str, Any]:
    if not isinstance(label, str):
        return dict(label)
    return {"id": len(label), "name": label, "color": "ededed", "description": None, "default": False}


def _cursor(item: Mapping[str, Any]) -> str:
    return base64.urlsafe_b64encode(f"cursor:{item['created_at']}:{item['id']}".encode()).decode()


class _Handler(BaseHTTPRequestHandler):
    github: GitHubServer
    protocol_version = "HTTP/1.1"
    timeout = 30

    def do_GET(self) -> None:
        self._serve()

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self._serve()

    def _serve(self) -> None:
        parts = urlsplit(self.path)
        request = Request(
            method=self.command,
            path=parts.path.removeprefix(PREFIX) or "/",
            query=dict(parse_qsl(parts.query, keep_blank_values=True)),
            headers={name.lower(): value for name, value in self.headers.items()},
        )
        reply = self.github.answer(request) if self.command == "GET" else Reply(405, {"message": "read only"})
        body = reply.body
        self.send_response_only(reply.status)
        for name, value in reply.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Type", reply.kind)
        self.send_header("Content-Length", str(len(body) + reply.missing))
        if reply.missing:
            self.send_header("Connection", "close")
            self.close_connection = True
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the library's name
        pass
