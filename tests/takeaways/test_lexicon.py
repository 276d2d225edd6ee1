import copy
from collections.abc import Callable
from typing import Any

import pytest

from digest.errors import ConfigError
from digest.takeaways import Lexicon


def broken(mappings: dict[str, Any], change: Callable[[dict[str, Any]], None]) -> str:
    """What is said of the files after a change to them."""
    changed = copy.deepcopy(mappings)
    change(changed)
    with pytest.raises(ConfigError) as caught:
        Lexicon.of(changed)
    return str(caught.value)


@pytest.mark.parametrize(
    ("change", "key"),
    [
        (lambda m: m.pop("themes"), "config/themes.yaml"),
        (lambda m: m.update(headings=None), "config/headings.yaml"),
        (lambda m: m["headings"]["meanings"].update(fun=["x"]), "config/headings.yaml meanings.fun"),
        (lambda m: m["headings"]["languages"].update({False: {}}), "config/headings.yaml languages"),
        (lambda m: m["language"]["empty"].append(False), "config/language.yaml empty["),
        (lambda m: m["language"]["cues"].update(vague=[]), "config/language.yaml cues.vague"),
        (lambda m: m["language"]["rules"][0].update(rule="shame"), "config/language.yaml rules[0].rule"),
        (
            lambda m: m["language"]["rules"][2]["patterns"].insert(0, "(x"),
            "config/language.yaml rules[2].patterns[0]",
        ),
        (lambda m: m["language"]["template"].append("[a"), "config/language.yaml template["),
        (lambda m: m["ranking"].update(baar=1), "config/ranking.yaml baar"),
        (lambda m: m["ranking"].update(bar=2), "config/ranking.yaml bar"),
        (
            lambda m: m["ranking"]["choice"]["novel"].update(weight="much"),
            "config/ranking.yaml choice.novel.weight",
        ),
        (
            lambda m: m["ranking"]["reasons"]["vague"].update(says="{x}"),
            "config/ranking.yaml reasons.vague.says",
        ),
        (lambda m: m["ranking"]["reasons"].pop("vague"), "config/ranking.yaml"),
        (lambda m: m["ranking"]["places"].pop("other"), "config/ranking.yaml"),
        (lambda m: m["cues"].update(cause=["because", False]), "config/cues.yaml cause[1]"),
        (
            lambda m: m["cues"].update(cause=[""]),
            "config/cues.yaml cause[0]",
        ),
        (lambda m: m["themes"]["themes"].append(m["themes"]["themes"][0]), "config/themes.yaml themes["),
        (lambda m: m["themes"]["themes"][1].pop("question"), "config/themes.yaml themes[1].question"),
    ],
)
def test_a_wrong_file_is_named_with_its_key(mappings: dict[str, Any], change: Any, key: str) -> None:
    assert broken(mappings, change).startswith(key)


def test_each_weight_has_a_reason(mappings: dict[str, Any]) -> None:
    ranking = mappings["ranking"]
    weights = [*ranking["reasons"].values(), *ranking["choice"].values()]

    assert all(entry["because"] for entry in weights)
