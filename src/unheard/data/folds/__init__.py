"""Folds: what makes one, other people's, and the plan that cannot exist if it leaks."""
