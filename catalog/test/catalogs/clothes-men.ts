import type { Shelves } from './product-templates.ts';

/** All 146 tank tops are for men. */
export const MEN: Shelves = {
  'Men > Tops > Tank tops': [
    [
      '{Harrow|Pinfold|Coastwise|Ninefold} Men’s {Ribbed|Cotton|Training} Tank Top, {white|black|grey|navy|olive|sand|red|rust|sky|mint|plum|teal}',
      '{Sleeveless shirt with a round neck|Light layer for hot days|Loose cut, reaches below the waist}.',
      990,
      3_490,
    ],
    ['Men’s Tank Top {2-pack|3-pack}', 'Cotton with elastane, {white|black}.', 1_490, 2_490, 'cotton'],
  ],
  'Men > Tops > T-shirts': [
    [
      '{Pinfold|Coastwise|Harrow} Men’s T-Shirt {XS|S|M|L|XL|XXL|3XL}, {white|black|navy|green}',
      '{Heavy jersey of 220 g/m²|Soft jersey}, round neck.',
      1_290,
      2_990,
      'organic',
    ],
    [
      'Men’s Polo Shirt {S|M|L|XL|2XL|3XL} {slim fit|regular fit}',
      'Piqué cotton with three buttons.',
      1_990,
      4_490,
    ],
  ],
  'Men > Shirts': [
    [
      'Oxford Shirt {slim|regular}, {37|38|39|40|41|42|43|44|45} {light blue|white|striped}',
      'Button-down collar, collar size $2.',
      3_990,
      6_990,
    ],
    ['Flannel Shirt {S|M|L|XL|XXL}, {red|green|blue} check', 'Brushed cotton.', 3_490, 4_990],
  ],
  'Men > Trousers': [
    [
      'Men’s Jeans {Straight|Slim|Regular} W{29|30|31|32|33|34|36|38} L{30|32|34}',
      '{Rinsed|Washed} denim of 12 oz with five pockets.',
      4_990,
      8_990,
      'denim',
    ],
    [
      'Chinos {30/30|30/32|31/32|32/32|32/34|33/32|33/34|34/32|34/34|36/34} {beige|navy|olive}',
      'Twill with a little stretch.',
      3_990,
      5_990,
    ],
    ['Cargo Shorts W{30|32|34|36|38}', 'Six pockets.', 2_990, 3_990],
    ['Men’s Joggers {S|M|L|XL}, {grey|black}', 'Fleece inside, cuffs at the ankles.', 2_490, 3_990],
  ],
  'Men > Hoodies and pullovers': [
    [
      'Men’s Hoodie {S|M|L|XL|XXL|3XL}, {black|grey|navy|bottle green}',
      'Heavy fleece with a kangaroo pocket.',
      2_990,
      4_990,
      'organic',
    ],
    ['Men’s {Merino|Lambswool} Pullover {M|L|XL} {grey|navy|rust}', 'V-neck, fine knit.', 5_990, 8_990],
  ],
  'Men > Swimwear': [
    [
      'Swim Shorts {S|M|L|XL|XXL} {blue|green|palm trees}',
      'Quick-drying, with a mesh lining.',
      1_990,
      3_490,
      'recycled',
    ],
  ],
  'Men > Jackets': [
    [
      'Men’s Rain Jacket {S|M|L|XL|XXL} {yellow|navy}',
      'Taped seams, 10,000 mm water column.',
      6_990,
      11_990,
      'waterproof',
    ],
    ['Men’s Down Jacket {S|M|L|XL}, {black|orange}', 'Fill power of 650 cuin.', 11_990, 18_990, 'winter'],
    ['Men’s Fleece Jacket {S|M|L|XL|XXL}', 'Recycled polyester.', 3_990, 5_990, 'recycled'],
  ],
  'Men > Underwear and socks': [
    ['Boxer Shorts {3-pack|6-pack} {S|M|L|XL}', 'Cotton with elastane.', 1_990, 4_490],
    [
      'Socks {3-pack|6-pack|12-pack} {39-42|43-46}, {black|white|grey}',
      'Combed cotton{, without toe seams|}.',
      790,
      2_490,
    ],
    ['Belt {85|95|105|115} cm, {brown|black} leather', 'Buckle of 35 mm.', 2_490, 3_990],
  ],
  'Men > Shoes': [
    [
      'Men’s Running Shoes EU {40|40.5|41|42|42.5|43|44|44.5|45|46} {grey|blue|black}',
      'Drop of 8 mm, 280 g.',
      7_990,
      13_990,
    ],
    ['Men’s Hiking Boots EU {40|41|42|43|44|45|46}', 'Nubuck with a membrane.', 11_990, 15_990, 'waterproof'],
    ['Men’s Sandals EU {40|41|42|43|44|45|46} {brown|black}', 'Cork footbed.', 4_990, 6_990],
    ['Leather Brogues EU {40|41|42|43|44|45} {black|cognac}', 'Welted sole.', 12_990, 16_990],
  ],
};
