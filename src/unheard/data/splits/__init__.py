"""One file a split: how a corpus is parted into train, dev and test; see `unheard.data.plan.draw_plan`."""
