"""For each kind of tracker that asks a network, what stands in for the service; made of its recordings."""

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from servers.github_server import GitHubServer


@dataclass(frozen=True)
class StandIn:
    """A running stand-in, and the few things that the contract asks of it."""

    settings: Mapping[str, object]  # put over those of the recording
    secret: str  # what the settings hold, and nothing may show
    fail: Callable[[str], None]  # with one of FAILURES, from the next request on
    pages: Callable[[], int]  # how many pages of the list were asked for


# What each must be able to answer; the contract looks at what comes of it.
FAILURES = ("401", "404", "429", "500", "truncated", "html")


@contextmanager
def github(folder: Path) -> Iterator[StandIn]:
    def read(name: str) -> Any:
        return json.loads((folder / name).read_text(encoding="utf-8"))

    pages = [read(file.name) for file in sorted(folder.glob("issues-*.json"))]
    with GitHubServer(visibility=read("repository.json")["visibility"]) as server:
        server.page_size = len(pages[0])
        server.issues.update({issue["number"]: issue for page in pages for issue in page})
        server.first.comments.update(
            {int(file.stem.partition("-")[2]): read(file.name) for file in folder.glob("comments-*.json")}
        )

        def fail(how: str) -> None:
            server.fault = how

        yield StandIn(
            settings={"url": server.url, "token": server.token},
            secret=server.token,
            fail=fail,
            pages=lambda: sum(path.endswith("/issues") for path in server.paths()),
        )


STAND_INS: Mapping[str, Callable[[Path], AbstractContextManager[StandIn]]] = {"github": github}
