"""Statistics over speakers, not clips: intervals, paired tests, power."""
