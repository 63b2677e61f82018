"""One file an encoder: (batch, frames, channels) to fewer frames."""
