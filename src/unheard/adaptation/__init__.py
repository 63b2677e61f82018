"""Adapting a finished model to a speaker or a language whose recordings have no labels, without any gradient.

    embeddings, speakers -> Target -> step -> Target -> ... -> probabilities

Each step is one file of `methods`: it is fitted on unlabeled embeddings and leaves a small record of arrays, which
can be saved beside the model and applied to other recordings, of the same speakers or of new ones. No label of the
target exists in any signature of this package. `validators` judge what came of it, again without labels.
"""
