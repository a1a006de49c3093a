"""From network outputs to hypotheses: beam search, two-pass, attention decoder."""
