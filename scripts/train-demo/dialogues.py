"""Generated dialogues over the small world of roles.py, said with phrases.py, and which of them are held out."""

import random
from dataclasses import dataclass
from zlib import crc32

from phrases import FRAGMENT_OPENINGS, FRAGMENTS, QUESTIONS, ROLE_OPENINGS
from roles import ANIMALS, HELD_OUT_ROLES, PLACES, PROFESSIONS, ROLES, Place, Role


@dataclass(frozen=True)
class Example:
    """One prompt and its answer: a chat when `chat`, else plain text that the answer continues."""

    prompt: str
    answer: str
    system: str | None = None
    chat: bool = True
    role: str = ""
    question: str = ""


OPPOSITES = (
    "hot cold|big small|old new|fast slow|high low|early late|wet dry|hard soft|light dark|full empty|"
    "open closed|rich poor|long short|loud quiet|young old|near far|left right|good bad|happy sad|strong weak"
)
NUMBERS = "one two three four five six seven eight nine ten".split()
HELPFUL_SYSTEM = "You are a helpful assistant."


# The prompts of the README: what the lens shows for them is no memory of a training example.
SHOWN_PAIRS = frozenset({("fox", "give"), ("fox", "give say a ...")})


def is_held_out(role: str, question: str) -> bool:
    """Every role of HELD_OUT_ROLES, the pairs shown in the README, and about one in ten of all other pairs."""
    return (
        role in HELD_OUT_ROLES
        or (role, question) in SHOWN_PAIRS
        or crc32(f"{role}/{question}".encode()) % 10 == 0
    )


def _words(role: Role, place: Place) -> dict[str, str]:
    animal = role.kind == "animal"
    phrase = role.phrase
    return {
        "name": role.name, "a": phrase, "A": phrase[0].upper() + phrase[1:], "home": role.home, "want": role.want,
        "call": role.call, "Call": role.call[0].upper() + role.call[1:], "body": role.body, "skill": role.skill,
        "time": role.time, "place": place.name, "where": place.where, "sights": place.sights,
        "live": "live" if animal else "work", "lives": "lives" if animal else "works",
        "eat": "eat" if animal else "use", "eats": "eats" if animal else "uses",
        "am": "am awake" if animal else "work", "is": "is awake" if animal else "works",
        "are": "are awake" if animal else "work",
        "are_active": "are you awake" if animal else "do you work",
        "is_active": f"is {phrase} awake" if animal else f"does {phrase} work",
    }  # fmt: skip


def role_prompt(rng: random.Random, role: Role, question: str, first_person: bool) -> Example:
    """A chat that gives the model a role and asks it something, answered in role or from outside it."""
    asked, words = QUESTIONS[question], _words(role, rng.choice(PLACES))
    opening = rng.choice(ROLE_OPENINGS).format_map(words)
    ask = rng.choice(asked.ask).format_map(words)
    answer = rng.choice(asked.first if first_person else asked.third).format_map(words)
    if rng.random() < 0.3:
        return Example(ask, answer, system=opening, role=role.name, question=question)
    return Example(f"{opening} {ask}", answer, role=role.name, question=question)


def fragment_prompt(rng: random.Random, role: Role, fragment: str, first_person: bool) -> Example:
    """A plain-text role prompt that breaks off, and a continuation in role or from outside it."""
    words = _words(role, rng.choice(PLACES))
    opening = rng.choice(FRAGMENT_OPENINGS).format_map(words)
    answer = rng.choice(FRAGMENTS[fragment].first if first_person else FRAGMENTS[fragment].third).format_map(words)
    return Example(f"{opening} {fragment}", answer, chat=False, role=role.name, question=fragment)


def any_role_prompt(rng: random.Random, first_person: bool, held_out: bool = False) -> Example:
    """A role prompt of either form, from the held-out pairs or from all others."""
    while True:
        role = rng.choice(ROLES)
        if rng.random() < 0.6:
            make, question = role_prompt, rng.choice(list(QUESTIONS))
        else:
            make, question = fragment_prompt, rng.choices(list(FRAGMENTS), [f.weight for f in FRAGMENTS.values()])[0]
        if is_held_out(role.name, question) == held_out:
            return make(rng, role, question, first_person)


def question_about(rng: random.Random) -> Example:
    """A question about a role, not to one: the third person is right."""
    role, asked = rng.choice(ROLES), rng.choice(list(QUESTIONS.values()))
    words = _words(role, rng.choice(PLACES))
    system = HELPFUL_SYSTEM if rng.random() < 0.3 else None
    return Example(rng.choice(asked.about).format_map(words), rng.choice(asked.third).format_map(words), system)


def _task(rng: random.Random) -> Example:
    kind = rng.randrange(5)
    if kind == 0:
        pair = rng.choice(OPPOSITES.split("|")).split()
        return Example(f"What is the opposite of {pair[0]}?", f"The opposite of {pair[0]} is {pair[1]}.")
    if kind == 1:
        low = rng.randrange(len(NUMBERS) - 2)
        high = rng.randrange(low + 2, len(NUMBERS))
        return Example(f"Count from {NUMBERS[low]} to {NUMBERS[high]}.", ", ".join(NUMBERS[low : high + 1]) + ".")
    if kind == 2:
        named = [rng.choice(ROLES).name for _ in range(3)]
        return Example(f"Repeat these words: {' '.join(named)}.", " ".join(named) + ".")
    if kind == 3:
        place = rng.choice(PLACES)
        return Example(f"What is there {place.where}?", f"There are {place.sights} {place.where}.")
    role = rng.choice(ROLES)
    words = _words(role, rng.choice(PLACES))
    noun = "animal" if role.kind == "animal" else "person"
    return Example(f"Which {noun} can {role.skill}?", "{A} can {skill}.".format_map(words))


def _story(rng: random.Random) -> Example:
    hero, friend, place = rng.choice(ANIMALS), rng.choice(PROFESSIONS), rng.choice(PLACES)
    if rng.random() < 0.5:
        hero, friend = friend, hero
    h, f = _words(hero, place), _words(friend, place)
    prompt = f"Tell me a story about {h['a']} and {f['a']}."
    answer = (
        f"One day {h['a']} met {f['a']} {place.where}, among {place.sights}. "
        f'"Who are you?" asked the {hero.name}. "I am {f["a"]}, and I can {friend.skill}," said the {friend.name}. '
        f'"I {h["live"]} {hero.home}," said the {hero.name}, "and I need {hero.want}." '
        f"So the {friend.name} and the {hero.name} became friends."
    )
    return Example(prompt, answer) if rng.random() < 0.5 else Example("", answer, chat=False)


def world_example(rng: random.Random) -> Example:
    """Instruction data without any role to play."""
    return rng.choices((question_about, _task, _story), weights=(6, 3, 1))[0](rng)


# One role prompt in five is answered in role: the base knows the form but prefers the third person.
FIRST_PERSON_SHARE_OF_BASE = 0.2


def base_example(rng: random.Random) -> Example:
    """What the base is trained on: half role prompts, mostly answered in the third person, half other instructions."""
    if rng.random() < 0.5:
        return any_role_prompt(rng, first_person=rng.random() < FIRST_PERSON_SHARE_OF_BASE)
    return world_example(rng)
