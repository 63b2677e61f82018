"""Recordings in: containers judged, decoded, cut to segments, brought to one waveform."""
