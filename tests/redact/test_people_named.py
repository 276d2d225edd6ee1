"""The incident's own people: where they are learnt, and where they are masked."""

from pathlib import Path

import pytest
import yaml

from digest.redact import Rules, redact_text

CONFIG = yaml.safe_load((Path(__file__).parents[2] / "config/redaction.yaml").read_text(encoding="utf-8"))
RULES = Rules.of(CONFIG)


def masked(text: str, *people: str) -> str:
    return redact_text(text, RULES, people).text


@pytest.mark.parametrize(
    ("field", "text", "expected"),
    [
        ("Ana Ribeiro", "Ana Ribeiro saw it.", "[person] saw it."),
        (
            "Ana Ribeiro",
            "Then Ana saw it, and Ribeiro's fix held.",
            "Then [person] saw it, and [person]'s fix held.",
        ),
        ("Ana Ribeiro", "Ribeiro, Ana wrote it; ANA RIBEIRO too.", "[person] wrote it; [person] too."),
        ("Ana Ribeiro", "ana.ribeiro was paged", "[person] was paged"),
        ("Ana Ribeiro", "The **Ana** _Ribeiro_ fix", "The [person] fix"),
        ("Ana Ribeiro", "asked Ana\nRibeiro about it", "asked [person]\n about it"),
        ("Ana Ribeiro", "The analysis of Anabel and ANALYSE", "The analysis of Anabel and ANALYSE"),
        ("Björn Geuken", "Bjorn and Bjo\u0308rn and Bj&ouml;rn", "[person] and [person] and [person]"),
        ("Jürgen van der Berg", "Jürgen van der Berg and the van", "[person] and the van"),
        ("Grace Hopper <grace@example.org>", "so Grace and Hopper met", "so [person] and [person] met"),
        ("ana-ribeiro", "ana-ribeiro deployed", "[handle] deployed"),
        ("@bo_chen", "then bo_chen and @bo_chen", "then [handle] and [handle]"),
        ("ana@example.org", "ana@example.org wrote", "[e-mail address] wrote"),
        ("ana.ribeiro@example.org", "Ana wrote, then Ribeiro", "[person] wrote, then [person]"),
        ("Ribeiro, Ana", "Ana wrote", "[person] wrote"),
        ("Dr. Ana Ribeiro (SRE)", "The SRE Ana wrote", "The SRE [person] wrote"),
        ("Angus", "Angus Hollands agreed", "[person] agreed"),
        ("李雷", "由李雷重启", "由[person]重启"),
    ],
)
def test_people_of_the_trackers_fields_are_masked(field: str, text: str, expected: str) -> None:
    assert masked(text, field) == expected


@pytest.mark.parametrize(
    ("field", "text"),
    [
        ("Will Mark", "Will it work? Mark the release."),
        ("Will Mark", "it will mark the pod"),
        ("May Chen", "In May 2026, and since May, and on 12 May."),
        ("Grace Hope", "Grace periods ended.\n\n- Hope is no plan"),
        ("Jane Jenkins", "then Jenkins restarted"),
        ("Platform Team", "The Platform Team paged"),
        ("SRE on-call", "The SRE on-call paged"),
        ("Database", "The Database failed"),
        ("N/A", "N/A"),
        ("TBD", "to do: TBD"),
        ("Bo Li", "Bo and Li"),
    ],
)
def test_plain_words_teams_and_software_stay(field: str, text: str) -> None:
    assert masked(text, field) == text


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("so Will and Mark agreed", "so [person] and [person] agreed"),
        ("it was\nWill who saw it", "it was\n[person] who saw it"),
        ("Will Mark asked", "[person] asked"),
        ("then May called", "then [person] called"),
    ],
)
def test_names_that_are_words_are_masked_within_a_sentence(text: str, expected: str) -> None:
    assert masked(text, "Will Mark", "May Chen") == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "## Authors\n\nAna Ribeiro\n\n## Next\n\nAna left.",
            "## Authors\n\n[person]\n\n## Next\n\n[person] left.",
        ),
        (
            "## Attendees\n- Ana\n* Bo Chen\n1. rifis\n\n# X\n- y",
            "## Attendees\n- [person]\n* [person]\n1. [person]\n\n# X\n- y",
        ),
        ("## Atendees\n\n- RF, PW, AN", "## Atendees\n\n- [person]"),
        (
            "**Attendees**\n\n- Ana Ribeiro\n\n**Summary**\n\n- a thing",
            "**Attendees**\n\n- [person]\n\n**Summary**\n\n- a thing",
        ),
        (
            "Responders\n----------\n\n- Ana\n\nImpact\n------\n\nBad.",
            "Responders\n----------\n\n- [person]\n\nImpact\n------\n\nBad.",
        ),
        ("h2. Participants\n* Ana\nh2. Next\n* x", "h2. Participants\n* [person]\nh2. Next\n* x"),
        ("== Coordinators ==\n* Ana\n== Next ==\n* x", "== Coordinators ==\n* [person]\n== Next ==\n* x"),
        ("**Authors**: Ana Ribeiro, Bo", "**Authors**: [person]"),
        ("**Authors:** Ana", "**Authors:** [person]"),
        ("- **Author(s)**: Ana", "- **Author(s)**: [person]"),
        ("Author: Ana\nOwner: @bo\nStatus: done", "Author: [person]\nOwner: [person]\nStatus: done"),
        (
            "OWNER OF REVIEW PROCESS\nAna Ribeiro\nIMPACT TIME\nOct 3",
            "OWNER OF REVIEW PROCESS\n[person]\nIMPACT TIME\nOct 3",
        ),
        ("authors:\n  - ana\n  - bo\ntitle: x", "authors:\n  - [person]\n  - [person]\ntitle: x"),
        ('authors = ["Ana Ribeiro"]', "authors = [person]"),
        (
            "## Roles\n\n- Incident Commander: Ana\n- Scribe: Bo",
            "## Roles\n\n- Incident Commander: [person]\n- Scribe: [person]",
        ),
        ("Incident Commander: Ana", "Incident Commander: [person]"),
        ("Facilitator - Ana Ribeiro", "Facilitator - [person]"),
        (
            "| Owner | Ana Ribeiro |\n|---|---|\n| Status | open |",
            "| Owner |[person]|\n|---|---|\n| Status | open |",
        ),
        (
            "**Date**: 3 May · **Status**: final · **Authors**: Ana Ribeiro, Bo Chen · **Kind**: x",
            "**Date**: 3 May · **Status**: final · **Authors**: [person] · **Kind**: x",
        ),
        ("Fix the probe (owner: Ana Ribeiro) soon", "Fix the probe (owner: [person]) soon"),
        (
            "<h2>Authors</h2><ul><li>Ana</li></ul><h2>X</h2><p>y</p>",
            "<h2>Authors</h2><ul><li>[person]</li></ul><h2>X</h2><p>y</p>",
        ),
        (
            "<table><tr><td>Owner</td><td>Ana Ribeiro</td></tr></table>",
            "<table><tr><td>Owner</td><td>[person]</td></tr></table>",
        ),
        ("<p><strong>Author:</strong> Ana Ribeiro</p>", "<p><strong>Author:</strong> [person]</p>"),
    ],
)
def test_people_sections_of_every_shape_are_masked(text: str, expected: str) -> None:
    assert masked(text).replace("| [person] |", "|[person]|") == expected


def test_an_owners_column_is_masked_and_the_other_columns_stay() -> None:
    text = (
        "| Action | Owner | Due |\n|---|---|---|\n"
        "| Fix the proxy | Ana Ribeiro | May |\n| Test it | Platform | June |\n"
    )

    assert masked(text) == text.replace("Ana Ribeiro", "[person]")


def test_an_owners_column_of_an_html_table_is_masked() -> None:
    text = (
        "<table><tr><th>Action</th><th>Owner</th></tr>"
        "<tr><td>Fix the proxy</td><td>Ana Ribeiro</td></tr>"
        "<tr><td>Test it</td><td>Platform team</td></tr></table>"
    )

    assert masked(text) == text.replace("Ana Ribeiro", "[person]")


def test_the_action_named_like_a_team_is_not_learnt_as_a_person() -> None:
    text = "Owner: Timetable\n\nThe Timetable service was slow. A timetable is long."

    assert "The Timetable service" in masked(text)


@pytest.mark.parametrize(
    "text",
    [
        "Owner: Platform Team",
        "Author: the OBS team",
        "Author: Node.js Steering Committee",
        "| Owner | Payments |\n",
        "## Responders\n\n- SRE on-call\n- Database team\n",
        "Owners as a group were slow to see that their users had no second factor.",
        "Participants joined within five minutes.",
        "The contact: nobody knew whom to call when the second alert came in that night.",
        "## Lead up\n\nThe release went out at noon.",
        "## Team topologies\n\nWe changed how Search is owned.",
    ],
)
def test_teams_and_sentences_are_no_people(text: str) -> None:
    assert masked(text) == text


def test_a_login_of_the_text_is_masked_where_it_is_bare_too() -> None:
    text = "Thanks to [@vmg](https://github.com/vmg) and @bo-chen. bo-chen rolled back."

    assert (
        masked(text)
        == "Thanks to [[handle]](https://github.com/[handle]) and [handle]. [handle] rolled back."
    )


def test_words_that_the_operator_allows_stay() -> None:
    rules = Rules.of(CONFIG, allow=["ana ribeiro", "/ops@.*/", "@ana"])

    text = "Ana Ribeiro, ops@example.org, @ana and @bo"

    assert redact_text(text, rules, ["Ana Ribeiro"]).text == "Ana Ribeiro, ops@example.org, @ana and [handle]"


def test_an_owners_column_of_a_wiki_page_as_it_is_laid_out_is_masked() -> None:
    text = (
        "<table>\n <thead>\n  <tr>\n   <th><p>Action</p></th>\n   <th><p>Owner</p></th>\n  </tr>\n"
        " </thead>\n <tbody>\n"
        "  <tr>\n   <td><p>Fix the proxy</p></td>\n   <td><p>Ana Ribeiro</p></td>\n  </tr>\n"
        "  <tr>\n   <td><p>Test it</p></td>\n   <td>\n    Bo Chen\n   </td>\n  </tr>\n </tbody>\n</table>"
    )

    assert masked(text) == text.replace("Ana Ribeiro", "[person]").replace("Bo Chen", "[person]")
