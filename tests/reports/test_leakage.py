"""The section on leakage: it says what follows by intervals, and quotes one figure throughout the page."""

import pytest

from reports.drawn import crossings, outside, tips, words
from reports.made_probes import asked, figure, made_probes, made_protocols, made_sweep, trials, uar
from reports.test_page import check
from schemas.changes import changed
from unheard.reports.documents.run_folder import Evidence
from unheard.reports.figures.forest_plot import Group, Row, forest
from unheard.reports.findings.leakage import verdict
from unheard.reports.findings.quoted_leakage import quoted_protocol, with_probes
from unheard.reports.pages.leakage import leakage_section, representations
from unheard.reports.pages.protocols import protocols_section
from unheard.reports.pages.report import render
from unheard.schemas.caution import Caution


@pytest.fixture
def probes(result):
    return made_probes(result)


def test_every_way_of_measuring_is_on_the_page_with_every_reference(result, probes):
    page = render(result, Evidence(probes=probes))
    check(page)
    section = page[page.index('id="probes"') : page.index("</section>", page.index('id="probes"'))]
    for said in (
        "What leaks, in every way we know",
        "of new",
        "EER, cosine",
        "EER, trained back-end",
        "speaker in one emotion",
        "labels permuted",
        "proxy A-distance",
        "directions erased",
        "raw features",
        "untrained encoder",
        "perfect emotion code",
        "that it was used is not shown",
        "something could not be had.",
        "All of it in words.",
    ):
        assert said in section
    assert section.count('role="img"') == 2
    assert section.count("<table") == 6  # one of them the run's own figures
    assert "<desc>speaker, of new utterances and sentences: plain 0.40, dat 0.20, cgt 0.38" in section


def verdicts(probes, result):
    known = representations(probes, result)
    found = {one.label: verdict(one, known) for one in known if not one.reference}
    return {label: f"{one.says} {one.why}" for label, one in found.items()}


def test_a_verdict_follows_from_intervals_and_not_from_means(result, probes):
    said = verdicts(probes, result)
    assert said["plain"].startswith(
        "plain holds the speaker: do not call it invariant. A fresh probe names who speaks in 40"
    )
    assert "a perfect emotion code 12" in said["plain"]
    assert "adversary" not in said["plain"]
    assert "less than plain, which has no adversary (40)" in said["dat"]
    assert "not shown to differ from plain" in said["cgt"]
    assert "voices never heard are not shown to be told apart" not in said["dat"]


def test_a_probe_at_the_floor_or_at_chance_finds_nothing_and_proves_nothing(result):
    said = verdicts(made_probes(result, (0.4, 0.13, 0.5)), result)
    assert "dat: no speaker was found in it, which is no proof." in said["dat"]
    assert "more than plain" not in said["cgt"]
    assert "more than plain" in verdicts(made_probes(result, (0.4, 0.13, 0.6)), result)["cgt"]


def test_what_could_not_be_measured_gives_no_verdict(result, probes):
    nothing = changed(probes, "objectives.dat.leakage", {})
    assert verdicts(nothing, result)["dat"].startswith("dat: nothing follows.")
    few = changed(probes, "objectives.dat.leakage", {"speaker": {"utterances": asked(0.4, spread=None)}})
    assert verdicts(few, result)["dat"].startswith("dat: too few speakers to conclude.")


def test_voices_at_full_invariance_are_not_called_told_apart(result, probes):
    probes = changed(probes, "objectives.dat.verification", {"utterances": trials(0.49, 0.5)})
    assert "voices never heard are not shown to be told apart (49" in verdicts(probes, result)["dat"]


def test_the_first_screen_quotes_what_the_probes_found(result, probes):
    shown = with_probes(result, probes)
    assert quoted_protocol(probes) == "sentences"
    assert shown.objectives["plain"].leakage.best.mean == 0.4
    assert shown.objectives["plain"].leakage.eer.interval == pytest.approx((0.37, 0.47))
    assert shown.references.chance.best.mean == 0.1
    assert result.objectives["plain"].leakage.best.mean == 0.6
    page = render(result, Evidence(probes=probes))
    assert "A fresh probe still names the speaker: plain 40 %, cgt 38 %" in page
    assert "<desc>plain: UAR 0.55, speaker probe 0.40" in page
    assert "that hears a new sentence" in page


def test_figures_of_two_kinds_are_not_put_side_by_side(result, probes):
    one = changed(probes, "objectives", {"dat": probes.objectives["dat"].model_dump()})
    assert with_probes(result, one) is result
    section = leakage_section(one, result)
    assert section.missing == ["plain", "cgt"]
    assert "not probed: plain, cgt" in render(result, Evidence(probes=one))
    mixed = changed(probes, "objectives.dat.leakage", {"speaker": {"utterances": asked(0.3)}})
    assert with_probes(result, mixed) is result


def test_what_a_closed_form_scores_is_the_run_s_whatever_probes_find(result, probes):
    known = changed(result, "references.raw_features.uar", uar(0.5))
    shown = with_probes(known, probes)
    assert shown.references.raw_features.best.mean == 0.9
    assert shown.references.raw_features.uar.mean == 0.5
    assert "A closed form on the raw features" in render(known, Evidence(probes=probes))


def test_names_from_files_stay_text(nasty):
    evil = list(nasty.objectives)
    probes = made_probes(nasty, [0.3] * len(evil))
    for key in ("notes", "sentences"):
        probes = changed(probes, key, [evil[0]])
    probes = changed(probes, ("objectives", evil[0], "domain_distance"), {evil[0]: figure(0.5)})
    protocols = changed(made_protocols(nasty), "protocols.own.title", evil[0])
    told = Caution(kind="beside-not-shown", text=evil[0])
    page = render(nasty, Evidence(probes, made_sweep(nasty), protocols, (told,)))
    assert check(page).tags.count("script") == 1
    assert "<script>alert" not in page


def test_a_forest_draws_each_row_and_says_it():
    groups = [Group("who <b>", 0.1, (Row("one", 0, 0.4, (0.3, 0.5), (("kNN", 0.2),)), Row("two", 8, 1.2)))]
    drawing = forest("t", "axis", [*groups, Group("empty", None, ())])
    assert drawing.description == "who <b>: one 0.40, two 1.20 (chance 0.10)"
    assert tips(drawing) == ["chance 0.100", "kNN 0.200", "one: 0.400, 95 % 0.300 to 0.500", "two: 1.200"]
    assert {"who <b>", "one", "0.400", "two", "1.200", "axis"} <= set(words(drawing))
    assert "empty" not in words(drawing)
    marks = [tuple(one.get_offsets()[0]) for one in drawing.figure.axes[0].collections]
    assert [x for x, _ in marks] == [0.4, 1.0]  # what lies beyond the axis stands at its end
    assert not outside(drawing)
    assert not crossings(drawing)
    assert forest("t", "axis", [Group("empty", 0.1, ())]) is None


def test_the_names_of_a_forest_have_room():
    rows = tuple(Row("a very long name of an embedding", place, 0.5, (0.0, 1.0)) for place in range(9))
    drawing = forest("t", "axis", [Group("g" * 90, 0.5, rows), Group("second", None, rows)])
    assert not outside(drawing)
    assert not crossings(drawing)


def test_the_sweep_is_drawn_with_the_point_that_dev_speakers_chose(result):
    page = render(result, Evidence(sweep=made_sweep(result)))
    check(page)
    assert "<strong>dat</strong> (weight = -1) has the highest UAR on dev speakers" in page
    assert "On the Pareto front: dat, plain." in page
    assert "chosen by dev speakers" in page


def test_protocols_stand_from_the_strictest_to_the_most_flattering(result):
    section = protocols_section(made_protocols(result))
    assert [column.key for column in section.columns] == ["sentences", "own", "random"]
    apart = changed(result, "split.disjoint", ["speaker"])
    page = render(apart, Evidence(protocols=made_protocols(result)))
    check(page)
    assert (
        "0.550 on unseen speakers; 0.450 on unseen speakers and sentences; a random split would claim 0.750 (INFLATED"
        in page
    )
    assert "test sentences may have been heard" not in page
    assert "test sentences may have been heard" in render(apart)
    assert '<strong class="warn">INFLATED</strong>, random split, UAR' in page


def test_the_closed_form_stands_under_the_objectives_where_it_is_known(result):
    made = made_protocols(result)
    assert "(closed form)" not in [row.label for row in protocols_section(made).rows]
    made = changed(made, "closed_form", {"own": uar(0.617), "sentences": uar(0.518)})
    last = protocols_section(made).rows[-1]
    assert [cell.uar and cell.uar.mean for cell in last.cells] == [0.518, 0.617, None]
    page = render(result, Evidence(protocols=made))
    check(page)
    assert "(closed form)" in page
    assert "0.617" in page


def test_one_protocol_alone_is_no_comparison(result):
    made = made_protocols(result)
    assert protocols_section(changed(made, "protocols", {"own": made.protocols["own"].model_dump()})) is None
    assert protocols_section(None) is None


def test_a_representation_of_which_nothing_is_known_is_left_out(result, probes):
    nothing = {"size": 16, "items": 720, "leakage": {}, "verification": {}, "domain_distance": {}}
    bare = changed(changed(probes, "objectives", {"dat": nothing}), "references", {})
    check(render(result, Evidence(probes=bare)))
    speaker = {"speaker": {"utterances": asked(0.35), "sentences": asked(0.3)}}
    check(render(result, Evidence(probes=changed(bare, "objectives.dat.leakage", speaker))))
