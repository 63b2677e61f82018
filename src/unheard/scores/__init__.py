"""What is computed of predictions and features beside UAR: calibration, fairness, ensembles, baselines, curves."""
