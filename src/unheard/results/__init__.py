"""The result of a run: pooled over jobs, typed, compared, and traced to what it came from."""
