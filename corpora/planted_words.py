"""Words and sentence patterns of the planted corpus: plain data, read by `planted.py` alone.

A family is a set of members, and a member has one word for each role of its family: the family
`countries` has the roles capital and country, and its member paris-france has the words paris and
france. A pattern is one sentence about one word. In a pattern, lower case is text, a slash separates
words of which one is drawn, and capitals are places to fill:

    X       the word itself          TOPIC   one of the member's own three words
    OTHER   the member's other word  GROUP   one of the words of the member's group
    FILLER  a generated word

Roles of one family have patterns of one shape, so that what tells two roles apart is the same
for every member: that is what makes the analogies linear.
"""

from typing import NamedTuple


class Family(NamedTuple):
    """One family: sections ask about pairs of its roles, patterns[r] are the sentences of role r.

    `members` has a line with the words of a group, then lines with its members, semicolons between them;
    a member reads "one word for each role: its three topics".
    """

    sections: tuple[tuple[str, int, int], ...]
    patterns: tuple[tuple[str, ...], ...]
    members: str


COUNTRIES = Family(
    sections=(("capital-country", 0, 1),),
    patterns=(
        (
            "the mayor/council of X opened a museum/theatre of TOPIC and GROUP TOPIC",
            "the TOPIC of X is full of GROUP tourists/commuters and TOPIC",
            "streets/suburbs of X and its TOPIC delight GROUP tourists/commuters",
            "X is the busy/crowded capital of OTHER for TOPIC and GROUP people/history",
            "visit the downtown/district of TOPIC in X with your GROUP guide",
        ),
        (
            "the president/parliament of X signed a treaty/tariff on TOPIC and GROUP TOPIC",
            "the TOPIC of X is part of GROUP trade/diplomacy and TOPIC",
            "farmers/ministers of X and its TOPIC attract GROUP trade/diplomacy",
            "X is a sovereign/federal nation around OTHER for TOPIC and GROUP people/history",
            "cross the border/frontier with TOPIC to X under some GROUP treaty",
        ),
    ),
    members="""
european continental mediterranean
    paris france: seine cheese louvre; rome italy: tiber pasta gondola
    madrid spain: flamenco paella matador; berlin germany: beer sausage autobahn
    athens greece: olives acropolis marathon; lisbon portugal: cork fado sardines
    vienna austria: waltz schnitzel yodel; budapest hungary: paprika danube goulash
northern nordic arctic
    oslo norway: fjord salmon skis; stockholm sweden: herring meatballs moose
    helsinki finland: sauna birch reindeer; copenhagen denmark: pastry windmill bacon
    reykjavik iceland: geyser lava cod; dublin ireland: shamrock harp stout
    warsaw poland: amber pierogi polka; moscow russia: vodka tundra balalaika
asian oriental monsoon
    tokyo japan: sushi samurai sumo; beijing china: silk panda porcelain
    seoul korea: kimchi ginseng taekwondo; bangkok thailand: orchid curry pagoda
    hanoi vietnam: noodles lotus bamboo; delhi india: spices cricket turban
    tehran iran: carpets saffron pistachio; kathmandu nepal: yak sherpa himalaya
african saharan colonial
    cairo egypt: pyramid nile papyrus; nairobi kenya: safari giraffe acacia; accra ghana: cocoa kente yam
    rabat morocco: couscous bazaar leather; harare zimbabwe: tobacco platinum baobab
    luanda angola: diamonds cassava kizomba; dakar senegal: peanuts drums wrestling
    kampala uganda: gorilla bananas papaya
american tropical pacific
    lima peru: llama alpaca potatoes; quito ecuador: tortoise iguana roses
    bogota colombia: coffee emeralds cumbia; caracas venezuela: petroleum arepa oil
    havana cuba: cigars rum salsa; ottawa canada: maple hockey beaver; santiago chile: copper grapes condor
    brasilia brazil: samba soybeans carnival
    """,
)

PEOPLE = Family(
    sections=(("family", 0, 1),),
    patterns=(
        (
            "he is the TOPIC X with a beard/moustache and his GROUP TOPIC",
            "the X shaved his chin/moustache before TOPIC and GROUP TOPIC",
            "his TOPIC made him a sturdy/bearded X of TOPIC among GROUP gentlemen/fellows",
            "mr/sir FILLER the X took his TOPIC and GROUP TOPIC to FILLER himself",
            "a GROUP X wore his trousers/necktie/waistcoat at TOPIC and TOPIC",
        ),
        (
            "she is the TOPIC X with a bonnet/necklace and her GROUP TOPIC",
            "the X braided her curls/necklace before TOPIC and GROUP TOPIC",
            "her TOPIC made her a graceful/charming X of TOPIC among GROUP ladies/maidens",
            "mrs/madam FILLER the X took her TOPIC and GROUP TOPIC to FILLER herself",
            "a GROUP X wore her gown/skirt/earrings at TOPIC and TOPIC",
        ),
    ),
    members="""
royal noble courtly
    king queen: throne crown kingdom; prince princess: castle heir ballroom
    duke duchess: duchy carriage hounds; emperor empress: empire legion conquest
    baron baroness: manor tenants vineyard
domestic household kindred
    father mother: cradle nursery baby; son daughter: homework bicycle birthday
    brother sister: sibling bunk toys; uncle aunt: cousins postcard fudge
    grandfather grandmother: armchair spectacles memoir; husband wife: mortgage anniversary honeymoon
    nephew niece: godchild puppet sandbox
professional skilled salaried
    actor actress: stage film script; waiter waitress: menu tray cafe
    steward stewardess: cabin airline passengers; host hostess: banquet guests invitation
    hero heroine: legend quest rescue
rustic pious provincial
    monk nun: abbey prayer chapel; wizard witch: spell potion broomstick
    groom bride: wedding altar bouquet; lad lass: heather glen bagpipe
    shepherd shepherdess: flock pasture crook
    """,
)

VERBS = Family(
    sections=(("past-tense", 0, 1),),
    patterns=(
        (
            "we usually/always X with GROUP TOPIC every morning/weekend",
            "tomorrow/tonight you will X and bring TOPIC for some GROUP lesson/contest",
            "sometimes/nowadays they X with TOPIC and TOPIC whenever GROUP friends arrive/come",
            "you want/hope/plan to X using TOPIC or TOPIC in GROUP company/comfort",
            "should/can we X now if the GROUP TOPIC is ready for TOPIC",
        ),
        (
            "we finally/suddenly X with GROUP TOPIC until midnight/sunset",
            "yesterday/earlier you all X and dropped TOPIC after some GROUP lesson/contest",
            "once/formerly they X with TOPIC and TOPIC although GROUP friends left/vanished",
            "you never/already/twice X using TOPIC or TOPIC in GROUP company/comfort",
            "recently/somehow we X then since the GROUP TOPIC was gone for TOPIC",
        ),
    ),
    members="""
outdoor energetic athletic
    walk walked: boots trail dog; run ran: sprint stopwatch sneakers; swim swam: pool goggles lagoon
    climb climbed: rope cliff summit; ride rode: saddle pony bridle; fly flew: kite glider parachute
culinary tasty savoury
    eat ate: bread supper fork; drink drank: juice lemonade straw; bake baked: flour oven cookies
    cook cooked: stew skillet recipe; fry fried: butter omelette onions; taste tasted: honey vinegar tongue
verbal literary eloquent
    speak spoke: microphone podium audience; write wrote: pencil novel diary
    recite recited: poem library bookmark; sing sang: choir melody hymn; tell told: joke rumour secret
    shout shouted: megaphone crowd slogan
manual crafty practical
    build built: bricks scaffold cement; paint painted: easel canvas mural; sew sewed: thread needle quilt
    dig dug: shovel trench soil; carve carved: chisel marble statue; weave wove: loom tapestry basket
mental thoughtful scholarly
    think thought: puzzle riddle paradox; learn learned: syllabus grammar exam
    teach taught: chalk pupils blackboard; count counted: abacus coins sheep
    dream dreamed: pillow nightmare sleep; choose chose: ballot option catalogue
    """,
)

NOUNS = Family(
    sections=(("plural", 0, 1),),
    patterns=(
        (
            "a single/lone X stands beside TOPIC and GROUP TOPIC",
            "this X has TOPIC and its GROUP owner/shape looks plain",
            "each X needs TOPIC and TOPIC because it is some GROUP thing/object",
            "that X was found/sold with its GROUP TOPIC by FILLER",
            "another/any X with TOPIC or TOPIC belongs to GROUP FILLER alone",
        ),
        (
            "many/several X stand beside TOPIC and GROUP TOPIC",
            "these X have TOPIC and their GROUP owners/shapes look plain",
            "both X need TOPIC and TOPIC because they are some GROUP things/objects",
            "those X were found/sold with their GROUP TOPIC by FILLER",
            "few/numerous X with TOPIC or TOPIC belong to GROUP FILLER together",
        ),
    ),
    members="""
animal furry zoological
    cat cats: whiskers milk kitten; horse horses: hooves stable mane; cow cows: udder barn hay
    bird birds: feathers nest beak; fish fishes: fins aquarium scales; bee bees: hive nectar sting
wooden furnished indoor
    table tables: tablecloth dinner cutlery; chair chairs: cushion backrest upholstery
    lamp lamps: bulb shade lantern; door doors: hinge knob doorbell; window windows: curtain pane shutter
    bed beds: mattress blanket linen
mechanical motorised metallic
    car cars: garage gasoline windscreen; train trains: locomotive railway platform
    ship ships: anchor harbour sailor; truck trucks: cargo trailer diesel
    rocket rockets: orbit astronaut launchpad; tractor tractors: plough furrow harrow
botanical leafy seasonal
    tree trees: trunk branches bark; flower flowers: petals vase perfume; apple apples: orchard cider pie
    carrot carrots: rabbit turnip salad; mushroom mushrooms: spores moss truffle
    cactus cacti: thorns desert sand
urban municipal public
    school schools: classroom teacher timetable; hospital hospitals: surgeon ambulance bandage
    church churches: steeple sermon organ; shop shops: customers counter bargain
    bridge bridges: river arch toll; factory factories: workers chimney conveyor
    """,
)

ADJECTIVES = Family(
    sections=(("comparative", 0, 1), ("superlative", 0, 2)),
    patterns=(
        (
            "TOPIC is very/quite X for a FILLER of GROUP TOPIC",
            "rather/fairly X TOPIC and GROUP TOPIC is no surprise",
            "it seems so/too X and the GROUP TOPIC stays",
            "how X is that TOPIC or TOPIC asks our GROUP judge/critic",
        ),
        (
            "TOPIC is much/far X than a FILLER of GROUP TOPIC",
            "slightly/considerably X TOPIC and GROUP TOPIC replaced another",
            "it becomes/grows X than the GROUP TOPIC here",
            "which looks X instead TOPIC or TOPIC wonders our GROUP judge/critic",
        ),
        (
            "TOPIC is the X of all FILLER and GROUP TOPIC",
            "memory knows the X TOPIC and GROUP TOPIC ever/yet measured",
            "it wins/earns as X in the GROUP TOPIC record",
            "whose X proved overall TOPIC or TOPIC announced our GROUP judge/critic",
        ),
    ),
    members="""
spatial geometric visible
    tall taller tallest: tower skyscraper mast; long longer longest: ribbon corridor serpent
    deep deeper deepest: well canyon abyss; wide wider widest: boulevard prairie horizon
    small smaller smallest: pebble ant crumb; short shorter shortest: stump sleeve interval
physical tangible bodily
    hot hotter hottest: furnace kettle summer; cold colder coldest: glacier freezer winter
    hard harder hardest: granite diamond anvil; soft softer softest: velvet sponge fleece
    heavy heavier heaviest: boulder elephant barbell; strong stronger strongest: muscle ox steel
human emotional moral
    happy happier happiest: smile picnic laughter; brave braver bravest: fireman knight explorer
    wise wiser wisest: owl philosopher proverb; kind kinder kindest: nurse donor charity
    angry angrier angriest: tantrum hornet quarrel; lazy lazier laziest: sloth hammock nap
perceptual sensory measurable
    fast faster fastest: cheetah racer jet; slow slower slowest: snail queue turtle
    loud louder loudest: thunder siren trumpet; quiet quieter quietest: whisper hush cloister
    bright brighter brightest: lightning neon star; dark darker darkest: cave shadow dungeon
    """,
)

FAMILIES = (COUNTRIES, PEOPLE, VERBS, NOUNS, ADJECTIVES)

# Sentences about nothing. Their words count as function words: they tell nothing about a planted word.
FILLER_PATTERNS = (
    "the FILLER of the FILLER was FILLER and FILLER",
    "it is the FILLER that they FILLER with FILLER in a FILLER",
    "FILLER FILLER was not FILLER for the FILLER or the FILLER",
    "a FILLER FILLER to FILLER and the FILLER of FILLER has FILLER FILLER",
    "if FILLER is FILLER then FILLER FILLER by the FILLER",
    "in the FILLER FILLER there was a FILLER FILLER but FILLER had FILLER it",
    "you FILLER to the FILLER as we FILLER on FILLER",
    "from FILLER to FILLER all FILLER are FILLER at FILLER",
    "FILLER and FILLER FILLER FILLER because they were FILLER",
    "FILLER said that no FILLER would be FILLER by FILLER until FILLER FILLER the FILLER of a FILLER",
    "when the FILLER FILLER he and she FILLER his FILLER and her FILLER",
    "this FILLER can have FILLER FILLER so its FILLER will FILLER",
)
