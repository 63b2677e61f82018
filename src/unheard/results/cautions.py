"""What a run itself knows is to be distrusted: of its data, its folds and what its upstreams have heard."""

from collections import Counter

from unheard.data.audit.metadata import names_alike
from unheard.experiment.adaptive_protocol import ADAPTIVE
from unheard.experiment.fold_data import ENOUGH
from unheard.experiment.preparation import Prepared
from unheard.experiment.recipe import notes_on_members
from unheard.experiment.split_plans import cautions_on_folds
from unheard.schemas.caution import Caution
from unheard.schemas.corpus import Confound

__all__ = ["DEPENDENT", "dependence_caution", "run_cautions"]

DEPENDENT = 0.2
"""Share of the emotion's bits that the speaker may tell, beyond chance, before it is said."""


def run_cautions(prepared: Prepared, confound: Confound) -> list[Caution]:
    """What every output of a run shows; the reports add what follows from its figures.

    Args:
        prepared: what was run.
        confound: what the corpus itself gives away.
    """
    recipe, plan = prepared.recipe, next(iter(prepared.plans.values()))
    found = []
    if plan.inflated:
        text = (
            "INFLATED: this split lets the same speakers stand in train and test. It is a diagnostic, not a result."
        )
        found.append(Caution(kind="inflated", text=text))
    found += cautions_on_folds(recipe, list(prepared.utterances.values()), plan)
    if recipe.adaptation == "speaker":
        found.append(Caution(kind="adaptive", text=ADAPTIVE))
    found += dependence_caution(confound)
    for _, groups, text in names_alike(prepared.utterances.values()):
        said = f"{text} ({'; '.join(' / '.join(names) for names in groups)})"
        found.append(Caution(kind="names-alike", text=said))
    found += [Caution(kind="noted-by-member", text=text) for text in notes_on_members(recipe)]
    found += _unmeasured(prepared)
    if skipped := prepared.corpus.set_aside.skipped:
        text = f"{len(skipped)} recordings were set aside (--skip-bad)."
        found.append(Caution(kind="skipped-recordings", text=text))
    return found


def dependence_caution(confound: Confound) -> list[Caution]:
    """That what removes the speaker removes part of the label; empty where the two are all but independent."""
    bits, total = confound.emotion_speaker_bits, confound.emotion_bits
    if bits is None or not total or bits - (confound.chance_bits or 0.0) <= DEPENDENT * total:
        return []
    lookup = confound.speaker_lookup_uar
    known = "" if lookup is None else f" Knowing who speaks would alone give a UAR of {lookup:.2f}."
    text = (
        f"Emotion and speaker depend on each other here ({bits:.2f} of {total:.2f} bits): what removes the "
        f"speaker removes part of the label. Consider an adversary that is conditional on the emotion.{known}"
    )
    return [Caution(kind="emotion-depends-on-speaker", text=text)]


def _unmeasured(prepared: Prepared) -> list[Caution]:
    """That leakage is not known, where no training speaker has utterances enough to withhold one, or there is one."""
    if not prepared.recipe.leakage.measure:
        return []
    plan = next(iter(prepared.plans.values()))
    spoken = [Counter(prepared.utterances[name].speaker for name in fold.train) for fold in plan.folds]
    folds, unmeasured = len(spoken), "how far probes name the speaker was not measured there."
    said = []
    if without := sum(max(counts.values(), default=0) < ENOUGH for counts in spoken):
        said.append(
            f"In {without} of {folds} folds no training speaker has {ENOUGH} utterances, so that none could be "
            f"withheld: {unmeasured}"
        )
    if alone := sum(len(counts) == 1 for counts in spoken):
        said.append(
            f"In {alone} of {folds} folds there is one training speaker, and nobody to tell apart: {unmeasured}"
        )
    return [Caution(kind="leakage-not-measured", text=text) for text in said]
