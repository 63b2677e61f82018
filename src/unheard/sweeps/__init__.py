"""A recipe at many settings: what varies, the grid of it, the search, and what was found."""
