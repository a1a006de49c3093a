"""A language model built like llama, with random weights: as a GGUF file and as arithmetic."""

import math

import gguf
import numpy as np

WIDTH, HEADS, LAYERS, HIDDEN, CONTEXT = 32, 4, 2, 64, 512
_EPSILON = 1e-5
_ROTATION_BASE = 10_000.0
_LETTERS = "abcdefghijklmnopqrstuvwxyz'W.,-"
_WHOLE = ("turn", "tern", "on", "lights", "light")
_BEGINNINGS = (f"▁{word[:length]}" for word in _WHOLE for length in range(1, len(word) + 1))
"""With all beginnings of a word, merging pairs of pieces finds the longest one."""
_BYTES = [f"<0x{byte:02X}>" for byte in range(256)]
PIECES = ["<unk>", "<s>", "</s>", *_BYTES, "▁", *_LETTERS, *dict.fromkeys(_BEGINNINGS)]
_START, _END = 1, 2
_FIRST_BYTE = 3
_FIRST_TEXT = _FIRST_BYTE + 256


def tokens(text):
    """A text cut as the vocabulary has it: the longest piece each time, else a byte."""
    rest, found = "▁" + text.replace(" ", "▁"), [_START]
    known = {piece: number for number, piece in enumerate(PIECES) if number >= _FIRST_TEXT}
    while rest:
        longest = max((piece for piece in known if rest.startswith(piece)), key=len, default=None)
        found.append(known[longest] if longest else _FIRST_BYTE + ord(rest[0]))
        rest = rest[len(longest or rest[0]) :]
    return found


class TinyLlama:
    """`spread` is how much the probabilities of tokens differ."""

    def __init__(self, spread=2.0):
        random = np.random.default_rng(0)

        def matrix(rows, columns, scale=1.0):
            values = random.standard_normal((rows, columns)) * scale / math.sqrt(columns)
            return values.astype(np.float32)

        self.weights = {
            "token_embd.weight": matrix(len(PIECES), WIDTH, math.sqrt(WIDTH)),
            "output_norm.weight": np.ones(WIDTH, np.float32),
            "output.weight": matrix(len(PIECES), WIDTH, spread),
        }
        for layer in range(LAYERS):
            own = {
                "attn_norm": np.ones(WIDTH, np.float32),
                "attn_q": matrix(WIDTH, WIDTH, 1.5),
                "attn_k": matrix(WIDTH, WIDTH, 1.5),
                "attn_v": matrix(WIDTH, WIDTH),
                "attn_output": matrix(WIDTH, WIDTH),
                "ffn_norm": np.ones(WIDTH, np.float32),
                "ffn_gate": matrix(HIDDEN, WIDTH),
                "ffn_up": matrix(HIDDEN, WIDTH),
                "ffn_down": matrix(WIDTH, HIDDEN),
            }
            self.weights |= {f"blk.{layer}.{name}.weight": value for name, value in own.items()}

    def write(self, path):
        """As a file for llama.cpp."""
        writer = gguf.GGUFWriter(path, "llama")
        writer.add_context_length(CONTEXT)
        writer.add_embedding_length(WIDTH)
        writer.add_block_count(LAYERS)
        writer.add_feed_forward_length(HIDDEN)
        writer.add_head_count(HEADS)
        writer.add_layer_norm_rms_eps(_EPSILON)
        writer.add_rope_dimension_count(WIDTH // HEADS)
        writer.add_rope_freq_base(_ROTATION_BASE)
        writer.add_vocab_size(len(PIECES))
        writer.add_tokenizer_model("llama")
        writer.add_token_list(PIECES)
        writer.add_token_scores([-float(number) for number in range(len(PIECES))])
        kinds = gguf.TokenType
        writer.add_token_types(
            [kinds.UNKNOWN, kinds.CONTROL, kinds.CONTROL]
            + [kinds.BYTE] * len(_BYTES)
            + [kinds.NORMAL] * (len(PIECES) - _FIRST_TEXT)
        )
        writer.add_unk_token_id(0)
        writer.add_bos_token_id(_START)
        writer.add_eos_token_id(_END)
        writer.add_add_bos_token(True)
        for name, value in self.weights.items():
            writer.add_tensor(name, value)
        writer.write_header_to_file()
        writer.write_kv_data_to_file()
        writer.write_tensors_to_file()
        writer.close()

    def log_prob(self, before, text):
        """How likely a text is to come next, as it is cut where it stands."""
        whole, given = tokens(before + text), tokens(before)
        assert whole[: len(given)] == given
        return sum(
            self._of_text(whole[:at], PIECES[whole[at]]) for at in range(len(given), len(whole))
        )

    def _of_text(self, given, piece):
        """Log-probability of all tokens that are this text: a letter's own one and its byte."""
        log_probs = self._next(given)
        letter = _BYTES.index(piece) if piece in _BYTES else ord(piece) if len(piece) == 1 else None
        same = [number for number, each in enumerate(PIECES) if each == piece]
        if letter is not None:
            letter = ord(" ") if piece == "▁" else letter
            same = sorted({*same, _FIRST_BYTE + letter})
        return float(np.logaddexp.reduce(log_probs[same]))

    def _next(self, given):
        """Log-probabilities [V] of the token after those given."""
        w = self.weights
        at = w["token_embd.weight"][given].astype(np.float64)
        for layer in range(LAYERS):
            own = {
                name.split(".")[2]: value
                for name, value in w.items()
                if name.startswith(f"blk.{layer}.")
            }
            normal = _normal(at) * own["attn_norm"]
            at = at + _attended(*(normal @ own[f"attn_{part}"].T for part in "qkv")) @ (
                own["attn_output"].T
            )
            normal = _normal(at) * own["ffn_norm"]
            gate = normal @ own["ffn_gate"].T
            at = at + (gate / (1 + np.exp(-gate)) * (normal @ own["ffn_up"].T)) @ own["ffn_down"].T
        scores = (_normal(at[-1]) * w["output_norm.weight"]) @ w["output.weight"].T
        return scores - np.logaddexp.reduce(scores)


def _normal(values):
    return values / np.sqrt((values**2).mean(axis=-1, keepdims=True) + _EPSILON)


def _attended(queries, keys, values):
    """Causal attention with rotary positions, pairs of neighbours rotated; all [T, WIDTH]."""
    length, wide = len(queries), WIDTH // HEADS
    heads = [each.reshape(length, HEADS, wide) for each in (queries, keys, values)]
    turns = np.outer(np.arange(length), _ROTATION_BASE ** (-np.arange(0, wide, 2) / wide))
    rotation = np.exp(1j * turns)[:, None]
    q, k = ((each[..., ::2] + 1j * each[..., 1::2]) * rotation for each in heads[:2])
    likeness = np.einsum("thd,shd->hts", q, k.conj()).real / math.sqrt(wide)
    likeness += np.triu(np.full((length, length), -np.inf), 1)
    shares = np.exp(likeness - likeness.max(axis=-1, keepdims=True))
    shares /= shares.sum(axis=-1, keepdims=True)
    return np.einsum("hts,shd->thd", shares, heads[2]).reshape(length, WIDTH)
