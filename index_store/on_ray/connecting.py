"""An address -> a running cluster and the engine on it; every failure on the way is one sentence.

Without an address, a Ray of this build's own is started on this machine, on its loopback interface alone, and ended
with it.  Ray reports its use to its makers unless told not to: here it is told.
"""

from __future__ import annotations

import os
import re
import secrets
import tempfile
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, redirect_stdout
from pathlib import Path
from typing import Any

from index_store.errors import CitewellError, ClusterError
from index_store.on_ray.driving import Lost, RayEngine
from index_store.on_ray.foreman import Capacity, Foreman, Stage
from index_store.on_ray.labour import MakesEmbedder, Row, Terms, terms_for
from index_store.protocols import Embedder

HERE = ""
"""The address that stands for a Ray on this machine."""

_ADDRESS = re.compile(r"(?:ray://)?(\[[0-9a-fA-F:.]+\]|[^\s/:\[\]]+):(\d{1,5})")
_CONNECT_SECONDS = 5.0
_JOINS = 3
_STORE_BYTES = 512 << 20  # for results that wait; Ray would take a third of the memory
_ASKED_AHEAD = 2
_MEND = (
    "Start it with `ray start --head`, or correct the address; where it asks for a token, set RAY_AUTH_MODE=token and"
    " RAY_AUTH_TOKEN."
)


def is_address(text: str) -> bool:
    """Tell whether a text may be where a cluster is: ``auto``, HOST:PORT or ray://HOST:PORT."""
    return text in (HERE, "auto") or _ADDRESS.fullmatch(text) is not None


@contextmanager
def connected(address: str, embedder: Embedder, make_embedder: MakesEmbedder) -> Iterator[RayEngine]:
    """Connect to the cluster at ``address``, or start one here, for as long as the context lasts.

    Raises ``ClusterError`` where Ray is not installed, where nothing answers, and where nobody can compute.
    """
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"  # before Ray is imported
    if address == HERE:  # a token for this Ray alone; Ray's own way is to write one into the user's home
        os.environ["RAY_AUTH_MODE"], os.environ["RAY_AUTH_TOKEN"] = "token", secrets.token_hex(32)
    try:
        import ray
    except ImportError as exc:
        raise ClusterError("--ray needs Ray. Run `pip install 'citewell[ray]'`.") from exc
    name = f"The Ray cluster at {address}" if ":" in address else "The Ray of this machine"
    # On standard output Ray tells what its workers die of; that is for the result alone.
    with _own_folder() as folder, Path(os.devnull).open("w") as nowhere, redirect_stdout(nowhere):
        try:
            _begin(address, name, folder)
            capacity = _capacity(name)
            crew = _Crew(name, terms_for(embedder, make_embedder), capacity)
            yield RayEngine(name, embedder, capacity, crew.run)
        finally:
            ray.shutdown()


class _Crew:
    """The foreman on the cluster, and another one where that is lost."""

    def __init__(self, name: str, terms: Terms, capacity: Capacity) -> None:
        self._name = name
        self._terms = terms
        self._capacity = capacity
        self._foreman: Any = None

    def run(self, stage: Stage, jobs: Sequence[bytes], first: int) -> Iterator[Row]:
        """Run a stage; see ``driving.Run``."""
        from ray.exceptions import RayError

        try:
            yield from self._run(stage, jobs, first)
        except (RayError, ConnectionError) as exc:
            self._foreman = None
            self._refuse_unfit(str(exc))
            raise Lost(_short(exc)) from exc

    def _run(self, stage: Stage, jobs: Sequence[bytes], first: int) -> Iterator[Row]:
        import ray

        foreman = self._foreman = self._foreman or self._hired()
        ray.get(foreman.start.remote(stage, jobs, first))
        asked = deque(foreman.next.remote() for _ in range(_ASKED_AHEAD))
        while (row := ray.get(asked.popleft())) is not None:
            if isinstance(row, CitewellError):
                raise row
            asked.append(foreman.next.remote())
            yield row

    def _hired(self) -> Any:
        import ray

        return ray.remote(num_cpus=0)(Foreman).remote(self._terms, self._capacity)

    def _refuse_unfit(self, trouble: str) -> None:
        missing = re.search(r"No module named '([\w.]+)'", trouble)
        if missing:
            raise ClusterError(
                f"{self._name} has a worker without the module {missing[1]}. Run"
                f" `pip install 'citewell[ray]=={self._terms.version}'` on every machine of the cluster."
            )


def _begin(address: str, name: str, folder: str) -> None:
    import ray

    arguments: dict[str, Any] = {"log_to_driver": False, "logging_level": "error"}
    try:
        if address == HERE:
            ray.init("local", **arguments, **_private(folder))
        else:
            if address != "auto":
                _refuse_silence(address)
            _join(address, arguments)
    except (Exception, SystemExit) as exc:  # Ray ends the process where what answers is no Ray
        trouble = f"answer ({_short(exc)}). {_MEND}" if address else f"start ({_short(exc)})."
        raise ClusterError(f"{name} does not {trouble} Or run it without --ray.") from exc


def _join(address: str, arguments: dict[str, Any]) -> None:
    """Join a cluster; again where the process that serves this client over ``ray://`` could not start.

    The cluster forks that process off one in which gRPC runs threads.  With gRPC's fork handlers on, as they are unless
    the cluster was started with ``GRPC_ENABLE_FORK_SUPPORT=0``, 4 of 64 such forks aborted or hung here (Ray 2.60), and
    all of 60 clients were served, two of them at the second try and one at the third.
    """
    import ray

    for left in reversed(range(_JOINS)):
        try:
            ray.init(address, **arguments)
            return
        except ConnectionAbortedError:
            ray.shutdown()
            if not left:
                raise


def _private(folder: str) -> dict[str, Any]:
    """Give what makes a Ray of our own: nothing of it can be reached from elsewhere, and nothing of it is left."""
    return {
        "include_dashboard": False,
        "object_store_memory": _STORE_BYTES,
        "_node_ip_address": "127.0.0.1",
        "_temp_dir": folder,
    }


def _own_folder() -> tempfile.TemporaryDirectory[str]:
    """Make a folder for logs and sockets, whose paths must be short: that of a socket has about 100 characters."""
    folder = "/tmp" if os.access("/tmp", os.W_OK) else None
    return tempfile.TemporaryDirectory(prefix="citewell-", dir=folder, ignore_cleanup_errors=True)


def _refuse_silence(address: str) -> None:
    """Raise where nothing at an address speaks gRPC; Ray itself would try for minutes."""
    import grpc  # type: ignore[import-untyped]  # it ships no types

    found = _ADDRESS.fullmatch(address)
    if found is None or os.environ.get("RAY_USE_TLS", "0") != "0":
        return
    with grpc.insecure_channel(f"{found[1]}:{found[2]}") as channel:
        try:
            grpc.channel_ready_future(channel).result(_CONNECT_SECONDS)
        except grpc.FutureTimeoutError as exc:
            raise ConnectionError(f"nothing there in {_CONNECT_SECONDS:.0f} s") from exc


def _capacity(name: str) -> Capacity:
    import ray

    resources = ray.cluster_resources()  # type: ignore[no-untyped-call]
    found = Capacity(int(resources.get("CPU", 0)), int(resources.get("GPU", 0)))
    if not found.cpus:
        raise ClusterError(f"{name} has no processor to compute with. Start workers, or try again without --ray.")
    return found


def _short(exc: BaseException) -> str:
    """Give the sentence of Ray's that says what happened: the last line of a traceback, else the first sentence."""
    lines = [line.strip() for line in str(exc).splitlines() if line.strip()] or [type(exc).__name__]
    shown = lines[-1] if any("Traceback" in line for line in lines) else lines[0].partition(". ")[0]
    return shown[:200].rstrip(".")
