"""The command `unheard`: one file a verb."""
