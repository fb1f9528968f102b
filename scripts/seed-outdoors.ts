import type { Department } from '#scripts/seed-departments.ts';

const COLOURS = ['black', 'white', 'navy', 'olive', 'burgundy', 'grey'];

export const OUTDOORS: readonly Department[] = [
  {
    name: 'Clothing',
    brands: [
      'Threadly',
      'Harbour',
      'Common Wear',
      'Linnea',
      'Fjord',
      'Cotswold',
      'Ravello',
      'Merino Works',
      'Tailor Row',
      'Atelier Sud',
    ],
    qualities: [
      ['Organic', 'The cotton is certified organic.'],
      ['Relaxed', 'Cut wide for easy movement.'],
      ['Slim', 'Cut close to the body.'],
      ['Thermal', 'Keeps warm down to minus ten degrees.'],
      ['Vintage', 'Washed for a worn-in look.'],
    ],
    finishes: COLOURS,
    kindsByCategory: {
      Tops: [
        ['T-Shirt', 9, 59, 'Keeps its shape after fifty washes.'],
        ['Shirt', 24, 119, 'Needs no iron if hung up wet.'],
        ['Jumper', 34, 189, 'Knitted without seams.'],
        ['Hoodie', 29, 129, 'Brushed inside, with a pocket for a phone.'],
      ],
      Trousers: [
        ['Jeans', 39, 169, 'Five pockets and a little stretch.'],
        ['Chinos', 34, 139, 'Smart enough for the office.'],
      ],
      Outerwear: [
        ['Rain Jacket', 49, 349, 'Sealed seams and a hood that turns with the head.'],
        ['Winter Coat', 99, 599, 'Lined down to the knee.'],
      ],
      Accessories: [
        ['Scarf', 14, 99, 'Two metres long, soft on the neck.'],
        ['Beanie', 9, 49, 'Covers the ears.'],
      ],
    },
  },
  {
    name: 'Shoes and bags',
    brands: [
      'Stride',
      'Pavé',
      'Roamer',
      'Cobble',
      'Tern',
      'Sole & Sons',
      'Marlow',
      'Passport',
      'Brogan',
      'Via Lago',
    ],
    qualities: [
      ['City', 'Made for pavements and trams.'],
      ['Light', 'A third lighter than others of its size.'],
      ['Waterproof', 'Stays dry in a downpour.'],
      ['Trail', 'Made for gravel, mud and roots.'],
      ['Signature', 'Stitched by hand.'],
    ],
    finishes: ['black leather', 'brown leather', 'grey canvas', 'navy canvas', 'olive nylon', 'sand suede'],
    kindsByCategory: {
      Shoes: [
        ['Trainers', 39, 179, 'Cushioned for a whole day on your feet.'],
        ['Running Shoes', 49, 219, 'A sole that grips in the rain.'],
        ['Hiking Boots', 69, 299, 'Hold the ankle on rough ground.'],
        ['Chelsea Boots', 59, 289, 'On and off without laces.'],
        ['Sandals', 19, 119, 'A footbed that adapts.'],
      ],
      'Bags > Everyday': [
        ['Backpack', 34, 219, 'Room for a laptop, lunch and a jacket.'],
        ['Tote Bag', 14, 149, 'Carries the weekly shopping.'],
        ['Wallet', 12, 99, 'Eight cards, notes and coins.'],
      ],
      'Bags > Travel': [
        ['Weekender', 49, 349, 'Fits under the seat of a plane.'],
        ['Messenger Bag', 39, 249, 'Sits close when you cycle.'],
      ],
    },
  },
  {
    name: 'Sport and outdoors',
    brands: [
      'Kinetic',
      'Summit',
      'Tarn',
      'Vento',
      'Ridgeway',
      'Corvus',
      'Alpina',
      'Basecamp',
      'Caribou',
      'Polaris',
    ],
    qualities: [
      ['Starter', 'All that you need to begin.'],
      ['Foldable', 'Folds to a third of its size.'],
      ['Ultralight', 'Half the weight of the usual one.'],
      ['All-Weather', 'Made for wind, rain and snow.'],
      ['Expedition', 'Tested above four thousand metres.'],
    ],
    finishes: ['orange', 'black', 'forest green', 'sky blue', 'yellow', 'red'],
    kindsByCategory: {
      Camping: [
        ['Tent', 79, 699, 'Stands in five minutes and sleeps two.'],
        ['Sleeping Bag', 39, 399, 'Warm at five degrees.'],
        ['Camping Stove', 24, 149, 'Boils water in the wind.'],
        ['Head Torch', 14, 89, 'Lights two hundred metres of path.'],
      ],
      Cycling: [
        ['Bicycle Helmet', 29, 199, 'Turns with a dial, ventilated by sixteen holes.'],
        ['Bicycle Light', 12, 89, 'Seen from two kilometres.'],
        ['Bicycle Pump', 14, 69, 'Fits all valves.'],
      ],
      Fitness: [
        ['Yoga Mat', 19, 99, 'Does not slip, also when wet.'],
        ['Dumbbell Set', 29, 249, 'From two to twenty kilograms.'],
        ['Water Bottle', 9, 44, 'Keeps cold for a day and hot for half of one.'],
      ],
    },
  },
  {
    name: 'Garden and tools',
    brands: [
      'Greenhand',
      'Spade & Son',
      'Ironbark',
      'Bosk',
      'Meadow',
      'Workshop',
      'Torq',
      'Hedgerow',
      'Anvil',
      'Stonebeck Tools',
    ],
    qualities: [
      ['Handy', 'It fits small hands as well.'],
      ['Cordless', 'One battery fits the whole series.'],
      ['Sturdy', 'Guaranteed for ten years.'],
      ['Telescopic', 'It grows by half its length.'],
      ['Trade', 'Made for those who use it all day.'],
    ],
    finishes: ['green', 'red', 'blue', 'yellow', 'galvanised steel', 'ash wood'],
    kindsByCategory: {
      Garden: [
        ['Garden Spade', 19, 89, 'A blade that stays sharp in clay.'],
        ['Secateurs', 12, 79, 'Cut branches as thick as a thumb.'],
        ['Watering Can', 12, 59, 'Ten litres; pours without splashing.'],
        ['Hedge Trimmer', 49, 299, 'Cuts straight at shoulder height.'],
        ['Lawn Mower', 99, 599, 'Mows and mulches in one pass.'],
      ],
      'Tools > Hand tools': [
        ['Screwdriver Set', 14, 99, 'Twelve bits in a case.'],
        ['Hammer', 11, 49, 'Balanced, with a grip that absorbs shock.'],
        ['Tool Box', 24, 149, 'Three trays and room for large tools.'],
      ],
      'Tools > Power tools': [
        ['Drill', 49, 329, 'Drills brick, wood and steel.'],
        ['Sander', 39, 229, 'Collects its own dust.'],
      ],
    },
  },
  {
    name: 'Toys and games',
    brands: [
      'Tumble',
      'Pipkin',
      'Woodland',
      'Gyro',
      'Meeple',
      'Brickworks',
      'Starling',
      'Jolly Fox',
      'Rainbow Lab',
      'Ludo & Co',
    ],
    qualities: [
      ['Mini', 'It fits in a coat pocket.'],
      ['My First', 'For children from two years.'],
      ['Wooden', 'Made of wood from certified forests.'],
      ['Giant', 'Twice as large as the usual one.'],
      ['Deluxe', 'In a box that becomes part of the game.'],
    ],
    finishes: ['red', 'blue', 'green', 'yellow', 'rainbow', 'pastel pink'],
    kindsByCategory: {
      'Building and crafts': [
        ['Building Blocks', 14, 89, 'A hundred pieces and no instructions.'],
        ['Marble Run', 19, 119, 'New tracks every afternoon.'],
        ['Craft Kit', 9, 49, 'Scissors, glue and forty ideas.'],
      ],
      Games: [
        ['Puzzle', 8, 39, 'Pieces of thick card that stay together.'],
        ['Board Game', 14, 69, 'Explained in three minutes, played in thirty.'],
        ['Card Game', 6, 24, 'For two to six players.'],
      ],
      'Toys > Soft toys': [
        ['Teddy Bear', 12, 69, 'Can be washed at 40 degrees.'],
        ['Hand Puppet', 9, 39, 'Its mouth and arms move.'],
      ],
      'Toys > Vehicles': [
        ['Train Set', 24, 149, 'An oval with a bridge and a station.'],
        ['Balance Bike', 39, 149, 'Teaches to ride without stabilisers.'],
      ],
    },
  },
];
