"""No == or != between a RapidJSON value and a scalar inside common/json.

RapidJSON 1.1.0 compiled as C++20 by g++ 12 rewrites `value == 3` into a call of itself and recurses
for ever, without a warning. Values are asked with GetInt() and its kind instead. The tree model
(document.h) is what brings such values, so a file that does not include it has none.
"""

import re

import house

TREE_MODEL = ("rapidjson/document.h", "rapidjson/pointer.h", "rapidjson/schema.h")
COMPARISON = re.compile(r"[^=!<>]([=!]=)[^=]")
# Comparing what a getter returned, sizes, enumerators, iterators and null pointers is harmless.
HARMLESS = re.compile(r"Get\w+\(\)|Size\(\)|\bk[A-Z]\w*|(Member)?(Begin|End)\(\)|nullptr|size\(\)")


def check(root):
    problems = []
    for path in house.sources(root, ("common/json",)):
        if not any(name in TREE_MODEL for _, _, name in house.includes(root, path)):
            continue
        text = (root / path).read_text(encoding="utf-8")
        for number, line in house.code_lines(text):
            if "operator" in line or not COMPARISON.search(line):
                continue
            if not HARMLESS.search(line):
                problems.append(f"{path}:{number}: {line.strip()}: compare value.GetInt() and its "
                                "like, never the value")
    return problems


TREE = "#include <rapidjson/document.h>\n"
CASES = [
    ("a scalar beside a value", {"common/json/a.cpp": TREE + "if (value == 3) return;"}, "a.cpp:2"),
    ("unequal", {"common/json/a.cpp": TREE + "if (3 != doc[0]) return;"}, "a.cpp:2"),
    ("a getter's result", {"common/json/a.cpp": TREE + "if (value.GetInt() == 3) return;"}, None),
    ("a comment", {"common/json/a.cpp": TREE + "// value == 3 recurses for ever"}, None),
    ("a file without values", {"common/json/a.cpp": "if (depth == 3) return;"}, None),
]

if __name__ == "__main__":
    house.main(check, CASES)
