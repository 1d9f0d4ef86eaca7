"""The injection of each kind of fault."""

import asyncio
from collections.abc import Awaitable, Callable

from starlette.responses import JSONResponse, Response

from support.sandbox.exchange import PROBLEM
from support.sandbox.faults import Fault
from support.sandbox.wire import Wire

_GARBAGE = b'{"id": "41c0", "name": "Grace Hop'


async def inject(fault: Fault, wire: Wire, response: Response) -> bool:
    """Inject a fault; return whether it ends the request."""
    await _INJECTORS[fault.kind](fault, wire, response)
    return fault.kind != "slow"


async def _status(fault: Fault, wire: Wire, _response: Response) -> None:
    problem = {"type": "about:blank", "title": "Fault on demand", "status": fault.status}
    await wire.answer(JSONResponse(problem, fault.status, fault.retry_after_header(), PROBLEM))


async def _drop(_fault: Fault, wire: Wire, _response: Response) -> None:
    await wire.drop()


async def _slow(fault: Fault, _wire: Wire, _response: Response) -> None:
    await asyncio.sleep(fault.seconds)


async def _hang(fault: Fault, wire: Wire, _response: Response) -> None:
    try:
        await asyncio.wait_for(wire.until_gone(), fault.seconds or None)
    except TimeoutError:
        await wire.drop()


async def _cut(_fault: Fault, wire: Wire, response: Response) -> None:
    await wire.cut(response)


async def _garbage(_fault: Fault, wire: Wire, _response: Response) -> None:
    await wire.answer(Response(_GARBAGE, 200, media_type="application/json"))


_INJECTORS: dict[str, Callable[[Fault, Wire, Response], Awaitable[None]]] = {
    "status": _status,
    "drop": _drop,
    "slow": _slow,
    "hang": _hang,
    "cut": _cut,
    "garbage": _garbage,
}
