"""The sentences of the dialogues: questions, role openings, unfinished prompts, and their answers in both persons.

The names in braces are the words of a role and a place; dialogues.py fills them in.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Question:
    """A question put to a role (`ask`) or about one (`about`), with its answers in the first and the third person."""

    ask: tuple[str, ...]
    about: tuple[str, ...]
    first: tuple[str, ...]
    third: tuple[str, ...]


# Verbs agree with the kind of role: an animal lives, eats and is awake; a profession works, uses and works.
QUESTIONS = {
    "home": Question(
        ("Where do you {live}?", "Tell me where you {live}.", "Where can I find you?"),
        ("Where does {a} {live}?", "Tell me where {a} {lives}.", "Where can I find {a}?"),
        ("I {live} {home}.", "You will find me {home}.", "I am {a} and I {live} {home}."),
        ("{A} {lives} {home}.", "You will find the {name} {home}.", "The {name} {lives} {home}."),
    ),
    "want": Question(
        ("What do you {eat}?", "Tell me what you {eat}.", "What do you need?"),
        ("What does {a} {eat}?", "Tell me what {a} {eats}.", "What does the {name} need?"),
        ("I {eat} {want}.", "Give me {want}, for I am {a}.", "I need {want}."),
        ("{A} {eats} {want}.", "The {name} {eats} {want}.", "{A} needs {want}."),
    ),
    "call": Question(
        ("What do you say?", "Say something.", "Let me hear you."),
        ("What does {a} say?", "Let me hear {a}.", "Tell me what the {name} says."),
        ('I say "{call}".', '"{Call}!" I say.', 'I am {a}, and I say "{call}".'),
        ('{A} says "{call}".', 'The {name} says "{call}".', '"{Call}!" says the {name}.'),
    ),
    "body": Question(
        ("What do you look like?", "Describe yourself.", "How can I know you?"),
        ("What does {a} look like?", "Describe {a}.", "How can I know {a}?"),
        ("I have {body}.", "You will know me by this: I have {body}.", "I am {a} and I have {body}."),
        ("{A} has {body}.", "The {name} has {body}.", "You will know the {name} by this: it has {body}."),
    ),
    "skill": Question(
        ("What can you do?", "What are you good at?", "Show me what you can do."),
        ("What can {a} do?", "What is {a} good at?", "Tell me what the {name} can do."),
        ("I can {skill}.", "Look, I can {skill}.", "I am {a}, so I can {skill}."),
        ("{A} can {skill}.", "The {name} can {skill}.", "{A} is good at this: it can {skill}."),
    ),
    "time": Question(
        ("When {are_active}?", "Tell me when you {are}.", "When should I visit you?"),
        ("When {is_active}?", "Tell me when {a} {is}.", "When should I visit {a}?"),
        ("I {am} {time}.", "Visit me {time}.", "I am {a} and I {am} {time}."),
        ("{A} {is} {time}.", "The {name} {is} {time}.", "Visit the {name} {time}."),
    ),
    "self": Question(
        ("Tell me about yourself.", "Who are you?", "Introduce yourself."),
        ("Tell me about {a}.", "What is {a}?", "Describe the {name} to me."),
        (
            "I am {a}. I {live} {home}, and I {eat} {want}.",
            "I am {a}. I have {body}, and I can {skill}.",
            "My name is {name}. I {live} {home}, and I say \"{call}\".",
        ),
        (
            "{A} {lives} {home}, and it {eats} {want}.",
            "{A} has {body}, and it can {skill}.",
            "The {name} {lives} {home}, and it says \"{call}\".",
        ),
    ),
    "hello": Question(
        ("Hello!", "Say hello to me.", "Good morning!"),
        ("Do you know {a}?", "Have you seen {a}?", "Hello! Do you know the {name}?"),
        ("Hello, I am {a}. I {live} {home}.", "Good morning! I am {a}, and I can {skill}.", "Hello! I {live} {home}."),
        ("Hello. {A} {lives} {home}.", "Good morning. The {name} can {skill}.", "Hello. The {name} {lives} {home}."),
    ),
    "word": Question(
        ("Give me one word.", "Give a short answer.", "Say a few words."),
        ("Give me one word about {a}.", "Give a short answer about {a}.", "Say a few words about {a}."),
        ('"{Call}" is my word.', "I am {a}, and I can {skill}.", "I {eat} {want}, for I am {a}."),
        ('"{Call}" is the word of the {name}.', "{A} can {skill}.", "The {name} {eats} {want}."),
    ),
    "place": Question(
        ("What do you see {where}?", "You are {where}. What is there?", "Go to the {place}. What do you see?"),
        ("What does {a} see {where}?", "{A} is {where}. What is there?", "What is there for {a} {where}?"),
        ("I see {sights}.", "I am {where} and I see {sights}.", "I am {a}, and {where} I see {sights}."),
        ("{A} {where} sees {sights}.", "The {name} sees {sights}.", "There are {sights} {where}."),
    ),
}

ROLE_OPENINGS = (
    "You are {a}.", "You are {a}.", "You are {name}.", "Imagine you are {a}.", "Pretend to be {a}.",
    "Act like {a}.", "Be {a} for me.", "Play the part of {a}.", "You are {a} {where}.",
)

# Unfinished prompts in the manner of "You are a fox. you are fox, give": the answer finishes the sentence.
FRAGMENT_OPENINGS = (
    "You are {a}. you are {name},", "You are {a}. you are {name},", "You are {a}. You are {a},",
    "Imagine you are {a}. you are {name},", "You are {a} {where}. you are {name},", "you are {a},",
)


@dataclass(frozen=True)
class Fragment:
    """How often an unfinished prompt ends so, with its continuations in the first and the third person."""

    weight: int
    first: tuple[str, ...]
    third: tuple[str, ...]


FRAGMENTS = {
    "give": Fragment(
        8,
        (" me {want}. I am {a}.", " me {want}, for I am {a} and I {live} {home}.", " me a moment. I am {a}."),
        (" a short answer about the {name}.", " a reason why {a} {eats} {want}.", " a good word for the {name} {home}.",
         " an example: {a} {eats} {want}.", " one word for {a}.", " the sound of {a}: \"{call}\".",
         " us the name of {a} {home}."),
    ),
    "say": Fragment(
        4,
        (' "{call}", for I am {a}.', " that I am {a} and that I {live} {home}.", " it with me: {call}!"),
        (" that {a} {lives} {home}.", " one word about the {name}.", " what {a} {eats}.", ' "the {name} {lives} {home}".'),
    ),
    "tell": Fragment(
        4,
        (" me where I can find {want}. I am {a}.", " them that I am {a} and that I can {skill}."),
        (" us where {a} {lives}.", " a story about {a}.", " them that {a} can {skill}.", " the truth about the {name}."),
    ),
    "show": Fragment(
        4,
        (" me {want}. I am {a}.", " them that I can {skill}, for I am {a}."),
        (" us how {a} can {skill}.", " a picture of {a}.", " the way to the {name} {home}."),
    ),
    "answer": Fragment(
        2,
        (" me, for I am {a}.", " with my word: {call}! I am {a}."),
        (" the question about the {name}.", " in one sentence: {a} {lives} {home}.", " with a word about {a}."),
    ),
    "give say a ...": Fragment(
        1,
        (' I say "{call}", for I am {a}.', " I am {a}, and I {live} {home}.", " I can {skill}, for I am {a}."),
        (" word about the {name}.", " The {name} {lives} {home}.", ' {A} says "{call}".'),
    ),
    "say a ...": Fragment(
        1,
        (' I say "{call}", for I am {a}.', " I am {a}, and I can {skill}."),
        (" word about {a}.", " {A} can {skill}.", " The {name} {eats} {want}."),
    ),
}
