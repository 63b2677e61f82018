"""What a recipe that names an upstream must also say, what identifies it, and what the upstream has heard before."""

import copy
import dataclasses
from collections.abc import Mapping
from typing import Any

from unheard.errors import SettingsError
from unheard.experiment.corpora import FORMS
from unheard.models.model import ModelSettings
from unheard.registry import load
from unheard.settings import Document
from unheard.upstreams.checkpoints import UpstreamSettings, find_checkpoint, local_source
from unheard.upstreams.ledger import contamination

__all__ = ["check_upstreams", "granted", "heard_before", "mark_upstreams"]

Table = dict[str, Any]


def _absolute(table: Mapping[str, Any], document: Document) -> Table:
    if not table.get("source"):
        return dict(table)
    return {**table, "source": local_source(str(table["source"]), document.folder)}


_TABLES = (("features",), ("model", "encoder"))
"""Where a recipe may name an upstream."""


def _table(data: Mapping[str, Any], path: tuple[str, ...]) -> Any:
    found: Any = data
    for key in path:
        found = found.get(key) if isinstance(found, Mapping) else None
    return found


def granted(document: Document) -> Document:
    """The document with leave to use the network where the command line gives it, by `--download` or `--set`.

    A recipe may come from anywhere, and so cannot ask in the user's place.

    Raises:
        SettingsError: the file itself asks for the network.
    """
    data, overridden = copy.deepcopy(document.data), document.overridden
    everywhere = "download" in overridden and data.pop("download") is True
    for path in _TABLES:
        table, key = _table(data, path), (*path, "download")
        if not isinstance(table, dict):
            continue
        if table.get("download", False) is not False and not (everywhere or document.is_overridden(key)):
            raise document.blame(
                key, "no file can ask for the network: take this line out, and pass --download if you want it"
            )
        if everywhere and table.get("name") == "upstream":
            table["download"] = True
            overridden |= {".".join(key)}
    return dataclasses.replace(document, data=data, overridden=overridden)


def check_upstreams(
    document: Document, features: Table, model: ModelSettings, *, rate: int, adaptation: str
) -> tuple[Table, ModelSettings]:
    """A recipe's features and model, their upstreams' folders made absolute.

    Everything that a checkpoint's description can deny is denied here, before any audio is read.

    Args:
        document: the recipe as it was written.
        features: its table of that name.
        model: its model.
        rate: of the audio, in hertz.
        adaptation: whether features are normalized by speaker.

    Raises:
        SettingsError: an upstream is not there, hears another rate, or has not so many layers; one that is trained
            does not hear the bare waveform; states are weighed that do not stand side by side; with the line.
    """
    features, encoder = _absolute(features, document), _absolute(model.encoder, document)
    if encoder.get("name") == "upstream":
        _check_heard(document, features, model, adaptation, from_waveform=encoder.get("above") is None)
        if encoder.get("above") is not None:
            _check_above(document, features, encoder)
        _check_checkpoint(document, ("model", "encoder"), encoder, rate, ("layers", encoder.get("layers")))
    if features.get("name") == "upstream":
        _check_checkpoint(document, ("features",), features, rate, ("states", max(features["states"])))
    _check_weighed(document, features, encoder)
    _check_pooled(document, model, str(encoder.get("name", "tdnn_lstm")))
    return features, model.model_copy(update={"encoder": encoder})


def _check_heard(
    document: Document, features: Table, model: ModelSettings, adaptation: str, *, from_waveform: bool
) -> None:
    """An upstream that is trained hears the samples, or its own state, and nothing else."""
    for key, value, expected in (
        (("features", "name"), features.get("name"), "waveform" if from_waveform else "upstream"),
        (("model", "normalization"), model.normalization, "none"),
        (("model", "noise"), model.noise, 0.0),
        (("adaptation",), adaptation, "none"),
    ):
        if value != expected:
            what = "the waveform" if from_waveform else "the state of `above`"
            problem = f"an upstream that is trained hears {what} as it is: set '{expected}' (came: '{value}')"
            raise document.blame(key, problem)


def _check_checkpoint(
    document: Document, at: tuple[str, ...], table: Table, rate: int, asked: tuple[str, int | None]
) -> None:
    """The upstream of one table is on this machine, hears the audio's rate and has the layers that are asked for."""
    settings = UpstreamSettings(**{key: table[key] for key in table if key in UpstreamSettings.model_fields})
    try:
        card = find_checkpoint(settings).card(settings.family)
    except SettingsError as problem:
        if problem.source != "upstream":
            raise  # it names a file of the checkpoint, which says more than the recipe's line
        raise document.blame((*at, problem.key), problem.problem) from problem
    if rate != card.rate:
        heard = f"{settings.source} hears {card.rate} Hz: set audio.rate = {card.rate} (came: {rate})"
        raise document.blame(("audio", "rate"), heard)
    key, layer = asked
    if layer is not None and layer > card.layers:
        raise document.blame((*at, key), f"{layer} asked for, {settings.source} has {card.layers} layers")


def _check_above(document: Document, features: Table, encoder: Table) -> None:
    """The features hold frames of the very state, of the very upstream, above which the encoder's layers begin."""
    if tuple(features.get("states", ())) != (encoder["above"],):
        raise document.blame(
            ("features", "states"), f"model.encoder.above is {encoder['above']}: name that state alone"
        )
    if features.get("keep", "frames") != "frames":
        raise document.blame(("features", "keep"), "an upstream's layers hear frames: set 'frames'")
    for key in ("family", "source", "revision"):
        if features.get(key) != encoder.get(key):
            problem = f"the features are of '{features.get(key)}': name the same one (came: '{encoder.get(key)}')"
            raise document.blame(("model", "encoder", key), problem)


def _check_weighed(document: Document, features: Table, encoder: Table) -> None:
    """Only states of one upstream are summed, each with the like channel of the others."""
    if encoder.get("name") != "pooled" or encoder.get("states", 1) == 1:
        return
    beside = len(features.get("states", ())) if features.get("name") == "upstream" else 1
    if encoder["states"] != beside:
        problem = f"the features hold {beside} side by side (came: {encoder['states']})"
        raise document.blame(("model", "encoder", "states"), problem)


def _check_pooled(document: Document, model: ModelSettings, encoder: str) -> None:
    """Only what is pretrained, or has no weights, pools before training what has the scale of what it pools later."""
    if model.pooled_normalization != "none" and encoder not in ("upstream", "pooled"):
        problem = (
            f"is for an upstream that is trained; what {encoder} pools has no scale before it learns: set 'none'"
        )
        raise document.blame(("model", "pooled_normalization"), problem)


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
    """What to say of the upstreams of a recipe: that they have heard its corpus, or that nobody knows.

    Args:
        features: the recipe's table of that name.
        encoder: the one of its model.
        corpus: registered name of its corpus.
    """
    called = "this corpus, if it was ever published," if corpus in FORMS else corpus
    said = []
    for table in (features, encoder):
        if "source" in table:
            known = {key: value for key, value in table.items() if key in UpstreamSettings.model_fields}
            settings = UpstreamSettings(**known)
            name = str(find_checkpoint(settings).config.get("_name_or_path", ""))
            said += contamination(settings.source, called, made_from=name)
    return list(dict.fromkeys(said))
