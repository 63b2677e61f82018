"""Label-free validators: what they say of a model on recordings whose labels nobody has; each file is one.

Every member has

    NAME          its file's name
    DIRECTION     always "higher": what is better the other way round is negated
    RANGE         (lowest, highest) value that it can take
    NEEDS_SOURCE  whether it reads held-out items of the source
    BLIND         what it cannot see, in one sentence
    score         score(evidence) -> float, nan where there is nothing to stand on
"""
