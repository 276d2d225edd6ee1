from collections.abc import Callable
from email.message import EmailMessage
from email.policy import SMTP
from typing import Any

import pytest
from builders import edition, takeaway

from digest.model import Problem, Rendering, Verdict
from digest.web import view


def _verdicts(*reasons: str | None) -> tuple[Verdict, ...]:
    return tuple(
        Verdict(takeaway(f"Takeaway {n}."), printed=reason is None, why=() if reason is None else (reason,))
        for n, reason in enumerate(reasons)
    )


def test_what_was_left_out_is_grouped_by_reason_the_largest_first() -> None:
    rows = view.ranking(_verdicts(None, "alike", "fix", "alike", None, "late"))

    groups = [(group.reason, [row.rank for row in group.rows]) for group in view.left_out(rows)]

    assert groups == [("alike", [2, 4]), ("fix", [3]), ("late", [6])]


def test_a_takeaway_left_out_without_a_reason_is_not_lost() -> None:
    rows = view.ranking([Verdict(takeaway(), printed=False, why=())])

    assert [group.reason for group in view.left_out(rows)] == ["no reason was given"]


def test_a_problem_of_proof_and_edition_is_listed_once_and_missing_incidents_lead(
    proof: Callable[..., Any],
) -> None:
    late = Problem("takeaways", "101.md", "is empty")
    gone = Problem("trackers", "jira", "did not answer", incidents_missing=True)

    listed = view.problems(proof(problems=(late, gone), edition=edition(problems=(gone,))))

    assert listed == (gone, late)


@pytest.mark.parametrize("html", ["<p>plain</p>\n" * 50, "é = ü\n" * 200, "x" * 900, "trailing \n\n"])
def test_the_size_as_sent_is_that_of_a_mail_in_quoted_printable(html: str) -> None:
    message = EmailMessage(policy=SMTP)
    message.set_content(html, subtype="html", cte="quoted-printable")
    sent = message.as_bytes().partition(b"\r\n\r\n")[2]

    measured = view.sizes(Rendering("2026-05", "all", "May", html, "", ""))[0].now

    # Libraries break lines at slightly different places.
    assert abs(measured - len(sent)) <= 0.02 * len(sent) + 3


def test_a_mail_that_would_be_clipped_is_over_its_budget() -> None:
    small, large = (
        view.sizes(Rendering("2026-05", "all", "May", "x" * length, "", ""))[0]
        for length in (50_000, 101_000)
    )

    assert (small.over, large.over) == (False, True)


@pytest.mark.parametrize(
    ("number", "words"),
    [(0, "0 incidents"), (1, "1 incident"), (2, "2 incidents"), (1200, "1,200 incidents")],
)
def test_counts_are_worded(number: int, words: str) -> None:
    assert view.count(number, "incident") == words
