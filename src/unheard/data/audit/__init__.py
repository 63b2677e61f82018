"""The audit of a corpus and of folds over it: what gives the emotion away, and what leaks."""
