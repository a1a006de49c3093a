"""A lattice of whole hypotheses."""

from __future__ import annotations

from collections.abc import Sequence

from assistant.lattice.graph import Edge, Hypothesis, Lattice, Node, log_sum_exp


def lattice_of(hypotheses: Sequence[Hypothesis]) -> Lattice:
    """A lattice whose paths are the hypotheses, with their scores.

    Hypotheses share the edges of their common beginning. An edge gets what its word adds to the
    summed score of all hypotheses that begin so, so that every path has its own score. Posteriors
    are not filled in.
    """
    beginnings: dict[tuple[str, ...], list[Hypothesis]] = {(): list(hypotheses)}
    for hypothesis in hypotheses:
        words = tuple(word.text for word in hypothesis.words)
        for count in range(1, len(words)):
            beginnings.setdefault(words[:count], []).append(hypothesis)
    times = {
        words: same[0].words[len(words) - 1].end_s if words else 0.0
        for words, same in beginnings.items()
    }
    ordered = sorted(beginnings, key=lambda words: (times[words], len(words), words))
    numbers = {words: number for number, words in enumerate(ordered)}
    log_probs = {words: log_sum_exp(h.log_prob for h in same) for words, same in beginnings.items()}
    log_probs[()] = 0.0
    edges = [
        Edge(
            numbers[words[:-1]], numbers[words], words[-1], log_probs[words] - log_probs[words[:-1]]
        )
        for words in ordered
        if words
    ]
    for hypothesis in hypotheses:
        words = tuple(word.text for word in hypothesis.words)
        before = words[:-1]
        gained = hypothesis.log_prob - log_probs[before]
        last = words[-1] if words else ""
        boosts = hypothesis.boost, hypothesis.sentence_boost
        edges.append(Edge(numbers[before], len(ordered), last, gained, 0.0, *boosts))
    last_s = max((h.words[-1].end_s for h in hypotheses if h.words), default=0.0)
    nodes = [Node(numbers[words], times[words]) for words in ordered]
    nodes.append(Node(len(ordered), max([last_s, *times.values()])))
    edges.sort(key=lambda edge: (edge.start, edge.end))
    return Lattice(tuple(nodes), tuple(edges), 0, len(ordered))
