"""The tracker `github` against its stand-in: what is asked, what is read, and what is never printed."""

import json
import os
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml
from openapi_core import OpenAPI
from openapi_core.testing import MockRequest, MockResponse
from servers import github_server
from servers.github_server import GitHubServer, Request

from digest import paths
from digest.config import load
from digest.errors import ConfigError, Reason, RemoteError
from digest.model import Collected, Incident, ReviewState, Severity, Visibility
from digest.period import Month
from digest.trackers import TRACKERS
from digest.trackers.base import Clocked, Context, CountBy, Doubting, Explaining, Probing
from digest.trackers.collect import CollectPlan, Refreshed, collect, refresh
from digest.trackers.github import GitHubTracker, Settings
from digest.trackers.label_fields import Prefixes

MAY = Month(2026, 5, "Europe/Lisbon")
NOW = datetime(2026, 6, 3, 9, 0, tzinfo=UTC)
A_DAY_IN_MAY = datetime(2026, 5, 12, 9, 30, tzinfo=UTC)
REVIEW = "## Lessons learned\n\n- A cache without a limit fills the disk.\n"
RECORDINGS = Path(__file__).parents[1] / "recordings" / "github"
API = "2022-11-28"

Connect = Callable[..., GitHubTracker]


@pytest.fixture
def server() -> Iterator[GitHubServer]:
    with GitHubServer(now=lambda: NOW) as running:
        yield running


@pytest.fixture
def connect(server: GitHubServer, tmp_path: Path) -> Connect:
    def connected(count_by: CountBy = "resolved", **over: Any) -> GitHubTracker:
        told = {"repository": "acme/incidents", "token": server.token, "url": server.url}
        settings = Settings.model_validate(told | {"visibility": "public"} | over)
        return GitHubTracker.connect("issues", settings, Context(tmp_path, MAY.zone, count_by, patience_s=0))

    return connected


def collected(tracker: GitHubTracker, month: Month = MAY, count_by: CountBy = "resolved") -> Collected:
    return collect([tracker], month, CollectPlan(NOW, redact=lambda incident: incident, count_by=count_by))


def refreshed(tracker: GitHubTracker, *keys: str) -> Refreshed:
    named = [key if "-" in key else f"incidents-{key}" for key in keys]
    return refresh([tracker], {"issues": named}, CollectPlan(NOW, redact=lambda incident: incident))


def keys(told: Collected | Refreshed) -> list[str]:
    return [incident.key.removeprefix("incidents-") for incident in told.incidents]


def details(told: Collected | Refreshed) -> str:
    return " | ".join(problem.detail for problem in told.problems)


def only(tracker: GitHubTracker) -> Incident:
    [payload] = tracker.fetch(MAY)
    return tracker.to_incident(payload)


def lists(server: GitHubServer) -> list[Request]:
    return [request for request in server.requests if request.path.endswith("/issues")]


# --- What is asked -----------------------------------------------------------------------------


def test_the_list_is_asked_for_and_never_the_search(server: GitHubServer, connect: Connect) -> None:
    server.add(closed=A_DAY_IN_MAY)

    collected(connect(label=["incident", "sev 1/2"]))

    [asked] = lists(server)
    assert asked.path == "/repos/acme/incidents/issues"
    assert asked.query == {
        "state": "all",
        "labels": "incident,sev 1/2",
        "since": "2026-03-30T23:00:00Z",  # a day before April began in Lisbon
        "sort": "created",
        "direction": "asc",
        "per_page": "100",
    }
    assert asked.headers["authorization"] == f"Bearer {server.token}"
    assert asked.headers["accept"] == "application/vnd.github+json"
    assert asked.headers["x-github-api-version"] == API
    assert asked.headers["user-agent"].startswith("learning-digest/")


@pytest.mark.parametrize("links", ["cursors", "numbers"])
def test_pages_are_read_to_the_end(server: GitHubServer, connect: Connect, links: str) -> None:
    server.cursors = links == "cursors"
    server.page_size = 3
    for day in range(1, 9):
        server.add(closed=datetime(2026, 5, day, 12, tzinfo=UTC))

    assert len(collected(connect()).incidents) == 8
    assert len(lists(server)) == 3


def test_pull_requests_other_labels_and_other_months_are_left_out(
    server: GitHubServer, connect: Connect
) -> None:
    server.add_pull_request(closed=A_DAY_IN_MAY)
    server.add(labels=["bug"], closed=A_DAY_IN_MAY)
    server.add(closed=datetime(2026, 4, 30, 22, 59, 59, tzinfo=UTC))
    first = server.add(closed=datetime(2026, 4, 30, 23, 0, tzinfo=UTC))
    last = server.add(closed=datetime(2026, 5, 31, 22, 59, 59, tzinfo=UTC))
    server.add(closed=datetime(2026, 5, 31, 23, 0, tzinfo=UTC))
    server.add(created=A_DAY_IN_MAY)

    assert keys(collected(connect())) == [str(first), str(last)]


def test_by_creation_open_ones_count_and_closing_does_not_matter(
    server: GitHubServer, connect: Connect
) -> None:
    is_open = server.add(created=A_DAY_IN_MAY)
    later = server.add(created=A_DAY_IN_MAY, closed=NOW)
    server.add(created=datetime(2026, 4, 2, tzinfo=UTC), closed=A_DAY_IN_MAY)

    assert keys(collected(connect("created"), count_by="created")) == [str(is_open), str(later)]


def test_closed_as_no_incident_is_not_counted_and_said_once(server: GitHubServer, connect: Connect) -> None:
    server.add(created=A_DAY_IN_MAY)
    server.add(created=A_DAY_IN_MAY)
    server.close(1, A_DAY_IN_MAY, "not_planned")
    server.close(2, datetime(2026, 6, 1, 12, tzinfo=UTC), "duplicate")
    tracker = connect()

    may, june = collected(tracker), collected(tracker, MAY.shift(1))

    assert may.incidents == june.incidents == ()
    assert details(may).startswith(
        "acme/incidents#1: closed as not planned or as a duplicate, so not counted"
    )
    assert details(june).startswith("acme/incidents#2: closed as not planned")
    assert not any(problem.incidents_missing for problem in (*may.problems, *june.problems))


def test_an_incident_opened_while_pages_are_read_is_read_once(server: GitHubServer, connect: Connect) -> None:
    server.page_size, server.cursors = 2, False
    for day in range(2, 6):
        server.add(number=10 * day, closed=datetime(2026, 5, day, 12, tzinfo=UTC))

    def insert(request: Request) -> None:
        if request.query.get("page") == "2":
            # Older than all: each page that follows begins with one that was read already.
            server.add(number=1, created=datetime(2026, 5, 1, tzinfo=UTC), closed=NOW)

    server.during = insert

    assert keys(collected(connect())) == ["20", "30", "40", "50"]


def test_fewer_pages_than_were_promised_are_read_again_and_then_told(
    server: GitHubServer, connect: Connect
) -> None:
    server.page_size, server.cursors = 1, False
    for day in (2, 3, 4):
        server.add(closed=datetime(2026, 5, day, 12, tzinfo=UTC))

    all_of_them = dict(server.issues)

    def vanish(request: Request) -> None:
        if request.query.get("page") == "2":
            server.issues.clear()
        else:
            server.issues.update(all_of_them)

    server.during = vanish

    with pytest.raises(RemoteError, match=r"acme/incidents: 2 of 3 pages came, twice") as caught:
        list(connect().fetch(MAY))

    assert caught.value.reason.passing


# --- How often it is asked ---------------------------------------------------------------------


def test_a_first_run_over_a_year_reads_the_repository_twice(server: GitHubServer, connect: Connect) -> None:
    for month in MAY.before(12):
        server.add(closed=month.start + timedelta(days=3))
    server.add(closed=A_DAY_IN_MAY)
    tracker = connect()

    found = [keys(collected(tracker, month)) for month in (MAY, *reversed(MAY.before(12)))]

    assert found == [["13"], *([str(number)] for number in range(12, 0, -1))]
    assert len(lists(server)) == 2
    assert len(server.requests) == 4


def test_a_month_and_the_one_before_take_one_list(server: GitHubServer, connect: Connect) -> None:
    tracker = connect()

    collected(tracker)
    collected(tracker, MAY.shift(-1))

    assert len(server.requests) == 2


def test_a_month_asked_for_again_is_read_again(server: GitHubServer, connect: Connect) -> None:
    tracker = connect()
    collected(tracker)
    collected(tracker, MAY.shift(-1))
    number = server.add(closed=A_DAY_IN_MAY)

    assert keys(collected(tracker)) == [str(number)]


def test_a_list_of_long_ago_serves_no_month(server: GitHubServer, tmp_path: Path) -> None:
    hour = [0.0]
    settings = Settings.model_validate(
        {"repository": "acme/incidents", "url": server.url, "token": server.token, "visibility": "public"}
    )
    made = GitHubTracker.connect("issues", settings, Context(tmp_path, MAY.zone, patience_s=0))
    tracker = GitHubTracker("issues", settings, made.context, made.api, made.reader, lambda: hour[0] * 3600)
    collected(tracker)
    server.add(closed=datetime(2026, 4, 12, tzinfo=UTC))
    hour[0] = 1

    assert keys(collected(tracker, MAY.shift(-1))) == ["1"]


def test_after_a_failure_nothing_half_read_is_used(server: GitHubServer, connect: Connect) -> None:
    server.page_size = 1
    for day in (2, 3):
        server.add(closed=datetime(2026, 4, day, 12, tzinfo=UTC))
    tracker = connect()
    server.fault, server.fault_when = "500", lambda request: "after" in request.query
    assert not collected(tracker).sources[0].complete
    server.fault = None

    assert len(collected(tracker, MAY.shift(-1)).incidents) == 2


# --- Asking again ------------------------------------------------------------------------------


def test_few_are_asked_for_one_by_one_and_many_in_a_list(server: GitHubServer, connect: Connect) -> None:
    for day in range(1, 29):
        server.add(closed=datetime(2026, 2, day, tzinfo=UTC))
    tracker = connect()

    few = refreshed(tracker, "3", "4")
    asked = server.paths()
    server.requests.clear()
    many = refreshed(tracker, *(str(number) for number in range(1, 29)))

    assert keys(few) == ["3", "4"]
    assert asked[1:] == [f"/repos/acme/incidents/issues/{number}" for number in (3, 4)]
    assert len(many.incidents) == 28
    assert server.paths() == ["/repos/acme/incidents", "/repos/acme/incidents/issues"]


def test_a_long_list_is_left_when_none_older_is_wanted(server: GitHubServer, connect: Connect) -> None:
    server.page_size = 5
    for day in range(1, 29):
        server.add(closed=datetime(2026, 2, day, tzinfo=UTC))

    assert len(refreshed(connect(), *(str(number) for number in range(20, 29))).incidents) == 9
    assert len(lists(server)) == 2


@pytest.mark.parametrize("count", [1, 7])
def test_what_is_gone_is_not_given(server: GitHubServer, connect: Connect, count: int) -> None:
    server.repository("acme/other")
    for _ in range(4 + count):
        server.add(closed=A_DAY_IN_MAY)
    server.unlabel(1, "incident")
    server.delete(2)
    server.transfer(3, "acme/other")
    server.close(4, A_DAY_IN_MAY, "duplicate")

    again = refreshed(connect(), "1", "2", "3", "4", "5", "x", "007", "", "9999", "5" * 30)

    assert keys(again) == ["5"]
    assert again.problems == ()


def test_a_transferred_issue_is_gone_even_where_it_keeps_its_number(
    server: GitHubServer, connect: Connect
) -> None:
    server.repository("acme/other")
    server.add(closed=A_DAY_IN_MAY)
    assert server.transfer(1, "acme/other") == 1

    assert keys(refreshed(connect(), "1")) == []


def test_a_renamed_repository_is_followed(server: GitHubServer, connect: Connect) -> None:
    server.add(closed=A_DAY_IN_MAY)
    server.rename("acme/outages")
    tracker = connect()

    assert keys(collected(tracker)) == keys(refreshed(tracker, "1")) == ["1"]
    assert lists(server)[-1].query["labels"] == "incident"


def test_a_repository_that_turned_private_withdraws_what_was_printed(
    server: GitHubServer, connect: Connect
) -> None:
    server.first.visibility = "public"
    server.add(closed=A_DAY_IN_MAY)
    tracker = connect(visibility=None)
    assert refreshed(tracker, "1").withdrawn == ()

    server.first.visibility = "private"

    assert refreshed(tracker, "1").withdrawn == (("issues", "incidents-1"),)


# --- Several repositories ----------------------------------------------------------------------


def test_keys_of_several_repositories_name_them(server: GitHubServer, connect: Connect) -> None:
    server.repository("acme/payments")
    server.repository("acme/payments-2")
    server.add(closed=A_DAY_IN_MAY)
    for name in ("acme/payments", "acme/payments-2"):
        server.add(repository=name, number=3, closed=A_DAY_IN_MAY)
    tracker = connect(repository=None, repositories=["acme/incidents", "acme/payments", "acme/payments-2"])

    assert keys(collected(tracker)) == ["1", "payments-2-3", "payments-3"]
    assert keys(refreshed(tracker, "payments-2-3", "incidents-1")) == ["1", "payments-2-3"]


def test_one_repository_that_is_refused_keeps_no_other_from_being_read(
    server: GitHubServer, connect: Connect
) -> None:
    server.add(closed=A_DAY_IN_MAY)
    tracker = connect(repository=None, repositories=["acme/gone", "acme/incidents"])

    told = collected(tracker)

    assert keys(told) == ["1"]
    assert not told.sources[0].complete
    assert "there is no repository acme/gone, or the token cannot see it" in details(told)


def test_a_server_that_is_down_is_waited_for_once(server: GitHubServer, connect: Connect) -> None:
    server.down = True
    tracker = connect(repository=None, repositories=["acme/incidents", "acme/payments"])

    assert not collected(tracker).sources[0].complete
    assert server.paths() == ["/repos/acme/incidents"]


# --- What goes wrong ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fault", "reason", "says"),
    [
        ("401", Reason.AUTH, "has it expired?"),
        ("403", Reason.AUTH, "Issues: read"),
        ("410", Reason.NOT_FOUND, "Issues: read"),
        ("limit", Reason.RATE_LIMITED, "it asks to wait"),
        ("secondary", Reason.RATE_LIMITED, "it asks to wait"),
        ("502", Reason.UNAVAILABLE, "502"),
        ("cut", Reason.MALFORMED, "breaks off"),
        ("object", Reason.MALFORMED, "something else than what was asked for"),
        ("loop", Reason.MALFORMED, "in a circle"),
    ],
)
def test_each_failure_of_the_list_says_where_and_what_to_do(
    server: GitHubServer, connect: Connect, fault: str, reason: Reason, says: str
) -> None:
    server.add(closed=A_DAY_IN_MAY)
    server.fault, server.fault_when = fault, lambda request: request.path.endswith("/issues")

    with pytest.raises(RemoteError) as caught:
        list(connect().fetch(MAY))

    assert caught.value.reason is reason
    assert caught.value.detail.startswith("acme/incidents: ")
    assert says in caught.value.detail
    assert "?" not in caught.value.detail.replace("expired?", "").replace("API's?", "")


def test_a_second_page_cut_short_is_no_short_month(server: GitHubServer, connect: Connect) -> None:
    server.page_size = 2
    for day in (2, 3, 4):
        server.add(closed=datetime(2026, 5, day, 12, tzinfo=UTC))
    server.fault, server.fault_when = "truncated", lambda request: "after" in request.query

    told = collected(connect())

    assert told.incidents == ()
    assert not told.sources[0].complete


def test_issues_that_are_switched_off_are_no_quiet_month(server: GitHubServer, connect: Connect) -> None:
    server.first.has_issues = False

    assert "its issues are switched off" in details(collected(connect()))


def test_it_waits_as_it_is_asked_and_says_so(server: GitHubServer, tmp_path: Path) -> None:
    server.add(closed=A_DAY_IN_MAY)
    server.faults, server.retry_after = ["429"], "0"
    settings = Settings.model_validate(
        {"repository": "acme/incidents", "url": server.url, "token": server.token}
    )
    tracker = GitHubTracker.connect("issues", settings, Context(tmp_path, patience_s=30))

    assert len(list(tracker.fetch(MAY))) == 1
    assert len(server.requests) == 3


@pytest.mark.parametrize(
    "broken",
    [
        {"labels": None},
        {"labels": [{"color": "red"}]},
        {"labels": [7]},
        {"number": "12"},
        {"number": True},
        {"closed_at": "yesterday"},
        {"closed_at": 7},
        {"created_at": "soon"},
        {"created_at": {}},
    ],
)
def test_an_issue_that_is_not_understood_costs_itself_and_is_told(
    server: GitHubServer, connect: Connect, broken: dict[str, object]
) -> None:
    server.add(closed=A_DAY_IN_MAY)
    server.add(closed=A_DAY_IN_MAY)
    # The filter on labels would take out what the server itself cannot read.
    server.issues[1] = Broken(server.issues[1] | {"shown": broken})

    told = collected(connect())

    assert keys(told) == ["2"]
    assert any(problem.incidents_missing for problem in told.problems)


class Broken(dict[str, Any]):
    """An issue that the server understands, and that is sent otherwise."""

    def items(self) -> Any:
        shown = dict(self)
        return (shown | shown.pop("shown")).items()


# --- Who may see it ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("visibility", "setting", "seen"),
    [
        ("public", None, Visibility.PUBLIC),
        ("internal", None, Visibility.PUBLIC),
        ("private", None, Visibility.UNKNOWN),
        ("private", "public", Visibility.PUBLIC),
        ("secret", None, Visibility.UNKNOWN),
    ],
)
def test_a_private_repository_needs_the_operators_word(
    server: GitHubServer, connect: Connect, visibility: str, setting: str | None, seen: Visibility
) -> None:
    server.first.visibility = visibility
    server.add(closed=A_DAY_IN_MAY)

    assert only(connect(visibility=setting)).visibility is seen


@pytest.mark.parametrize(
    "told", [{"private": None}, {"private": True}, {"visibility": None, "private": None}]
)
def test_a_repository_that_contradicts_itself_is_private(
    server: GitHubServer, connect: Connect, told: dict[str, object], monkeypatch: pytest.MonkeyPatch
) -> None:
    server.first.visibility = "public"
    server.add(closed=A_DAY_IN_MAY)
    shown = github_server.repository_shape(server.first) | told
    monkeypatch.setattr(github_server, "repository_shape", lambda _: shown)

    assert only(connect(visibility=None)).visibility is Visibility.UNKNOWN


def test_without_that_word_the_risk_is_explained_and_the_setting_named(
    server: GitHubServer, connect: Connect
) -> None:
    server.add(closed=A_DAY_IN_MAY)
    server.add(labels=["incident", "visibility: public"], closed=A_DAY_IN_MAY)

    told = collected(connect(visibility=None))

    assert told.incidents == ()
    [problem] = told.problems
    assert problem.detail.startswith(
        "acme/incidents#1, acme/incidents#2: left out, as acme/incidents is a private"
    )
    assert "`visibility: public`" in problem.detail


@pytest.mark.parametrize(
    ("labels", "body"),
    [
        (["private"], None),
        (["Confidential"], None),
        (["security"], None),
        (["kind/security"], None),
        (["visibility::restricted"], None),
        (["private: yes"], None),
        (["need to know"], None),
        (["sev1", "HR-only"], None),
        ([], "### Visibility\r\n\r\nPrivate\r\n"),
        ([], "### Confidential\n\n- [X] Only for those who took part\n"),
        ([], "visibility: private\n\n## Summary\n\nx"),
        ([], "## Private\n\nno\n\n## Private\n\nyes"),
        ([], "<!-- not closed\n\n### Private\n\nyes"),
        ([], "```\nnot closed\n\n### Private\n\nyes"),
        (["visibility: public"], "### Restricted\n\nyes"),
    ],
)
def test_a_mark_in_a_label_or_a_form_is_private_whatever_the_settings_say(
    server: GitHubServer, connect: Connect, labels: list[str], body: str | None
) -> None:
    server.first.visibility = "public"
    server.add("Not for everybody", body, ["incident", *labels], closed=A_DAY_IN_MAY)

    told = collected(connect())

    assert told.private == 1
    assert (told.incidents, told.problems) == ((), ())


@pytest.mark.parametrize(
    ("labels", "body"),
    [
        (["visiblity: private-ish"], None),
        (["confidental"], None),
        (["security-incident"], None),
        (["visibility: internal"], None),
        ([], "### Visibility\n\nOnly the platform team\n"),
        ([], "### Confidentiality\n\nhigh\n"),
        ([], f"### Restricted\n\n{'Who may read this is told elsewhere. ' * 3}\n"),
    ],
)
def test_what_may_be_such_a_mark_is_left_out_and_told(
    server: GitHubServer, connect: Connect, labels: list[str], body: str | None
) -> None:
    server.add("Perhaps not for everybody", body, ["incident", *labels], closed=A_DAY_IN_MAY)

    told = collected(connect())

    assert told.incidents == ()
    assert "acme/incidents#1" in details(told)
    assert "left out, as" in details(told)
    assert "told elsewhere" not in details(told)


@pytest.mark.parametrize(
    "label", ["service: security", "team/hr", "private: no", "privacy-policy", "database"]
)
def test_a_label_that_is_no_such_mark_hides_nothing(
    server: GitHubServer, connect: Connect, label: str
) -> None:
    server.add(labels=["incident", label], closed=A_DAY_IN_MAY)

    assert keys(collected(connect())) == ["1"]


# --- What an issue tells -----------------------------------------------------------------------


def test_an_issue_is_read_in_full(server: GitHubServer, connect: Connect) -> None:
    names = ["incident", "SEV-2", "service:checkout", "area/search", "team/web", "cause: Deployment", "flaky"]
    server.add(
        "Search was slow",
        REVIEW.replace("\n", "\r\n"),
        names,
        created=datetime(2026, 5, 12, 8, 0, tzinfo=UTC),
        closed=A_DAY_IN_MAY,
    )
    server.issues[1]["labels"][0] = "incident"

    incident = only(connect())

    assert (incident.key, incident.tracker, incident.title) == ("incidents-1", "issues", "Search was slow")
    assert incident.url == incident.review.url == "https://github.com/acme/incidents/issues/1"
    assert (incident.severity, incident.severity_label) == (Severity.SEV2, "SEV-2")
    assert incident.services == ("checkout", "search")
    assert (incident.team, incident.primary_cause) == ("web", "Deployment")
    assert incident.tags == ("flaky",)
    assert (incident.created, incident.resolved) == (datetime(2026, 5, 12, 8, 0, tzinfo=UTC), A_DAY_IN_MAY)
    assert incident.review.state is ReviewState.FINISHED
    assert incident.review.text == REVIEW
    assert incident.review.file is None


def test_an_issue_form_fills_in_what_the_labels_leave_out(server: GitHubServer, connect: Connect) -> None:
    body = (
        "### Severity\n\nSEV4\n\n### Affected services\n\nFares, Search\n\n### Team\n\n_No response_\n\n"
        "### Started at\n\n2026-05-12 08:05\n\n### Detected\n\nBy an alert\n\n### Root cause\n\n"
        f"{'Long prose about what led to it. ' * 4}\n\n### Tags\n\n- [X] cache\n- [ ] network\n\n"
        f"### Lessons\n\n_No response_\n\n{REVIEW}"
    )
    server.add(body=body, labels=["incident", "sev1"], closed=A_DAY_IN_MAY)

    incident = only(connect())

    assert incident.severity is Severity.SEV1
    assert incident.services == ("Fares", "Search")
    assert incident.team is None
    assert incident.started == datetime(2026, 5, 12, 7, 5, tzinfo=UTC)
    assert incident.detected is None
    assert incident.primary_cause is None
    assert incident.tags == ("cache",)
    assert "_No response_" not in incident.review.text
    assert incident.review.text.count("\n") == body.count("\n")


def test_issue_fields_of_the_organisation_are_read(server: GitHubServer, connect: Connect) -> None:
    value = {"issue_field_id": 1, "node_id": "x", "data_type": "single_select", "value": "Critical"}
    server.add(
        closed=A_DAY_IN_MAY,
        issue_field_values=[
            value | {"issue_field_name": "Severity", "single_select_option": {"name": "Critical"}},
            value
            | {"issue_field_name": "Services", "value": None, "multi_select_options": [{"name": "Search"}]},
            value | {"issue_field_name": "Title", "value": "Another"},
        ],
    )

    incident = only(connect())

    assert (incident.severity, incident.services) == (Severity.SEV1, ("Search",))
    assert incident.title == "Timetable search was slow"


def test_all_who_have_to_do_with_it_are_known_and_bots_are_not(
    server: GitHubServer, connect: Connect
) -> None:
    body = f"{REVIEW}\nThanks @mila-h and @acme/web, see `@not-me`, a@example.org, checkout@v4, @latest.\n"
    server.add(
        body=body,
        closed=A_DAY_IN_MAY,
        user="renovate[bot]",
        assignees=["ines-d"],
        milestone={"creator": {"login": "rui-p", "type": "User"}},
    )

    assert sorted(only(connect()).people) == ["@bo-chen", "@ines-d", "@mila-h", "@rui-p"]


def test_a_persons_own_repository_keeps_its_links(server: GitHubServer, connect: Connect) -> None:
    server.first.owner_type = "User"
    server.rename("ana-r/incidents")
    server.add(closed=A_DAY_IN_MAY, user="ana-r")

    incident = only(connect(repository="ana-r/incidents"))

    assert "@ana-r" not in incident.people


@pytest.mark.parametrize(
    ("issue", "finished", "state"),
    [
        ((REVIEW, "closed"), None, ReviewState.FINISHED),
        ((REVIEW, "open"), None, ReviewState.DRAFT),
        ((REVIEW, "closed", "draft"), None, ReviewState.DRAFT),
        ((REVIEW, "closed", "review:draft"), None, ReviewState.DRAFT),
        ((REVIEW, "closed", "review: soon"), None, ReviewState.DRAFT),
        ((REVIEW, "open", "review/done"), None, ReviewState.FINISHED),
        ((REVIEW, "closed", "review/done", "draft"), None, ReviewState.DRAFT),
        ((REVIEW, "closed"), "reviewed", ReviewState.DRAFT),
        ((REVIEW, "open", "Reviewed"), "reviewed", ReviewState.FINISHED),
        (("", "closed"), None, ReviewState.MISSING),
        (("It was slow since noon.", "closed"), None, ReviewState.MISSING),
        (("**Lessons learned**\n\n- Look.", "closed"), None, ReviewState.FINISHED),
        (("Lessons learned:\n\n- Look.", "closed"), None, ReviewState.FINISHED),
        (("### Severity\n\nSEV2\n", "closed"), None, ReviewState.MISSING),
        (("### Lessons learned\n\n_No response_\n", "closed", "reviewed"), "reviewed", ReviewState.MISSING),
        (("## Lessons learned\n\n<!-- what others\nneed -->\n", "closed"), None, ReviewState.MISSING),
    ],
)
def test_how_far_a_review_has_come(
    server: GitHubServer, connect: Connect, issue: tuple[str, ...], finished: str | None, state: ReviewState
) -> None:
    body, stands, *labels = issue
    closed = A_DAY_IN_MAY if stands == "closed" else None
    server.add(body=body, labels=["incident", *labels], created=A_DAY_IN_MAY, closed=closed)

    review = only(connect("created", finished=finished)).review

    assert review.state is state
    assert bool(review.text) is (state is not ReviewState.MISSING)


def test_the_review_is_the_newest_comment_that_is_one(server: GitHubServer, connect: Connect) -> None:
    server.add(body="### Private\n\nno\n", closed=A_DAY_IN_MAY)
    server.comment(1, "## Lessons learned\r\n\r\n- First.\r\n")
    server.comment(1, "## Lessons learned\n\n- Second.\n")
    server.comment(1, "Thank you all!\n\nWell, that was long.")
    server.comment(1, "## Lessons learned\n\n- Buy my watches.\n", association="NONE")
    server.comment(1, "## Lessons learned\n\n- Hidden.\n", minimized={"reason": "off-topic"})

    assert only(connect(review="comment")).review.text == "## Lessons learned\n\n- Second.\n"

    server.comment(1, "<!-- review -->\n- Marked.\n\n## Lessons learned\n\n- Look.\n")
    server.comment(1, "## Lessons learned\n\n- Not marked.\n")
    assert "Marked." in only(connect(review="comment")).review.text


def test_comments_are_asked_for_only_where_there_may_be_a_review(
    server: GitHubServer, connect: Connect
) -> None:
    server.add(closed=A_DAY_IN_MAY)
    server.add(closed=A_DAY_IN_MAY)
    server.add(closed=datetime(2026, 4, 12, tzinfo=UTC))
    for number in (2, 3):
        server.comment(number, "## Lessons learned\n\n- Look.\n")

    list(connect().fetch(MAY))
    assert not [path for path in server.paths() if path.endswith("/comments")]

    told = collected(connect(review="comment"))
    assert [path for path in server.paths() if path.endswith("/comments")] == [
        "/repos/acme/incidents/issues/2/comments"
    ]
    assert [i.review.state for i in told.incidents] == [ReviewState.MISSING, ReviewState.FINISHED]


def test_a_private_mark_in_the_comment_counts_too(server: GitHubServer, connect: Connect) -> None:
    server.add(closed=A_DAY_IN_MAY)
    server.comment(1, "<!-- review -->\nConfidential: yes\n\n## Lessons learned\n\n- Look.\n")

    assert collected(connect(review="comment")).private == 1


def test_a_body_as_long_as_a_log_is_cut_at_a_line(server: GitHubServer, connect: Connect) -> None:
    server.add(body=REVIEW + "0123456789\n" * 30_000, closed=A_DAY_IN_MAY)

    text = only(connect()).review.text

    assert len(text) < 201_000
    assert text.endswith("0123456789\n\n\n(shortened)\n")


# --- What it offers to be tried ----------------------------------------------------------------


def test_it_offers_all_that_a_tracker_may(connect: Connect) -> None:
    tracker = connect()

    assert isinstance(tracker, Probing)
    assert isinstance(tracker, Clocked)
    assert isinstance(tracker, Explaining)
    assert isinstance(tracker, Doubting)


def test_the_probe_counts_and_tells_when_the_token_expires(server: GitHubServer, connect: Connect) -> None:
    tracker = connect()
    assert tracker.probe() == (
        'acme/incidents: no issues carry "incident" (is `label` right?); token expires 2027-01-03'
    )
    server.add(closed=A_DAY_IN_MAY)
    server.add_pull_request()
    server.token_expires = None
    assert tracker.probe() == 'acme/incidents: 1 issue carries "incident"'
    for _ in range(120):
        server.add()
    assert tracker.probe() == 'acme/incidents: more than 100 issues carry "incident"'
    assert "none is printed without `visibility: public`" in connect(visibility=None).probe()


@pytest.mark.parametrize(("fault", "says"), [("401", "has it expired?"), ("404", "the token cannot see it")])
def test_the_probe_says_what_to_do(server: GitHubServer, connect: Connect, fault: str, says: str) -> None:
    server.fault = fault

    with pytest.raises(RemoteError, match=says.replace("?", r"\?")):
        connect().probe()


def test_the_time_is_the_servers_and_asked_for_anew(server: GitHubServer, connect: Connect) -> None:
    tracker = connect()
    assert tracker.server_time() == NOW

    server.skew = timedelta(hours=2)

    assert tracker.server_time() == NOW + timedelta(hours=2)


def test_without_a_token_public_repositories_are_read(server: GitHubServer, connect: Connect) -> None:
    server.first.visibility = "public"
    server.add(closed=A_DAY_IN_MAY)

    assert keys(collected(connect(token=None))) == ["1"]
    assert not any("authorization" in request.headers for request in server.requests)


def test_nothing_read_shows_in_a_repr(server: GitHubServer, connect: Connect) -> None:
    server.add("Canary title", "canary body", closed=A_DAY_IN_MAY)
    tracker = connect()
    list(tracker.fetch(MAY))

    assert "anary" not in repr(tracker)


def test_it_says_what_told_each_field(server: GitHubServer, connect: Connect) -> None:
    body = f"### Severity\n\nSEV2\n\n### Team\n\nWeb\n\n{REVIEW}"
    server.add(body=body, labels=["incident", "sev1", "area/search", "x"], closed=A_DAY_IN_MAY)
    tracker = connect()
    [payload] = tracker.fetch(MAY)

    origins = tracker.origins(payload)

    assert origins["severity"] == "label sev1"
    assert origins["service"] == "label area/search"
    assert origins["team"] == "the form in its body"
    assert "cause" not in origins
    assert origins["review"] == "its body; the issue is closed"
    assert origins["visibility"] == "`visibility: public` of this tracker"


# --- Settings ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("url", "read"),
    [
        ("https://api.github.com/", "https://api.github.com"),
        ("https://github.com", "https://api.github.com"),
        ("https://github.example.org", "https://github.example.org/api/v3"),
        ("https://github.example.org:8443/api/v3/", "https://github.example.org:8443/api/v3"),
        ("https://acme.ghe.com", "https://api.acme.ghe.com"),
        ("https://api.acme.ghe.com", "https://api.acme.ghe.com"),
        ("http://127.0.0.1:8080", "http://127.0.0.1:8080/api/v3"),
    ],
)
def test_the_address_of_the_api_is_found(url: str, read: str) -> None:
    assert Settings.model_validate({"repository": "acme/incidents", "url": url}).url == read


@pytest.mark.parametrize(
    ("values", "says"),
    [
        ({}, "exactly one of the two"),
        ({"repository": "a/b", "repositories": ["c/d"]}, "exactly one of the two"),
        ({"repositories": ["a/b", "c/B"]}, "two of them have one name"),
        ({"repository": "incidents"}, "expected owner/name"),
        ({"repository": "a/.."}, "expected owner/name"),
        ({"repository": "a/b/c"}, "expected owner/name"),
        ({"repository": "https://github.com/acme/incidents/issues"}, "write acme/incidents"),
        ({"repository": "a/b", "url": "https://github.example.org/acme"}, "https://HOST/api/v3"),
        ({"repository": "a/b", "url": "https://me@github.example.org"}, "https://HOST/api/v3"),
        ({"repository": "a/b", "url": "http://github.example.org"}, "in clear"),
        ({"repository": "a/b", "label": "bug,incident"}, "no label with a comma"),
        ({"repository": "a/b", "label": []}, "at least 1"),
        ({"repository": "a/b", "visibility": "internal"}, "public"),
        ({"repository": "a/b", "review": "wiki"}, "body"),
        ({"repository": "a/b", "labels": {"services": "x"}}, "labels.services: unknown key"),
        ({"repository": "a/b", "severities": {"bad": "SEV9"}}, "severities"),
    ],
)
def test_a_wrong_setting_is_refused_with_what_would_be_right(
    tmp_path: Path, values: dict[str, object], says: str
) -> None:
    tracker = {"name": "issues", "kind": "github", **values}
    channel = {"name": "files", "kind": "outbox"}
    file = tmp_path / "digest.yaml"
    file.write_text(
        yaml.safe_dump({"organisation": "Example", "trackers": [tracker], "channels": [channel]}),
        encoding="utf-8",
    )

    with pytest.raises(ConfigError) as caught:
        load(file).trackers[0].parse(Settings)

    assert says in str(caught.value)


def test_the_organisations_own_prefixes_take_the_place_of_ours(
    server: GitHubServer, connect: Connect
) -> None:
    server.add(labels=["incident", "svc-search", "service:fares", "Outage", "kind/x"], closed=A_DAY_IN_MAY)

    incident = only(
        connect(labels={"service": "svc-", "tag": "kind"}, severities={"outage": "SEV1"}),
    )

    assert incident.services == ("search",)
    assert incident.tags == ("x",)
    assert incident.severity is Severity.SEV1


def test_the_commented_tracker_in_the_shipped_config_is_right_and_names_every_setting(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GITHUB_TOKEN", "x")
    text = (paths.config() / "digest.yaml").read_text(encoding="utf-8")
    start = text.index("  # - name: incidents")
    end = text.index("\n# ---", start)
    block = "\n".join(line.replace("  # ", "  ", 1) for line in text[start:end].splitlines())
    file = tmp_path / "digest.yaml"
    file.write_text(text[:start] + block + text[end:], encoding="utf-8")

    tracker = load(file).trackers[1]

    assert tracker.kind == "github"
    assert tracker.parse(TRACKERS["github"].settings)
    named = {*Settings.model_fields, *Prefixes.model_fields}
    assert not [name for name in named if f"{name}:" not in text[start:end]]


# --- The API's own description -----------------------------------------------------------------


def described() -> list[Any]:
    """Return our excerpt, and GitHub's own description where DIGEST_API_SPECS names a folder with it."""
    files = [RECORDINGS / "openapi.yaml"]
    folder = os.environ.get("DIGEST_API_SPECS")
    files += [Path(folder) / "github.yaml"] if folder else []
    return [
        pytest.param(yaml.safe_load(file.read_text(encoding="utf-8")), id=str(file.parent.name))
        for file in files
    ]


def with_nulls(part: object) -> object:
    """Let what is nullable be null where its words are listed too, which GitHub's description forgets."""
    if isinstance(part, dict):
        enum = part.get("enum")
        if part.get("nullable") and isinstance(enum, list) and None not in enum:
            part = part | {"enum": [*enum, None]}
        return {name: with_nulls(inner) for name, inner in part.items()}
    return [with_nulls(inner) for inner in part] if isinstance(part, list) else part


def matching(description: dict[str, Any], path: str) -> str | None:
    """Return the path of a description that a request's path is one of."""
    parts = path.strip("/").split("/")
    for known in description["paths"]:
        theirs = known.strip("/").split("/")
        if len(theirs) == len(parts) and all(
            one.startswith("{") or one == other for one, other in zip(theirs, parts, strict=True)
        ):
            return str(known)
    return None


@pytest.mark.parametrize("description", described())
def test_every_request_is_one_that_the_api_describes(
    server: GitHubServer, connect: Connect, description: dict[str, Any]
) -> None:
    server.page_size = 4
    for day in range(1, 21):
        server.comment(server.add(closed=datetime(2026, 5, day, tzinfo=UTC)), "Look.")
    server.add(closed=datetime(2026, 2, 3, tzinfo=UTC))
    tracker = connect(review="comment")
    list(tracker.fetch(MAY))
    list(tracker.refresh(["incidents-1"]))
    list(tracker.refresh([str(number) for number in range(1, 15)]))
    tracker.probe()
    tracker.server_time()
    spec = OpenAPI.from_dict(description)
    checked = set()

    for request in server.requests:
        known = matching(description, request.path)
        if known is None:
            continue
        names = {
            parameter.get("name") or parameter["$ref"].rpartition("/")[2].replace("-", "_")
            for parameter in description["paths"][known]["get"]["parameters"]
        }
        spec.validate_request(
            MockRequest(
                "https://api.github.com",
                request.method.lower(),
                request.path,
                args=dict(request.query),
                headers={
                    "X-GitHub-Api-Version": request.headers["x-github-api-version"],
                    "Authorization": request.headers["authorization"],
                },
            )
        )
        # What a description does not know is no fault to its reader; to us it is a slip of the pen.
        assert request.query.keys() <= names
        checked.add(known)

    assert checked == {known for known in description["paths"] if known in WANTED}
    ours = {request.path for request in server.requests if request.path.startswith("/repos/")}
    assert all(matching({"paths": WANTED}, path) for path in ours)


WANTED = {
    "/repos/{owner}/{repo}": {},
    "/repos/{owner}/{repo}/issues": {},
    "/repos/{owner}/{repo}/issues/{issue_number}": {},
    "/repos/{owner}/{repo}/issues/{issue_number}/comments": {},
}


@pytest.mark.parametrize("description", described())
@pytest.mark.parametrize(
    ("file", "path"),
    [
        ("issues-1.json", "/repos/acme/incidents/issues"),
        ("issues-2.json", "/repos/acme/incidents/issues"),
        ("comments-42.json", "/repos/acme/incidents/issues/42/comments"),
        ("repository.json", "/repos/acme/incidents"),
    ],
)
def test_the_recordings_have_the_shape_that_the_api_describes(
    description: dict[str, Any], file: str, path: str
) -> None:
    spec = with_nulls(description)
    assert isinstance(spec, dict)
    if matching(spec, path) is None:
        pytest.skip("not described there")

    OpenAPI.from_dict(spec).validate_response(
        MockRequest("https://api.github.com", "get", path, headers={"X-GitHub-Api-Version": API}),
        MockResponse((RECORDINGS / file).read_bytes()),
    )


def test_the_recordings_are_two_pages_that_hold_what_the_api_may_give() -> None:
    pages = [json.loads((RECORDINGS / f"issues-{page}.json").read_text(encoding="utf-8")) for page in (1, 2)]
    issues = [issue for page in pages for issue in page]
    labels = [type(label) for issue in issues for label in issue["labels"]]

    assert {str, dict} == set(labels)
    assert any("pull_request" in issue for issue in issues)
    assert any(issue["body"] is None for issue in issues)
    assert any("_No response_" in (issue["body"] or "") and "\r\n" in issue["body"] for issue in issues)
