"""The cache filled for one utterance alone."""

from unheard.features.cache import extract_corpus


def extract_one(utterance, recipe, cache):
    """(keys, one a perturbation; digest of the recording; seconds after conditioning)."""
    found = extract_corpus([utterance], recipe, cache)
    return found.keys[utterance.name], found.contents[utterance.name], found.seconds[utterance.name]
