"""Understanding ahead of time: an interpretation of what was heard so far, held and never acted on.

A speculation is begun at the speculative end-point. Its interpretation is computed in the worker,
then the plugin that would carry it out may fetch what it needs; a server that rescores is asked
meanwhile. It ends in one of two ways:
`settle` when the final end-pointer agrees, `cancel` when it does not.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from dataclasses import dataclass

from assistant.asr.result import RecognitionResult
from assistant.nlu.interpretation import Interpretation, Understanding
from assistant.pipeline.rescorer import Rescoring
from assistant.pipeline.worker import Worker
from assistant.plugins.api import Plugin

_LOG = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Understood:
    """An interpretation, and how long the understanding took."""

    interpretation: Interpretation
    nlu_ms: float


async def understand(
    worker: Worker, understanding: Understanding, result: RecognitionResult
) -> Understood:
    """Interpret a result in the worker."""

    def timed() -> Understood:
        begin = time.perf_counter()
        interpretation = understanding.interpret(result.nbest)
        return Understood(interpretation, 1000 * (time.perf_counter() - begin))

    return await worker.run(timed)


class Speculation:
    """One speculation; must be begun in a running event loop, and settled or cancelled."""

    def __init__(
        self,
        result: RecognitionResult,
        worker: Worker,
        understanding: Understanding,
        plugin_for: Callable[[str | None], Plugin | None],
        rescoring: Rescoring,
    ) -> None:
        self.result = result
        self.rescoring = rescoring
        rescoring.begin(result)
        self._plugin_for = plugin_for
        self._understanding = asyncio.create_task(understand(worker, understanding, result))
        self._preparing = asyncio.create_task(self._prepare())

    async def understood(self) -> Understood:
        """The interpretation, as soon as it is there."""
        return await asyncio.shield(self._understanding)

    async def settle(self) -> None:
        """Wait until the plugin has prepared; its errors are the plugin's to meet again."""
        try:
            await self._preparing
        except Exception:  # noqa: BLE001 - a plugin is not ours
            _LOG.exception("a plugin could not prepare")

    async def cancel(self) -> None:
        """Stop the work and wait until it has stopped."""
        tasks = (self._preparing, self._understanding)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, self.rescoring.cancel(), return_exceptions=True)

    async def _prepare(self) -> None:
        interpretation = (await self.understood()).interpretation
        for command in interpretation.commands:
            plugin = self._plugin_for(command.intent)
            if plugin is not None:
                await plugin.prepare(command)
