"""From network outputs to hypotheses: beam search, second pass, attention decoder."""
