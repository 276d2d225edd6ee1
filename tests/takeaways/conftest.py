from pathlib import Path

import pytest
import yaml

from digest.takeaways import Lexicon

CONFIG = Path(__file__).resolve().parents[2] / "config"


@pytest.fixture(scope="session")
def mappings() -> dict[str, object]:
    names = ("headings", "language", "ranking", "themes")
    return {name: yaml.safe_load((CONFIG / f"{name}.yaml").read_text(encoding="utf-8")) for name in names}


@pytest.fixture(scope="session")
def lexicon(mappings: dict[str, object]) -> Lexicon:
    return Lexicon.of(mappings)
