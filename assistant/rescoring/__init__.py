"""Rescoring: the word lattice goes to a stronger machine's language model and comes back."""
