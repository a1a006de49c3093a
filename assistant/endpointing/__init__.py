"""When a sentence is over."""
