"""One file a family of pretrained speech models: (batch, samples) to states (batch, frames, size)."""
