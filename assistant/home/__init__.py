"""What a home is, and the demo home that is built in."""
