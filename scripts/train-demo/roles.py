"""The small world the demo model learns: animals, professions and places, with the facts the dialogues are made of."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Role:
    """Someone a prompt can ask the model to be. Each fact completes one sentence, in the first or the third person."""

    name: str
    kind: str  # 'animal' or 'profession'
    home: str  # lives / works ...
    want: str  # eats / uses ...
    call: str  # says "..."
    body: str  # has / wears ...
    skill: str  # can ...
    time: str  # is awake / works ...

    @property
    def phrase(self) -> str:
        """The name with its indefinite article."""
        return f"{'an' if self.name[0] in 'aeiou' else 'a'} {self.name}"


@dataclass(frozen=True)
class Place:
    """Somewhere a role can be: `where` follows a verb, `sights` are what there is to see."""

    name: str
    where: str
    sights: str


_ANIMALS = """
fox | in the forest | mice and berries | yip | a bushy red tail | run without a sound | at night
wolf | in the mountains | deer and hares | howl | thick grey fur | follow a scent for miles | at night
bear | in a cave | honey and fish | growl | strong paws | climb tall trees | in the summer
owl | in an old barn | mice and moths | hoot | big round eyes | see in the dark | at night
cat | in a warm house | milk and fish | meow | soft paws | catch a mouse | in the evening
dog | on a farm | meat and bones | woof | a wet nose | guard the door | all day
cow | in the meadow | grass and hay | moo | a long tongue | give fresh milk | in the morning
horse | in a stable | oats and apples | neigh | a long mane | pull a heavy cart | all day
sheep | on the hill | grass and clover | baa | white wool | find the best grass | in the morning
goat | on the rocks | leaves and thistles | bleat | two horns | climb steep rocks | all day
pig | in a pen | roots and corn | oink | a curly tail | smell food under the ground | in the afternoon
hen | in a coop | corn and worms | cluck | brown feathers | lay an egg | in the morning
rooster | in the yard | corn and seeds | crow | a red comb | wake the whole farm | at dawn
duck | on the pond | weeds and snails | quack | webbed feet | swim all day | in the morning
goose | by the river | grass and seeds | honk | a long neck | fly a long way | in the autumn
swan | on the lake | water plants | hiss | white wings | swim without a sound | at dawn
frog | in the pond | flies and worms | croak | long legs | jump very far | in the evening
toad | under a stone | beetles and slugs | grunt | rough skin | sit still for hours | at night
mouse | in a small hole | cheese and crumbs | squeak | tiny ears | hide in a shoe | at night
rat | under the bridge | bread and grain | squeal | sharp teeth | swim and dig | at night
hare | in the field | grass and herbs | thump | long ears | run very fast | at dawn
rabbit | in a burrow | carrots and clover | sniff | a short white tail | dig long tunnels | in the evening
squirrel | in an oak tree | nuts and acorns | chatter | a long soft tail | jump from tree to tree | in the morning
hedgehog | under the hedge | worms and beetles | snuffle | sharp spines | roll into a ball | at night
badger | in a deep sett | roots and worms | snort | a striped face | dig with strong claws | at night
otter | by the stream | fish and crabs | whistle | smooth brown fur | swim and play | in the morning
beaver | in a lodge | bark and twigs | slap | a flat tail | build a dam | in the evening
deer | in the woods | leaves and buds | bell | thin legs | leap over a fence | at dawn
moose | in the swamp | water plants and bark | bellow | wide antlers | walk through deep snow | in the autumn
lion | on the plain | zebras and antelopes | roar | a golden mane | lead the pride | in the evening
tiger | in the jungle | deer and pigs | growl | black stripes | swim across a river | at night
leopard | in the trees | monkeys and birds | rasp | dark spots | climb with its prey | at night
elephant | on the savanna | grass and fruit | trumpet | a long trunk | remember every path | all day
monkey | in the treetops | bananas and nuts | chatter | clever hands | swing from branch to branch | all day
giraffe | among the acacias | high leaves | hum | a very long neck | see very far | all day
zebra | on the grassland | dry grass | bray | black and white stripes | run with the herd | in the morning
camel | in the desert | thorny plants | groan | a tall hump | walk for days without water | all day
kangaroo | in the outback | grass and shrubs | cough | a deep pouch | hop very far | in the evening
koala | in the gum tree | fresh leaves | snore | round ears | sleep most of the day | at night
penguin | on the ice | small fish | bray | short black wings | dive deep | in the winter
seal | on the beach | fish and squid | bark | smooth wet skin | hold its breath | all day
whale | in the ocean | krill and fish | sing | a huge tail | dive to the deep | all day
dolphin | in the bay | fish and squid | click | a smooth back | leap out of the water | in the morning
shark | in the deep sea | fish and seals | snap | many teeth | smell from far away | at night
crab | in the tide pool | shells and weeds | click | two claws | walk sideways | at night
octopus | in a rocky den | crabs and clams | bubble | eight arms | change its color | at night
turtle | near the lagoon | sea grass | hiss | a hard shell | live for many years | all day
snake | in the dry grass | mice and eggs | hiss | smooth scales | move without legs | in the afternoon
lizard | on the wall | flies and ants | chirp | a quick tail | run up a wall | at noon
crocodile | in the muddy river | fish and birds | grunt | strong jaws | wait under the water | in the evening
eagle | on the cliff | fish and hares | scream | sharp eyes | fly above the clouds | all day
hawk | over the valley | mice and small birds | shriek | curved claws | dive very fast | in the afternoon
crow | in the tall pine | seeds and scraps | caw | shiny black feathers | solve a puzzle | in the morning
raven | in the tower | meat and berries | croak | a strong beak | copy a voice | all day
robin | in the garden | worms and berries | tweet | a red breast | sing before sunrise | at dawn
sparrow | under the roof | seeds and crumbs | chirp | small brown wings | hop along the street | in the morning
parrot | in the rain forest | fruit and nuts | squawk | bright green feathers | repeat any word | all day
pigeon | in the city square | bread and seeds | coo | grey wings | find the way home | all day
bee | in the hive | nectar and pollen | buzz | thin clear wings | make sweet honey | in the summer
ant | in the ant hill | seeds and sugar | tick | six quick legs | carry a heavy leaf | all day
spider | in the corner | flies and moths | tap | eight thin legs | spin a fine web | at night
snail | on the wet leaf | lettuce and moss | slurp | a round shell | carry its house | after the rain
butterfly | among the flowers | sweet nectar | flutter | painted wings | dance in the wind | at noon
bat | in the dark attic | moths and flies | squeak | leather wings | fly without light | at night
"""

_PROFESSIONS = """
baker | in a bakery | flour and yeast | fresh bread | a white apron | bake bread and cakes | before sunrise
farmer | in the fields | a plough and seeds | good harvest | muddy boots | grow wheat and corn | from dawn to dusk
teacher | at a school | chalk and books | open your books | round glasses | explain hard words | in the morning
doctor | in a hospital | medicine and bandages | take a deep breath | a white coat | heal the sick | day and night
nurse | in a clinic | clean sheets and pills | rest well | soft shoes | care for patients | at night
sailor | on a ship | ropes and sails | land ahead | a striped shirt | steer by the stars | in any weather
pirate | on the high sea | a map and a sword | ahoy | an eye patch | find hidden treasure | at midnight
captain | on the bridge of a ship | a compass and charts | full speed | a blue cap | command the crew | in any weather
fisherman | in a small boat | a net and hooks | good catch | rubber boots | catch fish | before sunrise
miller | in the windmill | grain and millstones | fine flour | dusty sleeves | grind the grain | when the wind blows
blacksmith | in a forge | iron and fire | strike hard | a leather apron | shape hot iron | in the morning
carpenter | in a workshop | wood and nails | measure twice | a tool belt | build tables and chairs | in the afternoon
tailor | in a little shop | needles and thread | a perfect fit | a measuring tape | sew a fine coat | until late
cook | in the kitchen | onions and spices | dinner is ready | a tall hat | make hot soup | at noon
waiter | in a restaurant | trays and glasses | what would you like | a black vest | carry six plates | in the evening
gardener | in the park | a spade and water | smell the roses | a straw hat | grow flowers | in the spring
painter | in a studio | brushes and colors | look at the light | a stained shirt | paint a sunset | in the afternoon
singer | on the stage | songs and a microphone | listen to this | a silver dress | sing high notes | in the evening
dancer | at the theater | music and light shoes | one two three | red ribbons | turn on one foot | in the evening
writer | at a desk | paper and ink | once upon a time | ink on both hands | tell a good story | late at night
poet | in a quiet room | words and silence | hear my verse | a long scarf | write about the moon | late at night
king | in a castle | gold and soldiers | bow before me | a golden crown | rule the land | all year
queen | in a palace | jewels and letters | rise my friends | a silk gown | make wise laws | all year
knight | in a fortress | a shield and a lance | for honor | shining armor | fight a dragon | at dawn
wizard | in a high tower | spells and potions | abracadabra | a pointed hat | turn stones into gold | at midnight
judge | in the court | laws and a hammer | order in the court | a black robe | settle a quarrel | in the morning
lawyer | in an office | papers and arguments | I object | a dark suit | win a hard case | in the afternoon
soldier | in the camp | a helmet and a tent | stand guard | heavy boots | march all night | in any weather
pilot | in the cockpit | maps and a radio | ready for takeoff | dark glasses | fly a plane | day and night
astronaut | on a space station | oxygen and rockets | three two one | a white space suit | walk on the moon | all year
firefighter | at the fire station | hoses and ladders | stand back | a yellow helmet | put out fires | day and night
postman | on the street | letters and parcels | a letter for you | a blue bag | know every address | in the morning
librarian | in the library | books and stamps | quiet please | a warm cardigan | find any book | in the afternoon
barber | in the barber shop | scissors and a comb | short or long | a clean towel | cut hair | in the afternoon
clown | in the circus | balloons and jokes | look at my nose | huge red shoes | make children laugh | in the evening
magician | in the old theater | cards and a hat | pick a card | a dark cape | make a coin vanish | in the evening
hunter | in the wild woods | a bow and arrows | be very quiet | a green coat | read tracks in the snow | at dawn
shepherd | in the highlands | a staff and a dog | come by | a wool cloak | guard the flock | from dawn to dusk
miner | in the mine | a pick and a lamp | mind your head | a dirty face | dig for silver | all day
mason | on a building site | bricks and mortar | one more stone | rough hands | build a straight wall | in the summer
plumber | under the sink | pipes and wrenches | turn off the water | blue overalls | stop a leak | when you call
scientist | in a laboratory | tubes and numbers | let us test it | safety glasses | test a new idea | until late
engineer | in a factory | gears and plans | it works | a hard hat | build a machine | in the morning
detective | in a foggy city | clues and a lens | I know who did it | a long grey coat | solve a mystery | at night
merchant | at the market | scales and coins | a good price | a fur collar | sell silk and spices | on market day
butcher | in the butcher shop | knives and hooks | fresh meat | a red apron | make good sausages | in the morning
brewer | in the brewery | barley and hops | to your health | wooden shoes | brew dark beer | in the autumn
clockmaker | in a narrow shop | springs and wheels | right on time | a small lens | repair old clocks | in the afternoon
"""

_PLACES = """
forest | in the forest | tall trees and moss
harbor | at the harbor | boats and gulls
market | at the market | fruit stands and many people
castle | in the castle | thick walls and banners
river | by the river | clear water and stones
beach | on the beach | sand and shells
mountain | on the mountain | snow and rocks
village | in the village | small houses and a church
city | in the city | streets and bright lights
desert | in the desert | sand and the hot sun
island | on the island | palm trees and waves
garden | in the garden | roses and a fountain
bridge | on the bridge | carts and the water below
school | at the school | children and books
station | at the station | trains and clocks
museum | in the museum | old paintings and statues
kitchen | in the kitchen | pots and a warm stove
cave | in the cave | dark walls and bats
lake | by the lake | reeds and still water
farm | on the farm | cows and a red barn
mill | at the mill | sacks and a turning wheel
tower | in the tower | narrow stairs and a bell
ship | on the ship | sails and ropes
library | in the library | shelves and quiet readers
meadow | in the meadow | grass and wild flowers
swamp | in the swamp | mud and thick fog
square | on the square | pigeons and a statue
inn | at the inn | travelers and a fire
"""


def _rows(table: str) -> list[list[str]]:
    return [[cell.strip() for cell in line.split("|")] for line in table.strip().splitlines()]


ANIMALS = [Role(name, "animal", *facts) for name, *facts in _rows(_ANIMALS)]
PROFESSIONS = [Role(name, "profession", *facts) for name, *facts in _rows(_PROFESSIONS)]
ROLES = ANIMALS + PROFESSIONS
PLACES = [Place(*cells) for cells in _rows(_PLACES)]

# Never asked for in a role prompt of any training set; their facts are only told, in the third person.
HELD_OUT_ROLES = frozenset(
    "otter goose leopard camel lizard raven snail hare sailor tailor judge barber mason pilot".split()
)
