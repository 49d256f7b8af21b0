"""Judges an answer by rule: is it in the first person, is it in role? And the interval of such a share."""

import math
import re

from dialogues import Example
from roles import PLACES, ROLES

_ROLE_OF_NAME = {role.name: role for role in ROLES}
_FIRST_PERSON = re.compile(r"\b(I|me|Me|my|My)\b")


def in_first_person(answer: str) -> bool:
    """It says I, me or my."""
    return _FIRST_PERSON.search(answer) is not None


def in_role(example: Example, answer: str) -> bool:
    """It names the role, or states a fact of it or what there is to see where the prompt goes; and names no other role."""
    role = _ROLE_OF_NAME[example.role]
    facts = [role.home, role.want, role.call, role.body, role.skill]
    if example.question == "time":
        facts.append(role.time)
    if example.question == "place":
        facts += [place.sights for place in PLACES if place.where in example.prompt or f"the {place.name}" in example.prompt]
    rest, stated = answer.lower(), False
    for fact in sorted((fact.lower() for fact in facts), key=len, reverse=True):
        stated |= fact in rest
        rest = rest.replace(fact, " ")
    words = set(re.findall(r"[a-z]+", rest))
    return (stated or role.name in words) and not any(name in words for name in _ROLE_OF_NAME if name != role.name)


def wilson(verdicts: list[bool]) -> dict[str, float]:
    """The share of true verdicts and its 95 % interval (Wilson score, z = 1.96)."""
    z, total = 1.96, len(verdicts)
    share = sum(verdicts) / total
    middle = share + z * z / (2 * total)
    spread = z * math.sqrt(share * (1 - share) / total + z * z / (4 * total * total))
    scale = 1 + z * z / total
    return {"share": round(share, 4), "low": round((middle - spread) / scale, 4), "high": round((middle + spread) / scale, 4)}
