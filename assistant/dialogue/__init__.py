"""From a meaning to what comes of it, and what waits for a yes."""
