"""How Hearth answers: sounds, speech, and what plays them."""
