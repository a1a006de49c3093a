"""The streaming recogniser: features, encoder, transducer search, biasing, end-pointing."""
