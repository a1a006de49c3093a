"""Tokens, word pieces, spelling and the words of the language."""
