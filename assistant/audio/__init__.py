"""Audio sources, resampling, the pre-roll ring and voice activity."""
