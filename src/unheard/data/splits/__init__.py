"""One file a split: how a corpus is parted into train, dev and test; see `unheard.data.folds.plan.draw_plan`."""
