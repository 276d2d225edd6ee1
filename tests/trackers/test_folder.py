import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from pydantic import ValidationError

from digest.errors import ConfigError
from digest.model import Collected, FollowUp, Incident, ReviewState, Severity, Visibility
from digest.period import Month
from digest.trackers.base import Context
from digest.trackers.collect import CollectPlan, collect
from digest.trackers.folder import FolderTracker, Settings

NOW = datetime(2026, 11, 3, 9, 0, tzinfo=UTC)
OCTOBER = Month(2026, 10, "Europe/Lisbon")
HEADER = "key,title,resolved,visibility"
REVIEW = "# The search was slow\n\n## Lessons\n\n- A cache without a limit fills the disk.\n"


class Folder:
    """A folder in the making, and what is collected of it."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def add(self, name: str, content: str | bytes = REVIEW) -> "Folder":
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return self

    def table(self, *rows: str, header: str = HEADER) -> "Folder":
        return self.add("incidents.csv", "\n".join((header, *rows)) + "\n")

    def tracker(self, zone: str | None = "Europe/Lisbon", **settings: Any) -> FolderTracker:
        given = Settings.model_validate({"path": self.root.name, **settings})
        return FolderTracker.connect("reviews", given, Context(self.root.parent, zone))

    def collected(self, month: Month = OCTOBER, **settings: Any) -> Collected:
        return collect([self.tracker(**settings)], month, CollectPlan(NOW, redact=lambda incident: incident))

    def incident(self, **settings: Any) -> Incident:
        (incident,) = self.collected(**settings).incidents
        return incident

    def details(self, **settings: Any) -> list[str]:
        return [problem.detail for problem in self.collected(**settings).problems]


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder(tmp_path / "incidents")


# --- With a table ---------------------------------------------------------------------------


def test_a_row_and_its_review_make_one_incident_with_all_its_fields(folder: Folder) -> None:
    folder.table(
        "1421,Logins failed,https://t.example.org/1421,Sev-1,Auth Service,Identity,Configuration Change,"
        'Key rotation,"Lack of rollback, unclear ownership",auth; config,2026-10-02 09:00,2026-10-02 08:00,'
        "2026-10-02 08:10,2026-10-02 10:36,public,https://git.example.org/1,2026-10-09,yes",
        header="key,title,url,severity,system / component,team,primary_cause,"
        "trigger,contributing factors,tags,created,started,"
        "detected,resolved,visibility,change,review_finished,out_of_hours",
    )
    folder.add("reviews/2026-10/1421-logins.md", f"---\nattendees: [Ana, Rui]\n---\n{REVIEW}")

    incident = folder.incident()

    assert (incident.key, incident.tracker, incident.title) == ("1421", "reviews", "Logins failed")
    assert (incident.severity, incident.severity_label) == (Severity.SEV1, "Sev-1")
    assert (incident.services, incident.team) == (("Auth Service",), "Identity")
    assert (incident.primary_cause, incident.trigger) == ("Configuration Change", "Key rotation")
    assert incident.factors == ("Lack of rollback", "unclear ownership")
    assert (incident.tags, incident.out_of_hours) == (("auth", "config"), True)
    assert (incident.url, incident.change) == ("https://t.example.org/1421", "https://git.example.org/1")
    times = (incident.created, incident.started, incident.detected, incident.resolved)
    assert [at and at.isoformat()[11:16] for at in times] == ["08:00", "07:00", "07:10", "09:36"]
    assert incident.review.text == REVIEW
    assert incident.review.file == "reviews/2026-10/1421-logins.md"
    assert incident.review.origin.first_line == 3
    assert incident.review.finished == datetime(2026, 10, 9, 22, 59, 59, tzinfo=UTC)  # by the end of that day


@pytest.mark.parametrize(
    ("key", "name", "content"),
    [
        ("1421", "reviews/1421-logins.md", REVIEW),
        ("1421", "1421.html.md.erb", REVIEW),
        ("1421", "2026/2026-10-03-1421_logins.md", REVIEW),
        ("OPS-7", "ops-7 logins.markdown", REVIEW),
        ("1421", "logins.md", f"---\nincident: 1421\n---\n{REVIEW}"),
        ("1421", "9999-logins.md", f"---\nkey: '#1421'\n---\n{REVIEW}"),
        ("inc/7", "logins.md", f"---\nid: inc/7\n---\n{REVIEW}"),
    ],
)
def test_a_review_is_found_by_front_matter_first_and_by_its_files_name(
    folder: Folder, key: str, name: str, content: str
) -> None:
    folder.table(f"{key},Logins failed,2026-10-03,public").add(name, content)

    assert folder.incident().review.file == name


def test_the_longest_key_that_a_name_begins_with_is_meant(folder: Folder) -> None:
    folder.table("12,a,2026-10-03,public", "12-3,b,2026-10-03,public").add("12-3-logins.md")

    assert [i.review.file for i in folder.collected().incidents] == [None, "12-3-logins.md"]


def test_a_review_is_found_by_the_operators_pattern_or_by_the_tables_own_column(folder: Folder) -> None:
    folder.table(
        "7,a,2026-10-03,public,", "8,b,2026-10-03,public,odd name.md", header=f"{HEADER},review"
    ).add("pm_2026_7.md").add("odd name.md")

    incidents = folder.collected(key_pattern=r"pm_\d+_(\d+)").incidents

    assert [i.review.file for i in incidents] == ["pm_2026_7.md", "odd name.md"]


def test_a_review_of_no_incident_is_named_but_not_where_it_is_private(folder: Folder) -> None:
    folder.table("1,a,2026-10-03,public").add("77-lost.md").add("78-secret.md", "---\nprivate: true\n---\nx")

    (detail,) = folder.details()

    assert detail == (
        "77-lost.md belongs to no incident of incidents.csv; begin its name with the incident's key"
    )


def test_several_reviews_of_no_incident_are_one_sentence(folder: Folder) -> None:
    folder.table("1,a,2026-10-03,public").add("77-a.md").add("78-b.md")

    assert folder.details() == [
        "77-a.md, 78-b.md belong to no incident of incidents.csv; begin their names with the incident's key"
    ]


def test_of_two_reviews_of_one_incident_the_first_is_read_and_the_other_named(folder: Folder) -> None:
    folder.table("1,a,2026-10-03,public").add("1-a.md").add("1-b.md")

    assert folder.incident().review.file == "1-a.md"
    assert folder.details() == ["1-b.md: not read, as 1-a.md is of the same incident"]


def test_a_review_in_latin_1_leaves_its_incident_waiting_and_says_what_to_do(folder: Folder) -> None:
    folder.table("1,a,2026-10-03,public").add("1-a.md", "# Café\n".encode("latin-1"))

    (detail,) = folder.details()

    assert folder.incident().review.state is ReviewState.MISSING
    assert detail == (
        "1-a.md: it is not UTF-8 (byte 6, in line 1); save it as UTF-8, or set `encoding: latin-1`; "
        "incident 1 waits for a review"
    )
    assert folder.incident(encoding="latin-1").review.text == "# Café\n"


def test_a_pdf_beside_its_incident_is_said(folder: Folder) -> None:
    folder.table("1,a,2026-10-03,public").add("1-a.pdf", b"%PDF-1.4")

    assert folder.details() == [
        "1-a.pdf: a PDF is not read; export it as text or Markdown; incident 1 waits for a review"
    ]


def test_nothing_is_said_of_what_cannot_be_used_in_a_private_incident(folder: Folder) -> None:
    folder.table("1,a,2026-10-32,private", "2,b,2026-10-03,private").add("2-b.md", b"\xe9")

    collected = folder.collected()

    assert (collected.private, collected.incidents, collected.problems) == (1, (), ())


@pytest.mark.parametrize(
    ("row", "front"),
    [
        ("private", "visibility: public"),
        ("public", "private: true"),
        ("public", "confidential: very"),
        ("", "visibility: [private]"),
        ("public", "private: true\nauthors: @ana"),
    ],
)
def test_what_the_table_or_the_review_calls_private_is_private(folder: Folder, row: str, front: str) -> None:
    folder.table(f"1,a,2026-10-03,{row}").add("1-a.md", f"---\n{front}\n---\n{REVIEW}")

    assert folder.collected(visibility="public").private == 1


@pytest.mark.parametrize(
    ("front", "meant"),
    [
        ("visibilty: private", "visibility"),
        ("Visibilité: private", "visibility"),
        ("visibility_level: private", "visibility"),
        ("privte: true", "private"),
        ("isPrivate: true", "private"),
        ("confidental: true", "confidential"),
        ("restrcted: yes", "restricted"),
        ("securty: yes", "security"),
        ("visibilty: public", "visibility"),
    ],
)
def test_a_misspelt_name_that_may_say_private_keeps_the_review_in_and_is_told(
    folder: Folder, front: str, meant: str
) -> None:
    folder.add("a.md", f"---\ndate: 2026-10-03\n{front}\n---\n{REVIEW}").add("2026-10-04-b.md")

    collected = folder.collected(visibility="public")

    assert [incident.key for incident in collected.incidents] == ["2026-10-04-b"]
    (problem,) = collected.problems
    name = front.partition(":")[0]
    assert problem.detail == f"a.md:3: left out, as {name!r} is not read; did you mean {meant!r}?"
    assert problem.incidents_missing


def test_a_misspelt_name_in_the_review_keeps_its_row_in(folder: Folder) -> None:
    folder.table("1,a,2026-10-03,public").add("1-a.md", f"---\nvisibilty: private\n---\n{REVIEW}")

    assert folder.collected(visibility="public").incidents == ()


@pytest.mark.parametrize(
    "text",
    [
        "\n---\nvisibility: private\n---\n",
        "\u200b---\nvisibility: private\n---\n",
        "<!-- x -->\n---\nvisibility: private\n---\n",
        "----\nvisibility: private\n----\n",
        "---\ndate: 2026-10-03\nvisibility: private\n",
        "---\ndate: 2026-10-03\nmeta:\n  visibility: private\n---\n",
        "---\ndate: 2026-10-03\nprivate: false\nconfidential: true\n---\n",
        "---\ndate: 2026-10-03\nvisibility: private\nvisibility: public\n---\n",
        '---\ndate: 2026-10-03\n"visibility": private\nx: [\n---\n',
        "---\ndate: 2026-10-03\n---\n\n**Visibility:** confidential\n",
    ],
)
def test_a_mark_that_is_no_part_of_good_front_matter_is_a_mark(folder: Folder, text: str) -> None:
    folder.add("2026-10-03-a.md", f"{text}{REVIEW}")

    collected = folder.collected(visibility="public")

    assert collected.incidents == ()
    assert collected.private == 1
    assert collected.problems == ()


def test_a_private_review_that_cannot_be_read_keeps_its_row_out(folder: Folder) -> None:
    folder.add("incidents.csv", "key,resolved,visibility\n200,2026-10-03T10:00:00Z,public\n")
    folder.add("200-x.md", "---\nvisibility: private\n---\n# Stra\u00dfe\n".encode("latin-1"))

    collected = folder.collected()

    assert collected.incidents == ()
    assert collected.private == 1


def test_aliases_of_aliases_cost_nothing(folder: Folder) -> None:
    bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n"
    bomb += "".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 9))
    folder.add("a.md", f"---\ndate: 2026-10-03\n{bomb}status: *a8\n---\n{REVIEW}")

    (incident,) = folder.collected(visibility="public").incidents

    assert incident.resolved is not None


@pytest.mark.parametrize(
    "front",
    [
        "meta: {a: [{visibilty: private}]}",
        "incident: {private: true}",
        "x: &x {private: yes}\ny: [*x, *x]",
    ],
)
def test_a_name_inside_another_field_that_may_say_private_keeps_the_review_in(
    folder: Folder, front: str
) -> None:
    folder.add("a.md", f"---\ndate: 2026-10-03\n{front}\n---\n{REVIEW}")

    collected = folder.collected(visibility="public")

    assert collected.incidents == ()
    assert "is not read" in collected.problems[0].detail


def test_aliases_within_aliases_do_not_make_reading_endless(folder: Folder) -> None:
    rows = ["l0: &l0 {x: y}", *(f"l{n}: &l{n} [{', '.join([f'*l{n - 1}'] * 9)}]" for n in range(1, 30))]
    front = "\n".join([*rows, "visibility: *l29"])
    folder.add("a.md", f"---\ndate: 2026-10-03\n{front}\n---\n{REVIEW}")

    assert folder.collected(visibility="public").incidents == ()


def test_a_misspelt_name_that_guards_nothing_is_told_with_its_line(folder: Folder) -> None:
    folder.add("a.md", f"---\ndate: 2026-10-03\nseverty: SEV1\n---\n{REVIEW}")

    assert folder.incident(visibility="public").severity is None
    assert folder.details(visibility="public") == ["a.md:3 'severty' is not read; did you mean 'severity'?"]


def test_foreign_names_are_passed_over(folder: Folder) -> None:
    front = (
        "date: 2026-10-03\nlayout: post\nstate: closed\nseries: x\nlinks: []\npublishDate: 2026-10-04\n"
        "security: no\nnav_order: 3\nincident_type: outage\nresolution: fixed\ntitles: x\ntitle: t\n"
        "private_notes: none\n"
        "description: d\nreview_date: 2026-10-05\nweight: 3\nfollow_ups: [{text: t, private: yes}]"
    )
    folder.add("a.md", f"---\n{front}\n---\n{REVIEW}")

    assert folder.incident(visibility="public").title == "t"
    assert folder.details(visibility="public") == []


@pytest.mark.parametrize("word", ["privte", "internal", "Company", "everyone", "tbd", "none", "public?"])
def test_a_visibility_that_is_not_understood_is_named_with_what_would_be_right(
    folder: Folder, word: str
) -> None:
    folder.table(f"1,a,2026-10-03,{word}", f"2,b,2026-10-03,{word}", "3,c,2026-10-03,")

    collected = folder.collected(visibility="public")

    assert [incident.key for incident in collected.incidents] == ["3"]
    (problem,) = collected.problems
    assert problem.detail == (
        f"incidents.csv:2, incidents.csv:3: left out, as visibility: {word!r} is not understood; "
        "write public (everybody in the organisation may see it) or private"
    )


@pytest.mark.parametrize(
    ("front", "private"),
    [
        ("visibility: [public, confidential]", 1),
        ("visibility: {who: {inner: {most: private}}}", 1),
        ("Visibility: private\nvisibility: public", 1),
        ("private: no\nconfidential: yes", 1),
        ("visibility: public\nsecurity: yes", 1),
        ("security: restricted", 1),
        ("public: no", 1),
        ("security: low", 0),
        ("public: soon", 0),
        ("visibility: {who: public, until: never}", 0),
    ],
)
def test_all_that_is_said_about_who_may_see_it_counts(folder: Folder, front: str, private: int) -> None:
    folder.add("a.md", f"---\ndate: 2026-10-03\n{front}\n---\n{REVIEW}")

    collected = folder.collected(visibility="public")

    assert (collected.incidents, collected.private) == ((), private)
    assert len(collected.problems) == 1 - private


def test_a_no_to_restricted_does_not_say_that_all_may_see_it(folder: Folder) -> None:
    folder.add("a.md", f"---\ndate: 2026-10-03\nsecurity: no\n---\n{REVIEW}")

    assert folder.collected().incidents == ()
    assert "nothing says who may see them" in folder.details()[0]


def test_who_does_not_say_is_left_out_unless_the_setting_says(folder: Folder) -> None:
    folder.table("1,a,2026-10-03,", "2,b,2026-10-03,pubic")

    assert folder.collected().incidents == ()
    (public,) = folder.collected(visibility="public").incidents
    assert public.key == "1"
    assert public.visibility is Visibility.PUBLIC


def test_a_wrong_time_costs_its_incident_only_where_it_decides_the_month(folder: Folder) -> None:
    folder.table(
        "1,a,2026-10-32,public,,",
        "2,b,2026-10-03,public,soon,",
        "3,c,2026-10-04,public,,late",
        header=f"{HEADER},detected,created",
    )

    collected = folder.collected()

    assert [incident.key for incident in collected.incidents] == ["2"]
    details = [problem.detail for problem in collected.problems]
    advice = "write it as 2026-10-03, 2026-10-03 14:05 or 2026-10-03T14:05+02:00"
    assert details[0] == (
        f"incidents.csv:2 resolved: '2026-10-32' is not a time (day is out of range for month); {advice}; "
        "this incident is left out"
    )
    assert details[1:] == [
        f"incidents.csv:4 created: 'late' is not a time; {advice}; this incident is left out",
        f"incidents.csv:3 detected: 'soon' is not a time; {advice}; it is left out",
    ]


@pytest.mark.parametrize("started", ["2026-10-04", "2023-10-03"])
def test_a_start_that_cannot_be_is_absent_and_said(folder: Folder, started: str) -> None:
    folder.table(f"1,a,2026-10-03,public,{started}", header=f"{HEADER},started")

    assert folder.incident().started is None
    assert "it is left out" in folder.details()[0]


def test_an_incident_that_is_still_open_is_in_no_month_whatever_its_review_is_dated(folder: Folder) -> None:
    folder.table("1,a,,public").add("1-a.md", "---\ndate: 2026-10-05\n---\ntext")

    assert folder.collected().incidents == ()


def test_a_tables_day_stands_in_only_where_it_has_no_column_for_the_resolution(folder: Folder) -> None:
    folder.table("1,2026-10-03,public,", header="key,date,visibility,resolved")
    assert folder.collected().incidents == ()

    folder.table("1,2026-10-03,public", header="key,date,visibility")
    assert folder.incident().resolved == datetime(2026, 10, 2, 23, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("told", "front", "state"),
    [
        ("", "", ReviewState.FINISHED),
        ("finished", "draft: true", ReviewState.FINISHED),
        ("draft", "", ReviewState.DRAFT),
        ("missing", "", ReviewState.DRAFT),
        ("perhaps", "", ReviewState.DRAFT),
        ("", "draft: true", ReviewState.DRAFT),
        ("", "status: in review", ReviewState.DRAFT),
        ("", "status: open", ReviewState.FINISHED),
    ],
)
def test_how_far_a_review_is_comes_from_the_table_then_the_front_matter(
    folder: Folder, told: str, front: str, state: ReviewState
) -> None:
    folder.table(f"1,a,2026-10-03,public,{told}", header=f"{HEADER},review_state")
    folder.add("1-a.md", f"---\nkey: 1\n{front}\n---\ntext")

    assert folder.incident().review.state is state


def test_a_review_that_should_be_there_and_is_not_is_said(folder: Folder) -> None:
    folder.table(
        "1,a,2026-10-03,public,finished,",
        "2,b,2026-10-03,public,,b.md",
        header=f"{HEADER},review_state,review",
    ).add("3.md", "")

    details = folder.details()

    assert "incidents.csv:2 review_state: finished, but no file carries the key 1" in details
    assert "incidents.csv:3 review: there is no such file, or `reviews:` does not match it" in details


def test_an_empty_review_is_no_review(folder: Folder) -> None:
    folder.table("1,a,2026-10-03,public").add("1-a.md", "---\nkey: 1\n---\n\n")

    assert folder.incident().review.state is ReviewState.MISSING
    assert folder.details() == ["1-a.md: holds no text; the incident waits for a review"]


def test_an_address_is_made_of_the_key_and_quoted(folder: Folder) -> None:
    folder.table("a/b 1,a,2026-10-03,public")

    assert folder.incident(url="https://t.example.org/{key}").url == "https://t.example.org/a%2Fb%201"


def test_an_address_that_is_none_is_absent_and_said(folder: Folder) -> None:
    folder.table("1,a,2026-10-03,public,javascript:alert(1)", header=f"{HEADER},url")

    assert folder.incident().url is None
    assert folder.details() == ["incidents.csv:2 url: not an http(s) address; it is left out"]


def test_follow_ups_are_texts_or_mappings(folder: Folder) -> None:
    front = (
        "key: 1\nfollow_ups:\n- Alert on the queue\n- {title: Test restore, done: yes, opened: 2026-10-04}\n"
        "- {text: Remove the flag, state: closed, closed: 2026-10-09, url: 'javascript:x'}\n- {owner: Ana}\n"
    )
    folder.table("1,a,2026-10-03,public").add("1-a.md", f"---\n{front}---\ntext")

    assert folder.incident().follow_ups == (
        FollowUp("Alert on the queue"),
        FollowUp("Test restore", done=True, opened=date(2026, 10, 4)),
        FollowUp("Remove the flag", done=True, closed=date(2026, 10, 9)),
    )


def test_severities_in_the_organisations_own_words(folder: Folder) -> None:
    folder.table("1,a,2026-10-03,public,full stop", header=f"{HEADER},severity")

    assert folder.incident(severities={"Full stop": "Sev-1"}).severity is Severity.SEV1
    unread = folder.incident()
    assert (unread.severity, unread.severity_label) == (None, "full stop")
    assert folder.details() == [
        "severities not understood: 'full stop'; say what they are under `severities:`"
    ]


# --- Without a table ------------------------------------------------------------------------


def test_each_review_is_an_incident_by_itself(folder: Folder) -> None:
    folder.add("2026-10-03-search-slow.md").add(
        "b.md", "---\ntitle: Lost bags\nkey: B-1\ndate: 2026-10-04\nservice: Bags\nseverity: major\n---\ntext"
    )

    first, second = folder.collected(visibility="public").incidents

    assert (first.key, first.title) == ("2026-10-03-search-slow", "The search was slow")
    assert first.resolved == datetime(2026, 10, 2, 23, 0, tzinfo=UTC)  # the day begins in Lisbon
    assert (second.key, second.title, second.services) == ("B-1", "Lost bags", ("Bags",))
    assert (second.severity, second.started) == (Severity.SEV2, None)


@pytest.mark.parametrize(
    ("front", "resolved"),
    [
        ("date: 2026-10-04\nresolved: true\nresolvedWhen: 2026-10-05T10:00:00.000Z", "2026-10-05T10:00"),
        ("date: 2026-10-04 10:00 +0100\nresolved: true", "2026-10-04T09:00"),
        ("resolved: 2026-10-06T10:00Z\ndate: 2026-10-20", "2026-10-06T10:00"),
    ],
)
def test_a_status_page_says_whether_and_when_it_was_resolved(
    folder: Folder, front: str, resolved: str
) -> None:
    folder.add("a.md", f"---\nprivate: false\n{front}\n---\ntext")

    assert folder.incident().resolved == datetime.fromisoformat(resolved).replace(tzinfo=UTC)


def test_an_incident_that_says_it_is_not_resolved_is_in_no_month(folder: Folder) -> None:
    folder.add("a.md", "---\ndate: 2026-10-04\nresolved: false\n---\ntext")

    assert folder.collected(visibility="public").incidents == ()


def test_reviews_without_a_date_are_named_once_but_not_the_private_ones(folder: Folder) -> None:
    folder.add("a.md").add("b.md").add("c.md", "---\nprivate: true\n---\ntext")

    (problem,) = folder.collected(visibility="public").problems

    assert (
        problem.detail == "a.md, b.md: no date, so no month; write `date: 2026-10-03` into the front matter"
    )
    assert problem.incidents_missing


def test_a_review_that_cannot_be_read_is_told_in_the_month_its_name_tells(folder: Folder) -> None:
    folder.add("2026-10-03-a.md").add("2026-09-03-b.md", b"\xe9").add("2026-10-05-c.md", b"\xe9")

    (detail,) = folder.details(visibility="public")

    assert detail.startswith("2026-10-05-c.md: it is not UTF-8")


def test_without_any_zone_times_are_utc_and_that_is_said_once(folder: Folder) -> None:
    folder.add("2026-10-03-a.md").add("b.md", "---\ndate: 2026-10-03\n---\ntext")

    incidents = folder.collected(zone=None, visibility="public").incidents
    assert {incident.resolved for incident in incidents} == {datetime(2026, 10, 3, tzinfo=UTC)}
    details = folder.details(zone=None, visibility="public")
    assert details == ["b.md and maybe others name no time zone, and are taken as UTC; set `timezone:`"]
    assert folder.details(timezone="Europe/Lisbon", zone=None, visibility="public") == []


# --- The folder itself ----------------------------------------------------------------------


def test_a_folder_that_is_not_there_is_refused_when_connecting(folder: Folder) -> None:
    with pytest.raises(
        ConfigError, match=r"^tracker reviews: path: there is no folder .*incidents; a relative"
    ):
        folder.tracker()


def test_an_empty_folder_says_which_and_what_was_looked_for(folder: Folder) -> None:
    folder.add("README.md").add(".git/a.md").add("_drafts/a.md").add("picture.png")

    with pytest.raises(ConfigError) as caught:
        folder.collected()

    assert str(folder.root) in str(caught.value)
    assert "looked for incidents.csv, incidents.yaml, incidents.yml and for reviews named **/*.md" in str(
        caught.value
    )


def test_a_folder_is_named_without_the_way_to_it(folder: Folder) -> None:
    folder.add("README.md").add("config/digest.yaml", "")
    given = Settings.model_validate({"path": "../../incidents"})
    tracker = FolderTracker.connect("reviews", given, Context(folder.root / "config"))

    with pytest.raises(ConfigError) as caught:
        list(tracker.fetch(OCTOBER))

    assert caught.value.key == str(folder.root)


def test_behind_a_link_the_way_up_is_kept(folder: Folder, tmp_path: Path) -> None:
    (folder.root / "deep/config").mkdir(parents=True)
    folder.add("2026-10-03-a.md")
    (tmp_path / "link").symlink_to(folder.root / "deep/config")
    given = Settings.model_validate({"path": "link/../..", "visibility": "public"})

    tracker = FolderTracker.connect("reviews", given, Context(tmp_path))

    assert [i.key for i in map(tracker.to_incident, tracker.fetch(OCTOBER))] == ["2026-10-03-a"]


# --- What this account may not read ---------------------------------------------------------


@pytest.fixture
def guarded() -> Iterator[Folder]:
    """A folder of which the account that reads it owns nothing; root, who may read all, becomes nobody."""
    with TemporaryDirectory() as above:
        Path(above).chmod(0o755)
        # Nobody may be unable to see Python's own files, of which some are loaded when first needed.
        Folder(Path(above) / "other").add("2026-10-03-a.md").collected(visibility="public")
        yield Folder(Path(above) / "incidents")
        for folder in (Path(above) / "incidents").glob("**/"):
            folder.chmod(0o755)


@contextmanager
def as_nobody() -> Iterator[None]:
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(0)


DENIED = "permission denied; let the account that runs this read it"


@pytest.mark.parametrize("mode", [0o000, 0o444])
def test_a_folder_that_may_not_be_read_says_so(guarded: Folder, mode: int) -> None:
    guarded.add("2026-10-03-a.md").root.chmod(mode)

    with as_nobody(), pytest.raises(ConfigError, match=f"incidents: .*{DENIED}"):
        guarded.collected(visibility="public")


def test_a_folder_behind_one_that_may_not_be_entered_says_so(guarded: Folder) -> None:
    guarded.add("deep/2026-10-03-a.md").root.chmod(0o000)
    given = Settings.model_validate({"path": "deep"})

    with as_nobody(), pytest.raises(ConfigError, match=f"path: .*deep: {DENIED}"):
        FolderTracker.connect("reviews", given, Context(guarded.root))


def test_a_folder_in_it_that_may_not_be_read_is_told_as_incidents_missing(guarded: Folder) -> None:
    guarded.add("2026-10-03-a.md").add("closed/2026-10-04-b.md")
    (guarded.root / "closed").chmod(0o000)

    with as_nobody():
        collected = guarded.collected(visibility="public")

    assert [incident.key for incident in collected.incidents] == ["2026-10-03-a"]
    (problem,) = collected.problems
    assert (problem.detail, problem.incidents_missing) == (f"closed: {DENIED}", True)


def test_a_review_that_may_not_be_read_is_told(guarded: Folder) -> None:
    guarded.add("2026-10-03-a.md")
    (guarded.root / "2026-10-03-a.md").chmod(0o000)

    with as_nobody():
        details = guarded.details(visibility="public")

    assert details == [f"2026-10-03-a.md: {DENIED}; this incident is left out"]


def test_a_table_that_may_not_be_read_is_refused(guarded: Folder) -> None:
    guarded.table()
    (guarded.root / "incidents.csv").chmod(0o000)

    with as_nobody(), pytest.raises(ConfigError, match=rf"incidents\.csv: {DENIED}"):
        guarded.collected()


# --- Its files and settings -----------------------------------------------------------------


def test_a_table_that_is_named_and_missing_is_refused_with_those_there(folder: Folder) -> None:
    folder.add("2026.csv", "key,resolved\n")

    with pytest.raises(
        ConfigError, match=r"all\.csv: there is no such table in the folder; there is: 2026\.csv"
    ):
        folder.collected(table="all.csv")
    assert folder.collected(table="2026.csv").incidents == ()


def test_of_two_tables_the_first_is_read_and_the_other_named(folder: Folder) -> None:
    folder.table().add("incidents.yaml", "[]")

    assert folder.details() == ["incidents.yaml: not read, because there is incidents.csv as well"]


def test_only_files_that_the_patterns_match_are_reviews(folder: Folder) -> None:
    for name in ("2026-10-01-a.md", "pm/2026-10-02-b.md", "pm/x/2026-10-03-c.md", "pm/2026-10-04-d.rst"):
        folder.add(name)

    def found(*reviews: str) -> Sequence[str | None]:
        return [i.review.file for i in folder.collected(visibility="public", reviews=reviews).incidents]

    assert found("*.md") == ["2026-10-01-a.md"]
    assert found("pm/*") == ["pm/2026-10-02-b.md", "pm/2026-10-04-d.rst"]
    assert found("pm/**/*.MD", "**/*.rst") == [
        "pm/2026-10-02-b.md",
        "pm/x/2026-10-03-c.md",
        "pm/2026-10-04-d.rst",
    ]


def test_links_that_leave_the_folder_are_not_followed(folder: Folder, tmp_path: Path) -> None:
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside/2026-10-01-secret.md").write_text("secret", encoding="utf-8")
    folder.add("2026-10-03-a.md")
    (folder.root / "2026-10-02-link.md").symlink_to(tmp_path / "outside/2026-10-01-secret.md")
    (folder.root / "linked").symlink_to(tmp_path / "outside")
    (folder.root / "2026-10-04-inside.md").symlink_to(folder.root / "2026-10-03-a.md")

    collected = folder.collected(visibility="public")

    assert [i.review.file for i in collected.incidents] == ["2026-10-03-a.md", "2026-10-04-inside.md"]
    assert [p.detail for p in collected.problems] == [
        "linked: a link to a folder is not followed",
        "2026-10-02-link.md: a link that leaves the folder is not followed",
    ]


def test_a_pipe_in_the_folder_stops_nothing(folder: Folder) -> None:
    folder.add("2026-10-03-a.md")
    os.mkfifo(folder.root / "2026-10-04-pipe.md")

    assert folder.incident(visibility="public").review.file == "2026-10-03-a.md"


def test_a_files_name_cannot_forge_a_line(folder: Folder) -> None:
    folder.add("2026-10-03-a\nb\x1b[31m.md", "")

    assert folder.details(visibility="public") == [
        "2026-10-03-a?b?[31m.md: holds no text; the incident waits for a review"
    ]


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"pth": "x"}, "pth"),
        ({"columns": {"titel": "x"}}, "did you mean 'title'"),
        ({"key_pattern": "("}, "not a regular expression"),
        ({"key_pattern": r"\d+"}, "one group"),
        ({"url": "https://t.example.org/"}, r"with \{key\} in it"),
        ({"url": "javascript:{key}"}, r"an http\(s\) address"),
        ({"timezone": "Lisbon"}, "is no time zone"),
        ({"severities": {"bad": "worst"}}, "severities"),
        ({"encoding": "base64"}, "no encoding of text"),
        ({"visibility": "all"}, "visibility"),
    ],
)
def test_a_setting_that_cannot_be_is_refused(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        Settings.model_validate({"path": ".", **settings})
