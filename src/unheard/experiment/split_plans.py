"""The folds of a recipe: drawn by one rule for every verb and protocol, and checked before any recording is read."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Literal

from unheard.data.folds.plan import SplitPlan, draw_plan
from unheard.data.folds.tied_speakers import tied_speakers, ties_between
from unheard.data.vocabulary import DOMAINS, value_of
from unheard.errors import SettingsError, SplitError
from unheard.experiment.corpora import sessions_matter
from unheard.experiment.recipe import RunRecipe
from unheard.records import Utterance
from unheard.schemas.caution import Caution
from unheard.schemas.corpus import TiedSpeakers

__all__ = [
    "cautions_on_folds",
    "check_dev",
    "check_domains",
    "draw_plans",
    "keeps_sessions",
    "sessions_of",
    "tied_speakers_of",
]

_MENDS = {"speaker": "Ask for fewer dev_speakers, or for smaller test groups."}
_FILL = "Fill that column, or choose another domain."


def keeps_sessions(recipe: RunRecipe, utterances: Sequence[Utterance]) -> bool:
    """Whether parts may share no session and no dialogue: what the corpus says, unless the recipe decides."""
    wanted = recipe.split.get("sessions")
    return sessions_matter(recipe.corpus.name, utterances) if wanted is None else wanted == "apart"


def _ignores_sessions(recipe: RunRecipe, utterances: Sequence[Utterance]) -> bool:
    """Whether the recipe lets parts share sessions where they matter: every output says so."""
    return sessions_matter(recipe.corpus.name, utterances) and not keeps_sessions(recipe, utterances)


def draw_plans(
    recipe: RunRecipe, utterances: Sequence[Utterance], contents: Mapping[str, str]
) -> dict[int, SplitPlan]:
    """One split plan a seed.

    Args:
        recipe: with the split and the seeds.
        utterances: all that is parted.
        contents: utterance name -> what tells its recording from others.

    Raises:
        SplitError: the split cannot be drawn, or would leak.
    """
    matter = keeps_sessions(recipe, utterances)
    return {
        seed: draw_plan(
            str(recipe.split["name"]),
            utterances,
            recipe.splitting.settings.model_dump(),
            seed=seed,
            contents=contents,
            sessions_matter=matter,
        )
        for seed in recipe.seeds
    }


def check_dev(recipe: RunRecipe, plans: Iterable[SplitPlan]) -> None:
    """Hold that every fold has the dev part which the training asks for.

    Raises:
        SettingsError: epochs are to be chosen on dev speakers, or dev speakers to be trained on in the end, and a
            fold has none.
    """
    without = next((fold.name for plan in plans for fold in plan.folds if not fold.dev), None)
    if without is None:
        return
    none = f"fold '{without}' has no dev part (split.dev_speakers = 0)"
    if recipe.training.selection == "source-dev":
        problem = (
            f"'source-dev' chooses the epoch on dev speakers, and {none}: set 'fixed-epoch', or dev_speakers = 1"
        )
        raise SettingsError("recipe", "training.selection", problem)
    if recipe.training.refit:
        problem = f"dev speakers are to be trained on, too, and {none}: leave refit out, or set dev_speakers = 1"
        raise SettingsError("recipe", "training.refit", problem)


def check_domains(recipe: RunRecipe, utterances: Sequence[Utterance], plans: Iterable[SplitPlan]) -> None:
    """Hold that every training part has two values of each domain that an objective tells apart.

    Raises:
        SplitError: one has not, so that there is nothing to hide.
    """
    known = {item.name: item for item in utterances}
    for plan in plans:
        for label in recipe.objectives:
            settings = recipe.objective(label).settings
            for domain in settings.domains:
                mend = _MENDS.get(domain, _FILL)
                if settings.auxiliary.get(domain) == 0:
                    mend = f"Its head only watches: leave it out of objectives.{label}.auxiliary ({{}} for none)."
                _check_domain(label, domain, plan, known, mend)


def _check_domain(label: str, domain: str, plan: SplitPlan, known: Mapping[str, Utterance], mend: str) -> None:
    if domain not in DOMAINS:
        raise SplitError(f"objectives.{label}: no domain is called '{domain}'. Known: {', '.join(sorted(DOMAINS))}.")
    for fold in plan.folds:
        values = {value_of(known[name], domain) for name in fold.train} - {None}
        if len(values) < 2:
            one = f"only {next(iter(values))}" if values else "none"
            raise SplitError(
                f"objectives.{label}, fold '{fold.name}': the training part has no two values of {domain}, {one}, so "
                f"that there is nothing to tell apart. {mend}"
            )


def sessions_of(
    recipe: RunRecipe, utterances: Sequence[Utterance], plan: SplitPlan
) -> Literal["apart", "ignored", "shared"] | None:
    """What became of sessions: 'apart', 'ignored' (by the recipe), 'shared' (an inflated split); None: no matter."""
    if _ignores_sessions(recipe, utterances):
        return "ignored"
    if not plan.sessions_matter:
        return None
    return "shared" if plan.inflated else "apart"


def tied_speakers_of(utterances: Sequence[Utterance], *, matter: bool) -> TiedSpeakers:
    """Who can only be parted together, as the result says it.

    Args:
        utterances: all that is parted.
        matter: whether sessions and dialogues tie speakers, too.
    """
    sets = tied_speakers(utterances, sessions_matter=matter)
    return TiedSpeakers(
        by=ties_between(utterances, sessions_matter=matter),
        sets=len(sets),
        tied=[sorted(own) for own in sets if len(own) > 1],
    )


def cautions_on_folds(recipe: RunRecipe, utterances: Sequence[Utterance], plan: SplitPlan) -> list[Caution]:
    """What a reader must know of how these utterances are parted; often nothing."""
    found = []
    if not all(fold.dev for fold in plan.folds):
        text = (
            "No dev part (split.dev_speakers = 0): the last epoch is kept, whatever it is worth, and probabilities "
            "have no temperature."
        )
        found.append(Caution(kind="no-dev-part", text=text))
    if _ignores_sessions(recipe, utterances):
        text = (
            "SESSIONS IGNORED: parts may share a session or a dialogue, because the recipe says split.sessions = "
            "'ignore'. Who has heard a session has heard its room, its day and its partners."
        )
        found.append(Caution(kind="sessions-ignored", text=text))
    ties = tied_speakers_of(utterances, matter=plan.sessions_matter and not plan.inflated)
    if ties.tied and not plan.inflated:
        many = sum(map(len, ties.tied))
        some = "; ".join(" + ".join(own[:4]) + (" + ..." if len(own) > 4 else "") for own in ties.tied[:3])
        more = f"; and {len(ties.tied) - 3} more" if len(ties.tied) > 3 else ""
        sets = f"{len(ties.tied)} set{'' if len(ties.tied) == 1 else 's'}"
        text = (
            f"{many} speakers share a {' or '.join(ties.by)} with another, and none of those stands in two parts "
            "of a fold: such speakers are dealt together, or what they share with the test is left out "
            f"({sets}: {some}{more}). Intervals over speakers take them for independent; there are {ties.sets} "
            "sets in all."
        )
        found.append(Caution(kind="speakers-tied", text=text))
    return found
