"""A web server for what asks one."""

from contextlib import asynccontextmanager

from aiohttp import web


@asynccontextmanager
async def serving(answer):
    """A server in this event loop that answers everything; gives its address."""
    application = web.Application()
    application.router.add_get("/{path:.*}", answer)
    runner = web.AppRunner(application)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()
