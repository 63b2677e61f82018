"""The table of a recipe under several protocols."""

from unheard.results.protocol_table import inflation_rows, inflation_text


def score(mean):
    return {"mean": mean, "interval": [mean - 0.1, mean + 0.1]}


def test_a_row_an_objective_and_the_closed_form_last():
    document = {
        "protocols": {"own": {"title": "unseen speakers"}, "random": {"title": "random split (inflated)"}},
        "objectives": {"plain": {"own": score(0.5), "random": score(0.75)}},
        "closed_form": {},
        "differences": [
            {
                "objective": "plain",
                "protocol": "random",
                "difference": 0.25,
                "interval": [0.125, 0.375],
                "sentence": "so",
            }
        ],
    }
    rows = inflation_rows(document)
    assert rows[0] == ["", "unseen speakers", "random split (inflated)", "difference"]
    assert rows[1:] == [
        ["plain", "0.500 (0.400 to 0.600)", "0.750 (0.650 to 0.850)", "+25.0 points (+12.5 to +37.5)"]
    ]
    document["closed_form"] = {"own": score(0.6)}
    assert inflation_rows(document)[2] == ["(closed form)", "0.600 (0.500 to 0.700)", "-", ""]
    assert "- so" in inflation_text(document)
