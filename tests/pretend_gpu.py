"""A GPU that is not there: tensors that say `cuda` and are computed on the CPU.

What torch does with a tensor on a GPU is looked at one operation at a time, as its fake tensors do,
but with true numbers: operations that mix tensors of both devices are refused as on a GPU, and the
places where the processor would wait for the device are counted. What a GPU alone can show, its
arithmetic and its speed, is not shown.

    with pretend_gpu() as waits:
        Extractor("fast", device="cuda").extract(text)
    waits      # Counter({"event": 1})
"""

from __future__ import annotations

import ctypes
import itertools
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, nullcontext
from pathlib import Path
from typing import Any
from unittest.mock import patch

import torch
from torch import Tensor
from torch.nn import functional
from torch.overrides import TorchFunctionMode
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves, tree_map

aten = torch.ops.aten
DEVICE = torch.device("cuda:0")
# Numbers of c10::DeviceType.
CUDA, META = 1, 14
# What takes tensors of both devices.
BETWEEN = {aten.copy_.default, aten._pack_padded_sequence.default}
# What torch splits up by device before it can be looked at.
WHOLE = {"scaled_dot_product_attention", "lstm"}


class OnGpu(Tensor):
    """A tensor that is on `cuda:0` for all who ask; `inner` has its numbers."""

    inner: Tensor

    @staticmethod
    def __new__(cls, inner: Tensor) -> OnGpu:
        made: OnGpu = Tensor._make_wrapper_subclass(
            cls, inner.shape, strides=inner.stride(), storage_offset=inner.storage_offset(),
            dtype=inner.dtype, device=DEVICE,
        )  # fmt: skip
        made.inner = inner
        return made

    def __repr__(self, **_: Any) -> str:
        return f"OnGpu({self.inner!r})"

    __torch_function__ = torch._C._disabled_torch_function_impl

    @classmethod
    def __torch_dispatch__(cls, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        raise AssertionError(f"{func} outside of pretend_gpu")


def there(value: Any) -> Any:
    """Tensors on the CPU → the same numbers on the GPU."""
    return OnGpu(value) if isinstance(value, Tensor) and not isinstance(value, OnGpu) else value


def here(value: Any) -> Any:
    """Tensors on the GPU → their numbers."""
    return value.inner if isinstance(value, OnGpu) else value


class Operations(TorchDispatchMode):
    """Each operation on the GPU, computed on the CPU."""

    def __init__(self, waits: Counter[str]) -> None:
        super().__init__()
        self.waits = waits

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = dict(kwargs or {})
        kwargs.pop("pin_memory", None)
        tensors = [leaf for leaf in tree_leaves((args, kwargs)) if isinstance(leaf, Tensor)]
        on_gpu = any(isinstance(tensor, OnGpu) for tensor in tensors)
        left = [t for t in tensors if not isinstance(t, OnGpu) and t.dim() > 0]
        if on_gpu and left and func not in BETWEEN:
            raise RuntimeError(f"{func} of tensors on cuda:0 and of {left[0].shape} on the CPU")
        if func is aten._local_scalar_dense.default and on_gpu:
            self.waits["item"] += 1
        device = kwargs.get("device")
        to_gpu = on_gpu if device is None else torch.device(device).type == "cuda"
        if device is not None:
            kwargs["device"] = "cpu"
        compute = packed_attention if "varlen" in str(func) else func
        found = compute(*tree_map(here, args), **tree_map(here, kwargs))
        if func is aten._pack_padded_sequence.default:
            return tree_map(there, found[0]) if on_gpu else found[0], found[1]
        written = [
            value
            for argument, value in zip(func._schema.arguments, args, strict=False)
            if argument.is_write
        ] + [kwargs[name] for name in ("out",) if name in kwargs]
        if len(written) == 1:
            return written[0]
        return tree_map(there, found) if to_gpu else found


class Calls(TorchFunctionMode):
    """What torch does with a tensor on a GPU before it comes down to operations."""

    def __init__(self, waits: Counter[str]) -> None:
        super().__init__()
        self.waits = waits

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = kwargs or {}
        name = getattr(func, "__name__", "")
        on_gpu = any(isinstance(leaf, OnGpu) for leaf in tree_leaves((args, kwargs)))
        if name in ("to", "cuda", "cpu") and func is getattr(Tensor, name):
            return self.move(name, *args, **kwargs)
        if name == "numpy" and on_gpu:
            raise TypeError("can't convert cuda:0 device type tensor to numpy")
        if name == "tolist" and on_gpu:
            self.waits["tolist"] += 1
            return args[0].inner.tolist()
        if name in WHOLE and on_gpu:
            return tree_map(there, func(*tree_map(here, args), **tree_map(here, kwargs)))
        return func(*args, **kwargs)

    def move(self, name: str, tensor: Tensor, *args: Any, **kwargs: Any) -> Tensor:
        """`Tensor.to`, `.cuda` and `.cpu`, which torch answers from what it was built for."""
        asked = [*args, *kwargs.values()]
        like = [value for value in asked if isinstance(value, Tensor)]
        devices = [torch.device(v) for v in asked if isinstance(v, str | torch.device)]
        types = [value for value in asked if isinstance(value, torch.dtype)]
        if name != "to":
            devices = [torch.device(name)]
        devices += [value.device for value in like] + [tensor.device]
        dtype = (types + [value.dtype for value in like] + [tensor.dtype])[0]
        to_gpu, from_gpu = devices[0].type == "cuda", isinstance(tensor, OnGpu)
        if to_gpu == from_gpu and dtype == tensor.dtype:
            return tensor
        if from_gpu and not to_gpu:
            self.waits["copy back"] += 1
        if to_gpu and not from_gpu and not kwargs.get("non_blocking"):
            self.waits["copy there"] += 1
        made: Tensor = here(tensor).detach().to(dtype, copy=True)
        return OnGpu(made) if to_gpu else made


def packed_attention(
    queries: Tensor, keys: Tensor, values: Tensor, borders: Tensor, _: Tensor, longest: int,
    *rest: Any, **options: Any,
) -> tuple[Tensor, Tensor, Tensor]:  # fmt: skip
    """What the kernel for packed sequences computes, window by window."""
    bounds = borders.tolist()
    assert bounds[-1] == len(queries)
    assert max(end - start for start, end in itertools.pairwise(bounds)) == longest
    found = [
        functional.scaled_dot_product_attention(
            *(some[start:end].transpose(0, 1)[None] for some in (queries, keys, values))
        )[0].transpose(0, 1)
        for start, end in itertools.pairwise(bounds)
    ]
    return torch.cat(found), torch.zeros(1), torch.zeros(1)


def stand_ins(waits: Counter[str]) -> dict[str, Any]:
    """What of `torch.cuda` asks the driver."""

    class Stream:
        def __init__(self, *_: Any) -> None:
            pass

        def wait_stream(self, other: Stream) -> None:
            pass

    class Event:
        def record(self, stream: Stream) -> None:
            pass

        def synchronize(self) -> None:
            waits["event"] += 1

    return {
        "_lazy_init": lambda: None,
        "is_available": lambda: True,
        "is_bf16_supported": lambda including_emulation=True: True,
        "get_device_capability": lambda device=None: (9, 0),
        "current_stream": Stream,
        "stream": lambda stream: nullcontext(),
        "Stream": Stream,
        "Event": Event,
    }


@contextmanager
def pretend_gpu() -> Iterator[Counter[str]]:
    """Within the block `cuda` is a device of this machine; gives how often it was waited for."""
    waits: Counter[str] = Counter()
    # Torch asks a guard of each device in use, and has none for CUDA where it was built without.
    libc10 = ctypes.CDLL(str(next((Path(torch.__file__).parent / "lib").glob("libc10.*"))))
    guards = (ctypes.c_void_p * (META + 1)).in_dll(
        libc10, "_ZN3c104impl26device_guard_impl_registryE"
    )
    guard = guards[CUDA]
    guards[CUDA] = guards[META]
    overwrites = torch.__future__.get_overwrite_module_params_on_conversion()
    torch.__future__.set_overwrite_module_params_on_conversion(True)
    with ExitStack() as stack:
        for name, value in stand_ins(waits).items():
            stack.enter_context(patch.object(torch.cuda, name, value))
        stack.enter_context(patch.object(torch.backends.cudnn, "is_acceptable", lambda _: False))
        stack.enter_context(patch.object(Tensor, "record_stream", lambda *_: None))
        stack.enter_context(Calls(waits))
        stack.enter_context(Operations(waits))
        try:
            yield waits
        finally:
            torch.__future__.set_overwrite_module_params_on_conversion(overwrites)
            guards[CUDA] = guard
