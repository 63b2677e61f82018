"""Recordings, labels, splits, sampling and the audit: everything before features."""
