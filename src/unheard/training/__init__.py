"""The loop, its settings, its data and its checkpoints."""
