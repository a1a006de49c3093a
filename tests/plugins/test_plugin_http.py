"""The session that plugins share, against a real server."""

import asyncio

import aiohttp
import pytest
from aiohttp import web

from assistant.plugins import http as plugin_http
from assistant.plugins.api import PluginError
from assistant.plugins.http import SharedSession
from tests.http_server import serving


async def test_it_is_made_when_it_is_needed_and_is_one_for_all():
    shared = SharedSession()
    await shared.close()  # nothing to close
    assert not shared.is_open
    session = shared.get()
    assert shared.get() is session
    assert shared.is_open
    await shared.close()
    assert session.closed


async def test_it_says_who_it_is_and_keeps_no_cookies():
    seen = []

    async def answer(request):
        seen.append((request.headers["User-Agent"], dict(request.cookies)))
        response = web.Response()
        response.set_cookie("crumb", "1")
        return response

    shared = SharedSession()
    async with serving(answer) as url:
        for _ in range(2):
            async with shared.get().get(url):
                pass
        await shared.close()
    assert [(agent.startswith("Hearth/"), cookies) for agent, cookies in seen] == [(True, {})] * 2


async def test_a_request_that_takes_too_long_is_given_up(monkeypatch):
    monkeypatch.setattr(plugin_http, "TOTAL_S", 0.05)
    never = asyncio.Event()

    async def answer(_request):
        await never.wait()

    shared = SharedSession()
    async with serving(answer) as url:
        with pytest.raises(TimeoutError):
            await shared.get().get(url)
        never.set()
        await shared.close()


async def test_what_is_under_way_ends_with_it():
    came, never = asyncio.Event(), asyncio.Event()

    async def answer(_request):
        came.set()
        await never.wait()

    shared = SharedSession()
    async with serving(answer) as url:
        asking = asyncio.create_task(shared.get().get(url))
        await came.wait()
        await shared.close()
        with pytest.raises(aiohttp.ClientError):
            await asking
        never.set()


def test_there_is_none_outside_of_an_event_loop():
    with pytest.raises(PluginError, match=r"in start\(\), prepare\(\) or act\(\)"):
        SharedSession().get()
