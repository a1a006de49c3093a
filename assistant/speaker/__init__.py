"""Who speaks: embeddings of voices, the profiles of the household, and how sure a match is."""
