"""JSON that people can read and compare: short lists and objects on one line, the rest broken up."""

import json
from typing import Any

WIDTH = 120


def _write(value: Any, indent: int, prefix: int) -> str:
    flat = json.dumps(value, ensure_ascii=True)
    if not isinstance(value, (dict, list)) or not value or indent + prefix + len(flat) <= WIDTH:
        return flat
    inner = " " * (indent + 1)
    if isinstance(value, dict):
        lines = [f"{inner}{json.dumps(key)}: " + _write(item, indent + 1, len(key) + 5) for key, item in value.items()]
        return "{\n" + ",\n".join(lines) + "\n" + " " * indent + "}"
    if all(isinstance(item, (int, float)) or (isinstance(item, str) and len(item) <= 40) for item in value):
        return "[\n" + _filled([json.dumps(item) for item in value], inner) + "\n" + " " * indent + "]"
    return "[\n" + ",\n".join(inner + _write(item, indent + 1, 1) for item in value) + "\n" + " " * indent + "]"


def _filled(items: list[str], inner: str) -> str:
    lines, line = [], inner
    for number, item in enumerate(items):
        piece = item + ("," if number + 1 < len(items) else "")
        if len(line) + len(piece) + 1 > WIDTH and line != inner:
            lines.append(line.rstrip())
            line = inner
        line += piece + " "
    return "\n".join([*lines, line.rstrip()])


def text_of(content: dict[str, Any]) -> str:
    return _write(content, 0, 0) + "\n"
