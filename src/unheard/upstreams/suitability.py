"""Whether a checkpoint goes with a recipe, and what it has heard before: asked of features and encoders alike."""

from unheard.errors import SettingsError
from unheard.members import Member, Recipe
from unheard.settings import Document
from unheard.upstreams.checkpoints import UpstreamSettings, find_checkpoint
from unheard.upstreams.ledger import contamination

__all__ = ["check_checkpoint", "heard_before"]


def check_checkpoint(recipe: Recipe, member: Member, document: Document, *, layers: str, highest: int | None) -> None:
    """Hold that an upstream is on this machine, hears the audio's rate and has the layers that are asked for.

    Args:
        recipe: that names it.
        member: whose settings say which upstream.
        document: of the recipe.
        layers: the setting that asks for layers.
        highest: the highest layer that it asks for; None for all there are.

    Raises:
        SettingsError: it is not so; with the line.
    """
    settings: UpstreamSettings = member.settings
    try:
        card = find_checkpoint(settings).card(settings.family)
    except SettingsError as problem:
        if problem.source != "upstream":
            raise  # it names a file of the checkpoint, which says more than the recipe's line
        raise document.blame((*member.at, problem.key), problem.problem) from problem
    rate = recipe.audio.rate
    if rate != card.rate:
        heard = f"{settings.source} hears {card.rate} Hz: set audio.rate = {card.rate} (came: {rate})"
        raise document.blame(("audio", "rate"), heard)
    if highest is not None and highest > card.layers:
        lacking = f"{highest} asked for, {settings.source} has {card.layers} layers"
        raise document.blame((*member.at, layers), lacking)


def heard_before(settings: UpstreamSettings, corpus: str) -> list[str]:
    """What to say of an upstream beside figures on a corpus: that it has heard it, or that nobody knows.

    Args:
        settings: which upstream.
        corpus: registered name of the corpus, or other words for it.
    """
    began = str(find_checkpoint(settings).config.get("_name_or_path", ""))
    return contamination(settings.source, corpus, made_from=began)
