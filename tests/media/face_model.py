"""A model in the form of YuNet that takes what is bright for a face, written by hand: real ones are not ours to give.

ONNX is protobuf, of which a model of this size needs little: see ``onnx.proto`` for the numbers of the fields.
"""

import struct
from collections.abc import Sequence
from pathlib import Path

_STRIDES = (8, 16, 32)
_FLOAT, _INT64 = 1, 7


def write_face_model(path: Path) -> Path:
    """A model whose score at a place is how bright the place is, and whose faces are some dozens of pixels wide."""
    nodes = [_node("Div", ["input", "white"], "light"), _node("ReduceMean", ["light"], "grey", _ints("axes", [1]))]
    outputs: list[str] = []
    for stride in _STRIDES:
        square = [_ints("kernel_shape", [stride, stride]), _ints("strides", [stride, stride])]
        nodes.append(_node("AveragePool", ["grey"], f"pool_{stride}", *square))
        nodes.append(_node("Reshape", [f"pool_{stride}", "column"], f"score_{stride}"))
        nodes.append(_node("Mul", [f"score_{stride}", "nothing"], f"zero_{stride}"))
        for name, values in (("bbox", "box"), ("kps", "points")):
            nodes.append(_node("Add", [f"zero_{stride}", values], f"{name}_{stride}"))
        # Only one of the three is sure of itself; otherwise each face would be found three times.
        sure = "one" if stride == _STRIDES[1] else "nothing"
        nodes += [_node("Mul", [f"score_{stride}", sure], f"{name}_{stride}") for name in ("cls", "obj")]
    for name in ("cls", "obj", "bbox", "kps"):
        outputs += [f"{name}_{stride}" for stride in _STRIDES]
    constants = [
        _floats("white", [1], [255.0]),
        _floats("nothing", [1], [0.0]),
        _floats("one", [1], [1.0]),
        # Neither moved; e to the power of 1.4, in strides.
        _floats("box", [1, 1, 4], [0.0, 0.0, 1.4, 1.4]),
        _floats("points", [1, 1, 10], [0.0] * 10),
        _shape("column", [1, -1, 1]),
    ]
    graph = b"".join(
        [
            *(_bytes(1, node) for node in nodes),
            _bytes(2, b"faces"),
            *(_bytes(5, constant) for constant in constants),
            _bytes(11, _value("input", [1, 3, "height", "width"])),
            *(_bytes(12, _value(name, [1, "places", "values"])) for name in outputs),
        ]
    )
    opset = _bytes(1, b"") + _number(2, 11)
    path.write_bytes(_number(1, 7) + _bytes(7, graph) + _bytes(8, opset))
    return path


def _node(operation: str, inputs: Sequence[str], output: str, *attributes: bytes) -> bytes:
    return b"".join(
        [
            *(_bytes(1, name.encode()) for name in inputs),
            _bytes(2, output.encode()),
            _bytes(3, output.encode()),
            _bytes(4, operation.encode()),
            *(_bytes(5, attribute) for attribute in attributes),
        ]
    )


def _ints(name: str, values: Sequence[int]) -> bytes:
    ints_type = 7
    return _bytes(1, name.encode()) + b"".join(_number(8, value) for value in values) + _number(20, ints_type)


def _floats(name: str, shape: Sequence[int], values: Sequence[float]) -> bytes:
    raw = struct.pack(f"<{len(values)}f", *values)
    return b"".join(_number(1, side) for side in shape) + _number(2, _FLOAT) + _bytes(8, name.encode()) + _bytes(9, raw)


def _shape(name: str, values: Sequence[int]) -> bytes:
    raw = struct.pack(f"<{len(values)}q", *values)
    return _number(1, len(values)) + _number(2, _INT64) + _bytes(8, name.encode()) + _bytes(9, raw)


def _value(name: str, shape: Sequence[int | str]) -> bytes:
    sides = b"".join(
        _bytes(1, _number(1, side) if isinstance(side, int) else _bytes(2, side.encode())) for side in shape
    )
    tensor = _number(1, _FLOAT) + _bytes(2, sides)
    return _bytes(1, name.encode()) + _bytes(2, _bytes(1, tensor))


def _bytes(field: int, content: bytes) -> bytes:
    return _varint(field << 3 | 2) + _varint(len(content)) + content


def _number(field: int, value: int) -> bytes:
    return _varint(field << 3) + _varint(value)


def _varint(value: int) -> bytes:
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)
