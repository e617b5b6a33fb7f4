"""kubectl as a subprocess: what the demo does to the cluster, anybody can type.

Always the kubectl of our environment with the demo's kubeconfig, never one from PATH.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from mds_demo.errors import DemoError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping

PROGRAM: Final = Path(sys.executable).parent / "kubectl"
_WITHIN_S: Final = 30.0
_LINE_BYTES: Final = 2**22
"""An object is one line of a watch; etcd takes no larger one than 1.5 MB."""
_AGAIN_AFTER_S: Final = 0.5
_API: Final = "/apis/mds.dev/v1alpha1"


@dataclass(frozen=True, slots=True)
class Kubectl:
    """`environment` names the kubeconfig."""

    environment: Mapping[str, str]
    namespace: str
    program: Path = PROGRAM

    async def run(self, *words: str, stdin: str | None = None) -> str:
        command = (str(self.program), f"--namespace={self.namespace}", *words)
        return await run(command, self.environment, stdin=stdin, within_s=_WITHIN_S)

    async def read(self, *words: str) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(await self.run("get", *words, "--output=json"))
        return found

    async def find_node(self) -> str:
        """The address of the first one, where Services of type NodePort answer."""
        nodes = await self.read("nodes")
        addresses: list[dict[str, Any]] = nodes["items"][0]["status"]["addresses"]
        return next(str(each["address"]) for each in addresses if each["type"] == "InternalIP")

    async def post(self, service: str, path: str) -> None:
        """To a Service, by way of the API server, as no other is open on every machine.

        NB: without a body. kubectl would send one in chunks, and the simulator does not read those.
        """
        url = f"/api/v1/namespaces/{self.namespace}/services/{service}/proxy{path}"
        await self.run("create", f"--raw={url}", "--filename=-", stdin="")

    async def watch(self, plural: str) -> AsyncIterator[dict[str, Any]]:
        """Each object of ours as it is and as it changes, without an end; `{"type": …, "object": …}`."""
        url = f"{_API}/namespaces/{self.namespace}/{plural}?watch=1"
        while True:
            process = await asyncio.create_subprocess_exec(
                str(self.program),
                *("get", f"--raw={url}"),
                env=dict(self.environment),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.DEVNULL,
                start_new_session=True,
                limit=_LINE_BYTES,
            )
            try:
                assert process.stdout is not None  # noqa: S101 - asked for above
                async for line in process.stdout:
                    if line.endswith(b"\n"):  # or the server went away in the middle of it
                        yield json.loads(line)
            finally:
                await _end(process)
            await asyncio.sleep(_AGAIN_AFTER_S)  # the API server ends each watch after some time


async def run(
    command: tuple[str, ...], environment: Mapping[str, str], *, stdin: str | None = None, within_s: float
) -> str:
    """What it printed; DemoError with its last words if it failed."""
    process = await asyncio.create_subprocess_exec(
        *command,
        env=dict(environment),
        stdin=asyncio.subprocess.PIPE if stdin is not None else asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        start_new_session=True,  # a Ctrl-C is for us
    )
    try:
        async with asyncio.timeout(within_s):
            out, err = await process.communicate(None if stdin is None else stdin.encode())
    except TimeoutError:
        raise _failure(command, f"no end after {within_s:.0f} s") from None
    finally:
        await _end(process)
    if process.returncode != 0:
        raise _failure(command, err.decode(errors="replace").strip() or out.decode(errors="replace").strip())
    return out.decode()


def _failure(command: tuple[str, ...], said: str) -> DemoError:
    words = [word for word in command[1:] if not word.startswith("-")][:4]
    last = said.splitlines()[-1] if said else "it said nothing"
    return DemoError(
        f"{Path(command[0]).name} {' '.join(words)} failed: {last}",
        remedy="run make demo again, it goes on where it stands; if that does not help: make down, make demo",
    )


async def _end(process: asyncio.subprocess.Process) -> None:
    if process.returncode is None:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()
