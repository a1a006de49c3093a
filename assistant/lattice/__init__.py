"""The word lattice, which recogniser, understanding and rescoring share."""
