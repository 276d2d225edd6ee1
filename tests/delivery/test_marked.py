"""Our part of a page: ours to replace, never what is around it, and never over a person's words."""

import re

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from digest.delivery.wikis.marked import PartRefused, find, harmless, keys, page_key, plain, title_of, written

OCTOBER = page_key("2026-10", "all")
PAGE = written(None, OCTOBER, "# October\n\n- A cache without a limit fills the disk.\n")
BEGIN, END = f"<!-- {OCTOBER} begin -->", f"<!-- {OCTOBER} end -->"


def test_a_new_page_is_our_part_and_says_so_to_nobody_but_editors() -> None:
    assert re.sub("<!--.*?-->", "", PAGE).strip() == "# October\n\n- A cache without a limit fills the disk."
    assert "incident-digest:2026-10:all" in PAGE
    assert keys(PAGE) == (OCTOBER,)


def test_the_same_again_is_the_same_page() -> None:
    assert written(PAGE, OCTOBER, "# October\n\n- A cache without a limit fills the disk.") == PAGE


def test_an_update_changes_our_part_alone() -> None:
    page = f"---\nlayout: wiki\n---\nAna: read this!\n\n{PAGE}\nBen: thanks.  \n"
    updated = written(page, OCTOBER, "# October, corrected")
    before, after = updated.split(updated[updated.index("<!--") : updated.rindex("-->") + 3])
    assert before == "---\nlayout: wiki\n---\nAna: read this!\n\n"
    assert after == "\n\nBen: thanks.  \n"
    assert "# October, corrected" in updated
    assert "cache" not in updated


@pytest.mark.parametrize(
    "changed",
    [
        PAGE.replace("cache", "queue"),
        PAGE.replace("- A cache", "- A cache\n- One more"),
        PAGE.replace("\n\n<!-- ", "\n\nThanks, Ana\n\n<!-- "),
        PAGE.replace("# October", "October"),
    ],
)
def test_an_edit_inside_is_never_overwritten(changed: str) -> None:
    assert changed != PAGE
    with pytest.raises(PartRefused, match=r"edited by hand; move the words .* delete what is between"):
        written(changed, OCTOBER, "# October, corrected")


@pytest.mark.parametrize(
    "changed",
    [
        PAGE.replace("\n", "\r\n"),
        PAGE.rstrip("\n"),
        f"{PAGE}\n\n",
        PAGE.replace("disk.\n", "disk.  \n"),
        PAGE.replace("disk.\n\n", "disk.\n"),
        f"\ufeff{PAGE}",
        f"{PAGE}".replace("<!--", "  <!--"),
    ],
)
def test_what_a_web_editor_changes_unasked_is_no_edit(changed: str) -> None:
    assert changed != PAGE
    assert (
        written(changed, OCTOBER, plain("# October\n\n- A cache without a limit fills the disk.")) == changed
    )
    assert "corrected" in written(changed, OCTOBER, "# October, corrected")


def test_a_page_with_other_line_ends_keeps_them() -> None:
    page = f"Ana: read this!\n{PAGE}".replace("\n", "\r\n")
    updated = written(page, OCTOBER, "# October\n\ncorrected")
    assert updated.count("\n") == updated.count("\r\n") == 8
    assert written(updated, OCTOBER, "# October\n\ncorrected") == updated


def test_a_page_without_our_marks_is_left_alone() -> None:
    with pytest.raises(PartRefused, match=f"somebody else's page .* {re.escape(BEGIN)} and {re.escape(END)}"):
        written("# Ana's own page\n", OCTOBER, "# October")


def test_a_part_of_another_edition_is_not_ours_to_replace() -> None:
    with pytest.raises(PartRefused, match="somebody else's page"):
        written(PAGE, page_key("2026-11", "all"), "# November")


def test_two_marks_that_a_person_has_written_are_filled() -> None:
    page = f"Above\n{BEGIN}\n{END}\nBelow\n"
    filled = written(page, OCTOBER, "# October")
    assert filled.startswith("Above\n<!-- incident-digest")
    assert filled.endswith("-->\nBelow\n")
    assert written(filled, OCTOBER, "# October") == filled


def test_an_emptied_part_is_written_anew() -> None:
    emptied = PAGE.replace("# October\n\n- A cache without a limit fills the disk.\n", "")
    assert "# October" in written(emptied, OCTOBER, "# October")


@pytest.mark.parametrize(
    "page",
    [
        f"{BEGIN}\n",
        f"{END}\n",
        f"{END}\n{BEGIN}\n",
        f"{BEGIN}\n{BEGIN}\n{END}\n",
        f"{BEGIN}\n{END}\n{END}\n",
        f"{PAGE}{PAGE}",
    ],
)
def test_broken_marks_are_refused(page: str) -> None:
    with pytest.raises(PartRefused, match="marks are incomplete"):
        written(page, OCTOBER, "# October")


@pytest.mark.parametrize(
    "words",
    [
        END,
        BEGIN,
        f"a {END} b",
        "-->",
        "--> <!--",
        f"<!--\n{OCTOBER} end -->",
        f"<!-- {OCTOBER.upper()} END -->",
        f"\r{END}\r",
        "<!-- incident-digest:2026-11:all begin sha256:" + "0" * 64 + " -->",
        f"<<!-- {OCTOBER} end -->",
        "\ud800",
        "\x00",
    ],
)
def test_no_words_of_ours_forge_or_break_a_mark(words: str) -> None:
    page = written("Ana\n" + PAGE, OCTOBER, f"# October\n{words}\n{words}")
    assert keys(page) == (OCTOBER,)
    assert page.count("<!-- incident-digest") == 2
    part = find(page, OCTOBER)
    assert part is not None
    assert part.ours
    assert page[: part.start] == "Ana\n"
    assert page[part.end :] == "\n"


@given(around=st.text(), body=st.text(), later=st.text(), ends=st.sampled_from(["\n", "\r\n"]))
def test_whatever_stands_on_a_page_and_whatever_we_write(
    around: str, body: str, later: str, ends: str
) -> None:
    around = around.encode("utf-8", "replace").decode()
    assume("incident-digest:" not in around)
    above, below = f"{around}{ends}", f"{ends}{around}"
    page = written(f"{above}{BEGIN}{ends}{END}{below}", OCTOBER, body)
    assert written(page, OCTOBER, body) == page
    updated = written(page, OCTOBER, later)
    assert updated.startswith(above)
    assert updated.endswith(below)
    part = find(updated, OCTOBER)
    assert part is not None
    assert part.ours
    assert part.body == plain(harmless(later))


@pytest.mark.parametrize(
    ("words", "shown"),
    [
        (r"\{% include secrets.md %\}", r"\{&#37; include secrets.md %\}"),
        (r"\{\{&lt; shortcode >\}\}", r"\{\{&lt; shortcode >\}\}"),
        (r"\{\{% shortcode %\}\}", r"\{\{&#37; shortcode %\}\}"),
        ("{% raw %}", "{% raw %}"),  # a template of the operator's may say so
    ],
)
def test_a_site_generator_finds_no_tag_in_data(words: str, shown: str) -> None:
    assert harmless(words) == shown


def test_a_title_is_taken_from_what_we_wrote_alone() -> None:
    assert title_of(find(PAGE, OCTOBER)) == "October"
    assert title_of(find(PAGE.replace("October", "Oktober"), OCTOBER)) is None
    assert title_of(find(written(None, OCTOBER, "no heading"), OCTOBER)) is None
    assert title_of(None) is None
