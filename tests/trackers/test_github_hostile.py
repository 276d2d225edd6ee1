"""What anybody can write into an issue, and whatever a server may answer: never a crash, never a leak."""

import copy
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from servers.github_server import GitHubServer, user_shape

from digest.http import Answer
from digest.model import Collected, Visibility
from digest.period import Month
from digest.trackers.base import Context
from digest.trackers.collect import CollectPlan, collect, refresh
from digest.trackers.github import GitHubTracker, Settings
from digest.trackers.github_api import Api, limits_for
from digest.trackers.github_fields import Place

MAY = Month(2026, 5, "Europe/Lisbon")
NOW = datetime(2026, 6, 3, 9, 0, tzinfo=UTC)
A_DAY_IN_MAY = datetime(2026, 5, 12, 9, 30, tzinfo=UTC)
REVIEW = "## Lessons learned\n\n- A cache without a limit fills the disk.\n"
RECORDINGS = Path(__file__).parents[1] / "recordings" / "github"
PLAN = CollectPlan(NOW, redact=lambda incident: incident)
# One of each kind that JSON has, and what a program may trip over.
ODD: Sequence[Any] = (
    None,
    True,
    0,
    -1,
    1.5,
    "",
    "x",
    "\ud800\0\n",
    "9999-12-31T23:59:59Z",
    [],
    [[]],
    {"a": 1},
)

EVES = {"user": user_shape("eve"), "closed_by": user_shape("eve"), "author_association": "NONE"}
BOT = user_shape("status[bot]") | {"type": "Bot"}

Connect = Callable[..., GitHubTracker]


@pytest.fixture
def server() -> Iterator[GitHubServer]:
    with GitHubServer(now=lambda: NOW, visibility="public") as running:
        yield running


@pytest.fixture
def connect(server: GitHubServer, tmp_path: Path) -> Connect:
    def connected(**over: Any) -> GitHubTracker:
        told = {"repository": "acme/incidents", "token": server.token, "url": server.url} | over
        context = Context(tmp_path, MAY.zone, patience_s=0)
        return GitHubTracker.connect("issues", Settings.model_validate(told), context)

    return connected


def collected(tracker: GitHubTracker) -> Collected:
    return collect([tracker], MAY, PLAN)


def details(told: Collected) -> str:
    return " | ".join(problem.detail for problem in told.problems)


def numbers(told: Collected) -> list[int]:
    return [int(incident.key.rpartition("-")[2]) for incident in told.incidents]


# --- Answers of another shape -----------------------------------------------------------------


def places(value: Any, at: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Yield the path to each part of a value; of the parts of a list, the first."""
    yield at
    inner = (
        value.items() if isinstance(value, dict) else enumerate(value[:1] if isinstance(value, list) else ())
    )
    for key, one in inner:
        yield from places(one, (*at, key))


def odd_ones(value: Any) -> Iterator[Any]:
    """Yield copies of a value, each with one part that is odd, or that is missing."""
    for *above, last in filter(None, places(value)):
        for odd in (*ODD, KeyError):
            copied = copy.deepcopy(value)
            holder = copied
            for key in above:
                holder = holder[key]
            if odd is KeyError:
                del holder[last]
            else:
                holder[last] = odd
            yield copied


def recording(name: str) -> Any:
    return json.loads((RECORDINGS / name).read_text(encoding="utf-8"))


@pytest.mark.parametrize("review", ["body", "comment"])
def test_an_issue_of_any_shape_costs_itself_at_most_and_never_the_run(
    monkeypatch: pytest.MonkeyPatch, connect: Connect, review: str
) -> None:
    sound = recording("issues-2.json")[0] | {"number": 7000, "closed_at": "2026-05-12T09:30:00Z"}
    shown = next(issue for issue in recording("issues-1.json") if issue["number"] == 42) | {"comments": 1}
    comments = recording("comments-42.json")
    place = Place("acme/incidents", visibility="public", address=shown["repository_url"])
    cases = [(issue, comments) for issue in odd_ones(shown)] + [(shown, odd) for odd in odd_ones(comments)]
    held: list[Any] = [shown, comments]
    monkeypatch.setattr(Api, "place", lambda *_: place)
    monkeypatch.setattr(Api, "issues", lambda *_: [held[0], sound])
    monkeypatch.setattr(Api, "issue", lambda *_: held[0] if isinstance(held[0], dict) else None)
    monkeypatch.setattr(Api, "comments", lambda *_: tuple(held[1]) if isinstance(held[1], list) else ())

    assert len(cases) > 500
    tracker = connect(review=review)
    for held[:] in cases:
        told = collected(tracker)
        refresh([tracker], {"issues": ["incidents-42"]}, PLAN)

        assert 7000 in numbers(told), held
        assert all(incident.resolved in MAY for incident in told.incidents if incident.resolved), held
        assert len(told.incidents) == 2 or told.problems or _is_elsewhere(held[0]), held


def _is_elsewhere(issue: dict[str, Any]) -> bool:
    """Whether an issue has good reason to be missing from May: it is open, of another year, or unlabelled."""
    if issue["closed_at"] in {None, "9999-12-31T23:59:59Z"}:
        return True
    names = [label["name"] if isinstance(label, dict) else label for label in issue["labels"]]
    return "incident" not in names


def test_a_repository_of_any_shape_is_public_only_if_it_says_so(connect: Connect) -> None:
    api = connect().api
    sound = recording("repository.json") | {"private": True, "visibility": "private"}
    for odd in odd_ones(sound):
        answer = _answer(odd)
        place = api.place_of("acme/incidents", answer)
        told = odd.get("visibility")
        assert place.visibility == "private" or told in {"public", "internal"}, odd


def _answer(value: Any) -> Answer:
    return Answer(200, {"Content-Type": "application/json"}, json.dumps(value).encode())


def test_what_a_page_repeats_is_read_once_and_what_has_no_number_is_kept_to_be_told(connect: Connect) -> None:
    numbers = [12, {"a": 1}, [[]], None, "12", 12]
    page = _answer([{"number": number} for number in numbers])
    client: Any = SimpleNamespace(pages=lambda *_: iter([page]))

    listed = replace(connect().api, client=client).issues("acme/incidents", NOW)

    assert listed == [{"number": number} for number in numbers[:-1]]


def test_an_issue_that_is_closed_and_not_said_when_is_told(server: GitHubServer, connect: Connect) -> None:
    number = server.add(body=REVIEW, closed=A_DAY_IN_MAY)
    server.issues[number]["closed_at"] = None

    assert f"acme/incidents#{number} is closed, and GitHub does not say when" in details(collected(connect()))


# --- What anybody can write on a public repository --------------------------------------------


def test_who_opens_and_closes_an_issue_of_their_own_prints_nothing(
    server: GitHubServer, connect: Connect
) -> None:
    number = server.add("Buy my coins", "### Severity\n\nSEV1\n\n" + REVIEW, closed=A_DAY_IN_MAY)
    server.issues[number] |= EVES

    told = collected(connect())

    assert told.incidents == ()
    assert "opened and closed by one person" in details(told)
    assert "coins" not in details(told)


@pytest.mark.parametrize(
    "by_us",
    [
        {"author_association": "MEMBER"},
        {"closed_by": user_shape("bo-chen")},
        {"assignees": [user_shape("bo-chen")]},
        {"user": BOT, "closed_by": BOT},
    ],
    ids=["a member", "closed by another", "assigned", "a bot"],
)
def test_an_issue_in_which_somebody_trusted_had_a_part_counts(
    server: GitHubServer, connect: Connect, by_us: dict[str, Any]
) -> None:
    number = server.add(body=REVIEW, closed=A_DAY_IN_MAY)
    server.issues[number] |= EVES | by_us

    assert len(collected(connect()).incidents) == 1


def test_in_a_repository_that_only_your_people_see_everybody_is_trusted(
    server: GitHubServer, connect: Connect
) -> None:
    server.first.visibility = "internal"
    number = server.add(body=REVIEW, closed=A_DAY_IN_MAY)
    server.issues[number] |= EVES

    assert len(collected(connect()).incidents) == 1


def test_comments_full_of_brackets_keep_no_month_from_being_read(
    server: GitHubServer, connect: Connect
) -> None:
    number = server.add(closed=A_DAY_IN_MAY)
    server.comment(number, REVIEW)
    for _ in range(20):
        server.comment(number, "[{" * 32_000, user="eve", association="NONE")

    told = collected(connect(review="comment"))

    assert [incident.review.text for incident in told.incidents] == [REVIEW]


def test_a_flood_of_the_largest_comments_keeps_no_month_from_being_read(
    server: GitHubServer, connect: Connect
) -> None:
    # As JSON each of these characters takes six bytes: a hundred such comments are more than we take.
    number = server.add(closed=A_DAY_IN_MAY)
    server.comment(number, REVIEW)
    for _ in range(60):
        server.comment(number, "\x01" * 65_536, user="eve", association="NONE")

    told = collected(connect(review="comment"))

    assert [incident.review.text for incident in told.incidents] == [REVIEW]


def test_of_thousands_of_comments_only_the_newest_are_read(server: GitHubServer, connect: Connect) -> None:
    number = server.add(closed=A_DAY_IN_MAY)
    for _ in range(3000):
        server.comment(number, "+1", user="eve", association="NONE")
    server.comment(number, REVIEW)

    told = collected(connect(review="comment"))

    assert [incident.review.text for incident in told.incidents] == [REVIEW]
    assert sum(path.endswith("/comments") for path in server.paths()) <= 21


def test_an_issue_that_is_deleted_while_its_comments_are_read_costs_no_other(
    server: GitHubServer, connect: Connect
) -> None:
    first, second = (server.add(closed=A_DAY_IN_MAY) for _ in range(2))
    for number in (first, second):
        server.comment(number, REVIEW)

    def delete(request: Any) -> None:
        if request.path.endswith("/comments") and first in server.issues:
            server.delete(first)

    server.during = delete

    told = collected(connect(review="comment"))

    assert [incident.key for incident in told.incidents] == [f"incidents-{second}"]
    assert told.problems == ()


# --- What was public, and no longer is --------------------------------------------------------


@pytest.mark.parametrize(
    "becomes", ["labelled", "a private repository", "transferred", "deleted", "unlabelled"]
)
def test_what_changed_since_it_was_collected_is_not_given_again(
    server: GitHubServer, connect: Connect, becomes: str
) -> None:
    number = server.add(body=REVIEW, closed=A_DAY_IN_MAY)
    tracker = connect()
    [incident] = collected(tracker).incidents
    assert incident.visibility is Visibility.PUBLIC
    server.repository("acme/security", visibility="private")
    {
        "labelled": lambda: server.label(number, "confidential"),
        "a private repository": lambda: setattr(server.first, "visibility", "private"),
        "transferred": lambda: server.transfer(number, "acme/security"),
        "deleted": lambda: server.delete(number),
        "unlabelled": lambda: server.unlabel(number, "incident"),
    }[becomes]()

    assert refresh([tracker], {"issues": [incident.key]}, PLAN).incidents == ()


# --- Time -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("patience_s", "read_s", "total_s"), [(0, 15, 30), (10, 15, 30), (300, 60, 300), (7200, 60, 300)]
)
def test_an_answer_may_take_as_long_as_whoever_waits_has_patience(
    patience_s: float, read_s: float, total_s: float
) -> None:
    limits = limits_for(patience_s)

    assert (limits.read_s, limits.total_s) == (read_s, total_s)
