"""Hearth as a service for others: speech to text, wake words and commands over Wyoming."""
