import pytest

from digest.trackers.forms import form_of, has_heading, is_filled, plain_heading, without_blanks

KNOWN = frozenset({"lessons learned", "what went well"})


@pytest.mark.parametrize(
    ("text", "fields"),
    [
        ("### Severity\n\nSEV2\n", {"severity": "SEV2"}),
        ("## Severity ##\nSEV2", {"severity": "SEV2"}),
        ("### 🔥 Severity?\n\nSEV2", {"severity": "SEV2"}),
        ("### Impacted services\n\nFares, Search", {"services": ["Fares", "Search"]}),
        ("### Services\n\n- Fares\n- Search", {"services": ["Fares", "Search"]}),
        ("### Services\n\n- [X] Fares\n- [ ] Search", {"services": ["Fares"]}),
        ("### Team\n\n_No response_\n\n### Severity\n\n1", {"severity": "1"}),
        ("### Team\n\nWeb\n\n### Team\n\nData", {"team": "Web"}),
        ("### Team\n\n<!-- who\nowns it -->\nWeb", {"team": "Web"}),
        ("### Team\n\nWeb\nand Data", {}),
        ("### Root cause\n\n" + "It went on and on. " * 5, {}),
        ("### Detected\n\nBy a customer", {}),
        ("### Title\n\nMine", {}),
        ("### Resolved at\n\n2026-05-12", {}),
        (
            "### Responders\n\nAna Ribeiro, @bo\n- Mila Horvat",
            {"responders": ["Ana Ribeiro", "@bo", "Mila Horvat"]},
        ),
        ("```\n### Severity\n\nSEV2\n```", {}),
        ("Severity: SEV2", {}),
        ("", {}),
    ],
)
def test_short_answers_below_known_headings_are_fields(text: str, fields: dict[str, object]) -> None:
    assert form_of(text).fields == fields


@pytest.mark.parametrize(
    ("text", "fields"),
    [
        ("### Private\n\nyes", {"private": ["yes"]}),
        ("### Private\n\nno\n\n### Private\n\nyes", {"private": ["no", "yes"]}),
        ("### Confidential\n\n- [ ] yes\n- [x] no", {"confidential": ["yes"]}),
        ("### Confidential\n\n- [ ] yes", {"confidential": ["no"]}),
        ("### Visibility\n\n- [x] private\n- [ ] public", {"visibility": ["private"]}),
        ("### Visibility\n\n" + "See the other page. " * 5, {"visibility": ["a text of several words"]}),
        ("### Security\n\n" + "No key was lost, and we looked. " * 5, {}),
        ("### Security\n\nyes", {"security": ["yes"]}),
        ("### Visiblity\n\nfew", {"visiblity": ["few"]}),
        ("Confidential: yes\n\n### Team\n\nWeb", {"private": ["yes"], "team": "Web"}),
        ("```\n### Private\n\nyes", {"private": ["yes"]}),
        ("<!-- ### Private\n\n### Private\n\nyes", {"private": ["yes"]}),
        ("```\n<!--\n```\n### Private\n\nyes\n\n<!-- x -->", {"private": ["yes"]}),
    ],
)
def test_every_answer_about_who_may_see_it_is_kept(text: str, fields: dict[str, object]) -> None:
    assert form_of(text).fields == fields


def test_the_line_of_a_field_is_known() -> None:
    assert form_of("One\n<!--\nx\n-->\n### Severity\n\nSEV2\n").at == {"severity": 5}


def test_no_answer_is_taken_out_and_lines_keep_their_numbers() -> None:
    assert without_blanks("a\n_No response_\n  _no response_  \nb _No response_") == "a\n\n\nb _No response_"


@pytest.mark.parametrize(
    ("text", "filled"),
    [
        ("## Summary\n\nIt was slow.", True),
        ("## Summary\n\n<!-- what happened -->\n", False),
        ("### Severity\n\nSEV2\n\n### Team\n\nWeb", False),
        ("It was slow.", False),
        ("**What happened**\n\nIt was slow.", True),
        ("Lessons learned:\n- Look.", True),
        ("Dear all:\nlook.", False),
        ("# Lessons learned", False),
    ],
)
def test_an_empty_form_is_no_review(text: str, filled: bool) -> None:  # noqa: FBT001  a truth is what is tested
    assert is_filled(text, KNOWN) is filled


@pytest.mark.parametrize(
    ("text", "has"),
    [
        ("## Lessons learned", True),
        ("### 3. Lessons Learned!", True),
        ("**What went well**", True),
        ("What went well:", True),
        ("what went well", False),
        ("We asked what went well: little.", False),
        ("<!-- ## Lessons learned -->", False),
    ],
)
def test_a_known_heading_is_found_where_it_stands_as_one(text: str, has: bool) -> None:  # noqa: FBT001  as above
    assert has_heading(text, KNOWN) is has


def test_a_heading_is_compared_without_its_signs() -> None:
    assert plain_heading("## 2. What’s *Next* & why? ##") == "what's next and why"
