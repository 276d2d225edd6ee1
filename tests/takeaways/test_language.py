from dataclasses import replace

import pytest
from builders import incident, review

from digest.model import Edit, Origin, TextFormat
from digest.takeaways import Lexicon
from digest.takeaways.language import language_of
from digest.takeaways.reading import reading_of


@pytest.mark.parametrize(
    "text",
    [
        "The cause was human error.",
        "The release engineer should have checked the failures.",
        "[person] should have asked first.",
        "The operator failed to read the runbook.",
        "That was a careless change.",
        "We forgot to renew the certificate.",
        "Why didn\u2019t anybody look at the graph?",
        "It was the vendor's mistake.",
        "The developer overlooked a flag.",
    ],
)
def test_blame_is_found(lexicon: Lexicon, text: str) -> None:
    assert "blame" in lexicon.language.rules_in(text)


@pytest.mark.parametrize(
    "text",
    [
        "In hindsight the list was too long.",
        "The alert should have fired at ten.",
        "If only the limit had been lower.",
        "This could have easily been worse.",
        "We should've tested the spare.",
    ],
)
def test_hindsight_about_systems_is_no_blame(lexicon: Lexicon, text: str) -> None:
    assert lexicon.language.rules_in(text) == {"hindsight"}


@pytest.mark.parametrize(
    "text",
    [
        "Rows should have a lifetime.",
        "Lazy loading hides the first failure.",
        "The job failed to start when the disk was full.",
        "The request failed to reach the cache.",
        "They should have more priority than bots.",
        "Nobody was paged, because the alert watched the old queue.",
    ],
)
def test_how_systems_behave_is_neither(lexicon: Lexicon, text: str) -> None:
    assert lexicon.language.rules_in(text) == frozenset()


@pytest.mark.parametrize(
    ("text", "to_do"),
    [
        ("Add an alert for the age of the oldest message.", True),
        ("We will add monitoring for replica lag.", True),
        ("We should also update the runbook.", True),
        ("The runbook should be updated for the new cluster.", True),
        ("Create a ticket for the vendor.", True),
        ("Ensure a better review process.", True),
        ("More automated alarms.", True),
        ("Adding an index hides the slow query until the table grows.", False),
        ("Additions to the schema lock the table.", False),
        ("Retries without a limit amplify failures.", False),
        ("Test inside the live process: a console behaves differently.", False),
        ("The blast radius of one application should be a single node.", False),
    ],
)
def test_work_to_do_is_told_from_a_learning(lexicon: Lexicon, text: str, to_do: bool) -> None:  # noqa: FBT001
    assert lexicon.language.is_fix_like(text) is to_do


def test_a_finding_names_the_files_own_place(lexicon: Lexicon) -> None:
    # Four lines of front matter before, and a name masked on the same line.
    text = (
        "## Lessons\n\n- [person] saw that it was\n  human error, they said.\n- [person], if only it was.\n"
    )
    origin = Origin(first_line=4, edits=(Edit(4, 2, 8, 13),))
    subject = replace(incident(), review=review(text, origin=origin))

    findings = reading_of(subject, lexicon).findings

    assert [(f.rule, f.line, f.column, f.text) for f in findings] == [
        ("blame", 8, 3, "human error"),
        ("hindsight", 9, 18, "if only"),
    ]
    assert all(f.why and f.instead for f in findings)


def test_a_finding_may_run_over_a_line_break(lexicon: Lexicon) -> None:
    findings = reading_of(incident(text="It was a human\nerror, we thought."), lexicon).findings

    assert [(f.line, f.column, f.text) for f in findings] == [(1, 10, "human error")]


@pytest.mark.parametrize(
    "text",
    [
        "```\nhuman error\n```\n",
        "> human error\n",
        "<!-- human error -->\n",
        "~~human error~~\n",
        "## Authors\n\nhuman error\n",
    ],
)
def test_what_is_no_ones_own_words_is_not_checked(lexicon: Lexicon, text: str) -> None:
    assert reading_of(incident(text=text), lexicon).findings == ()


def test_words_that_two_rules_find_are_told_once(lexicon: Lexicon) -> None:
    text = "The engineer should have checked the failures."

    findings = reading_of(incident(text=text), lexicon).findings

    assert [f.rule for f in findings] == ["blame"]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("The queue was full and we did not see it because the alert was on the old one. " * 3, "en"),
        (
            "Die Warteschlange war voll und wir haben das nicht gesehen, weil der Alarm falsch war. " * 3,
            "de",
        ),
        (
            "La file était pleine et nous ne l'avons pas vu, car l'alerte était sur l'ancienne. " * 3,
            "fr",
        ),
        (
            "Køen var full og vi så det ikke, fordi alarmen var på den gamle køen og ble ikke flyttet. " * 3,
            "no",
        ),
        (
            "A fila estava cheia e não vimos, porque o alarme estava na fila antiga, que foi mudada. " * 3,
            "pt",
        ),
        ("キューがいっぱいでしたが、アラートは古いキューを見ていました。" * 5, "other"),
        ("Очередь была полна, но оповещение смотрело на старую очередь. " * 5, "other"),
        (
            "Kolejka była pełna, ale alarm dotyczył starej kolejki i nikt tego nie zauważył wcześniej. " * 4,
            "other",
        ),
        ("Full.", "en"),
        ("", "en"),
    ],
)
def test_the_language_of_a_review_is_told_or_not_guessed(lexicon: Lexicon, text: str, code: str) -> None:
    assert language_of(text, lexicon.language.stopwords) == code


def test_a_review_in_another_language_is_read_by_its_headings_alone(lexicon: Lexicon) -> None:
    text = (
        "## Sammendrag\n\nKøen var full og vi så det ikke, fordi alarmen var på den gamle køen "
        "og ble ikke flyttet med.\n\n"
        "## Hva lærte vi?\n\n- En kø uten grense fyller disken på noden om natten når ingen ser på det\n"
    )

    reading = reading_of(incident(text=text), lexicon)

    assert reading.language == "no"
    assert [(t.heading, t.printed) for t in reading.takeaways] == [
        ("Hva lærte vi?", True),
        ("Sammendrag", False),
    ]
    assert "not in English: judged by its heading alone" in reading.takeaways[0].reasons
    assert reading.findings == ()


def test_plain_and_html_reviews_are_checked_too(lexicon: Lexicon) -> None:
    for form, text in (
        (TextFormat.PLAIN, "It was human error.\n"),
        (TextFormat.HTML, "<p>It was human error.</p>\n"),
    ):
        subject = replace(incident(), review=review(text, format=form))
        assert [f.rule for f in reading_of(subject, lexicon).findings] == ["blame"]


@pytest.mark.parametrize(
    ("text", "rules"),
    [
        ("Bob failed to test the migration, which led to a broken index.", {"blame"}),
        ("Ana Silva failed to tell the other team.", {"blame"}),
        ("John Smith from ops should have noticed the duplicate.", {"blame"}),
        ("The engineer on call should have checked the setting.", {"blame"}),
        ("We should have noticed the queue growing.", {"hindsight"}),
        ("Monitoring should have noticed the queue growing.", {"hindsight"}),
        ("The script failed to test for an empty list.", set()),
        ("Tests failed to notice the regression.", set()),
        ("Kubernetes failed to start the pod.", set()),
    ],
)
def test_a_bare_name_is_blamed_and_a_system_is_not(lexicon: Lexicon, text: str, rules: set[str]) -> None:
    assert lexicon.language.rules_in(text) == rules
