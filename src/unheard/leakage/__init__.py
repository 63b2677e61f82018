"""What a frozen embedding still tells of who speaks: probe classifiers, verification, and their chance levels."""
