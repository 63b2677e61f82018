"""Recipes, tasks, pooled results, probes and statistics over speakers."""
