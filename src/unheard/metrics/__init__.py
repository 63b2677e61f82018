"""Metrics: truth and prediction in, one number out; each file is one metric and says which way is better.

Every member has

    NAME        its file's name
    DIRECTION   "higher" or "lower": which way is better
    RANGE       (lowest, highest) value that it can take
    TRUTH       what it reads: "classes" (class numbers against class numbers), "values" (numbers against
                numbers) or "pairs" (same or not, against a similarity)
    score       score(truth, prediction, ...) -> float; "classes" metrics also take `classes`

Items without a label (UNLABELED among classes and pairs, nan among values) are never counted. Where the
definition has nothing to stand on, the score is nan and never an invented number.
"""
