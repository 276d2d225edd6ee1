import pytest

from digest.model import ReviewState, Severity, Visibility
from digest.trackers import labels


@pytest.mark.parametrize(
    ("label", "severity"),
    [
        ("Sev-1", Severity.SEV1),
        ("SEV1", Severity.SEV1),
        ("S1", Severity.SEV1),
        ("P1", Severity.SEV1),
        ("severity::1", Severity.SEV1),
        ("Severity 4", Severity.SEV4),
        ("SEV0", Severity.SEV1),
        ("3", Severity.SEV3),
        ("2 - High", Severity.SEV2),
        ("Sev 2 (major)", Severity.SEV2),
        ("Critical", Severity.SEV1),
        ("severity: major", Severity.SEV2),
        ("severity/moderate", Severity.SEV3),
        ("MINOR", Severity.SEV4),
        ("trivial", Severity.SEV5),
        ("SEV-6", None),
        ("SEV12", None),
        ("3 customers", None),
        ("5xx", None),
        ("1.5", None),
        ("down", None),
        ("postponed", None),
        ("", None),
        (None, None),
    ],
)
def test_a_severity_is_read_from_the_usual_words_and_never_guessed(
    label: str | None, severity: Severity | None
) -> None:
    assert labels.severity_of(label) is severity


def test_the_operators_words_go_before_ours() -> None:
    own = {"Full Outage": Severity.SEV1, "P1": Severity.SEV2}

    assert labels.severity_of("full  outage", own) is Severity.SEV1
    assert labels.severity_of("P1", own) is Severity.SEV2
    assert labels.severity_of("P2", own) is Severity.SEV2


@pytest.mark.parametrize(
    ("cell", "items"),
    [
        ("Lack of rollback, unclear deploy ownership", ("Lack of rollback", "unclear deploy ownership")),
        ("a, b; c", ("a, b", "c")),
        ("a\nb, c\n", ("a", "b, c")),
        (" a ,, a , b ", ("a", "b")),
        ("n/a", ()),
        ("-", ()),
        ("", ()),
        ("=HYPERLINK(1)", ("=HYPERLINK(1)",)),
    ],
)
def test_a_cell_is_split_at_semicolons_or_lines_where_it_has_some_else_at_commas(
    cell: str, items: tuple[str, ...]
) -> None:
    assert labels.split_list(cell) == items


def test_a_cell_of_a_million_items_is_cut() -> None:
    assert len(labels.split_list(",".join(map(str, range(1_000_000))))) == labels.MOST_ITEMS


@pytest.mark.parametrize(
    ("word", "visibility"),
    [
        ("public", Visibility.PUBLIC),
        (" Public ", Visibility.PUBLIC),
        ("private", Visibility.PRIVATE),
        ("Confidential", Visibility.PRIVATE),
        ("privat", Visibility.PRIVATE),
        ("Internal-only", Visibility.PRIVATE),
        ("need_to_know", Visibility.PRIVATE),
        ("HR", Visibility.PRIVATE),
        ("internal", Visibility.UNKNOWN),
        ("company", Visibility.UNKNOWN),
        ("everyone", Visibility.UNKNOWN),
        ("pubic", Visibility.UNKNOWN),
        ("", Visibility.UNKNOWN),
    ],
)
def test_only_the_plain_word_makes_an_incident_public(word: str, visibility: Visibility) -> None:
    assert labels.visibility_of(word) is visibility


def test_of_several_visibilities_the_strictest_counts() -> None:
    public, unknown, private = Visibility.PUBLIC, Visibility.UNKNOWN, Visibility.PRIVATE

    assert labels.strictest([public, private, unknown]) is private
    assert labels.strictest([public, unknown]) is unknown
    assert labels.strictest([public]) is public
    assert labels.strictest([]) is None


@pytest.mark.parametrize(
    ("word", "state"),
    [
        ("finished", ReviewState.FINISHED),
        ("Published", ReviewState.FINISHED),
        ("In Review", ReviewState.DRAFT),
        ("in-progress", ReviewState.DRAFT),
        ("not started", ReviewState.MISSING),
        ("maybe", None),
        ("", None),
    ],
)
def test_a_review_state_is_read_or_not_understood(word: str, state: ReviewState | None) -> None:
    assert labels.review_state_of(word) is state


@pytest.mark.parametrize(
    ("word", "answer"), [("Yes", True), ("1", True), ("FALSE", False), ("perhaps", None)]
)
def test_yes_and_no_are_read_and_nothing_else(word: str, answer: object) -> None:
    assert labels.yes_no(word) is answer


@pytest.mark.parametrize(
    "address",
    [
        "javascript:alert(1)",
        "//evil.test/x",
        "\\\\evil\\share",
        "https:///path",
        "https://a.test/ b",
        "http://[::1",
        "ftp://a.test",
        "",
    ],
)
def test_only_http_addresses_with_a_host_are_links(address: str) -> None:
    assert labels.web_address(address) is None
    assert labels.web_address("https://tracker.example.org/1421") == "https://tracker.example.org/1421"
