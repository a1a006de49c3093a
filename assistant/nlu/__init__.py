"""Understanding: from word hypotheses to an intent with its slots and targets."""
