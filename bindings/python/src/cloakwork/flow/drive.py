"""Drivers: they run a conversation with httpx, for sync and for async callers."""

from __future__ import annotations

import inspect
import ssl
import time
from collections.abc import Callable, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeVar

import anyio
import anyio.to_thread
import httpx

from cloakwork.flow.effects import Call, Flow, Pause, Reply, Send
from cloakwork.wire.problem import FlowError, FlowStatus

__all__ = ["Transport", "UnreachableError", "UntrustedError", "drive", "drive_async"]

T = TypeVar("T")

CONNECT_SECONDS = 10.0


class UnreachableError(Exception):
    """The server did not answer; the same request may be sent again."""


class UntrustedError(FlowError):
    """The server's certificate does not verify; trying again would not help."""


class Transport:
    """The settings of HTTP connections: which certificate authorities count.

    Args:
        ca: PEM file of the authorities (or of the self-signed certificate) to trust instead of the system's.
    """

    def __init__(self, ca: str | Path | None = None) -> None:
        try:
            self._context = _system_context() if ca is None else _context(str(ca))
        except (OSError, ssl.SSLError) as error:
            raise FlowError(FlowStatus.CONFIGURATION, f"cannot read certificates from {ca}: {error}", argument="ca") from error

    def sync(self) -> httpx.Client:
        """A client for `drive`."""
        return httpx.Client(verify=self._context, timeout=CONNECT_SECONDS)

    def asynchronous(self) -> httpx.AsyncClient:
        """A client for `drive_async`."""
        return httpx.AsyncClient(verify=self._context, timeout=CONNECT_SECONDS)


def _context(ca: str | None) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=ca)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    return context


@lru_cache(maxsize=1)
def _system_context() -> ssl.SSLContext:
    """Reading all authorities of a system takes longer than a request."""
    return _context(None)


def drive(flow: Flow[T], http: httpx.Client, pause: Callable[[float], object] = time.sleep) -> T:
    """Runs a conversation to its end and returns what it returns.

    Args:
        flow: the conversation.
        http: the connections to use.
        pause: waits for a number of seconds; it may raise to end the conversation.
    """
    resume: Callable[[], Any] = lambda: next(flow)  # noqa: E731 - replaced in each turn
    while True:
        try:
            effect = resume()
        except StopIteration as end:
            return end.value  # type: ignore[no-any-return]
        try:
            outcome: Any
            if isinstance(effect, Send):
                outcome = _send(effect, http)
            elif isinstance(effect, Pause):
                outcome = pause(effect.seconds)
            else:
                outcome = _call(effect)
        except Exception as error:  # noqa: BLE001 - belongs to the conversation, which handles or raises it
            resume = _thrower(flow, error)
        else:
            resume = _sender(flow, outcome)


async def drive_async(flow: Flow[T], http: httpx.AsyncClient) -> T:
    """Runs a conversation to its end without blocking the event loop. What it computes itself (masking, storage) runs in a thread."""
    resume: Callable[[], Any] = lambda: next(flow)  # noqa: E731 - replaced in each turn
    while True:
        # StopIteration cannot leave a coroutine's thread as itself.
        done, effect = await anyio.to_thread.run_sync(_turn, resume)
        if done:
            return effect  # type: ignore[no-any-return]
        try:
            outcome: Any
            if isinstance(effect, Send):
                outcome = await _send_async(effect, http)
            elif isinstance(effect, Pause):
                await anyio.sleep(effect.seconds)
                outcome = None
            else:
                outcome = effect.function(*effect.arguments)
                if inspect.isawaitable(outcome):
                    outcome = await outcome
        except Exception as error:  # noqa: BLE001 - belongs to the conversation, which handles or raises it
            resume = _thrower(flow, error)
        else:
            resume = _sender(flow, outcome)


def _turn(resume: Callable[[], Any]) -> tuple[bool, Any]:
    try:
        return False, resume()
    except StopIteration as end:
        return True, end.value


def _sender(flow: Flow[T], outcome: object) -> Callable[[], Any]:
    return lambda: flow.send(outcome)


def _thrower(flow: Flow[T], error: Exception) -> Callable[[], Any]:
    return lambda: flow.throw(error)


def _call(effect: Call) -> object:
    outcome = effect.function(*effect.arguments)
    if inspect.isawaitable(outcome):
        raise FlowError(FlowStatus.CONFIGURATION, "the handler is a coroutine; use AsyncClient", argument="handler")
    return outcome


def _send(effect: Send, http: httpx.Client) -> Reply:
    try:
        with http.stream(
            effect.method, effect.url, content=effect.body, headers=effect.headers, timeout=_timeout(effect.seconds)
        ) as response:
            body = bytearray()
            for chunk in response.iter_raw():
                body += chunk
                _check_size(len(body), effect.largest)
            return Reply(response.status_code, _lower(response.headers), bytes(body))
    except httpx.TransportError as error:
        raise _failure(error) from error


async def _send_async(effect: Send, http: httpx.AsyncClient) -> Reply:
    try:
        async with http.stream(
            effect.method, effect.url, content=effect.body, headers=effect.headers, timeout=_timeout(effect.seconds)
        ) as response:
            body = bytearray()
            async for chunk in response.aiter_raw():
                body += chunk
                _check_size(len(body), effect.largest)
            return Reply(response.status_code, _lower(response.headers), bytes(body))
    except httpx.TransportError as error:
        raise _failure(error) from error


def _timeout(seconds: float) -> httpx.Timeout:
    return httpx.Timeout(seconds, connect=min(CONNECT_SECONDS, seconds))


def _check_size(size: int, largest: int) -> None:
    if size > largest:
        raise FlowError(FlowStatus.TOO_LARGE, "the server's answer is longer than any that this request has", bound=largest)


def _lower(headers: Mapping[str, str]) -> dict[str, str]:
    return {name.lower(): value for name, value in headers.items()}


def _failure(error: httpx.TransportError) -> Exception:
    """Tells an untrusted certificate from a server that is away."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ssl.SSLCertVerificationError):
            message = f"the server's certificate does not verify ({cause.verify_message}); give the right one with --ca"
            return UntrustedError(FlowStatus.UNVERIFIED_ANSWER, message)
        cause = cause.__cause__ or cause.__context__
    return UnreachableError(f"{type(error).__name__}: {error}" if str(error) else type(error).__name__)
