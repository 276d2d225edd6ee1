"""Config → connected trackers and channels, with all that a run needs read; before any network call."""

import gc
import hashlib
import time
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from digest import __version__, paths
from digest.config import Config, read_yaml
from digest.delivery import kind_of as channel_kind
from digest.delivery.base import Channel
from digest.delivery.base import Context as ChannelContext
from digest.edition import Imprint
from digest.errors import ConfigError
from digest.insights import Causes
from digest.pipeline import Setup
from digest.redact import Rules, redact_incident, redact_text
from digest.render import Renderer
from digest.takeaways import Lexicon
from digest.trackers import kind_of as tracker_kind
from digest.trackers.base import Context as TrackerContext
from digest.trackers.base import Tracker

# For somebody who watches; five minutes, as a run by hand should end.
PATIENCE_S = 300.0
_LEXICON = ("headings", "language", "ranking", "themes", "cues")


def assemble(
    config: Config,
    *,
    rendering: bool = True,
    patience_s: float = PATIENCE_S,
    tell: Callable[[str], None] = lambda _: None,
    sleep: Callable[[float], None] = time.sleep,
) -> Setup:
    """Put an organisation's program together.

    Args:
        config: as read.
        rendering: whether editions will be rendered, so that the templates are checked now.
        patience_s: how long the tries at one request to a service may take in all, in seconds.
        tell: hears why something takes long.
        sleep: waits between such tries; one that raises where the process is asked to end.

    Raises:
        ConfigError: a connector's settings, or one of the files beside the config, are wrong.
        TemplateError: a template is wrong.
    """
    settings = config.settings
    rules = rules_of(config)
    overrides = None if settings.templates is None else config.path(settings.templates)
    if overrides is not None and not overrides.is_dir():
        raise ConfigError(f"{config.file} templates", f"there is no folder {overrides}")
    setup = Setup(
        settings=settings,
        imprint=Imprint(settings.organisation, settings.title, __version__, settings.editor),
        trackers=_trackers(config, patience_s, tell, sleep),
        channels=_channels(config, patience_s, tell, sleep),
        ledger=config.path(settings.ledger),
        editions=config.folder / "editions",
        lexicon=lexicon_of(config.folder),
        causes=Causes.of(mapping(config.folder, "factors")),
        redact=partial(redact_incident, rules=rules),
        mask=lambda text: redact_text(text, rules).text,
        renderer=Renderer(paths.templates(), overrides, settings.language),
        config_hash=hashlib.sha256(config.file.read_bytes()).hexdigest(),
    )
    if rendering:
        setup.renderer.compile()
    # All of this and the libraries stay until the end: the collector need not look at them again and again.
    gc.collect()
    gc.freeze()
    return setup


def lexicon_of(folder: Path | None, *, trained: bool = True) -> Lexicon:
    """Return the words that stage 2 works with: the operator's files where there are such, else ours.

    Untrained it reads like any other, and scores nothing: what a model is trained with.
    """
    words = {name: mapping(folder, name) for name in _LEXICON}
    return Lexicon.of(words, models_in(paths.config() / "model") if trained else None)


def models_in(folder: Path) -> dict[str, dict[str, NDArray[np.generic]]]:
    """Read the trained models in a folder, by their names.

    Raises:
        ConfigError: a file is damaged.
    """
    models = {}
    for file in sorted(folder.glob("*.npz")):
        try:
            with np.load(file, allow_pickle=False) as arrays:
                models[file.stem] = dict(arrays)
        except (OSError, ValueError, BadZipFile) as error:
            raise ConfigError(
                str(file), f"cannot be read ({type(error).__name__}): run `make model`"
            ) from error
    return models


def rules_of(config: Config | None) -> Rules:
    """Return what is masked: our rules, with the config's additions where there is one."""
    folder = config.folder if config else None
    rules = dict(mapping(folder, "redaction"))
    if config is None:
        return Rules.of(rules)
    more = config.settings.redaction
    options = rules.get("options")
    rules["options"] = {**(options if isinstance(options, dict) else {}), "ip_addresses": more.ip_addresses}
    return Rules.of(rules, customers=more.customers, allow=more.allow)


def mapping(folder: Path | None, name: str) -> Mapping[str, object]:
    """Read one of the files beside the config, or the one that comes with the program.

    Raises:
        ConfigError: it is not YAML, or not keys and values.
    """
    own = None if folder is None else folder / f"{name}.yaml"
    tree = read_yaml(own if own is not None and own.exists() else paths.config() / f"{name}.yaml")
    if not isinstance(tree.value, dict):
        raise tree.error((), "expected keys and values")
    return tree.value


def _trackers(
    config: Config, patience_s: float, tell: Callable[[str], None], sleep: Callable[[float], None]
) -> tuple[Tracker, ...]:
    settings = config.settings
    context = TrackerContext(config.folder, settings.timezone, settings.count_by, patience_s, tell, sleep)
    trackers = []
    for connector in config.trackers:
        kind = tracker_kind(connector.kind, connector.tree.place((*connector.steps, "kind")))
        trackers.append(kind.connect(connector.name, connector.parse(kind.settings), context))
    return tuple(trackers)


def _channels(
    config: Config, patience_s: float, tell: Callable[[str], None], sleep: Callable[[float], None]
) -> tuple[Channel, ...]:
    context = ChannelContext(config.folder, patience_s=patience_s, tell=tell, sleep=sleep)
    channels = []
    for connector in config.channels:
        kind = channel_kind(connector.kind, connector.tree.place((*connector.steps, "kind")))
        channels.append(kind.connect(connector.name, connector.parse(kind.settings), context))
    return tuple(channels)
