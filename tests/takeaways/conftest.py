from pathlib import Path

import pytest
import yaml

from digest.assemble import models_in
from digest.takeaways import Lexicon
from digest.takeaways.models import Models

CONFIG = Path(__file__).resolve().parents[2] / "config"


@pytest.fixture(scope="session")
def mappings() -> dict[str, object]:
    names = ("headings", "language", "ranking", "themes", "cues")
    return {name: yaml.safe_load((CONFIG / f"{name}.yaml").read_text(encoding="utf-8")) for name in names}


@pytest.fixture(scope="session")
def models() -> Models:
    return models_in(CONFIG / "model")


@pytest.fixture(scope="session")
def lexicon(mappings: dict[str, object], models: Models) -> Lexicon:
    return Lexicon.of(mappings, models)
