"""A machine learning backend for Label Studio: its protocol, answered with what we extract.

Label Studio asks `GET /health` (is it up), `POST /setup` (is it right for this project),
`POST /predict` (marks of some tasks), `GET /versions`, and tells `POST /webhook` what people do.
Which control and which text a region belongs to is read from the project's labelling configuration.
Offsets are code points, as Label Studio's page counts since 1.6; before, it counted UTF-16 units.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import msgspec

from lgtalent_ie.annotation.labelling_config import LabellingConfig, read_config
from lgtalent_ie.annotation.marked import OffsetUnit, counted
from lgtalent_ie.annotation.selection import uncertainty
from lgtalent_ie.errors import InputError, LgtalentError, MissingExtraError

if TYPE_CHECKING:
    from starlette.applications import Starlette
    from starlette.requests import Request
    from starlette.responses import JSONResponse

    from lgtalent_ie.extractor import Extractor
    from lgtalent_ie.schema import Document

# Label Studio sends a hundred tasks at a time; an article is seldom above a hundred kilobytes.
LARGEST_BODY = 64 * 1024 * 1024
NO_TRAINING = (
    "this backend does not train; export the annotations, import them with `lgtalent annotate "
    "import` and train with `lgtalent train`"
)
_log = logging.getLogger("lgtalent_ie.annotation")


class _Task(msgspec.Struct):
    """A task as Label Studio sends it, as far as it is read."""

    data: dict[str, Any]
    id: int | str | None = None


class _Prediction(msgspec.Struct):
    """The body of /predict, as far as it is read."""

    tasks: list[_Task]
    label_config: str | None = None


class _Setup(msgspec.Struct):
    """The body of /setup, as far as it is read; `schema` is the labelling configuration."""

    schema: str


class _Event(msgspec.Struct):
    """The body of /webhook, as far as it is read."""

    action: str


def predictions(
    extractor: Extractor,
    tasks: Sequence[tuple[str, Mapping[str, Any]]],
    config: LabellingConfig,
    offsets: OffsetUnit = "character",
) -> list[dict[str, Any]]:
    """One prediction for each task (name, data), in order; all texts go to the model together.

    A task's `published`, where it has one, is the day its relative dates are counted from.

    Raises InputError, which names the task, where one has no text under the configuration's key.
    """
    texts, days = [], []
    for name, data in tasks:
        text, day = data.get(config.key), data.get("published")
        if not isinstance(text, str):
            given = f"nothing under {config.key!r}" if text is None else type(text).__name__
            raise InputError(
                f"task {name}: {given}", f"its text as a string under {config.key!r}",
                "import the task again with its text",
            )  # fmt: skip
        texts.append(text)
        days.append(str(day) if day else None)
    documents = extractor.extract_many(texts, days)
    found = []
    for (name, _), document in zip(tasks, documents, strict=True):
        if document.extracted:
            raise InputError(
                f"task {name}: an HTML page, of which Label Studio's <Text> shows the tags too",
                "plain text", "take the text out first: `lgtalent annotate export` does",
            )  # fmt: skip
        found.append(prediction(document, config, offsets))
    return found


def prediction(
    document: Document, config: LabellingConfig, offsets: OffsetUnit = "character"
) -> dict[str, Any]:
    """One prediction: regions and relations of the labels the configuration offers.

    `score` is one minus the mean of the ten greatest doubts, so that tasks ordered by it come as
    `selection` would order them.

    >>> prediction(extract("한빛전자가 왔다."), config)["result"][0]["value"]
    {'start': 0, 'end': 4, 'text': '한빛전자', 'labels': ['ORG']}
    """
    shown = [m for m in document.mentions if m.label in config.labels]
    flat = counted([at for m in shown for at in (m.start, m.end)], document.text, offsets)
    result: list[dict[str, Any]] = [
        {
            "id": m.id,
            "from_name": config.from_name,
            "to_name": config.to_name,
            "type": "labels",
            "score": m.score,
            "value": {"start": start, "end": end, "text": m.text, "labels": [m.label]},
        }
        for m, start, end in zip(shown, flat[::2], flat[1::2], strict=True)
    ]
    ids = {m.id for m in shown}
    for r in document.relations:
        if {r.head, r.tail} <= ids and (config.relations is None or r.type in config.relations):
            relation = {"type": "relation", "from_id": r.head, "to_id": r.tail, "score": r.score}
            labels = {} if config.relations is None else {"labels": [r.type]}
            result.append(relation | {"direction": "right"} | labels)
    return {
        "model_version": document.model,
        "score": round(1 - uncertainty(1 - m.score for m in shown), 4),
        "result": result,
    }


def make_app(extractor: Extractor, offsets: OffsetUnit = "character") -> Starlette:
    """The backend as an ASGI application; `offsets` is the unit that regions are counted in.

    A request that cannot be answered gets status 400, 404, 413, 501 or 500 and `{"error": reason}`,
    and the reason goes to the log, as Label Studio shows people the status alone.

    Raises MissingExtraError without Starlette.
    """
    try:
        from starlette.applications import Starlette
        from starlette.concurrency import run_in_threadpool
        from starlette.exceptions import HTTPException
        from starlette.responses import JSONResponse
        from starlette.routing import Route
    except ImportError as error:
        raise missing() from error
    from threading import Lock

    config = extractor.runtime.tagger.config
    version = f"{config.name}@{config.revision}"
    # One model, one analyser: requests take turns, and /health is answered all the while.
    turn = Lock()

    def failed(status: int, reason: str) -> JSONResponse:
        _log.warning("%s: %s", status, reason)
        return JSONResponse({"error": reason}, status)

    async def health(request: Request) -> JSONResponse:
        return JSONResponse(
            {"status": "UP", "model_class": "lgtalent_ie", "model_version": version}
        )

    async def versions(request: Request) -> JSONResponse:
        return JSONResponse({"versions": [version]})

    async def setup(request: Request) -> JSONResponse:
        read_config((await body(request, _Setup)).schema)
        return JSONResponse({"model_version": version})

    async def predict(request: Request) -> JSONResponse:
        asked = await body(request, _Prediction)
        if asked.label_config is None:
            raise InputError("no label_config", "the project's configuration", "send it along")
        labelling = read_config(asked.label_config)
        tasks = [(str(t.id if t.id is not None else n), t.data) for n, t in enumerate(asked.tasks)]

        def answer() -> list[dict[str, Any]]:
            with turn:
                return predictions(extractor, tasks, labelling, offsets)

        results = await run_in_threadpool(answer)
        return JSONResponse({"results": results, "model_version": version})

    async def webhook(request: Request) -> JSONResponse:
        event = await body(request, _Event)
        if event.action == "START_TRAINING":
            return failed(501, NO_TRAINING)
        return JSONResponse({"status": "ok", "result": None})

    async def train(request: Request) -> JSONResponse:
        return failed(501, NO_TRAINING)

    async def refused(request: Request, error: Exception) -> JSONResponse:
        return failed(400, str(error))

    async def http_error(request: Request, error: Exception) -> JSONResponse:
        assert isinstance(error, HTTPException)
        return failed(error.status_code, f"{request.method} {request.url.path}: {error.detail}")

    async def broken(request: Request, error: Exception) -> JSONResponse:
        _log.error("internal error", exc_info=error)
        reason = f"internal error, please report it: {type(error).__name__}: {error}"
        return JSONResponse({"error": reason}, 500)

    return Starlette(
        routes=[
            Route("/", health),
            Route("/health", health),
            Route("/versions", versions),
            Route("/setup", setup, methods=["POST"]),
            Route("/predict", predict, methods=["POST"]),
            Route("/webhook", webhook, methods=["POST"]),
            Route("/train", train, methods=["POST"]),
        ],
        exception_handlers={LgtalentError: refused, HTTPException: http_error, Exception: broken},
    )


async def body(request: Request, kind: type[Any]) -> Any:
    """The JSON of a request as `kind`.

    Raises InputError where it is none, HTTPException 413 where it is too large.
    """
    from starlette.exceptions import HTTPException

    content = bytearray()
    async for piece in request.stream():
        content += piece
        if len(content) > LARGEST_BODY:
            raise HTTPException(413, f"more than {LARGEST_BODY} bytes; send fewer tasks at a time")
    try:
        return msgspec.json.decode(bytes(content), type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise InputError(
            f"{request.method} {request.url.path}: {error}",
            f"JSON with {', '.join(kind.__struct_fields__)}",
            "compare with Label Studio's protocol of ML backends",
        ) from error


def serve(
    extractor: Extractor,
    host: str = "127.0.0.1",
    port: int = 9090,
    offsets: OffsetUnit = "character",
) -> None:
    """Answer Label Studio until interrupted. Port 9090 is what its documentation uses.

    There is no password: whoever reaches the port can ask for predictions.

    Raises MissingExtraError without Starlette and uvicorn.
    """
    app = make_app(extractor, offsets)
    try:
        import uvicorn
    except ImportError as error:
        raise missing() from error
    uvicorn.run(app, host=host, port=port, log_level="info")


def missing() -> MissingExtraError:
    return MissingExtraError(
        "`lgtalent annotate serve` without Starlette and uvicorn", "the extra `serve`",
        "pip install 'lgtalent_ie[serve]'",
    )  # fmt: skip
