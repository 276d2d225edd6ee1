"""The commented digest.yaml as text: its blocks are found, switched on and off, and described."""

import pytest

from digest import paths
from digest.config.sample import blocks, comments, variables, with_new_tracker, with_tracker

SAMPLE = """\
# title: Learning Digest
timezone: UTC      # of your readers
# schedule:        # when it is due
#   # day: 5       # of the month
#   time: "09:00"

# --- Trackers ---

trackers:
  # A folder. See README.md.
  - name: reviews
    kind: folder
    path: ../incidents   # where they are
    # encoding: utf-8

  # - name: issues
  #   kind: github
  #   token: ${GITHUB_TOKEN}   # or ${file:/run/secrets/github}
  #   # url: https://ghe.example.org

# --- Channels ---

channels:
  - name: files
    kind: outbox
"""
SHIPPED = (paths.config() / "digest.yaml").read_text(encoding="utf-8")


def test_blocks_are_found_with_their_kind_and_whether_they_are_active() -> None:
    found = [(b.section, b.kind, b.active) for b in blocks(SAMPLE)]

    assert found == [
        ("trackers", "folder", True),
        ("trackers", "github", False),
        ("channels", "outbox", True),
    ]


def test_one_tracker_is_switched_on_and_the_others_off() -> None:
    text = with_tracker(SAMPLE, "github")

    assert text is not None
    assert "  - name: issues\n    kind: github\n" in text
    assert "    # url: https://ghe.example.org\n" in text
    assert "  # A folder. See README.md.\n  # - name: reviews\n  #   kind: folder\n" in text
    assert "  #   # encoding: utf-8\n" in text
    assert "  - name: files\n" in text
    assert with_tracker(text, "folder") == SAMPLE


def test_what_is_active_already_stays_as_it_is() -> None:
    assert with_tracker(SAMPLE, "folder") == SAMPLE
    assert with_tracker(SHIPPED, "folder") == SHIPPED


def test_a_kind_without_a_block_gives_nothing() -> None:
    assert with_tracker(SAMPLE, "outbox") is None
    assert with_tracker("organisation: Example\n", "folder") is None


def test_an_outsiders_tracker_stands_alone() -> None:
    text = with_new_tracker(SAMPLE, ["  - name: board", "    kind: board"])

    assert "trackers:\n  - name: board\n    kind: board\n\n  # A folder." in text
    assert [b.kind for b in blocks(text) if b.section == "trackers" and b.active] == ["board"]


@pytest.mark.parametrize(("kind", "names"), [("github", ("GITHUB_TOKEN",)), ("folder", ())])
def test_only_variables_of_lines_that_are_read_are_named(kind: str, names: tuple[str, ...]) -> None:
    assert variables(with_tracker(SAMPLE, kind) or "") == names


def test_what_is_said_of_a_key_is_found_by_where_the_key_stands() -> None:
    assert comments(SAMPLE) == {
        ("timezone",): "of your readers",
        ("schedule",): "when it is due",
        ("schedule", "day"): "of the month",
        ("trackers", "folder", "path"): "where they are",
        ("trackers", "github", "token"): "or ${file:/run/secrets/github}",
    }


def test_a_mark_inside_quotes_is_no_comment_for_lack_of_a_space() -> None:
    assert comments('title: "a#b"\n') == {}
