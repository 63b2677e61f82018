"""What tests need, public, for plug-ins too: made-up corpora."""
