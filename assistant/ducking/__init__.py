"""Other sound goes down while somebody speaks to Hearth, and comes back as it was."""
