"""Several processes, on one machine or many, that run one program together.

JAX's distributed runtime is all the machinery: its coordination service brings the processes
together and notices when one is gone, and the mesh of `system/devices.py` spans the devices of all.
Process 0 leads: only it prints, and it writes the files that are written once. An error that the
user can fix, in any process, ends all processes.

With a single process all of this does nothing: that process leads, and agrees with itself.
"""

import os
import socket
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, redirect_stderr, redirect_stdout
from functools import partial, wraps
from importlib.util import find_spec
from typing import ParamSpec, TypeVar

import jax
import numpy as np
from jax.errors import JaxRuntimeError
from jax.experimental import multihost_utils

from limner.errors import FailedElsewhere, LimnerError, PeerLost, reason

Result = TypeVar("Result")
Parameters = ParamSpec("Parameters")

HEARTBEAT_SECONDS = 30
"""A process without a sign of life for so long is lost, and the training ends."""
_LINE_BYTES = 512
_MPI_LAUNCHERS = {"OMPI_COMM_WORLD_SIZE", "PMIX_RANK", "PMI_RANK"}
"""Variables that Open MPI 5, and launchers with PMIx or PMI, set for each process."""


@contextmanager
def joined(
    coordinator: str | None = None,
    num_processes: int | None = None,
    process_id: int | None = None,
    *,
    patience_seconds: int = 300,
) -> Iterator[None]:
    """Join several processes into one program. Enter it before JAX computes anything.

    A value of None is asked of the launcher: SLURM, Open MPI, Kubernetes or a TPU pod through JAX,
    another MPI through mpi4py. Inside, only process 0 has a stdout and a stderr.

    Args:
        coordinator: HOST:PORT at which process 0 listens for the others.
        num_processes: Number of processes.
        process_id: Number of this process, from 0.
        patience_seconds: Seconds to wait for the other processes.

    Raises:
        LimnerError: The processes do not find each other, or have different numbers of devices.
        PeerLost: The processes can no longer compute together.
    """
    _meet(coordinator, num_processes, process_id, patience_seconds)
    try:
        _check_alike()
        with ExitStack() as stack:
            if not leads():
                nowhere = stack.enter_context(open(os.devnull, "w", encoding="utf-8"))
                stack.enter_context(redirect_stdout(nowhere))
                stack.enter_context(redirect_stderr(nowhere))
            yield
            stack.enter_context(agreement())  # wait for what process 0 still writes
    except JaxRuntimeError as error:
        raise PeerLost(
            f"process {jax.process_index()} of {jax.process_count()} cannot go on, most likely "
            f"because another ended ({reason(error)}): see what that one says, then start all "
            "again to resume from the last checkpoint"
        ) from None


def leads() -> bool:
    """Whether this is process 0."""
    return jax.process_index() == 0


def by_leader(write: Callable[Parameters, object]) -> Callable[Parameters, None]:
    """A function that runs in process 0 only."""

    @wraps(write)
    def write_if_leading(*args: Parameters.args, **kwargs: Parameters.kwargs) -> None:
        if leads():
            write(*args, **kwargs)

    return write_if_leading


@contextmanager
def agreement() -> Iterator[None]:
    """A block of code that fails in all processes if it fails in one.

    Raises:
        LimnerError: The block failed here; or it failed elsewhere, and this is process 0.
        FailedElsewhere: The block failed in another process.
    """
    failure = None
    try:
        yield
    except LimnerError as error:
        failure = error
    line = str(failure or "").encode()[:_LINE_BYTES].ljust(_LINE_BYTES, b"\0")
    lines = multihost_utils.process_allgather(np.frombuffer(line, np.uint8))
    if failure:
        raise failure
    for process in np.flatnonzero(lines.any(1))[:1]:
        line = lines[process].tobytes().rstrip(b"\0").decode(errors="ignore")
        raise LimnerError(f"process {process}: {line}") if leads() else FailedElsewhere(line)


def leader_first(do: Callable[[], Result]) -> Result:
    """Do something in process 0 first, and then, when its files are there, in the others.

    Raises:
        LimnerError: It failed in one of the processes.
    """
    with agreement():
        results = [do()] if leads() else []
    with agreement():
        return results[0] if results else do()


def anywhere(flag: bool) -> bool:
    """Whether the flag is set in any process."""
    return bool(multihost_utils.process_allgather(np.asarray(flag)).any())


def _meet(
    coordinator: str | None, num_processes: int | None, process_id: int | None, patience: int
) -> None:
    """Start JAX's coordination service, or connect to it."""
    jax.config.update("jax_cpu_collectives_implementation", "gloo")
    # SIGTERM is heard by `interrupt`; JAX's own ear would take it and leave the process running.
    jax.config.update("jax_enable_preemption_service", False)
    if process_id is not None and not 0 <= process_id < (num_processes or process_id + 1):
        raise LimnerError(
            f"--process-id is {process_id}: it must be at least 0 and below --num-processes"
        )
    if coordinator is not None and process_id is not None:
        _check_address(coordinator, process_id, patience)
    initialize = partial(
        jax.distributed.initialize,
        coordinator,
        num_processes,
        process_id,
        initialization_timeout=patience,
        heartbeat_timeout_seconds=HEARTBEAT_SECONDS,
        shutdown_timeout_seconds=HEARTBEAT_SECONDS,
    )
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of packages that would help to detect
            try:
                initialize()
            except ValueError:  # an option is missing, and JAX finds no launcher by itself
                if not (_MPI_LAUNCHERS & os.environ.keys() and find_spec("mpi4py")):
                    raise
                initialize(cluster_detection_method="mpi4py")
    except Exception as error:  # whatever launchers and their packages make of it
        raise LimnerError(
            f"the other processes cannot be reached ({reason(error)}): give --coordinator "
            "HOST:PORT, --num-processes N and --process-id I, or start with SLURM, MPI (with "
            "mpi4py) or Kubernetes"
        ) from None


def _check_address(coordinator: str, process_id: int, patience: int) -> None:
    """Check the address here, since JAX would end the process without a clear message."""
    host, _, port = coordinator.rpartition(":")
    if not host or not port.isdecimal():
        raise LimnerError(f"--coordinator is {coordinator!r}: it must be HOST:PORT")
    if process_id == 0:
        dual = socket.has_dualstack_ipv6()
        family = socket.AF_INET6 if dual else socket.AF_INET
        try:
            socket.create_server(("", int(port)), family=family, dualstack_ipv6=dual).close()
        except (OSError, OverflowError) as error:
            raise LimnerError(
                f"process 0 cannot listen on port {port} ({reason(error)}): give all processes "
                "another --coordinator"
            ) from None
        return
    deadline = time.monotonic() + patience
    while True:
        try:
            socket.create_connection((host.strip("[]"), int(port)), timeout=5).close()
            return
        except (OSError, OverflowError) as error:
            if time.monotonic() > deadline:
                raise LimnerError(
                    f"process 0 does not answer at {coordinator} ({reason(error)}): start it "
                    "there, or give the --coordinator that it was given"
                ) from None
            time.sleep(0.2)


def _check_alike() -> None:
    counts = [len(jax.local_devices(process_index=i)) for i in range(jax.process_count())]
    if len({*counts}) > 1:
        kind = LimnerError if leads() else FailedElsewhere
        raise kind(
            f"the processes have {', '.join(map(str, counts))} devices: give each the same number "
            "(on a CPU each core is a device; taskset or the launcher sets which)"
        )
