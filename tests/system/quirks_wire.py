"""Lines as the wire allows them, read more strictly than any peer would: what the service says to
either side has to pass here. Numbers and ids keep their text."""

import dataclasses
import json


@dataclasses.dataclass(frozen=True)
class Number:
    text: str


def parse(line):
    """The object in a line of the service; an AssertionError for everything that is not one."""
    assert all(byte >= 0x20 for byte in line), f"raw control bytes: {line!r}"
    try:
        value = read(line)
        # Escapes can spell half a surrogate pair, which is no character of any UTF-8 text.
        json.dumps(value, ensure_ascii=False, default=str).encode("utf-8")
    except ValueError as error:
        raise AssertionError(f"{error}: {line!r}") from error
    assert isinstance(value, dict), f"not an object: {line!r}"
    return value


def read(line):
    """Any JSON text; ValueError if it is none or if a key occurs twice."""
    return json.loads(line.decode("utf-8"), parse_int=Number, parse_float=Number,
                      parse_constant=refuse, object_pairs_hook=without_duplicates)


def refuse(name):
    raise ValueError(f"{name} is no JSON")


def without_duplicates(pairs):
    value = dict(pairs)
    if len(value) != len(pairs):
        raise ValueError("duplicate key")
    return value


def id_text(message):
    """The id as JSON text; "null" if it is missing."""
    value = message.get("id")
    return value.text if isinstance(value, Number) else json.dumps(value, default=str)


def parse_leniently(line):
    """What a test itself sends; {} if it is not an object on purpose."""
    try:
        value = read(line)
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}


def is_answer(message):
    return "method" not in message


def is_success(answer):
    return answer.get("error") is None and answer.get("result") not in (None, False)


def error_code(answer):
    error = answer.get("error")
    return int(error[0].text) if isinstance(error, list) else None


def without_id(message):
    return {key: value for key, value in message.items() if key != "id"}
