"""From a recipe to finished jobs: corpus, prepared data, one training a job, the runner of them all."""
