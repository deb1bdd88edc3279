"""Where a model is: a folder, the hub, or inside this package."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

from lgtalent_ie.errors import ModelError

DEFAULT_MODEL = "base"
SHIPPED = ("base", "fast")
A_MODEL = f"{' or '.join(SHIPPED)}, the path of a model folder, or the Hugging Face id of one"


def locate_model(model: str | Path | None) -> Path:
    """The folder of a model: as given, a shipped one by its name, or fetched by its Hub id.

    None is the shipped model that reads best, `base`; `fast` is the shipped one for many texts.

    Raises ModelError where there is no such folder and the hub cannot help.
    """
    folder = Path(model or DEFAULT_MODEL).expanduser()
    if model is None or (str(model) in SHIPPED and not folder.exists()):
        return shipped_model(str(model or DEFAULT_MODEL))
    if folder.exists():
        return folder
    if not is_hub_id(str(model)):
        raise ModelError(
            f"model folder {model}, which is not there", A_MODEL,
            "correct the name or path, or leave it out for the shipped model",
        )  # fmt: skip
    try:
        from huggingface_hub import snapshot_download
        from huggingface_hub.errors import (
            HfHubHTTPError,
            HFValidationError,
            LocalEntryNotFoundError,
        )
    except ImportError as error:
        raise ModelError(
            f"model {model}, which is no folder here", f"{A_MODEL}, with the train extra",
            "check the path, or pip install 'lgtalent_ie[train]' to fetch models by id",
        ) from error  # fmt: skip
    try:
        return Path(snapshot_download(str(model)))
    except (HfHubHTTPError, HFValidationError, LocalEntryNotFoundError, OSError) as error:
        raise ModelError(
            f"model {model}: {str(error).splitlines()[0]}",
            A_MODEL, "check the path, the name and the network",
        ) from error  # fmt: skip


def is_hub_id(model: str) -> bool:
    """True for `owner/name` and nothing that looks like a path on this machine."""
    owner, slash, name = model.partition("/")
    return bool(slash and owner and name) and "/" not in name and not model.startswith((".", "~"))


def shipped_model(name: str) -> Path:
    """A shipped model: inside the installed package, or `models/` of a checkout."""
    package = Path(str(files("lgtalent_ie")))
    for folder in (package / "models", package.parent / "models"):
        if (folder / name).is_dir():
            return folder / name
    raise ModelError(
        f"an installation without the model {name!r}", "the package as it is released",
        "install it again, or pass model= with a folder that `lgtalent train` wrote",
    )  # fmt: skip
