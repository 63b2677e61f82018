"""A batch: what it is made of, and that choosing, moving and hiding leave the rest as it was."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from unheard.records import FRAMES, UNLABELED, Batch, Input, Turns


def made(items=5):
    generator = torch.Generator().manual_seed(items)
    inputs = {
        FRAMES: Input(torch.randn(items, 7, 3, generator=generator), torch.arange(items) % 7 + 1),
        "text": Input(torch.randn(items, 2, generator=generator)),
    }
    columns = {"emotion": torch.arange(items) % 3, "speaker": torch.arange(items) // 2}
    numbers = {"arousal": torch.linspace(0, 1, items)}
    return Batch(inputs, columns, numbers, Turns(torch.arange(items) // 2, torch.arange(items) % 2))


def tensors(batch):
    """Every tensor of a batch under a name of its own."""
    found = {f"input {name}": own.values for name, own in batch.inputs.items()}
    found |= {f"lengths {name}": own.lengths for name, own in batch.inputs.items() if own.lengths is not None}
    found |= {f"column {name}": own for name, own in batch.columns.items()}
    found |= {f"number {name}": own for name, own in batch.numbers.items()}
    turns = batch.turns
    return found | ({} if turns is None else {"dialogue": turns.dialogue, "place": turns.place})


def equal(one, two):
    mine, theirs = tensors(one), tensors(two)
    return mine.keys() == theirs.keys() and all(torch.equal(mine[name], theirs[name]) for name in mine)


def test_frames_and_their_lengths_are_the_first_input():
    batch = made()
    assert batch.features is batch.inputs[FRAMES].values
    assert batch.lengths is batch.inputs[FRAMES].lengths
    assert len(batch) == 5
    bare = Batch.of_frames(batch.features, batch.lengths, batch.columns)
    assert set(bare.inputs) == {FRAMES}
    assert bare.numbers == {}
    assert bare.turns is None


def test_frames_without_lengths_are_refused_where_lengths_are_asked_for():
    with pytest.raises(ValueError, match="has no lengths; give one row an utterance another name"):
        _ = Batch({FRAMES: Input(torch.zeros(2, 3))}, {}).lengths


@given(st.lists(st.booleans(), min_size=6, max_size=6))
def test_a_mask_selects_the_same_items_of_everything(chosen):
    batch, mask = made(6), torch.tensor(chosen)
    less = batch.select(mask)
    assert len(less) == sum(chosen)
    for name, own in tensors(batch).items():
        assert torch.equal(tensors(less)[name], own[mask])
    assert equal(less, batch.select(mask.nonzero().squeeze(1)))


@given(st.permutations(range(6)))
def test_positions_select_in_their_order_and_back(order):
    batch, positions = made(6), torch.tensor(order)
    assert equal(batch.select(positions).select(positions.argsort()), batch)


def test_a_selected_batch_shares_nothing_that_is_written_to():
    batch = made()
    less = batch.select(torch.tensor([0, 1]))
    less.columns["emotion"][:] = UNLABELED
    less.features.zero_()
    assert equal(batch, made())


def test_moving_takes_everything_along():
    moved = made().to("meta")
    assert all(own.device.type == "meta" for own in tensors(moved).values())
    assert equal(made().to("cpu"), made())


def test_other_frames_or_another_column_leave_the_rest():
    batch = made()
    louder = batch.with_features(batch.features * 2)
    assert torch.equal(louder.features, batch.features * 2)
    assert equal(louder.with_features(batch.features), batch)
    other = batch.with_column("emotion", torch.full((5,), UNLABELED))
    assert (other.columns["emotion"] == UNLABELED).all()
    assert equal(other.with_column("emotion", batch.columns["emotion"]), batch)
    assert set(batch.with_column("gender", torch.zeros(5)).columns) == {*batch.columns, "gender"}
    assert equal(batch, made())


@pytest.mark.parametrize(
    ("names", "left"),
    [
        ((), {"input frames", "lengths frames"}),
        (("emotion",), {"input frames", "lengths frames", "column emotion"}),
        (("text", "arousal"), {"input frames", "lengths frames", "input text", "number arousal"}),
        (("turns", "speaker"), {"input frames", "lengths frames", "dialogue", "place", "column speaker"}),
        (("nonsense",), {"input frames", "lengths frames"}),
    ],
)
def test_only_what_is_named_is_known(names, left):
    assert set(tensors(made().only(names))) == left
    assert equal(made().only((*made().columns, *made().numbers, "text", "turns")), made())
