import pytest

from digest.model import Theme
from digest.takeaways import Lexicon, same_learning, theme_of
from digest.takeaways.themes import ThemeRule


@pytest.mark.parametrize(
    ("text", "theme"),
    [
        ("The client waits forever, as it has no time limit.", "time-limits"),
        ("Unbounded retries amplify failures.", "retries"),
        ("The certificate expired on a Sunday.", "expiry"),
        ("The standby had never taken over, as failover was never tried.", "failover"),
        ("Only one person knew how the exporter works.", "knowledge"),
        ("Nobody had a runbook for this.", "runbook"),
    ],
)
def test_a_takeaway_has_the_theme_that_its_words_name(lexicon: Lexicon, text: str, theme: str) -> None:
    found = theme_of(text, "", lexicon.themes)

    assert found is not None
    assert found.key == theme


def test_the_incidents_words_alone_give_no_theme(lexicon: Lexicon) -> None:
    assert theme_of("It was a long evening.", "certificate expired", lexicon.themes) is None


def test_between_two_themes_the_incidents_words_decide_and_then_the_order() -> None:
    rules = [
        ThemeRule.of(Theme("queues", "Queues", "Which?"), ["queue*"]),
        ThemeRule.of(Theme("disks", "Disks", "Which?"), ["disk*"]),
    ]

    def key(around: str) -> str | None:
        theme = theme_of("Queues fill disks.", around, rules)
        return theme.key if theme else None

    assert key("") == "queues"
    assert key("Disk full") == "disks"


def test_every_theme_asks_one_question_and_blames_nobody(lexicon: Lexicon) -> None:
    for rule in lexicon.themes:
        assert rule.theme.question.endswith("?")
        assert rule.theme.question.count("?") == 1
        assert not lexicon.language.rules_in(rule.theme.question)


@pytest.mark.parametrize(
    ("a", "b"),
    [
        ("Retries without a limit amplify failures.", "retries without a limit amplify failures"),
        (
            "A call to the vendor without a time limit holds every worker.",
            "Every worker waits where the call to the vendor has no deadline.",
        ),
        (
            "Tests that can be skipped are skipped in haste, on the release that needs them most.",
            "An urgent release is where tests are skipped, as it is written in haste.",
        ),
        (
            "A call to the vendor without a deadline holds every worker: in May the whole shop stood still.",
            "Without a deadline a call to the vendor holds all workers; eight ports saw frozen boards.",
        ),
    ],
)
def test_the_same_in_other_words_is_one_learning(lexicon: Lexicon, a: str, b: str) -> None:
    assert same_learning(a, b, lexicon.themes)
    assert same_learning(b, a, lexicon.themes)


@pytest.mark.parametrize(
    ("a", "b"),
    [
        ("The alert on the payment queue fired at once.", "No alert on the payment queue fired."),
        ("The certificate of the proxy expired.", "The certificate of the proxy was renewed by hand."),
        ("Queues fill at night.", "Queues empty at night."),
        ("The status page was not updated.", "The status page depends on the same provider."),
        ("", ""),
    ],
)
def test_what_only_sounds_alike_stays_apart(lexicon: Lexicon, a: str, b: str) -> None:
    assert not same_learning(a, b, lexicon.themes)
