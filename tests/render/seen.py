"""What a reader sees of a rendering, read by parsers that are not the program's own."""

import html5lib
from markdown_it import MarkdownIt

_BLOCKS = {"p", "div", "h1", "h2", "h3", "td", "th", "tr", "br", "table", "li"}
_ISOLATES = str.maketrans("", "", "\u2068\u2069")


def one_line(text: str) -> str:
    return " ".join(text.translate(_ISOLATES).split())


def tree(html: str):  # noqa: ANN201 -- the type is xml.etree's, whichever build of it html5lib picks
    return html5lib.parse(html, namespaceHTMLElements=False)


def html_text(html: str) -> str:
    parts: list[str] = []

    def read(element) -> None:  # noqa: ANN001 -- as above
        if isinstance(element.tag, str):  # comments have none
            edge = "\n" if element.tag in _BLOCKS else ""
            parts.extend([edge, element.text or ""])
            for child in element:
                read(child)
            parts.append(edge)
        parts.append(element.tail or "")

    read(tree(html).find("body"))
    return one_line("".join(parts))


def links(html: str) -> list[str]:
    return [link.get("href") or "" for link in tree(html).iter("a")]


def markdown_parser() -> MarkdownIt:
    # Raw HTML is on: where some came from data, it must show.
    return MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])


def markdown_text(markdown: str) -> str:
    return html_text(markdown_parser().render(markdown))
