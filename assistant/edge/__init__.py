"""The edge runtime: a sparse, low-bit transducer in one file, and a model of its processor."""
