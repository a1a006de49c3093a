"""What is favoured while hypotheses are pruned."""
