from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from digest.errors import ConfigError
from digest.model import ReviewState, TextFormat, Visibility
from digest.trackers import documents
from digest.trackers.documents import Document, UnreadableError, read_document, title_of
from digest.trackers.folder import incident_of_file, read_review


def document(
    folder: Path, content: str | bytes, name: str = "1421-search.md", encoding: str = "utf-8"
) -> Document:
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return read_document(path, name, encoding)


def test_yaml_front_matter_is_words_and_its_lines_are_counted(tmp_path: Path) -> None:
    read = document(tmp_path, "---\nkey: 007\nwhen: 12:30\ndraft: no\n---\n# Title\n")

    assert read.fields == {"key": "007", "when": "12:30", "draft": "no"}
    assert (read.text, read.first_line, read.notes) == ("# Title\n", 5, ())


def test_toml_front_matter_is_words_too(tmp_path: Path) -> None:
    read = document(tmp_path, '+++\ndate = 2026-10-03T10:00:00Z\nprivate = true\ntags = ["a", 1]\n+++\ntext')

    assert read.fields == {"date": "2026-10-03 10:00:00+00:00", "private": "true", "tags": ["a", "1"]}
    assert (read.text, read.first_line) == ("text", 5)


@pytest.mark.parametrize(
    ("content", "line"),
    [
        ("---\nprivate: true\nauthors: @ana\n---\ntext", 3),
        ("---\nprivate: true\nauthors: '@ana'\nprivate: true\n---\ntext", 4),
        ("+++\nprivate = true\nauthors = @ana\n+++\ntext", 3),
    ],
)
def test_front_matter_that_is_not_valid_is_read_line_by_line_and_said(
    tmp_path: Path, content: str, line: int
) -> None:
    read = document(tmp_path, content)

    assert read.fields == {"private": "true", "authors": "@ana"}
    assert read.text == "text"
    (note,) = read.notes
    assert note.startswith(f"1421-search.md:{line} the front matter is not valid")


@pytest.mark.parametrize(
    "content",
    [
        "---\n\nA rule above, and no second one.\n",
        "---\nA sentence between two rules.\n---\nMore.\n",
        "---\n- a list\n- between rules\n---\n",
        "--- \u00a0not a rule\nkey: 1\n---\n",
        "text\n---\nkey: 1\n---\n",
    ],
)
def test_rules_that_enclose_no_fields_are_text(tmp_path: Path, content: str) -> None:
    read = document(tmp_path, content)

    assert (read.text, read.first_line, dict(read.fields), read.notes) == (content, 0, {}, ())


@pytest.mark.parametrize(
    "block",
    [
        "a: " + "[" * 60_000,
        "- " * 30_000,
        "a: {" * 10_000,
        "a: &x [1]\nb: *y",
        "x: !!python/object/apply:os.system [ls]",
    ],
)
def test_hostile_front_matter_harms_nothing(tmp_path: Path, block: str) -> None:
    assert document(tmp_path, f"---\ntitle: t\n{block}\n---\ntext").text.endswith("text")


def test_lines_and_columns_are_those_of_the_file_whatever_ends_its_lines(tmp_path: Path) -> None:
    read = document(tmp_path, b"\xef\xbb\xbf---\r\ntitle: A\r\n---\r\n\r\n# One\r\n- two\r\n")

    assert read.text == "\n# One\n- two\n"
    assert incident_of_file(tmp_path / "1421-search.md").review.origin.locate(2, 2) == (6, 3)


@pytest.mark.parametrize(
    ("content", "advice"),
    [
        (b"%PDF-1.7 \x00", "export it as text or Markdown"),
        (b"PK\x03\x04\x00", "a Word or zip file is not read"),
        (b"one\0two", "NUL bytes"),
        ("# x".encode("utf-16"), "`encoding: utf-16`"),
        (
            b"# Caf\xe9\n",
            r"it is not UTF-8 \(byte 6, in line 1\); save it as UTF-8, or set `encoding: latin-1`",
        ),
    ],
)
def test_what_is_no_text_is_refused_with_what_would_be_right(
    tmp_path: Path, content: bytes, advice: str
) -> None:
    with pytest.raises(UnreadableError, match=advice):
        document(tmp_path, content)


def test_another_encoding_is_read_where_it_is_said(tmp_path: Path) -> None:
    assert document(tmp_path, b"# Caf\xe9", encoding="latin-1").text == "# Café"
    assert document(tmp_path, "# Café".encode("utf-16"), encoding="utf-16").text == "# Café"


@pytest.mark.parametrize("line", ["a line of a log é\n", "é" * 50_000])
def test_a_text_that_is_too_long_is_cut_at_a_character_and_says_so(tmp_path: Path, line: str) -> None:
    read = document(tmp_path, line * 20_000 if "\n" in line else line * 4)

    assert len(read.text.encode()) <= documents.MOST_BYTES + len(documents.SHORTENED)
    assert read.text.endswith("(shortened)\n")
    assert read.notes == ("1421-search.md: longer than 200 KB; the rest was not read",)


@pytest.mark.parametrize(
    ("name", "content", "markup"),
    [
        ("a.md", "# x", TextFormat.MARKDOWN),
        ("a.html.md.erb", "# x", TextFormat.MARKDOWN),
        ("a", "x", TextFormat.MARKDOWN),
        ("a.txt", "x", TextFormat.PLAIN),
        ("a.HTML", "x", TextFormat.HTML),
        ("a.md", "---\nk: v\n---\n\n<p>All of it</p>\n", TextFormat.HTML),
        ("a.md", "<div>An aside</div>\n\n# But a heading\n", TextFormat.MARKDOWN),
    ],
)
def test_the_markup_is_told_by_the_name_and_by_what_stands_there(
    tmp_path: Path, name: str, content: str, markup: TextFormat
) -> None:
    assert document(tmp_path, content, name).format is markup


@pytest.mark.parametrize(
    ("name", "content", "title"),
    [
        ("x.md", "intro\n\n# The *search* was [slow](u) #\n", "The search was slow"),
        ("x.md", "The search was slow\n=====\n", "The search was slow"),
        ("x.md", "# Title: The search was slow\n", "The search was slow"),
        ("x.html", "<h1>The <b>search</b> &amp; more</h1>", "The search & more"),
        ("2026-10-03-search_was-slow.md", "# Summary\n", "Search was slow"),
        ("search-slow.md", "```\n# a comment\n```\n", "Search slow"),
        ("1421.md", "text", None),
    ],
)
def test_a_title_is_the_first_h1_unless_it_names_a_section_else_the_files_name(
    tmp_path: Path, name: str, content: str, title: str | None
) -> None:
    assert title_of(document(tmp_path, content, name)) == title


def test_one_file_alone_is_a_finished_public_incident(tmp_path: Path) -> None:
    path = tmp_path / "1421-search.html.md.erb"
    path.write_text(
        "---\nprivate: true\ndraft: true\ndate: nonsense\nauthor: Ana\n---\n# Search\n", encoding="utf-8"
    )

    read = read_review(path)

    assert read.incident.key == "1421"
    assert read.incident.title == "Search"
    assert read.incident.visibility is Visibility.PUBLIC
    assert read.incident.people == ("Ana",)
    assert read.incident.review.state is ReviewState.FINISHED
    assert read.incident.review.file == str(path)
    assert read.incident.review.origin.first_line == 6
    assert any("date: 'nonsense' is not a time" in note for note in read.notes)


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"missing\.md: No such file"):
        incident_of_file(tmp_path / "missing.md")
    with pytest.raises(ConfigError, match="Is a directory"):
        incident_of_file(tmp_path)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    content=st.one_of(
        st.binary(max_size=300),
        st.text(max_size=300).map(lambda t: f"---\n{t}\n---\n{t}".encode("utf-8", "replace")),
    )
)
def test_no_content_does_more_than_raise_the_error_for_people(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "review.md"
    path.write_bytes(content)
    try:
        incident = incident_of_file(path)
    except ConfigError:
        return
    assert incident.review.state is ReviewState.FINISHED
