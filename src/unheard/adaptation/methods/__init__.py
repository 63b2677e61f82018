"""Methods of adaptation that need no gradient; each file is one.

Every member has

    Settings      a frozen pydantic model; `weight` in [0, 1], where 0 leaves every probability as it was, bit for bit
    TRANSDUCTIVE  True where an answer hangs on the other recordings that are given beside it
    CHANGES       "embeddings" or "probabilities": a step that moves embeddings reads them out anew, so that none may
                  stand behind a step that changes probabilities
    fit           fit(source, target, settings) -> Fitted: reads embeddings, speakers and probabilities, never a label
    apply         apply(fitted, readout, target) -> Target: recordings of the same speakers, or of new ones
"""
