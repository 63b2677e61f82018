"""One file a method of invariance: which losses, which phases, whose parameters step."""
