"""The streaming recogniser: networks, search, biasing, both passes."""
