"""The library's block rules are tried only where they can apply; what they give must not change."""

from random import Random
from typing import Any

import pytest
from markdown_it import MarkdownIt

from digest.takeaways import blocks

PIECES = (
    *(
        "a",
        "b ",
        " ",
        "\n",
        "\n",
        "\n\n",
        "    ",
        "\t",
        "- ",
        "* ",
        "+ ",
        "1. ",
        "2) ",
        "\u0663. ",
        "9",
        "#",
        "# ",
    ),
    *("## ", "> ", ">", "```", "~~~", "---", "***", "===", "_", "__", "[a]: x", "[", "](", "<div>", "<!--"),
    *("-->", "|", "| a | b |\n|--|--|\n", "\u00a0", "\x0b", "\u00e9", "\\", "&", "\0"),
)


def _unguarded() -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"html": True, "maxNesting": 30}).enable(["table", "strikethrough"])
    parser.core.ruler.disable(["inline", "text_join"])
    return parser


@pytest.mark.parametrize("seed", range(5))
def test_any_text_gives_the_tokens_that_the_library_alone_gives(seed: int) -> None:
    random, library = Random(seed), _unguarded()  # noqa: S311 -- made-up texts, the same in each run
    for _ in range(300):
        text = "".join(random.choice(PIECES) for _ in range(random.randint(1, 14)))
        ours: dict[str, Any] = {}
        theirs: dict[str, Any] = {}
        assert blocks._MARKDOWN.parse(text, ours) == library.parse(text, theirs), repr(text)
        assert ours == theirs
