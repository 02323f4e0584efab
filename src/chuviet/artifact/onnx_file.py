"""ONNX files of `chuviet export`: read to an `Artifact` that ONNX Runtime runs.

The metadata entry ``chuviet`` is the JSON of `chuviet.artifact.metadata`. The arrays of a language model are tensors of
the graph that no node reads, named ``chuviet.lm/...``: ONNX Runtime drops them, and they cost no more than their bytes.
"""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import numpy as np

from chuviet.artifact import wire
from chuviet.artifact.graph_check import GraphError, check_model
from chuviet.artifact.metadata import FIELDS, Artifact, check_metadata, first_line, read_config
from chuviet.artifact.network import DecodingNetwork, FrameNetwork, MapNetwork, Network
from chuviet.artifact.runtime import onnxruntime
from chuviet.decode.attention import DecodedInGraph, log_softmax
from chuviet.errors import InputError
from chuviet.files import read_json
from chuviet.kinds import name_of, place_of
from chuviet.language.ngram import NGram
from chuviet.vocab import SPECIALS, Charset, CharsetError

METADATA_KEY = "chuviet"
LM_PREFIX = "chuviet.lm/"
OLD_LM_KEY = "chuviet.lm"  # of files before 0.2: the model as text among the metadata
REMEDY = "export it again"
#: Microseconds that a thread without work waits for some before it sleeps. Without a limit two threads take twice the
#: processor time of one wherever something else runs; alone on two cores they are no faster for it.
_SPIN = "20"


class OnnxFrames(FrameNetwork):
    """A graph images, widths -> logits N T V, lengths N; or one for images without padding, images -> logits N T V.

    Lines are run one by one: the maps of one line stay in the cache, those of 32 don't (twice the time). Many lines
    are best run on several threads at once, each line on one: for them there is a second session.
    """

    alone = True

    def __init__(self, path: Path, session: onnxruntime.InferenceSession, graph: bytes, threads: int) -> None:
        self.path, self.session = path, session
        self._graph, self._threads = graph, threads
        self._lock = threading.Lock()
        self._one_thread = session if threads == 1 else None
        self._unpadded = len(session.get_inputs()) == 1

    def frames(self, images: np.ndarray, widths: np.ndarray, one_thread: bool = False) -> list[np.ndarray]:
        session = self._narrow_session() if one_thread else self.session
        return [log_softmax(self._logits(session, images[k : k + 1], widths[k : k + 1])) for k in range(len(images))]

    def _logits(self, session: onnxruntime.InferenceSession, image: np.ndarray, width: np.ndarray) -> np.ndarray:
        """T V of one line, 1 C H W."""
        if self._unpadded:
            return run(self.path, session, 1, images=image[..., : width[0]])[0][0]
        logits, lengths = run(self.path, session, 2, images=image, widths=width)
        if lengths.ndim != 1 or lengths.dtype.kind != "i":
            raise InputError(f"{self.path}: its graph gives no lengths beside its logits; {REMEDY}")
        return logits[0, : int(lengths[0])]

    def _narrow_session(self) -> onnxruntime.InferenceSession:
        """The session on one thread, made when it is first asked for."""
        with self._lock:
            if self._one_thread is None:
                self._one_thread = open_session(self._graph, 1, keep_memory=True)
            return self._one_thread


class OnnxDecoding(DecodingNetwork):
    """A graph images, widths -> ids N L, log_probs N L."""

    def __init__(self, path: Path, session: onnxruntime.InferenceSession) -> None:
        self.path, self.session = path, session

    def decode(self, images: np.ndarray, widths: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        ids, log_probs = run(self.path, self.session, 2, images=images, widths=widths)
        return ids, log_probs


class OnnxMaps(MapNetwork):
    """A graph images -> logits N C h w."""

    def __init__(self, path: Path, session: onnxruntime.InferenceSession) -> None:
        self.path, self.session = path, session

    def maps(self, images: np.ndarray) -> np.ndarray:
        return run(self.path, self.session, 1, images=images)[0]


def run(path: Path, session: onnxruntime.InferenceSession, count: int, **inputs: np.ndarray) -> list[np.ndarray]:
    """The first `count` outputs of a graph. Raises InputError where it cannot be run, or has no such outputs."""
    try:
        found: list[np.ndarray] = session.run(None, {k: np.ascontiguousarray(v) for k, v in inputs.items()})
    except Exception as e:  # of a dozen kinds, and MemoryError
        shape = " x ".join(map(str, inputs["images"].shape))
        raise InputError(f"{path}: its graph cannot be run on images of {shape} ({first_line(e)[:160]})") from e
    if len(found) < count or not all(isinstance(v, np.ndarray) and v.ndim for v in found[:count]):
        raise InputError(f"{path}: its graph does not give the {count} arrays that are due; {REMEDY}")
    if not all(len(v) == len(inputs["images"]) for v in found[:count]):
        raise InputError(f"{path}: its graph gives arrays of other images than it got; {REMEDY}")
    return found[:count]


def open_session(graph: bytes, threads: int = 0, keep_memory: bool = False) -> onnxruntime.InferenceSession:
    """A session on the CPU with `threads` threads (0: all cores).

    With `keep_memory` what a run took is kept for the next one, which saves a line a fifteenth of its time. Else it is
    given back: what is kept grows with every new image size (pages of mixed sizes took 2.3 GB).
    """
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.enable_cpu_mem_arena = keep_memory
    options.enable_mem_pattern = False
    options.add_session_config_entry("session.intra_op.spin_duration_us", _SPIN)
    options.log_severity_level = 4  # what goes wrong is said by the exception
    return onnxruntime.InferenceSession(graph, options, providers=["CPUExecutionProvider"])


def load_onnx(source: str | Path | bytes, path: str | Path = "", threads: int = 0) -> Artifact:
    """Reads a file (or its bytes) that `chuviet export` wrote, to run on `threads` threads (0: all cores). Raises
    InputError, one line, for any other.
    """
    path = Path(path if isinstance(source, bytes) else source)
    try:
        data = source if isinstance(source, bytes) else path.read_bytes()
    except OSError as e:
        raise InputError(f"{path}: weights cannot be read ({e.strerror or e}); check the path") from e
    try:
        file = wire.read_model(data, METADATA_KEY, (LM_PREFIX,))
    except (ValueError, IndexError) as e:
        raise InputError(f"{path}: not a whole ONNX file ({e}); copy it again") from e
    if METADATA_KEY not in file.properties:
        raise InputError(f"{path}: not an ONNX file of chuviet export: no charset lies in it")
    if OLD_LM_KEY in file.properties:
        raise InputError(f"{path}: its language model is stored as chuviet 0.1 did; {REMEDY}")
    metadata = _metadata(path, file.properties[METADATA_KEY])
    if metadata["sha256"] != file.digest:
        raise InputError(f"{path}: the graph does not match its SHA-256: it was damaged or altered; {REMEDY}")
    try:
        check_model(data)
        charset = Charset(metadata["charset"]) if metadata["charset"] else None
    except GraphError as e:
        raise InputError(f"{path}: its graph has {e}; it is not opened") from e
    except CharsetError as e:
        raise InputError(f"{path}: its metadata is damaged ({e}); {REMEDY}") from e
    decoder = read_config(path, metadata, "decoder", "chuviet.decode.")
    one_by_one = charset is not None and not isinstance(decoder, DecodedInGraph.Config)
    try:
        session = open_session(data, threads, keep_memory=one_by_one)
    except Exception as e:
        raise InputError(f"{path}: not a whole ONNX file ({first_line(e)[:120]})") from e
    if not session.get_outputs():
        raise InputError(f"{path}: its graph gives nothing; {REMEDY}")
    network = _network(path, session, data, threads, detects=charset is None)
    _check_classes(path, network, session, charset, metadata["classes"])
    metadata["model"]["type"] = name_of(place_of(str(metadata["model"].get("type", ""))))
    return Artifact(
        path, network, metadata["model"], read_config(path, metadata, "preprocess", "chuviet.preprocess."),
        decoder, charset, metadata["metrics"], metadata["notes"],
        metadata["revision"], metadata["precision"], len(data), _language_model(path, file),
    )  # fmt: skip


def _network(path: Path, session: onnxruntime.InferenceSession, graph: bytes, threads: int, detects: bool) -> Network:
    if detects:
        return OnnxMaps(path, session)
    if session.get_outputs()[0].name == "ids":
        return OnnxDecoding(path, session)
    return OnnxFrames(path, session, graph, threads)


def _metadata(path: Path, text: str) -> dict[str, Any]:
    try:
        metadata = read_json(text)
    except ValueError as e:
        raise InputError(f"{path}: its metadata is damaged ({e}); {REMEDY}") from e
    return check_metadata(path, metadata, FIELDS | {"classes": int}, REMEDY)


def _language_model(path: Path, file: wire.ModelFile) -> NGram | None:
    if not file.tensors:
        return None
    try:
        return NGram.from_tensors({k.removeprefix(LM_PREFIX): v for k, v in file.tensors.items()})
    except (ValueError, IndexError, TypeError, OverflowError, RecursionError, MemoryError) as e:
        raise InputError(f"{path}: its language model is damaged ({first_line(e)}); {REMEDY}") from e


def _check_classes(
    path: Path, network: Network, session: onnxruntime.InferenceSession, charset: Charset | None, classes: int
) -> None:
    """The graph of an attention model gives characters, so that the count which was stored is all there is to ask."""
    if charset is None:
        return
    special = SPECIALS if isinstance(network, DecodingNetwork) else 1
    shape = classes if isinstance(network, DecodingNetwork) else session.get_outputs()[0].shape[-1]
    if classes != len(charset) + special or (isinstance(shape, int) and shape != classes):
        raise InputError(
            f"{path}: {classes} classes, {special} of them special, but the charset in it has {len(charset)} "
            f"characters; {REMEDY}"
        )
