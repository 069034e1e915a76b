"""Plays one line of the collection through a service and judges what both sides saw.

Nothing is waited for that must not come: behind the line the sender says something of which it is
known what comes of it, the fence. Order is kept on every connection, so what the line caused is what
was seen before the fence.
"""

import time

import loka
import quirks_judge as judge
import quirks_pool
import quirks_wire as wire
from processes import eventually
from quirks import FROM_MINER, FROM_POOL, with_ids
from quirks_miner import (AUTHORIZE, CONFIGURE, EXTRANONCE_SUBSCRIBE, SUBMIT, SUBSCRIBE,
                          send_segments)

FENCE = "fence"
FENCE_DIFFICULTY = 424242
FENCE_REQUEST = {"id": FENCE, "method": "mining.suggest_difficulty", "params": [FENCE_DIFFICULTY]}
FENCE_NOTIFICATION = {"id": None, "method": "client.show_message", "params": [FENCE]}
FENCE_PING = {"id": FENCE, "method": "mining.ping", "params": []}

AT_ONCE_SECONDS = 3 * loka.SLOWNESS
# Those that may be closed by a time limit: 15 s from the connect to subscribe.
SUBSCRIBE_SECONDS = 15 + 1.5 * loka.SLOWNESS
SLOW_CLOSES = ("q173", "q176", "q186")
# Two steps of a pool may take 5 s each; q121 waits 10 s and up to 5 s more.
SWITCH_SECONDS = 18


def needs_own_service(quirk):
    """Lines that change how a pool is seen, or that take their time."""
    return quirk.then == "pool_switch" or quirk.id in SLOW_CLOSES or needs_names(quirk)


def needs_names(quirk):
    """Lines that say where to go."""
    return quirk.family == "reconnect"


def play(stage, quirk):
    """Raises an AssertionError that says what was not as prescribed."""
    epochs, before = stage.epochs(), stage.service.shares()
    stage.begin(quirks_pool.Script(
        extranonce2_size=quirk.setup.get("extranonce2_size", 4),
        has_job=quirk.stage != "authorized",
        held_method=held_method(quirk) if quirk.sender == FROM_POOL else None))
    miner = stage.miner()
    try:
        if quirk.sender == FROM_MINER:
            play_miner(stage, quirk, miner)
        else:
            play_pool(stage, quirk, miner)
        if quirk.counted_as:
            judge.counted(before, stage.service.settled_shares(10), quirk.counted_as)
    finally:
        miner.close()
    for line in miner.lines + stage.lines_to_pools():
        wire.parse(line)
    assert stage.epochs() == epochs, "an engine died"
    code, miners = stage.service.ctl("miners")
    assert code == 0 and miners is not None


def log_in(quirk, miner):
    miner.log_in(quirk.stage, quirk.setup.get("rolling", True),
                 quirk.setup.get("extranonce_subscribed", False))


# ---- a miner says it ---------------------------------------------------------------------------

def play_miner(stage, quirk, miner):
    log_in(quirk, miner)
    connection = None if quirk.stage == "connected" else stage.next_connection()
    heard, reached = len(miner.lines), len(connection.lines) if connection else 0
    send_segments(miner, quirk.segments, quirk.pause_seconds)
    if quirk.ends_stream:
        miner.end_stream()
    if quirk.then == "close":
        expect_close(stage, quirk, miner)
        return
    miner.say(FENCE_REQUEST)
    at_miner = miner.wait_for(lambda message: message.get("id") == FENCE, 10, "the fence")
    assert wire.is_success(wire.parse(miner.lines[at_miner])), miner.lines[at_miner]
    connection = connection or stage.next_connection()
    at_pool = connection.wait_for(is_fence_request, 10, "the fence")
    judge.miners_line(quirk, miner.lines[heard:at_miner], connection.lines[reached:at_pool])


def is_fence_request(message):
    return message.get("params") == [wire.Number(str(FENCE_DIFFICULTY))]


def expect_close(stage, quirk, miner):
    limit = AT_ONCE_SECONDS
    if quirk.id in SLOW_CLOSES:
        limit = miner.connected + SUBSCRIBE_SECONDS - time.monotonic()
    assert miner.wait_until_closed(limit), f"not closed in time; {miner.lines}"
    judge.last_words(quirk, miner.lines)
    if quirk.ends_stream:  # its whole lines were handled
        connection = stage.next_connection()
        eventually(lambda: connection.is_closed, 6, "the pool connection is closed")
        judge.passed_on_before_the_end(quirk, connection.lines)
    # The service is there for the next miner, whose connection is the next one that a pool sees.
    following = stage.miner()
    following.log_in()
    first = wire.parse(stage.next_connection().lines[0])
    assert first["method"] == CONFIGURE["method"], first
    following.close()


# ---- a pool says it ----------------------------------------------------------------------------

def play_pool(stage, quirk, miner):
    asked = ask_as_miner(quirk, miner)
    connection = stage.next_connection()
    if asked is not None:
        eventually(lambda: connection.held, 10, lambda: f"{asked} is asked; {connection.lines}")
    heard, back = len(miner.lines), len(connection.lines)
    segments = quirk.segments
    if quirk.reply_to:
        segments = with_ids(segments, connection.held[:1])
        connection.held.clear()
    if quirk.id == "q121":
        port = str(stage.first.port).encode()
        segments = [segment.replace(b"3333", port) for segment in segments]
    sent = time.monotonic()
    send_segments(connection, segments)
    if quirk.then == "pool_switch":
        expect_switch(stage, quirk, miner, connection, sent)
        return
    connection.say(FENCE_NOTIFICATION)
    connection.say(FENCE_PING)
    at_miner = miner.wait_for(
        lambda message: message.get("params") == [FENCE], 10, "what the pool said next")
    at_pool = connection.wait_for(
        lambda message: message.get("id") == FENCE, 10, "an answer to its ping")
    assert wire.parse(connection.lines[at_pool])["result"] == "pong"
    steps = [step["id"] for step in handshake(quirk)]
    own_id = asked["id"] if quirk.reply_to else None
    judge.pools_line(quirk, miner.lines[heard:at_miner], connection.lines[back:at_pool],
                     steps, own_id)
    connection.release()
    for number in steps:
        miner.answer(number)
    judge.answered_once(steps + ([own_id] if quirk.reply_to else []), miner.lines)


def held_method(quirk):
    """What the pool leaves unanswered until the line comes."""
    pending = {"connected": "mining.configure", "subscribed": "mining.authorize"}
    return quirk.reply_to or pending.get(quirk.stage)


def handshake(quirk):
    """What a miner that finds its pool in this state has said in one go."""
    return [CONFIGURE, SUBSCRIBE, AUTHORIZE] if quirk.stage in ("connected", "subscribed") else []


def ask_as_miner(quirk, miner):
    """Says what the pool is to hold back; returns the request that it will hold back, if any."""
    steps = handshake(quirk)
    if steps:
        for step in steps:
            miner.say(step)
        return next(step for step in steps if step["method"] == held_method(quirk))
    log_in(quirk, miner)
    for request in (SUBMIT, EXTRANONCE_SUBSCRIBE):
        if request["method"] == quirk.reply_to:
            miner.say(request)
            return request
    assert not quirk.reply_to, quirk.reply_to
    return None


def expect_switch(stage, quirk, miner, connection, sent):
    eventually(lambda: connection.is_closed, SWITCH_SECONDS, "the service leaves this connection")
    following = stage.next_connection(SWITCH_SECONDS)
    waited = time.monotonic() - sent
    wanted = {"q044": stage.first, "q120": stage.first, "q121": getattr(stage, "moved", None)}
    assert following.pool is wanted.get(quirk.id, stage.backup), "the wrong pool is next"
    assert quirk.id != "q121" or waited >= 10, f"the pool asked for 10 s, it were {waited:.1f}"
    for step in handshake(quirk):
        answer = miner.answer(step["id"])
        if step["method"] == "mining.subscribe":
            assert answer["result"][1] == quirks_pool.EXTRANONCE1, answer
        if step["method"] == "mining.authorize":
            assert answer.get("result") is True, answer
    judge.answered_once([step["id"] for step in handshake(quirk)], miner.lines)
    if not handshake(quirk):
        expect_move(miner)
    judge.never_reached(quirk, miner.lines)


def expect_move(miner):
    """A miner that was mining gets a new job, or is let go."""
    def jobs():
        return [line for line in miner.lines if b"mining.notify" in line]
    before, end = len(jobs()), time.monotonic() + 10
    while len(jobs()) == before and miner.read_more(end):
        pass
    assert miner.is_closed or len(jobs()) > before, "the miner hears of no new job"
