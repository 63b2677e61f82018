"""The table of a recipe under several protocols."""

from unheard.results.protocol_table import protocol_rows, protocol_text
from unheard.schemas.protocols import ProtocolComparison


def score(mean):
    return {"mean": mean, "std": None, "per_seed": [mean], "interval": [mean - 0.1, mean + 0.1]}


def protocol(title, split):
    return {"title": title, "split": split, "inflated": split == "random", "adaptation": "none", "folds": 3}


def made(**changes):
    gap = {"objective": "plain", "protocol": "random", "difference": 0.25, "interval": [0.125, 0.375]}
    gap |= {"p": 0.01, "speakers": 6, "seeds": 1, "sentence": "so"}
    document = {
        "name": "made",
        "chance": 0.25,
        "seeds": [0],
        "protocols": {
            "own": protocol("unseen speakers", "speaker_groups"),
            "random": protocol("random split (inflated)", "random"),
        },
        "objectives": {"plain": {"own": score(0.5), "random": score(0.75)}},
        "closed_form": {},
        "differences": [gap],
        "comparisons": {},
    }
    return ProtocolComparison.model_validate(document | changes)


def test_a_row_an_objective_and_the_closed_form_last():
    rows = protocol_rows(made())
    assert rows[0] == ["", "unseen speakers", "random split (inflated)", "difference"]
    assert rows[1:] == [
        ["plain", "0.500 (0.400 to 0.600)", "0.750 (0.650 to 0.850)", "+25.0 points (+12.5 to +37.5)"]
    ]
    closed = made(closed_form={"own": score(0.6)})
    assert protocol_rows(closed)[2] == ["(closed form)", "0.600 (0.500 to 0.700)", "-", ""]
    assert "- so" in protocol_text(closed)


def test_what_is_not_known_is_a_dash_and_an_interval_that_is_not_known_is_left_out():
    unknown = {"mean": 0.5, "std": None, "per_seed": [0.5], "interval": None}
    rows = protocol_rows(made(objectives={"plain": {"own": unknown}, "dat": {}}, differences=[]))
    assert rows[1:] == [["plain", "0.500", "-", "-"], ["dat", "-", "-", "-"]]
