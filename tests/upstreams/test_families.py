"""What every family keeps: transformers' own numbers, padding, order, truncation, storage."""

import copy

import numpy as np
import pytest
import torch

from unheard import registry
from unheard.errors import SettingsError
from unheard.upstreams.checkpoints import UpstreamSettings, find_checkpoint
from unheard.upstreams.loading import load_upstream
from upstreams.made import FAMILIES, KINDS, LAYERS, RATE, SIZE, extractor, padded, sounds, theirs, write

SECONDS = (0.41, 0.12, 0.3, 0.9)


def settings_of(folder, kind, **options):
    return UpstreamSettings(family=KINDS[kind][0], source=str(folder), **options)


@pytest.fixture(params=KINDS)
def kind(request):
    return request.param


def loaded(checkpoints, kind, layers=None, **options):
    return load_upstream(settings_of(checkpoints(kind), kind, **options), layers)


def encoded(upstream, samples, lengths):
    with torch.inference_mode():
        return upstream(samples, lengths)


def test_every_family_is_tested():
    assert {family for family, _, _ in KINDS.values()} == set(registry.names("upstreams"))
    assert {KINDS[kind][0] for kind in FAMILIES} == set(registry.names("upstreams"))


def test_card(checkpoints, kind):
    upstream = loaded(checkpoints, kind)
    assert (upstream.rate, upstream.size, upstream.layers) == (RATE, SIZE, LAYERS)
    assert upstream.stride == pytest.approx(0.02)
    card = find_checkpoint(settings_of(checkpoints(kind), kind)).card(KINDS[kind][0])
    assert (card.rate, card.stride, card.size, card.layers) == (RATE, 0.02, SIZE, LAYERS)
    assert not upstream.training


def test_states_are_transformers_own(checkpoints, kind):
    """Of one utterance, every state, the feature extractor's normalization included."""
    (wave,) = sounds(0.44)
    states, lengths = encoded(loaded(checkpoints, kind, **never(kind)), *padded([wave]))
    expected = reference(kind, wave)
    assert len(states) == LAYERS + 1 == len(expected)
    for state, other in zip(states, expected, strict=True):
        assert state.shape == (1, int(lengths[0]), SIZE)
        torch.testing.assert_close(state, other[:, : int(lengths[0])], atol=1e-5, rtol=1e-5)


def never(kind):
    return {"padded": "never"} if kind == "whisper" else {}


def reference(kind, wave, padding=False):
    """All hidden states by transformers' own classes."""
    model = theirs(kind)
    if kind != "whisper":
        values = extractor(kind)(wave, sampling_rate=RATE, return_tensors="pt").input_values
        with torch.inference_mode():
            found = model(values, output_hidden_states=True)
        return (*found.hidden_states[:-1], found.last_hidden_state)
    given = extractor(kind)(wave, sampling_rate=RATE, return_tensors="pt", padding=padding or "do_not_pad")
    encoder = model.encoder
    mel = given.input_features
    frames = mel.shape[2] // 2
    with torch.no_grad():  # the class insists on its longest input, so its positions are cut instead
        encoder.embed_positions.weight = torch.nn.Parameter(encoder.embed_positions.weight[:frames])
        encoder.embed_positions.num_embeddings = frames
        encoder.config.max_source_positions = frames
        found = encoder(mel, output_hidden_states=True)
    return (*found.hidden_states[:-1], found.last_hidden_state)


@pytest.mark.parametrize("extra", [0, 3000])
def test_an_item_alone_is_what_it_is_in_a_batch(checkpoints, kind, extra):
    upstream = loaded(checkpoints, kind)
    waves = sounds(*SECONDS)
    together, counts = encoded(upstream, *padded(waves, extra))
    for row, wave in enumerate(waves):
        alone, own = encoded(upstream, *padded([wave]))
        assert int(own[0]) == int(counts[row])
        for mine, other in zip(alone, together, strict=True):
            torch.testing.assert_close(mine[0], other[row, : int(own[0])], atol=2e-5, rtol=1e-4)


def test_the_order_of_a_batch_changes_nothing(checkpoints, kind):
    upstream = loaded(checkpoints, kind)
    samples, lengths = padded(sounds(*SECONDS))
    order = torch.tensor([2, 0, 3, 1])
    mine, other = encoded(upstream, samples, lengths), encoded(upstream, samples[order], lengths[order])
    assert torch.equal(mine[1][order], other[1])
    for row, place in enumerate(order.tolist()):
        count = int(other[1][row])
        torch.testing.assert_close(other[0][-1][row, :count], mine[0][-1][place, :count], atol=1e-5, rtol=1e-4)


def test_neighbors_lend_nothing(checkpoints, kind):
    upstream = loaded(checkpoints, kind)
    samples, lengths = padded(sounds(*SECONDS))
    samples.requires_grad_()
    states, counts = upstream(samples, lengths)
    states[-1][1, : int(counts[1])].sum().backward()
    felt = samples.grad.abs().sum(1)
    assert felt[1] > 0
    assert (felt[[0, 2, 3]] == 0).all()


@pytest.mark.parametrize("layers", range(LAYERS + 1))
def test_a_part_is_the_same_layer_of_the_whole(checkpoints, kind, layers):
    samples, lengths = padded(sounds(*SECONDS))
    part = loaded(checkpoints, kind, layers, **never(kind))
    whole = loaded(checkpoints, kind, **never(kind))
    states, counts = encoded(part, samples, lengths)
    assert len(states) == layers + 1
    for mine, other in zip(states, encoded(whole, samples, lengths)[0], strict=False):
        torch.testing.assert_close(mine, other, atol=1e-6, rtol=1e-6)
    assert len(part.blocks) == layers
    fewer, more = (sum(p.numel() for p in one.parameters()) for one in (part, whole))
    assert fewer < more if layers < LAYERS else fewer == more
    assert int(counts.max()) <= states[0].shape[1]


def test_nothing_of_what_is_cut_off_is_kept(checkpoints):
    """A stable norm above the last layer belongs to the whole alone, as does Whisper's."""
    for kind in ("wav2vec2 layer", "wavlm layer", "whisper"):
        upstream = loaded(checkpoints, kind, 1)
        names = [name for name, _ in upstream.named_parameters()]
        assert sum(".layers.0." in name for name in names) == len(list(upstream.blocks.parameters()))
        assert not [name for name in names if ".layers.1." in name]
        assert not [name for name in names if name in {"model.encoder.layer_norm.weight", "model.layer_norm.weight"}]


def test_frames_are_what_is_announced(checkpoints, kind):
    upstream = loaded(checkpoints, kind)
    for samples in (1, 100, 399, 400, 719, 720, 721, 5000, 12_345):
        lengths = torch.tensor([samples])
        states, counts = encoded(upstream, torch.randn(1, samples) * 0.1, lengths)
        assert counts.tolist() == upstream.frames_of(lengths).tolist()
        assert states[0].shape[1] == int(counts[0]) >= 1
        assert all(torch.isfinite(state).all() for state in states)


def test_silence_is_finite(checkpoints, kind):
    states, _ = encoded(loaded(checkpoints, kind), torch.zeros(2, 4000), torch.tensor([4000, 900]))
    assert all(torch.isfinite(state).all() for state in states)


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "whisper"])
@pytest.mark.parametrize("normalize", [True, False])
def test_the_level_counts_only_where_the_checkpoint_says_so(tmp_path, kind, normalize):
    upstream = load_upstream(settings_of(write(tmp_path / "one", kind, normalize=normalize), kind))
    samples, lengths = padded(sounds(0.4, 0.2))
    louder = encoded(upstream, samples * 3, lengths)[0][-1]
    alike = torch.allclose(louder, encoded(upstream, samples, lengths)[0][-1], atol=1e-3)
    assert alike or not normalize
    assert not alike or normalize or "group" in kind  # a group norm forgets the level by itself


def test_loading_draws_no_random_number(checkpoints, kind):
    state = torch.get_rng_state()
    loaded(checkpoints, kind)
    assert torch.equal(torch.get_rng_state(), state)


def test_a_copy_is_the_same(checkpoints, kind):
    upstream = loaded(checkpoints, kind)
    samples, lengths = padded(sounds(0.3, 0.2))
    mine, other = (encoded(one, samples, lengths)[0] for one in (upstream, copy.deepcopy(upstream)))
    assert all(torch.equal(one, two) for one, two in zip(mine, other, strict=True))


@pytest.mark.parametrize("kind", FAMILIES)
def test_checkpointing_changes_no_gradient(checkpoints, kind):
    samples, lengths = padded(sounds(0.3, 0.2))
    felt = []
    for checkpointing in (False, True):
        upstream = loaded(checkpoints, kind)
        upstream.checkpointing = checkpointing
        upstream(samples, lengths)[0][-1].square().sum().backward()
        felt.append([p.grad for p in upstream.parameters() if p.grad is not None])
    assert len(felt[0]) == len(felt[1]) > 10
    assert all(torch.equal(one, two) for one, two in zip(*felt, strict=True))


def test_whispers_log_mel_is_its_preprocessors(checkpoints):
    upstream = loaded(checkpoints, "whisper")
    for wave in sounds(0.4, 0.1037, 0.9, seed=3):
        given = extractor("whisper")(wave, sampling_rate=RATE, return_tensors="np", padding="do_not_pad")
        mine = upstream.log_mel(torch.from_numpy(wave)).numpy()
        np.testing.assert_allclose(mine, given.input_features[0], atol=1e-5)


def test_whisper_with_silence_appended_is_transformers_own(checkpoints):
    (wave,) = sounds(0.44)
    states, lengths = encoded(loaded(checkpoints, "whisper", padded="always"), *padded([wave]))
    for state, other in zip(states, reference("whisper", wave, padding="max_length"), strict=True):
        torch.testing.assert_close(state, other[:, : int(lengths[0])], atol=1e-5, rtol=1e-5)


def test_whisper_appends_silence_above_the_middle_of_its_layers(checkpoints):
    samples, lengths = padded(sounds(0.3))
    for layers, pads in ((1, False), (2, True)):
        auto, said = (
            encoded(loaded(checkpoints, "whisper", layers, padded=how), samples, lengths)[0][-1]
            for how in ("auto", "always" if pads else "never")
        )
        assert torch.equal(auto, said)


def test_whisper_reads_more_than_it_can_hear_at_once_in_pieces(checkpoints):
    upstream = loaded(checkpoints, "whisper", 1)  # made to hear one second
    waves = sounds(2.5, 0.4, 1.01)
    states, counts = encoded(upstream, *padded(waves))
    assert counts.tolist() == upstream.frames_of(torch.tensor([len(wave) for wave in waves])).tolist()
    first = encoded(upstream, *padded([waves[0][:13_440]]))[0][-1]  # a third, rounded up to whole frames
    torch.testing.assert_close(states[-1][0, : first.shape[1]], first[0], atol=1e-5, rtol=1e-4)
    alone = encoded(upstream, *padded([waves[1]]))[0][-1]
    torch.testing.assert_close(states[-1][1, : alone.shape[1]], alone[0], atol=1e-5, rtol=1e-4)


@pytest.mark.parametrize("layers", [-1, LAYERS + 1])
def test_layers_that_are_not_there_are_refused(checkpoints, layers):
    with pytest.raises(SettingsError, match=f"{layers} asked for"):
        loaded(checkpoints, "hubert group", layers)
