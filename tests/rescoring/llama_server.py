"""llama.cpp's own HTTP server in a process: `python -m tests.rescoring.llama_server MODEL`.

Prints its address when it is ready, and serves until its standard input is closed.
"""

import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path

TOKEN = "a-key"  # noqa: S105


def serve(model):
    import xllamacpp  # noqa: PLC0415 - only this process has it

    params = xllamacpp.CommonParams()
    params.model.path = model
    params.api_keys = [TOKEN]
    params.n_ctx, params.n_parallel = 1024, 2
    params.cpuparams.n_threads = params.cpuparams_batch.n_threads = 1
    # Exact arithmetic, to be compared with.
    params.flash_attn_type = xllamacpp.llama_flash_attn_type.LLAMA_FLASH_ATTN_TYPE_DISABLED
    params.cache_type_k = params.cache_type_v = xllamacpp.ggml_type.GGML_TYPE_F32
    params.warmup = params.fit_params = False
    params.verbosity = 0
    server = xllamacpp.Server(params)
    sys.stdout.write(f"{server.listening_address}\n")
    sys.stdout.flush()
    sys.stdin.read()


@contextmanager
def started(model):
    """The server's process and its address."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.rescoring.llama_server", model],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parents[2],
    )
    with process:
        try:
            yield process, process.stdout.readline().strip()
        finally:
            process.kill()


if __name__ == "__main__":
    serve(sys.argv[1])
