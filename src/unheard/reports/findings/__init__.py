"""What follows from the numbers, in sentences, by rules."""
