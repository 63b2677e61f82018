"""A result as one self-contained page: inline style, script and figures, no network."""
