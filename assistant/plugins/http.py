"""The HTTP session that plugins share."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from assistant import __version__
from assistant.plugins.api import PluginError

if TYPE_CHECKING:
    import aiohttp

TOTAL_S = 8.0
"""For a whole request, reading included: less than a plugin may take to act, so that it can still
say itself what is wrong."""


class SharedSession:
    """One aiohttp session for all plugins, made when first asked for; of one event loop.

    It keeps no cookies, as several plugins share it.
    """

    def __init__(self) -> None:
        self._session: aiohttp.ClientSession | None = None

    @property
    def is_open(self) -> bool:
        """Whether it has been asked for."""
        return self._session is not None

    def get(self) -> aiohttp.ClientSession:
        """The session; raises `PluginError` outside of an event loop."""
        if self._session is None:
            try:
                asyncio.get_running_loop()
            except RuntimeError:
                message = "ask for context.session() in start(), prepare() or act()"
                raise PluginError(message) from None
            import aiohttp  # noqa: PLC0415 - takes a while, and most homes do without

            self._session = aiohttp.ClientSession(
                timeout=aiohttp.ClientTimeout(total=TOTAL_S),
                headers={"User-Agent": f"Hearth/{__version__}"},
                cookie_jar=aiohttp.DummyCookieJar(),
            )
        return self._session

    async def close(self) -> None:
        """Close it with all that is under way; whoever asks again gets a new one."""
        session, self._session = self._session, None
        if session is not None:
            await session.close()
