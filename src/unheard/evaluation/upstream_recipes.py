"""What a recipe that names an upstream must also say, what identifies it, and what the upstream has heard before."""

from collections.abc import Mapping
from typing import Any

from unheard.errors import SettingsError
from unheard.models.model import ModelSettings
from unheard.registry import load
from unheard.settings import Document
from unheard.upstreams.ledger import contamination
from unheard.upstreams.loading import UpstreamSettings, find_checkpoint, local_source

__all__ = ["check_upstreams", "heard_before", "mark_upstreams"]

Table = dict[str, Any]


def _absolute(table: Mapping[str, Any], document: Document) -> Table:
    if "source" not in table:
        return dict(table)
    return {**table, "source": local_source(str(table["source"]), document.folder)}


def check_upstreams(document: Document, features: Table, model: ModelSettings) -> tuple[Table, ModelSettings]:
    """A recipe's features and model, their upstreams' folders made absolute.

    Raises:
        SettingsError: an upstream that is trained does not hear the bare waveform; with the line.
    """
    if model.encoder.get("name") == "upstream":
        for key, value, expected in (
            (("features", "name"), features.get("name"), "waveform"),
            (("model", "normalisation"), model.normalisation, "none"),
        ):
            if value != expected:
                raise SettingsError(
                    document.source,
                    ".".join(key),
                    f"an upstream that is trained hears the waveform as it is: set '{expected}' (came: '{value}')",
                    document.line_of(key) or document.line_of(key[:1]),
                )
    encoder = _absolute(model.encoder, document)
    return _absolute(features, document), model.model_copy(update={"encoder": encoder})


def mark_upstreams(own: Table) -> None:
    """In a recipe's dump, put the digest of its weights in the place of where an upstream lies.

    What only matters to an upstream is taken out where there is none.
    """
    for kind, holder, key in (("features", own, "features"), ("encoders", own.get("model", {}), "encoder")):
        found = dict(holder.get(key, {}))
        if "source" in found:
            module = load(kind, str(found.pop("name")))
            holder[key] = {"upstream": module.identity(module.Settings(**found))}
    if "upstream" not in own.get("model", {}).get("encoder", {}):
        own.get("training", {}).pop("upstream_rate", None)


def heard_before(features: Mapping[str, Any], encoder: Mapping[str, Any], corpus: str) -> list[str]:
    """What to say of the upstreams of a recipe: that they have heard its corpus, or that nobody knows."""
    said = []
    for table in (features, encoder):
        if "source" in table:
            known = {key: value for key, value in table.items() if key in UpstreamSettings.model_fields}
            settings = UpstreamSettings(**known)
            name = str(find_checkpoint(settings).config.get("_name_or_path", ""))
            said += contamination((settings.source, name), corpus)
    return said
