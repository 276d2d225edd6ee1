"""The JSON Schema of digest.yaml, made of the settings themselves; for editors, and for checks of a change.

It says no more than the settings do: what only reading the whole can judge (two connectors of one name,
a variable that is not set) is left to the program.
"""

from collections.abc import Mapping
from typing import Any

from pydantic.json_schema import models_json_schema

from digest.config.sample import Where, comments
from digest.config.settings import Settings
from digest.config.strict import Strict

_DIALECT = "https://json-schema.org/draft/2020-12/schema"
_REF = "#/$defs/{model}"
_ABOUT_SECRETS = (
    "A secret: `${NAME}` takes it from an environment variable, `${file:/run/secrets/name}` from a file. "
    "Do not write the secret itself."
)
_NAME = {
    "type": "string",
    "pattern": r"^[A-Za-z0-9][A-Za-z0-9 ._-]{0,39}$",
    "description": "Your name for it; the kind, where you give none. No two have the same.",
}
# What holds values of ours, or schemas by name, instead of a schema.
_VALUES = frozenset({"default", "examples", "enum", "const", "required"})
_BY_NAME = frozenset({"properties", "$defs", "patternProperties"})

Schema = dict[str, Any]
Kinds = Mapping[str, type[Strict]]


def schema_of(trackers: Kinds, channels: Kinds, sample: str = "") -> Schema:
    """Return the schema (draft 2020-12) of a digest.yaml with these kinds of connectors.

    Args:
        trackers: the settings of each kind of tracker.
        channels: the settings of each kind of channel.
        sample: the text of a commented digest.yaml; what it says of a key describes it, where the
            settings themselves do not.
    """
    models: list[type[Strict]] = list(dict.fromkeys([Settings, *trackers.values(), *channels.values()]))
    made, rest = models_json_schema([(model, "validation") for model in models], ref_template=_REF)
    shared: Schema = rest.get("$defs", {})
    own = {model: shared[str(made[model, "validation"]["$ref"]).rpartition("/")[2]] for model in models}
    words = comments(sample)
    root = _described(own[Settings], (), words, shared)
    properties = {**root["properties"]}
    kinds: Schema = {}
    for section, what, settings in (("trackers", "tracker", trackers), ("channels", "channel", channels)):
        for kind, model in sorted(settings.items()):
            connector = _described(own[model], (section, kind), words, shared)
            kinds[f"{what}-{kind}"] = _connector(connector, kind)
        properties[section] = _list_of(what, sorted(settings))
    used = {name: shape for name, shape in shared.items() if shape not in own.values()}
    whole = {
        **root,
        "description": "The settings of Learning Digest.",
        "properties": properties,
        "required": [*root.get("required", []), "trackers", "channels"],
        "$defs": {**used, **kinds},
    }
    return {"$schema": _DIALECT, "title": "digest.yaml", **_tidied(whole)}


def _connector(shape: Schema, kind: str) -> Schema:
    properties = {"name": _NAME, "kind": {"const": kind}, **shape.get("properties", {})}
    return {**shape, "properties": properties, "required": ["kind", *shape.get("required", [])]}


def _list_of(what: str, kinds: list[str]) -> Schema:
    # Not oneOf: an editor then says what is wrong with this kind, not that none of them fits.
    choices = [
        {
            "if": {"properties": {"kind": {"const": kind}}, "required": ["kind"]},
            "then": {"$ref": f"#/$defs/{what}-{kind}"},
        }
        for kind in kinds
    ]
    item = {"type": "object", "properties": {"kind": {"enum": kinds}}, "required": ["kind"], "allOf": choices}
    return {"type": "array", "minItems": 1, "items": item}


def _described(shape: Schema, path: Where, words: Mapping[Where, str], shared: Schema) -> Schema:
    """Return a settings' schema with the sample's words for the keys that have none; keys below a key too."""
    properties = {}
    for key, inner in shape.get("properties", {}).items():
        said = {} if "description" in inner else {"description": words.get((*path, key), "")}
        below = str(inner.get("$ref", "")).rpartition("/")[2]
        if not path and below in shared:
            shared[below] = _described(shared[below], (key,), words, shared)
        properties[key] = {**inner, **{name: text for name, text in said.items() if text}}
    return {**shape, "properties": properties}


def _tidied(shape: Schema) -> Schema:
    """Leave out the titles, which only repeat the keys, and defaults that are settings of their own."""
    tidy: Schema = {}
    for name, inner in shape.items():
        if name == "title" or (name == "default" and isinstance(inner, dict)):
            continue
        if name in _BY_NAME:
            tidy[name] = {key: _tidied(one) for key, one in inner.items()}
        elif name in _VALUES:
            tidy[name] = inner
        elif isinstance(inner, list):
            tidy[name] = [_tidied(one) if isinstance(one, dict) else one for one in inner]
        else:
            tidy[name] = _tidied(inner) if isinstance(inner, dict) else inner
    if tidy.get("format") == "password":
        tidy["description"] = _ABOUT_SECRETS
    return tidy
