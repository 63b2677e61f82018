"""Normalizer, encoder, pooling, heads: features to embeddings and logits."""
