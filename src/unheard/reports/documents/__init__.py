"""What lies in a run's folder, read for the pages."""
