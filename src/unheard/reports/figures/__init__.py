"""The figures of the pages, one file a kind."""
