"""`unheard probe`: the whole leakage suite over a finished run, or over a table of embeddings."""
