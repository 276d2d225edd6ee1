"""A note as what Slack's incoming webhooks take: blocks, and a text for notifications. Pure.

Nothing in a note can call anybody or lead anywhere. Its words stand in `plain_text`, which Slack reads
as they are; where they have to stand in Slack's markup, `&`, `<` and `>` are escaped, without which there
is no `<!channel>`, no `<@U123>` and no link behind other words. The one link is the page's address.
https://docs.slack.dev/reference/block-kit
"""

import re
import unicodedata

Json = dict[str, object]

# Slack's limits, per block: 150 and 3,000 characters; 50 blocks; all in all, nowhere documented, about
# 13,200 (github.com/slackapi/bolt-js/issues/2509). A note has some 1,500; one that is longer is cut.
_HEADER_MOST = 150
_LINE_MOST = 600
_LINES_MOST = 30
_SMALL_MOST = 3
_BODY_MOST = 4000
_FALLBACK_MOST = 2500  # escaped
_URL_MOST = 1500  # escaped
_CUT = "… (the rest of this note was too long for a chat)"
_LINK = re.compile(r"https?://[^\s|<>]+")
_ESCAPES = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;"})


def message(note: str) -> Json:
    """Return the payload for a note whose first line is its title.

    Up to three lines right below the title become small print, each other line a block. An address that
    stands alone on the last line is what the words of the line before lead to.
    """
    title, *rest = _lines(note) or ["…"]
    rest, end, link = _link(rest)
    small, below = _apart(rest)
    kept = _fitting(below)
    blocks: list[Json] = [{"type": "header", "text": _plain(_cut(title, _HEADER_MOST))}]
    blocks += [{"type": "context", "elements": [_plain(line)]} for line in small]
    blocks += [{"type": "section", "text": _plain(line)} for line in kept]
    blocks += [{"type": "section", "text": link}] if link else []
    return {
        "text": _fallback([title, *small, *kept], end),
        "blocks": blocks,
        # Names and addresses in the text stay the words that they are, and no preview is fetched.
        "link_names": False,
        "parse": "none",
        "unfurl_links": False,
        "unfurl_media": False,
    }


def escaped(text: str) -> str:
    """Return `text` for Slack's markup, so that it shows as it is."""
    return text.translate(_ESCAPES)


def _lines(note: str) -> list[str]:
    """Return the lines of a note, cleaned; "" stands for each empty one, and none for an empty note."""
    lines = [_clean(line) for line in note.strip().splitlines()]
    return lines if any(lines) else []


def _clean(line: str) -> str:
    shown = (" " if one.isspace() else "\ufffd" if _is_control(one) else one for one in line)
    return " ".join("".join(shown).split())


def _is_control(character: str) -> bool:
    return unicodedata.category(character) in {"Cc", "Cs"}


def _link(lines: list[str]) -> tuple[list[str], str, Json | None]:
    """Return the lines before the page's link, its words and address, and the link; all lines without one."""
    *before, words, url = ["", "", *lines]
    if not words or not _LINK.fullmatch(url) or len(escaped(url)) > _URL_MOST:
        return lines, "", None
    words = _cut(words, _LINE_MOST)
    markup = f"<{escaped(url)}|{escaped(words)}>"
    # verbatim: names of rooms and people in the words are not looked for.
    return before[2:], f"{words}\n{url}", {"type": "mrkdwn", "text": markup, "verbatim": True}


def _apart(lines: list[str]) -> tuple[list[str], list[str]]:
    """Return the lines of small print, cut, and the others; no empty ones."""
    end = min(lines.index("") if "" in lines else len(lines), _SMALL_MOST)
    return [_cut(line, _LINE_MOST) for line in lines[:end]], [line for line in lines[end:] if line]


def _fitting(lines: list[str]) -> list[str]:
    """Return the lines that there is room for, the last one saying so where some were left out."""
    kept: list[str] = []
    room = _BODY_MOST
    for line in (_cut(line, _LINE_MOST) for line in lines):
        room -= len(line)
        if room < 0 or len(kept) == _LINES_MOST:
            return [*kept, _CUT]
        kept.append(line)
    return kept


def _fallback(lines: list[str], end: str) -> str:
    """Return what notifications and screen readers say; `end` has its place in any case."""
    text = ""
    for line in lines:
        more = f"{text}\n{escaped(_cut(line, _LINE_MOST))}"
        if len(more) > _FALLBACK_MOST:
            text += f"\n{_CUT}"
            break
        text = more
    return f"{text}\n{escaped(end)}".strip()


def _cut(text: str, most: int) -> str:
    if len(text) <= most:
        return text
    head = text[: most - 1]
    return (head.rpartition(" ")[0] or head).rstrip() + "…"


def _plain(text: str) -> Json:
    return {"type": "plain_text", "text": text, "emoji": False}
