"""One file a feature: waveform (samples,) to (frames, channels); and the cache on disk."""
