"""The rules that templates keep, so that data cannot become markup."""

import re
from pathlib import Path

import pytest

from digest import paths

TEMPLATES = sorted(
    file
    for form in ("email", "text", "markdown", "chat", "words")
    for file in (paths.templates() / form).iterdir()
)
MJML = [file for file in TEMPLATES if file.parent.name == "email"]
OUTPUT = re.compile(r"\{\{(.*?)\}\}", re.DOTALL)
COMMENT = re.compile(r"\{#.*?#\}", re.DOTALL)
TAG = re.compile(r"<[a-z][\w-]*((?:\{\{.*?\}\}|\{%.*?%\}|[^<>])*?)/?>", re.DOTALL)
ATTRIBUTE = re.compile(r'[\w-]+="[^"]*"')


def problems_of(template: str) -> list[str]:
    """Return what in an MJML template could let data become markup."""
    text = COMMENT.sub("", template)
    found = []
    for match in TAG.finditer(text):
        inside = match[1]
        values = OUTPUT.findall(inside)
        found += [
            f"not through attr: {value}" for value in values if not re.search(r"\|(attr|href)\s*$", value)
        ]
        bare = re.sub(r"\{%.*?%\}", "", OUTPUT.sub("x", inside), flags=re.DOTALL)
        left = ATTRIBUTE.sub("", bare).strip()
        found += [f"not in double quotes: {left}"] if left else []
        targets = re.findall(r'href="(.*?)"\s', inside + " ", re.DOTALL)
        found += [
            f"not through href: {target}"
            for target in targets
            if not re.fullmatch(r"\{\{[^}]*\|href \}\}", target)
        ]
    raw = re.findall(r"<mj-raw>(.*?)</mj-raw>", text, re.DOTALL)
    found += ["data in mj-raw" for block in raw if OUTPUT.search(block) and "{% macro preheader(" not in text]
    return found


@pytest.mark.parametrize("file", MJML, ids=lambda file: file.name)
def test_no_template_of_the_mail_lets_data_become_markup(file: Path) -> None:
    assert problems_of(file.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    ("template", "said"),
    [
        ("<p title='{{ x|attr }}'>", "not in double quotes"),
        ("<p title={{ x|attr }}>", "not in double quotes"),
        ('<p title="{{ x }}">', "not through attr"),
        ('<a href="{{ x|attr }}">', "not through href"),
        ('<a href="https://x/{{ x|href }}">', "not through href"),
        ("<mj-raw>{{ x }}</mj-raw>", "data in mj-raw"),
    ],
)
def test_the_lint_finds_what_it_is_for(template: str, said: str) -> None:
    assert any(said in problem for problem in problems_of(template))


@pytest.mark.parametrize("file", TEMPLATES, ids=lambda file: f"{file.parent.name}/{file.name}")
def test_no_template_switches_its_guards_off(file: Path) -> None:
    text = COMMENT.sub("", file.read_text(encoding="utf-8"))
    code = " ".join(re.findall(r"\{[{%].*?[%}]\}", text, re.DOTALL))

    assert "autoescape" not in code
    assert "|safe" not in code.replace(" ", "")
    assert "~" not in re.sub(r'"[^"]*"', "", code), (
        "Jinja would escape as HTML, whatever the markup is; use join"
    )
    assert "mj-include" not in text
    assert "mj-preview" not in text


@pytest.mark.parametrize("file", TEMPLATES, ids=lambda file: f"{file.parent.name}/{file.name}")
def test_a_part_is_short_and_says_what_it_shows(file: Path) -> None:
    lines = file.read_text(encoding="utf-8").split("\n")

    assert len(lines) <= 80
    assert lines[0].startswith("{# ")
