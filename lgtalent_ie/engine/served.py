"""One process holds the model on its device and reads for many that prepare and finish articles.

Kiwi and the rules take most of an article's time and want all cores; a GPU wants one process with
large batches. So a worker makes numbers of its sentences (`make_parts`), asks, and gets spans
back; the server reads what several workers ask at one time together, and takes in the next
questions while the device still computes. States never leave it: those of a worker's last question
are kept until its next one, for pairs.

A server ends with the process that started it. Where it ends alone, everyone who asks gets an
EngineError: that is no fault of a document, and no document may be rejected for it.
"""

from __future__ import annotations

import socket
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from itertools import islice, pairwise
from multiprocessing import get_context
from multiprocessing.connection import Connection, wait
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lgtalent_ie.engine.runtime import TOKEN_BUDGET, Part, Runtime, make_parts
from lgtalent_ie.engine.states import States, join_states
from lgtalent_ie.errors import EngineError, LgtalentError
from lgtalent_ie.model.decoding import LabelledSpan
from lgtalent_ie.model.loading import AnyTagger, load_model
from lgtalent_ie.model.locate import locate_model
from lgtalent_ie.model.pairs import PairPlaces
from lgtalent_ie.model.tagger import WindowText

SPANS, LOGITS, FAILED, READY = "spans", "logits", "failed", "ready"


@dataclass(frozen=True, slots=True)
class Question:
    """All windows of some sentences; the answer is the spans of each sentence."""

    parts: list[Part]
    sentences: int


@dataclass(frozen=True, slots=True)
class PairQuestion:
    """Pairs of some sentences of the last Question, the first `lengths` morphemes of each."""

    numbers: list[int]
    lengths: list[int]
    pairs: list[list[PairPlaces]]
    label_set: str


@dataclass(frozen=True, slots=True)
class ServedStates:
    """What stands for the states of a sentence outside the server: whose they are, and its spans.

    Has a length and can be cut at the end, as a tensor [n, hidden_size] can.
    """

    question: int
    number: int
    length: int
    spans: list[LabelledSpan]

    def __len__(self) -> int:
        return self.length

    def __getitem__(self, some: slice) -> ServedStates:
        assert some.start in (None, 0) and some.step in (None, 1)
        return replace(self, length=len(range(*some.indices(self.length))))


class ServedRuntime:
    """What an Extractor asks of a Runtime, answered by a server at `address`.

    It is connected with the first question, so that a process may be forked before.
    """

    def __init__(self, tagger: AnyTagger, address: str) -> None:
        self.tagger = tagger
        self.budget, self.ahead = TOKEN_BUDGET, 0
        self.address = address
        self.connection: Connection | None = None
        self.questions = 0

    def states(self, sentences: Sequence[WindowText]) -> list[ServedStates]:
        """One stand-in for the states of each sentence; those of earlier calls end with it.

        Raises EngineError where the server has ended.
        """
        found = self.ask(Question(make_parts(sentences, self.tagger, self.tagger), len(sentences)))
        self.questions += 1
        return [
            ServedStates(self.questions, n, len(sentence.morphemes), spans)
            for n, (sentence, spans) in enumerate(zip(sentences, found, strict=True))
        ]

    def decode(self, states: Sequence[ServedStates]) -> list[list[LabelledSpan]]:
        """The labelled spans of every sentence."""
        return [one.spans for one in states]

    def pair_logits(
        self,
        states: Sequence[ServedStates],
        pairs: Sequence[Sequence[PairPlaces]],
        label_set: str,
    ) -> list[NDArray[np.float32]]:
        """As `Runtime.pair_logits`, of states of the last call of `states`."""
        assert all(one.question == self.questions for one in states)
        numbers, lengths = [one.number for one in states], [len(one) for one in states]
        answer: list[NDArray[np.float32]] = self.ask(
            PairQuestion(numbers, lengths, [list(some) for some in pairs], label_set)
        )
        return answer

    def ask(self, question: Question | PairQuestion) -> Any:
        """The server's answer; RuntimeError where it failed at this question alone."""
        try:
            if self.connection is None:
                self.connection = connect(self.address)
            self.connection.send(question)
            word, content = self.connection.recv()
        except (EOFError, OSError) as error:
            raise EngineError(
                "the process that holds the model has ended", "one that goes on to the end",
                "see what it said, start again with more memory or --workers 0",
            ) from error  # fmt: skip
        if word == FAILED:
            raise RuntimeError(content)
        return content


def connect(address: str) -> Connection:
    """A connection to the server that listens at this path."""
    client = socket.socket(socket.AF_UNIX)
    client.connect(address)
    return Connection(client.detach())


@contextmanager
def model_server(model: str | Path | None, device: str, compile: bool = False) -> Iterator[str]:
    """The address of a server of the model, in a process of its own that ends with the block.

    Raises what loading the model raises, EngineError where the process ends before it is ready.
    """
    with TemporaryDirectory(prefix="lgtalent-") as folder:
        address = str(Path(folder, "model"))
        context = get_context("spawn")
        ours, theirs = context.Pipe()
        process = context.Process(
            target=serve_model, args=(theirs, address, model, device, compile), daemon=True
        )
        process.start()
        # Ours must be the only other end, or the server would not hear of our end.
        theirs.close()
        try:
            try:
                word, content = ours.recv()
            except EOFError as error:
                raise EngineError(
                    "a process that ended while it loaded the model", "room for the model",
                    "take a smaller model or another --device",
                ) from error  # fmt: skip
            if word == FAILED:
                raise content
            yield address
        finally:
            ours.close()
            process.join(5)
            if process.is_alive():
                process.kill()
                process.join(5)


# --- in the server -------------------------------------------------------------------------------


def serve_model(
    control: Connection, address: str, model: str | Path | None, device: str, compile: bool
) -> None:
    """The life of a server; `control` is the other end of the process that started it."""
    try:
        runtime = server_runtime(load_model(locate_model(model)), device, compile)
    except LgtalentError as error:
        control.send((FAILED, error))
        return
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(address)
        listener.listen()
        control.send((READY, None))
        Server(runtime, listener, control).run()


def server_runtime(tagger: AnyTagger, device: str, compile: bool = False) -> Runtime:
    """A runtime for what workers send, which is what the tagger itself reads on any device."""
    return Runtime(tagger, device, compile=compile, reader=tagger)


class Server:
    """Takes questions in, reads them together, and answers each where it came from."""

    def __init__(self, runtime: Runtime, listener: socket.socket, control: Connection) -> None:
        self.runtime, self.listener, self.control = runtime, listener, control
        self.clients: list[Connection] = []
        # Of each client the states of its last question.
        self.states: dict[Connection, States] = {}

    def run(self) -> None:
        """Until the other end of `control` is closed."""
        reading: list[Connection] = []
        while True:
            # While the device computes, what is there already is taken in, and nothing waited for.
            timeout = 0 if reading else None
            ready = wait([self.control, self.listener, *self.clients], timeout)
            if self.control in ready:
                return
            if self.listener in ready:
                client, _ = self.listener.accept()
                self.clients.append(Connection(client.detach()))
            asked = self.take([c for c in self.clients if c in ready])
            before, reading = reading, self.begin(asked)
            self.answer(before)

    def take(self, ready: Sequence[Connection]) -> list[tuple[Connection, Question]]:
        """The questions of those who ask; questions about pairs are answered here."""
        asked: list[tuple[Connection, Question]] = []
        for client in ready:
            try:
                question = client.recv()
            except (EOFError, OSError):
                client.close()
                self.clients.remove(client)
                self.states.pop(client, None)
                continue
            if isinstance(question, Question):
                asked.append((client, question))
            else:
                self.send(client, *self.attempt(self.score, client, question))
        return asked

    def begin(self, asked: Sequence[tuple[Connection, Question]]) -> list[Connection]:
        """Set the device to work at all that is asked; whose questions they are.

        Where it fails over all of them each is tried alone, so that one does not cost the others.
        """
        if not asked:
            return []
        word, content = self.attempt(self.read, [question for _, question in asked])
        if word == FAILED and len(asked) > 1:
            return [client for one in asked for client in self.begin([one])]
        if word == FAILED:
            self.send(asked[0][0], word, content)
            return []
        for (client, _), states in zip(asked, content, strict=True):
            self.states[client] = states
        return [client for client, _ in asked]

    def read(self, questions: Sequence[Question]) -> tuple[str, list[States]]:
        """The states of each question's sentences; a GPU has not yet computed them."""
        parts: list[Part] = []
        starts = [0]
        for question in questions:
            parts += [part._replace(sentence=part.sentence + starts[-1]) for part in question.parts]
            starts.append(starts[-1] + question.sentences)
        states = self.runtime.run(parts, starts[-1])
        return READY, [states[a:b] for a, b in pairwise(starts)]

    def answer(self, clients: Sequence[Connection]) -> None:
        """Send each its spans."""
        known = [client for client in clients if client in self.states]
        if not known:
            return
        word, content = self.attempt(self.decode, [self.states[client] for client in known])
        if word == FAILED and len(known) > 1:
            for client in known:
                self.answer([client])
            return
        found = iter(content)
        for client in known:
            spans = content if word == FAILED else list(islice(found, len(self.states[client])))
            if self.runtime.tagger.config.relations is None:
                del self.states[client]
            self.send(client, word, spans)

    def decode(self, states: Sequence[States]) -> tuple[str, list[list[LabelledSpan]]]:
        """The spans of every sentence of several questions."""
        return SPANS, self.runtime.decode(join_states(states))

    def score(self, client: Connection, asked: PairQuestion) -> tuple[str, Any]:
        """The logits of pairs of the client's last sentences."""
        some = zip(asked.numbers, asked.lengths, strict=True)
        states = [self.states[client][number][:length] for number, length in some]
        return LOGITS, self.runtime.pair_logits(states, asked.pairs, asked.label_set)

    def attempt(self, step: Any, *arguments: Any) -> tuple[str, Any]:
        """What the step gives, or what it failed of; a device that is lost ends the server."""
        try:
            result: tuple[str, Any] = step(*arguments)
            return result
        except Exception as error:
            if "CUDA error" in str(error):
                raise
            return FAILED, f"{type(error).__name__}: {error}"

    def send(self, client: Connection, word: str, content: Any) -> None:
        # One that has ended is noticed when it is listened to.
        with suppress(OSError):
            client.send((word, content))
