"""What must be true of what both sides saw: the fields of an entry, and for some entries what only
its prose says."""

import loka
import quirks_pool
import quirks_wire as wire
from quirks import FROM_MINER

# A miner may hear something before it is closed only where the collection says so.
LAST_WORDS = {"q158": 1, "q185": 1}


def miners_line(quirk, answered, reached):
    """A line of a miner: what the miner heard and what the pool got because of it."""
    answers = [message for message in map(wire.parse, answered) if wire.is_answer(message)]
    expect_answers(quirk, answers)
    messages = [wire.parse(line) for line in reached]
    if quirk.reaches_other_side is False:
        assert not reached, f"reached the pool: {reached}"
    if quirk.reaches_other_side:
        method = wire.parse(quirk.lines()[-1])["method"]
        assert method in [message.get("method") for message in messages], reached
    if quirk.then == "forward":
        sent = wire.parse(quirk.lines()[-1])
        assert wire.without_id(messages[-1]) == wire.without_id(sent), reached
    if quirk.then in ("ignore", "count_and_ignore"):
        assert not answered and not reached, (answered, reached)
    never_reached(quirk, reached)
    MINERS_PROSE.get(quirk.id, nothing_more)(answers, messages)


def pools_line(quirk, heard, said, steps, own_id):
    """A line of a pool: what the miner heard and what the pool was told because of it.

    steps: ids of the miner's handshake that goes on meanwhile; own_id: that of the miner's request
    which the line answers.
    """
    expect_answers(quirk, [message for message in map(wire.parse, said) if wire.is_answer(message)])
    messages = [wire.parse(line) for line in heard]
    if quirk.reaches_other_side is False or quirk.then in ("ignore", "count_and_ignore"):
        others = [step for step in steps if step != own_id]
        assert not [message for message in messages if not belongs_to(message, others)], heard
    sent = [wire.parse_leniently(line) for line in quirk.lines()]
    if quirk.reaches_other_side or quirk.then == "forward":
        assert any(is_what_became_of(message, sent[-1], own_id) for message in messages), heard
    if quirk.then == "forward":
        passed_on(quirk.lines()[-1], sent[-1], heard, own_id)
    never_reached(quirk, heard)
    POOLS_PROSE.get(quirk.id, nothing_more)(messages, own_id)


def belongs_to(message, steps):
    """Whether it is of a handshake that goes on, or of the job that comes at its end."""
    return bool(steps) and (wire.id_text(message) in map(str, steps) or message.get("method") in
                            ("mining.set_difficulty", "mining.notify"))


def is_what_became_of(message, sent, own_id):
    if wire.is_answer(sent):
        return wire.is_answer(message) and wire.id_text(message) == str(own_id)
    return message.get("method") == sent["method"]


def passed_on(line, sent, heard, own_id):
    """An answer under the miner's own id and otherwise unchanged; a notification as the same
    bytes."""
    if not wire.is_answer(sent):
        assert line in heard, heard
        return
    answers = [wire.parse(line) for line in heard]
    answer, = [message for message in answers
               if wire.is_answer(message) and wire.id_text(message) == str(own_id)]
    assert wire.without_id(answer) == wire.without_id(sent), answer


def expect_answers(quirk, answers):
    ids = [wire.id_text(answer) for answer in answers]
    if quirk.answer_ids:
        assert ids == quirk.answer_ids, answers
    elif quirk.answer_id:
        assert ids == [quirk.answer_id] * (quirk.answers or 1), answers
    elif quirk.answers is not None:
        assert len(ids) == quirk.answers, answers
    elif quirk.then in ("answer_ok", "answer_error"):
        assert len(ids) == 1, answers
    else:
        assert len(ids) <= (len(quirk.lines()) if quirk.sender == FROM_MINER else 0), answers
    if quirk.then == "answer_ok":
        assert wire.is_success(answers[-1]), answers[-1]
    if quirk.then == "answer_error":
        assert answers[-1].get("error") is not None, answers[-1]
    if quirk.code is not None:
        assert wire.error_code(answers[-1]) == quirk.code, answers[-1]


def answered_once(numbers, lines):
    """Exactly one answer to each request of the miner."""
    ids = [wire.id_text(message) for message in map(wire.parse, lines) if wire.is_answer(message)]
    for number in numbers:
        assert ids.count(str(number)) == 1, f"answers to {number}: {lines}"


def never_reached(quirk, lines):
    if quirk.never_reaches:
        assert quirk.never_reaches.encode() not in b"\n".join(lines), lines


def last_words(quirk, lines):
    """What the miner heard before it was closed."""
    assert len(lines) <= LAST_WORDS.get(quirk.id, 0), lines
    if quirk.id == "q158" and lines:
        assert wire.error_code(wire.parse(lines[0])) == 20, lines
    if quirk.id == "q185":
        assert wire.is_success(wire.parse(lines[0])), lines


def passed_on_before_the_end(quirk, lines):
    methods = [wire.parse(line).get("method") for line in lines]
    assert methods == [wire.parse(line)["method"] for line in quirk.lines()], lines
    never_reached(quirk, lines)


def counted(before, after, state):
    """One submit more, and it is in that state."""
    changes = {name: after[name] - before[name] for name in ("submitted", *loka.SHARE_STATES)
               if after[name] != before[name]}
    assert changes == {"submitted": 1, state: 1}, changes


# ---- what only the prose says ------------------------------------------------------------------

def nothing_more(*_):
    pass


def full_mask(answers, _):
    assert answers[0]["result"] == {"version-rolling": True, "version-rolling.mask": "1fffe000"}


def rolls_nothing(answers, _):
    result = answers[0]["result"]
    assert result["version-rolling"] is False or result["version-rolling.mask"] == "00000000"


def three_items(answers, _):
    assert len(answers[0]["result"]) == 3


def empty_or_refused(answers, _):
    assert answers[0].get("result") == {} or wire.error_code(answers[0]) == 20


def success_or_unauthorized(answers, _):
    assert wire.is_success(answers[0]) or wire.error_code(answers[0]) == 24


def success_or_refused(answers, _):
    assert wire.is_success(answers[0]) or wire.error_code(answers[0]) == 20


def same_extranonce(answers, _):
    first, second = answers
    assert first["result"][1:] == second["result"][1:]


def first_of_many_is_accepted(answers, _):
    assert answers[0]["result"] is True
    assert {wire.error_code(answer) for answer in answers[1:]} == {22}


def too_many_or_unknown(answers, _):
    assert wire.error_code(answers[0]) in (20, 24)


def nonce(*spellings):
    def check(_, messages):
        assert messages[-1]["params"][4] in spellings
    return check


MINERS_PROSE = {
    "q001": full_mask, "q002": full_mask, "q005": full_mask, "q007": empty_or_refused,
    "q008": rolls_nothing, "q013": three_items, "q038": success_or_unauthorized,
    "q040": success_or_refused, "q050": nonce("a9a049c", "0a9a049c"),
    "q051": nonce("0", "00000000"),
    "q053": nonce("0A1B2C3D", "0a1b2c3d"), "q059": nonce(wire.Number("169552957"), "0a1b2c3d"),
    "q154": success_or_refused, "q155": success_or_refused, "q156": success_or_refused,
    "q159": success_or_refused, "q164": too_many_or_unknown,
    "q187": first_of_many_is_accepted, "q191": same_extranonce,
}


def methods(messages):
    return [message.get("method") for message in messages]


def mask_after_subscribe(messages, _):
    if "mining.set_version_mask" not in methods(messages):
        return
    ids = [wire.id_text(message) for message in messages if wire.is_answer(message)]
    mask = methods(messages).index("mining.set_version_mask")
    assert "2" in ids and mask > [wire.id_text(message) for message in messages].index("2")


def refused(messages, own_id):
    answer, = [message for message in messages if wire.id_text(message) == str(own_id)]
    assert not wire.is_success(answer)


def size_four(messages, own_id):
    answer, = [message for message in messages if wire.id_text(message) == str(own_id)]
    pairs, extranonce1, size = answer["result"]
    assert pairs in (None, []) and extranonce1 == "08000002"
    assert size in (wire.Number("4.0"), wire.Number("4"))


def regular_branch(messages, _):
    for message in messages:
        if message.get("method") == "mining.notify":
            assert message["params"][4] in (None, [])


def nine_items(messages, _):
    params = messages[methods(messages).index("mining.notify")]["params"]
    assert params == quirks_pool.NOTIFY["params"]


def padded_or_as_it_came(messages, _):
    assert messages[-1]["params"][5] in ("2", "00000002")


def last_difficulty_wins(messages, _):
    assert methods(messages)[-2:] == ["mining.set_difficulty", "mining.notify"]
    assert messages[-2]["params"] == [wire.Number("2000")]


def not_clean(messages, _):
    assert messages[-1]["params"][8:] in ([], [False])


def clean(messages, _):
    assert messages[-1]["params"][8] in (wire.Number("1"), True)


def subscribe_result_first(messages, own_id):
    ids = [wire.id_text(message) for message in messages]
    assert ids.index(str(own_id)) < methods(messages).index("mining.notify")


POOLS_PROSE = {
    "q012": mask_after_subscribe, "q026": size_four, "q043": refused, "q045": refused,
    "q046": refused, "q047": refused, "q092": regular_branch, "q093": padded_or_as_it_came,
    "q094": nine_items, "q095": not_clean, "q096": clean, "q097": last_difficulty_wins,
    "q098": subscribe_result_first, "q114": refused,
}
