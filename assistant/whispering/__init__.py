"""Whether somebody whispers, so that Hearth can answer as softly."""
