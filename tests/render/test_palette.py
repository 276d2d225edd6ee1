"""Contrast, computed from the palette itself by the formula of WCAG 2.2, section 1.4.3."""

from typing import Any

import pytest

from digest import paths
from digest.render.environment import Form, environment
from digest.render.words import Words

ENV = environment(Form.EMAIL, [paths.templates()], Words.of("en"))
PALETTE: Any = ENV.get_template("email/palette.mjml.j2").module
COLOURS, CHIPS, HEAT = PALETTE.colours, PALETTE.chips, PALETTE.heat
TEXT, GRAPHIC = 4.5, 3.0  # the least contrast for words, and for what only marks

PAIRS = [
    (ink, ground, mode)
    for mode in (0, 1)
    for ink, ground in (
        ("text", "paper"),
        ("muted", "paper"),
        ("link", "paper"),
        ("text", "tip"),
        ("link", "tip"),
        ("on_hero", "hero"),
        ("hero_muted", "hero"),
        ("on_hero", "hero_tip"),
    )
]


def luminance(colour: str) -> float:
    parts = [int(colour[n : n + 2], 16) / 255 for n in (1, 3, 5)]
    red, green, blue = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def test_the_formula_knows_black_on_white() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)


@pytest.mark.parametrize(("ink", "ground", "mode"), PAIRS)
def test_words_can_be_read_on_their_ground(ink: str, ground: str, mode: int) -> None:
    assert contrast(COLOURS[ink][mode], COLOURS[ground][mode]) >= TEXT


@pytest.mark.parametrize("name", sorted(CHIPS))
def test_a_chips_word_can_be_read(name: str) -> None:
    assert contrast(*CHIPS[name]) >= TEXT


@pytest.mark.parametrize("level", range(4))
@pytest.mark.parametrize("mode", [0, 1])
def test_a_count_can_be_read_on_its_shade(level: int, mode: int) -> None:
    assert contrast(*HEAT[level][mode]) >= TEXT


@pytest.mark.parametrize("mode", [0, 1])
def test_the_bar_beside_what_went_right_can_be_seen(mode: int) -> None:
    assert contrast(COLOURS["accent"][mode], COLOURS["paper"][mode]) >= GRAPHIC


def test_every_severity_has_a_chip() -> None:
    assert [PALETTE.tones[n] for n in range(6)] == ["low", "critical", "high", "medium", "low", "low"]
    assert set(PALETTE.tones) == set(CHIPS)
