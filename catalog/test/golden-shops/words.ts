import type { GoldenShop } from './golden-shop.ts';

const COLOURS = 'white black grey navy olive sand red rust sky mint plum teal coral lime'.split(' ');
const CUTS = 'Ribbed Cotton Training Muscle Mesh Linen Boxy Slim Long Merino'.split(' ');
/** The number of tank tops in the shop that the rule was made for. */
const TANK_TOPS = 146;
const tankTops = [
  ...CUTS.flatMap((cut) => COLOURS.map((colour) => `${cut} Tank Top, ${colour}`)),
  ...'blue gold pink fern ash ruby'.split(' ').map((colour) => `Tank Top, ${colour}`),
]
  .slice(0, TANK_TOPS)
  .map((name) => ({ name, category: ['Men', 'Tank tops'] }));

/** Typing errors, parts of words, order of results, and queries of which only most words match. */
export const WORDS: readonly GoldenShop[] = [
  {
    why: 'a word that no product has is corrected to the nearest word',
    products: ['Pearl', 'Peridot', 'Pyrite', 'Shirt', 'Skirt', 'Shorts', 'Linen Shirt'],
    queries: [
      ['perdiot', 'Peridot'],
      ['peridto', 'Peridot'],
      ['peral', 'Pearl'],
      ['pyritte', 'Pyrite'],
      ['shrit', 'Shirt', ['Linen Shirt']],
      ['linen shrit', 'Linen Shirt'],
      ['skrit', 'Skirt'],
      ['shirtt', 'Shirt', ['Linen Shirt']],
    ],
  },
  {
    why: 'if no product has all words, the products with most of them are found',
    products: tankTops,
    queries: [
      ['womens tank top', 'Tank Top, ruby', ['Tank Top, blue', 'Ribbed Tank Top, white']],
      ['tank tops', 'Tank Top, ruby', ['Linen Tank Top, navy']],
      ['mens mesh tank top lime', 'Mesh Tank Top, lime'],
    ],
  },
  {
    why: 'Dutch compound nouns: bicycles',
    products: ['Meisjesfiets 24 inch', 'Jongensfiets 20 inch'],
    queries: [
      ['24 inch fiets', 'Meisjesfiets 24 inch'],
      ['meisjesfiets 24 inch', 'Meisjesfiets 24 inch'],
      ['meisjesfiets', 'Meisjesfiets 24 inch'],
      ['meisjes fiets', 'Meisjesfiets 24 inch'],
      ['fiets 20 inch', 'Jongensfiets 20 inch'],
      ['fiets', 'Jongensfiets 20 inch', ['Meisjesfiets 24 inch']],
      ['26 inch fiets', null],
    ],
  },
  {
    why: 'Dutch and German compound nouns',
    products: [
      'Wasmachine',
      'Wasmachinekastje',
      'Herenoverhemd wit',
      'Herensokken',
      'Badhanddoek 70 x 140',
      'Kinderstoel hout',
      'Bureaustoel',
      'Damenfahrrad 28 Zoll',
    ],
    queries: [
      ['wasmachine', 'Wasmachine', ['Wasmachinekastje']],
      ['kastje wasmachine', 'Wasmachinekastje'],
      ['wit overhemd heren', 'Herenoverhemd wit'],
      ['sokken heren', 'Herensokken'],
      ['handdoek 70x140', 'Badhanddoek 70 x 140'],
      ['stoel', 'Bureaustoel', ['Kinderstoel hout']],
      ['stoel kinder', 'Kinderstoel hout'],
      ['fahrrad damen 28', 'Damenfahrrad 28 Zoll'],
      ['damenfarrad', 'Damenfahrrad 28 Zoll'],
    ],
  },
  {
    why: 'typing errors in words of different lengths',
    products: [
      'Coffee Filter',
      'Coffee Grinder',
      'Tea Strainer',
      'Headphones',
      'Telephone',
      'Cordless Drill 18 V',
    ],
    queries: [
      ['cofee grinder', 'Coffee Grinder'],
      ['coffee fliter', 'Coffee Filter'],
      ['tae strainer', 'Tea Strainer'],
      ['hedphones', 'Headphones'],
      ['telefone', 'Telephone'],
      ['cordles dril 18v', 'Cordless Drill 18 V'],
      ['cordlss drill 12v', null],
    ],
  },
  {
    why: 'plurals and the starts of words',
    products: [
      'Paint Brush',
      'Storage Box',
      'Summer Dress',
      'Battery 9 V',
      'Screw',
      'Screwdriver',
      'Thermometer',
    ],
    queries: [
      ['brushes', 'Paint Brush'],
      ['boxes', 'Storage Box'],
      ['summer dresses', 'Summer Dress'],
      ['9v batteries', 'Battery 9 V'],
      ['screwd', 'Screwdriver'],
      ['screw', 'Screw', ['Screwdriver']],
      ['driver', 'Screwdriver'],
      ['thermo', 'Thermometer'],
    ],
  },
  {
    why: 'the name first, then descriptions and tags; fewer words first; newer products first',
    products: [
      { name: 'Waterproof Bag', description: 'For boats' },
      { name: 'Tent', description: 'Waterproof up to 3,000 mm' },
      { name: 'Raincoat', tags: ['waterproof', 'yellow'] },
      'Red Wool Scarf',
      'Wool Hat with a Red Bobble',
      'Red Scarf',
      'Blue Mug',
      'Green Mug',
    ],
    queries: [
      ['waterproof', 'Waterproof Bag', ['Tent', 'Raincoat']],
      ['waterproof tent', 'Tent'],
      ['tent 3000 mm', 'Tent'],
      ['yellow raincoat', 'Raincoat'],
      ['red scarf', 'Red Scarf', ['Red Wool Scarf']],
      ['scarf wool red', 'Red Wool Scarf'],
      ['red bobble', 'Wool Hat with a Red Bobble'],
      ['mug', 'Green Mug', ['Blue Mug']],
      ['boat bag', 'Waterproof Bag'],
    ],
  },
  {
    why: 'the names of the category of a product are weak matches',
    products: [
      { name: 'Desk Lamp' },
      { name: 'Luna', category: ['Lighting', 'Table lamps'] },
      { name: 'Sol 40 cm', category: ['Lighting', 'Ceiling lamps'] },
      { name: 'Alpine 300', category: ['Outdoor', 'Sleeping bags'], description: 'Down filling' },
    ],
    queries: [
      ['lamp', 'Desk Lamp', ['Luna', 'Sol 40 cm']],
      ['table lamp', 'Luna'],
      ['ceiling lamp 40cm', 'Sol 40 cm'],
      ['lighting luna', 'Luna'],
      ['down sleeping bag', 'Alpine 300'],
      ['alpine sleeping bags', 'Alpine 300'],
      ['sleeping bag 500', null],
    ],
  },
  {
    why: 'synonyms',
    products: [
      'Smart TV 50',
      'Corner Sofa',
      'Flashlight 400 lm',
      'Rucksack 30 L',
      'Frying Pan 28 cm',
      'Cargo Trousers W32',
    ],
    queries: [
      ['television 50', 'Smart TV 50'],
      ['couch', 'Corner Sofa'],
      ['torch 400lm', 'Flashlight 400 lm'],
      ['backpack 30l', 'Rucksack 30 L'],
      ['skillet 28cm', 'Frying Pan 28 cm'],
      ['cargo pants w32', 'Cargo Trousers W32'],
      ['cargo pants w34', null],
    ],
  },
  {
    why: 'all words but one of three to five, but two of six or more; numbers are always required',
    products: ['Women’s Summer Dress', 'Round Oak Garden Table', 'Oak Table 120 cm', 'Oak Table 160 cm'],
    queries: [
      ['womens blue summer dress', 'Women’s Summer Dress'],
      ['cheap round oak garden table foldable', 'Round Oak Garden Table'],
      ['extendable oak table 160 cm', 'Oak Table 160 cm'],
      ['oak table 120cm extendable', 'Oak Table 120 cm'],
      ['extendable oak table 140 cm', null],
    ],
  },
  {
    why: 'apostrophes, hyphens and other symbols',
    products: [
      "Men's Coat",
      'Women’s Coat',
      'Kids’ Coat',
      'T-Shirt',
      'USB-C Cable',
      'Wi-Fi Router',
      'C++ Primer',
      'Film Black & White',
    ],
    queries: [
      ['mens coat', "Men's Coat"],
      ['men’s coat', "Men's Coat"],
      ['women coat', 'Women’s Coat'],
      ["WOMEN'S COAT", 'Women’s Coat'],
      ['kids coat', 'Kids’ Coat'],
      ['tshirt', 'T-Shirt'],
      ['usb c cable', 'USB-C Cable'],
      ['usbc cable', 'USB-C Cable'],
      ['wifi router', 'Wi-Fi Router'],
      ['router wi-fi', 'Wi-Fi Router'],
      ['c++', 'C++ Primer'],
      ['black & white film', 'Film Black & White'],
    ],
  },
];
