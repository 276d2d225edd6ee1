from pathlib import Path

import pytest

from digest.errors import ConfigError
from digest.trackers.tables import Table, TableRules, read_table


def table(folder: Path, content: str | bytes, name: str = "incidents.csv", **rules: object) -> Table:
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return read_table(path, name, TableRules(**rules))  # type: ignore[arg-type]


def fields(read: Table) -> list[dict[str, object]]:
    return [dict(row.fields) for row in read.rows]


@pytest.mark.parametrize(
    "content",
    [
        "key,title,resolved\n1,a,2026-10-03\n",
        "key;title;resolved\r\n1;a;2026-10-03\r\n",
        "key\ttitle\tresolved\n1\ta\t2026-10-03",
        "\ufeffKey , TITLE,Resolved At\n\n1,a,2026-10-03\n,,\n",
        "sep=;\nkey;title;resolved\n1;a;2026-10-03\n",
    ],
)
def test_tables_of_all_the_usual_programs_are_read(tmp_path: Path, content: str) -> None:
    assert fields(table(tmp_path, content)) == [{"key": "1", "title": "a", "resolved": "2026-10-03"}]


def test_a_row_is_placed_at_the_line_it_begins_on(tmp_path: Path) -> None:
    read = table(tmp_path, 'key,title,resolved\n1,"two\nlines",2026-10-03\n\n2,b,2026-10-03\n')

    assert [row.place for row in read.rows] == ["incidents.csv:2", "incidents.csv:5"]


def test_a_formula_is_plain_text(tmp_path: Path) -> None:
    (row,) = fields(table(tmp_path, 'key,title,resolved\n1,"=HYPERLINK(""x"")",2026-10-03\n'))

    assert row["title"] == '=HYPERLINK("x")'


def test_a_row_with_too_many_cells_is_unusable_and_one_with_too_few_says_so(tmp_path: Path) -> None:
    long, trailing, short = table(tmp_path, "key,resolved,title\n1,2,3,4\n1,2,3,,\n1,2\n").rows

    assert long.unusable == (
        "incidents.csv:2 has 4 cells, the first line 3; put quotes around a cell that holds a comma"
    )
    assert (trailing.unusable, trailing.notes) == (None, ())
    assert short.unusable is None
    assert short.notes == ("incidents.csv:4 has 2 cells, the first line 3; the rest is absent",)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (
            "kee,title,resolved\n",
            r"incidents\.csv:1: no column 'key', .*there is: kee, title, resolved; did you mean 'kee'",
        ),
        ("key,title\n", r"incidents\.csv:1: no column 'resolved' or 'date', by which incidents are counted"),
        (
            "key,Closed\n",
            r"there is: key, Closed; is yours .*\? Say so in the config: `columns: \{resolved: Closed at\}`",
        ),
        ("Case,resolved\n", r"Say so in the config: `columns: \{key: Number\}`"),
        ("key,resolvd_at\n", r"did you mean 'resolvd_at'\? Say so .*`columns: \{resolved: resolvd_at\}`"),
        ("key,created\n", "set `count_by: created`"),
        ("key,resolved,key\n", "'key' stands here twice"),
        ("", r"incidents\.csv:1: the file is empty"),
        ('key,resolved\n1,2026-10-03\n2,"2026-10-03\n3,x\n', r"incidents\.csv:3: not CSV .*a quote"),
        (b"key,resolved\n1,caf\xe9\n", "it is not UTF-8 .*in line 2"),
        (b"PK\x03\x04", "a Word or zip file is not read"),
    ],
)
def test_a_table_that_cannot_be_used_is_refused_with_its_line(
    tmp_path: Path, content: str | bytes, message: str
) -> None:
    with pytest.raises(ConfigError, match=message):
        table(tmp_path, content)


def test_counted_by_creation_a_table_needs_no_resolved(tmp_path: Path) -> None:
    assert table(tmp_path, "key,started\n1,2026-10-03\n", count_by="created").rows
    with pytest.raises(ConfigError, match="no column 'created' or 'started' or 'date'"):
        table(tmp_path, "key,resolved\n", count_by="created")


def test_columns_are_named_by_the_operator_and_a_wrong_name_is_refused(tmp_path: Path) -> None:
    content = "Number,Summary,Closed on,key\n7,a,2026-10-03,not this\n"
    columns = {"key": "number", "title": "Summary", "resolved": "Closed On"}

    (row,) = fields(table(tmp_path, content, columns=columns))

    assert row == {"key": "7", "title": "a", "resolved": "2026-10-03"}
    with pytest.raises(
        ConfigError, match=r"no column 'Sumary', which `columns\.title` names; .*mean 'Summary'"
    ):
        table(tmp_path, content, columns={**columns, "title": "Sumary"})


@pytest.mark.parametrize(
    ("column", "meant", "field"),
    [
        ("visibilty", "visibility", "visibility"),
        ("Privat", "private", "private"),
        ("Incident visibility", "visibility", "visibility"),
        ("is_private", "private", "private"),
        ("restrictd", "restricted", "restricted"),
        ("securty", "security", "restricted"),
    ],
)
def test_a_misspelt_column_that_says_who_may_see_is_refused(
    tmp_path: Path, column: str, meant: str, field: str
) -> None:
    message = rf"incidents\.csv:1: the column '{column}' is not read; did you mean '{meant}'\?"
    with pytest.raises(ConfigError, match=message):
        table(tmp_path, f"key,resolved,{column}\n1,2026-10-03,private\n")

    (row,) = fields(
        table(tmp_path, f"key,resolved,{column}\n1,2026-10-03,private\n", columns={field: column})
    )
    assert row[field] == "private"


@pytest.mark.parametrize("name", ["visibilty: private", "meta: {visibility: private}"])
def test_in_yaml_a_misspelt_name_that_says_who_may_see_is_refused_with_its_line(
    tmp_path: Path, name: str
) -> None:
    content = f"- key: 1\n  resolved: 2026-10-03\n- key: 2\n  resolved: 2026-10-03\n  {name}\n"

    with pytest.raises(ConfigError, match=r"incidents\.yaml:3: the column '.*visibil.*' is not read"):
        table(tmp_path, content, "incidents.yaml")


def test_a_column_that_is_nearly_ours_is_pointed_at(tmp_path: Path) -> None:
    (note,) = table(tmp_path, "key,resolved,severty,colour\n").notes

    assert note == "incidents.csv:1 the column 'severty' is not read; did you mean 'severity'?"


@pytest.mark.parametrize(
    "content",
    [
        "- {key: 007, resolved: 2026-10-03, tags: [a, b]}\n",
        "007:\n  resolved: 2026-10-03\n  tags: [a, b]\n",
        "incidents:\n- key: 007\n  resolved: 2026-10-03\n  tags:\n  - a\n  - b\n",
    ],
)
def test_yaml_is_a_list_or_a_mapping_by_key_and_its_words_stay_words(tmp_path: Path, content: str) -> None:
    read = table(tmp_path, content, "incidents.yaml")

    assert fields(read) == [{"key": "007", "resolved": "2026-10-03", "tags": ["a", "b"]}]


def test_a_yaml_row_is_placed_at_its_line_and_one_that_is_none_is_unusable(tmp_path: Path) -> None:
    read = table(tmp_path, "# all\n- key: 1\n  resolved: 2026-10-32\n- nonsense\n", "incidents.yml")

    assert [row.place for row in read.rows] == ["incidents.yml:2", "incidents.yml:4"]
    assert [row.unusable for row in read.rows] == [None, "incidents.yml:4 is no mapping of names to values"]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("- key: 1\n  a: [\n", r"incidents\.yaml:\d+: "),
        (
            "1: {resolved: x}\n2: {resolved: x}\n1: {resolved: x}\n",
            r"incidents\.yaml:3: the key '1' stands here twice",
        ),
        ("just words", "neither a list of incidents nor a mapping"),
        ("", "neither a list of incidents nor a mapping"),
        ("- {kee: 1, resolved: x}\n", "no column 'key'.*did you mean 'kee'"),
        ("[" * 100_000, "nested too deeply"),
    ],
)
def test_yaml_that_cannot_be_used_is_refused_with_its_line(
    tmp_path: Path, content: str, message: str
) -> None:
    with pytest.raises(ConfigError, match=message):
        table(tmp_path, content, "incidents.yaml")


def test_a_yaml_tag_makes_no_object(tmp_path: Path) -> None:
    trap = tmp_path / "trap"
    content = f"- key: 1\n  resolved: !!python/object/apply:os.mkdir ['{trap}']\n"

    table(tmp_path, content, "incidents.yaml")

    assert not trap.exists()
