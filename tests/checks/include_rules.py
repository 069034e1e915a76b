"""Who may include whom: the rooms of docs/architecture.md, as a table.

A file belongs to the longest room that its path begins with. It may include its own room and the
rooms on the right; `tools` and `tests` see what they need, and nobody sees them.
"""

import house

BASE = "common/base"
JSON = "common/json"
STRATUM = "common/stratum"
BITCOIN = "common/bitcoin"
MINING = "common/mining"
POLICY = "common/policy"
CONFIG = "common/config"
CONTROL = "common/control"
COMMON = {BASE, JSON, STRATUM, BITCOIN, MINING, POLICY, CONFIG, CONTROL}

MAY_INCLUDE = {
    BASE: set(),
    JSON: {BASE},
    STRATUM: {BASE, JSON},
    CONTROL: {BASE, JSON},
    BITCOIN: {BASE},
    POLICY: {BASE},
    MINING: {BASE, BITCOIN, STRATUM},
    CONFIG: {BASE, POLICY},
    "shm": {BASE},
    # The miner's side and the pool's side are pure: no socket, no loop, no engine.
    "worker/session": COMMON | {"shm", "worker/upstream"},
    "worker/upstream": COMMON | {"shm", "worker/session"},
    "worker/net": COMMON | {"shm"},
    "worker": COMMON | {"shm", "worker/session", "worker/upstream", "worker/net"},
    "supervisor": {BASE, JSON, POLICY, CONFIG, CONTROL, "shm"},
}
SEE_ALL = ("tools", "tests")

# common/ is pure. These headers bring sockets, files, processes or the clock; the files named here
# are the only ones of common/ that may include them (ip_address for the layout of sockaddr alone).
WORLD = {
    "sys/socket.h", "sys/types.h", "sys/stat.h", "netinet/in.h", "netinet/tcp.h", "netdb.h",
    "unistd.h", "fcntl.h", "poll.h", "sys/epoll.h", "sys/time.h", "time.h", "ctime", "fstream",
    "filesystem", "thread", "mutex",
}
MAY_TOUCH_THE_WORLD = ("common/config/load", "common/base/log", "common/base/check",
                       "common/base/ip_address")


def room_of(path):
    """The longest room that holds `path`, or None where the path is in no room."""
    best = None
    for room in (*MAY_INCLUDE, *SEE_ALL):
        if path.startswith(room + "/") and (best is None or len(room) > len(best)):
            best = room
    return best


def check(root):
    problems = []
    for path in house.sources(root):
        room = room_of(str(path))
        if room is None:
            problems.append(f"{path}: stands in no room of the table in tests/checks/include_rules.py")
            continue
        for line, is_quoted, name in house.includes(root, path):
            problem = judge(str(path), room, is_quoted, name)
            if problem:
                problems.append(f"{path}:{line}: {problem}")
    return problems


def judge(path, room, is_quoted, name):
    target = room_of(name)
    if not is_quoted:
        if target is not None:
            return f"<{name}> is ours; write \"{name}\""
        if (room in COMMON and name in WORLD and not path.startswith(MAY_TOUCH_THE_WORLD)):
            return f"common/ is pure and does not include <{name}>"
        return None
    if target is None:
        return f"\"{name}\" is not a path from the root into a room"
    if room in SEE_ALL or target == room or target in MAY_INCLUDE[room]:
        return None
    return f"{room} may not include {target} (\"{name}\")"


CASES = [
    ("a room may include what the table gives it",
     {"common/stratum/parse.h": '#include "common/base/result.h"\n#include "common/json/reader.h"'},
     None),
    ("a test sees everything", {"tests/unit/x.cpp": '#include "worker/net/socket.h"'}, None),
    ("base includes nothing of ours",
     {"common/base/log.h": '#include "common/json/reader.h"'}, "common/base may not include"),
    ("supervisor does not see stratum",
     {"supervisor/main.cpp": '#include "common/stratum/parse.h"'}, "supervisor may not include"),
    ("supervisor does not see worker",
     {"supervisor/a/b.cpp": '  #  include "worker/keeper.h"'}, "supervisor may not include worker"),
    ("worker does not see supervisor",
     {"worker/keeper.cpp": '#include "supervisor/reload.h"'}, "worker may not include supervisor"),
    ("a session does not see sockets",
     {"worker/session/session.cpp": '#include "worker/net/socket.h"'},
     "worker/session may not include worker/net"),
    ("a session does not see the engine",
     {"worker/session/session.cpp": '#include "worker/engine.h"'},
     "worker/session may not include worker"),
    ("nobody includes tools", {"worker/keeper.cpp": '#include "tools/sim/pool.h"'},
     "may not include tools"),
    ("ours is included with quotes", {"shm/segment.cpp": "#include <common/base/check.h>"},
     "is ours"),
    ("a relative include is refused", {"shm/segment.cpp": '#include "segment.h"'},
     "not a path from the root"),
    ("common does not touch sockets", {"common/mining/job.cpp": "#include <sys/socket.h>"},
     "common/ is pure"),
    ("the loader may read files", {"common/config/load.cpp": "#include <fstream>"}, None),
    ("a folder outside the rooms is refused", {"common/other/x.h": ""}, "stands in no room"),
]

if __name__ == "__main__":
    house.main(check, CASES)
