"""Model files as a stranger would write them: digests are right, contents are not what they should be."""

from __future__ import annotations

import copy
import hashlib
import json
import struct
import zlib
from collections.abc import Callable
from typing import Any

import numpy as np

from faulty.mutation import deep_json
from faulty.seeds import WEIGHTS, language_model, metadata_of, onnx_files, safetensors_files, seal_onnx

Listed = list[tuple[str, bytes]]


def strangers() -> Listed:
    """All of them, numbered."""
    made = [*graphs(), *metadata(), *language_models(), *safetensors()]
    return [(f"{i:02d}-{name}", data) for i, (name, data) in enumerate(made)]


def graphs() -> Listed:
    """Graphs that read other files, run operators of others, never end, or ask for all memory."""
    import onnx
    from onnx import TensorProto, helper, numpy_helper

    sound = onnx.load(WEIGHTS / "micro_16.onnx")
    made: Listed = []

    def add(name: str, change: Callable[[Any, Any], None]) -> None:
        graph = copy.deepcopy(sound)
        change(graph, graph.graph)
        made.append((f"{name}.onnx", seal_onnx(graph, metadata_of(sound))))

    def external(place: str) -> Callable[[Any, Any], None]:
        def change(model: Any, graph: Any) -> None:
            tensor = graph.initializer[0]
            tensor.ClearField("raw_data")
            tensor.data_location = TensorProto.EXTERNAL
            entry = tensor.external_data.add()
            entry.key, entry.value = "location", place

        return change

    for name, place in (("beside", "secret"), ("above", "../model/secret"), ("root", "/etc/passwd")):
        add(f"external_{name}", external(place))

    def in_constant(model: Any, graph: Any) -> None:
        tensor = helper.make_tensor("t", TensorProto.FLOAT, [1], [0.0])
        external("secret")(model, type("", (), {"initializer": [tensor]}))
        graph.node.insert(0, helper.make_node("Constant", [], ["unused"], value=tensor))

    def custom(model: Any, graph: Any) -> None:
        graph.node[0].domain, graph.node[0].op_type = "evil", "Shell"
        model.opset_import.append(helper.make_opsetid("evil", 1))

    def function(model: Any, graph: Any) -> None:
        body = [helper.make_node("Identity", ["x"], ["y"])]
        opsets = [helper.make_opsetid("", 18)]
        model.functions.append(helper.make_function("evil", "Same", ["x"], ["y"], body, opsets))

    def context(model: Any, graph: Any) -> None:
        graph.node[0].domain, graph.node[0].op_type = "com.microsoft", "EPContext"

    def cycle(model: Any, graph: Any) -> None:
        graph.node[0].input[0] = graph.node[-1].output[0]

    def sized(kind: str, *values: Any, **attributes: Any) -> Callable[[Any, Any], None]:
        def change(model: Any, graph: Any) -> None:
            names = [f"size{i}" for i in range(len(values))]
            for name, value in zip(names, values, strict=True):
                if name and value is not None:
                    graph.initializer.append(numpy_helper.from_array(np.array(value), name))
            inputs = ["" if v is None else n for n, v in zip(names, values, strict=True)]
            first = ["images"] if kind != "ConstantOfShape" else []
            graph.node.insert(0, helper.make_node(kind, [*first, *inputs], ["bomb"], **attributes))
            graph.node.insert(1, helper.make_node("ReduceMean", ["bomb"], ["mean"], keepdims=0))
            graph.node.insert(2, helper.make_node("Add", ["images", "mean"], ["changed"]))
            for node in graph.node[3:]:
                for i, used in enumerate(node.input):
                    node.input[i] = "changed" if used == "images" else used

        return change

    def computed(model: Any, graph: Any) -> None:
        """Numbers whose product is too much, multiplied in the graph."""
        graph.initializer.append(numpy_helper.from_array(np.array([1 << 20], np.int64), "n"))
        graph.node.insert(0, helper.make_node("Mul", ["n", "n"], ["nn"]))
        sized("ConstantOfShape", np.array([1], np.int64))(model, graph)
        next(node for node in graph.node if node.op_type == "ConstantOfShape").input[0] = "nn"
        nodes = sorted(graph.node, key=lambda node: node.op_type != "Mul" or "nn" not in node.output)
        del graph.node[:]
        graph.node.extend(nodes)

    def endless(model: Any, graph: Any) -> None:
        value = helper.make_tensor_value_info
        body = helper.make_graph(
            [helper.make_node("Identity", [n], [f"{n}_out"]) for n in ("go", "x")],
            "body",
            [value("i", TensorProto.INT64, []), value("go", TensorProto.BOOL, []), value("x", TensorProto.FLOAT, None)],
            [value("go_out", TensorProto.BOOL, []), value("x_out", TensorProto.FLOAT, None)],
        )
        graph.initializer.append(numpy_helper.from_array(np.array(True), "yes"))
        graph.initializer.append(numpy_helper.from_array(np.array(2**62, np.int64), "rounds"))
        graph.node.insert(0, helper.make_node("Loop", ["rounds", "yes", "images"], ["looped"], body=body))
        graph.node[1].input[0] = "looped"

    def claimed(model: Any, graph: Any) -> None:
        del graph.initializer[0].dims[:]
        graph.initializer[0].dims.extend([1 << 20, 1 << 20])

    def nested(model: Any, graph: Any) -> None:
        inner = helper.make_graph([helper.make_node("Identity", ["images"], ["z0"])], "g0", [], [])
        for depth in range(10):
            node = helper.make_node("If", ["yes"], [f"z{depth + 1}"], then_branch=inner, else_branch=inner)
            inner = helper.make_graph([node], f"g{depth + 1}", [], [])
        graph.node.insert(0, helper.make_node("If", ["yes"], ["deep"], then_branch=inner, else_branch=inner))

    for change in (in_constant, custom, function, context, cycle, computed, endless, claimed, nested):
        add(change.__name__, change)
    add("zeros", sized("ConstantOfShape", np.array([100_000, 100_000], np.int64)))
    add("expand", sized("Expand", np.array([50_000, 1, 50_000, 1, 1, 1], np.int64)))
    add("tile", sized("Tile", np.array([1, 1, 10_000, 10_000], np.int64)))
    add("pad", sized("Pad", np.array([0, 0, 10**6, 10**6, 0, 0, 10**6, 10**6], np.int64)))
    add("resize", sized("Resize", None, np.array([1, 1, 1000, 1000], np.float32)))
    add(
        "wide",
        lambda model, graph: next(n for n in graph.node if n.op_type == "Conv").attribute.append(
            helper.make_attribute("pads", [10**8] * 4)
        ),
    )
    add("inputs", lambda model, graph: setattr(graph.input[0], "name", "other"))
    add("outputs", lambda model, graph: graph.output.reverse())
    add("classes", lambda model, graph: graph.output.__delitem__(slice(None)))
    return made


def metadata() -> Listed:
    """Metadata that goes deep, is huge, names what it should not."""
    import onnx
    from onnx import helper

    graph = onnx.load(WEIGHTS / "micro_16.onnx")
    sound, made = metadata_of(graph), []

    def add(name: str, text: str) -> None:
        helper.set_model_props(graph, {"chuviet": text})
        made.append((f"metadata_{name}.onnx", graph.SerializeToString()))

    def other(name: str, **changes: Any) -> None:
        add(name, json.dumps(sound | changes))

    def decoder(name: str, **values: Any) -> None:
        other(name, decoder={"type": "ctc_beam"} | values)

    add("deep", deep_json(200_000))
    add("deep_entry", json.dumps(sound)[:-1] + f', "notes": {deep_json(50_000)}' + "}")
    add("number", "9" * 100_000)
    other("charset", charset="".join(map(chr, [*range(0x20, 0xD800), *range(0xE000, 0x110000)])) * 2)
    other("unicode", charset=sound["charset"][:-1] + "\x1b")
    other("half", charset=sound["charset"][:-1] + "\ud800")
    other("place", decoder={"type": "os:system"})
    other("module", preprocess={"type": "chuviet.cli:main"})
    other("height", preprocess=sound["preprocess"] | {"height": 10**9})
    other("width", preprocess=sound["preprocess"] | {"width": 10**9, "max_width": 10**9})
    other("nothing", preprocess=sound["preprocess"] | {"height": 0})
    other("page", preprocess={"type": "page_image"})
    other("boxes", decoder={"type": "db_boxes"})
    decoder("beam", width=10**9)
    decoder("nan", alpha=float("nan"))
    decoder("cold", temperature=0.0)
    other("detector", charset="", classes=0)
    made += [("random.onnx", np.random.default_rng(0).bytes(5000)), ("pickle.onnx", b"\x80\x04\x95" + bytes(100))]
    return made


def language_models() -> Listed:
    """Arrays of a language model that point outside, unpack to all memory, or hold one another."""
    import onnx
    from onnx import numpy_helper

    from chuviet.artifact.onnx_file import LM_PREFIX

    graph = onnx.load_from_string(dict(onnx_files())["model.onnx"])
    sound, made = metadata_of(graph), []
    arrays = language_model(sound["charset"])

    def add(name: str, **changes: Any) -> None:
        changed = copy.deepcopy(graph)
        kept = [t for t in changed.graph.initializer if not t.name.startswith(LM_PREFIX)]
        del changed.graph.initializer[:]
        values = {k: v for k, v in (arrays | changes).items() if v is not None}
        changed.graph.initializer.extend(
            [*kept, *(numpy_helper.from_array(v, LM_PREFIX + k) for k, v in values.items())]
        )
        made.append((f"lm_{name}.onnx", seal_onnx(changed, sound)))

    bomb = zlib.compress(b"[" + b"0," * 50_000_000 + b"0]", 9)
    add("gazetteer", gazetteer=np.frombuffer(bomb, np.uint8))
    add("brackets", gazetteer=np.frombuffer(zlib.compress(deep_json(100_000).encode()), np.uint8))
    add("names", gazetteer=np.frombuffer(zlib.compress(b'[["a", 1, 2, [["b", 3]], [4]]]'), np.uint8))
    add("outside", **{"characters.2": np.full_like(arrays["characters.2"], 255)})
    add("sizes", **{"ends.2": np.full_like(arrays["ends.2"], 255)})
    add("nothing", **{"ends.3": np.zeros_like(arrays["ends.3"])})
    add("missing", **{"probs.2": None})
    add("long", **{"contexts.4": np.ones(50_000_000, np.uint8)})
    add("charset", characters=np.array([0x110000] * len(arrays["characters"]), np.int32))
    add("nested", **{f"general.general.{k}": v for k, v in arrays.items()})
    add("floats", **{"probs.1": arrays["probs.1"].astype(np.float32)})
    return made


def safetensors() -> Listed:
    """Headers that go deep, tensors that overlap, configs that ask for models beyond the weights."""
    sound = dict(safetensors_files())["line.safetensors"]
    length = int.from_bytes(sound[:8], "little")
    header, tensors = json.loads(sound[8 : 8 + length]), sound[8 + length :]
    metadata, made = json.loads(header["__metadata__"]["chuviet"]), []

    def add(name: str, text: bytes | None = None, model: dict[str, Any] | None = None, **entries: Any) -> None:
        changed = metadata | {"model": metadata["model"] | (model or {}), "sha256": hashlib.sha256(tensors).hexdigest()}
        whole = header | {"__metadata__": {"chuviet": json.dumps(changed)}} | entries
        text = json.dumps(whole).encode() if text is None else text
        made.append((f"{name}.safetensors", struct.pack("<Q", len(text)) + text + tensors))

    first = next(name for name in header if name != "__metadata__")
    add("deep", deep_json(200_000).encode())
    add("list", b'{"a": []}')
    add("text", b'"' + b"x" * 1000 + b'"')
    add("offsets", **{first: header[first] | {"data_offsets": ["0", {}]}})
    add("overlap", **{first: header[first] | {"data_offsets": [0, 10**18]}})
    add("shape", **{first: header[first] | {"shape": [2**40, 2**40]}})
    add("kind", **{first: header[first] | {"dtype": "F999"}})
    for name, value in metadata["model"].items():
        if isinstance(value, int) and not isinstance(value, bool):
            add(f"model_{name}", model={name: 10**9})
            add(f"model_{name}_large", model={name: 90_000})
            add(f"model_{name}_below", model={name: -1})
    for kind, values in (
        ("line_ctc", {"depths": [90_000] * 3}),
        ("line_ctc", {"widths": [90_000] * 3}),
        ("backbone_ctc", {"backbone": "hf_hub:evil/model"}),
        ("backbone_ctc", {"backbone": "../../etc"}),
        ("seq2seq", {"hidden": 100_000}),
        ("chuviet.models.ctc:LineCTC", {}),
        ("dbnet", {}),
    ):
        made_of = {"type": kind} | values
        changed = metadata | {"model": made_of, "sha256": hashlib.sha256(tensors).hexdigest()}
        text = json.dumps(header | {"__metadata__": {"chuviet": json.dumps(changed)}}).encode()
        made.append(
            (f"{kind.replace(':', '.')}_{len(made)}.safetensors", struct.pack("<Q", len(text)) + text + tensors)
        )
    made.append(("length.safetensors", struct.pack("<Q", 2**63) + sound[8:]))
    return made
