"""From samples to the features that networks take."""
