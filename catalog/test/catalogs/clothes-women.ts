import type { Shelves } from './product-templates.ts';

export const WOMEN: Shelves = {
  'Women > Blouses and shirts': [
    [
      '{Linden|Marigold} Women’s {Viscose|Linen|Silk} Blouse {XS|S|M|L|XL}',
      '{Long sleeves with buttoned cuffs|Short sleeves}, regular fit.',
      2_990,
      8_990,
    ],
    [
      'Women’s T-Shirt {XS|S|M|L|XL|XXL}, {white|black|rose|sage}',
      'Round neck, {cotton|cotton and modal}.',
      1_290,
      2_490,
      'organic',
    ],
    ['Striped Long-Sleeve {34|36|38|40|42|44}', 'Boat neck, navy stripes on white.', 2_490, 3_490],
  ],
  'Women > Dresses and skirts': [
    [
      '{Linden|Marigold} {Wrap|Shirt|Midi|Maxi} Dress {34|36|38|40|42|44|46}',
      '{Floral print|Plain weave}, tie belt.',
      3_990,
      9_990,
    ],
    ['Pleated Skirt {34|36|38|40|42} {black|camel}', 'Elastic waist.', 2_990, 4_990],
    ['Denim Skirt {XS|S|M|L|XL}', 'Above the knee.', 2_990, 3_990, 'denim'],
  ],
  'Women > Trousers': [
    [
      'Women’s Jeans {Skinny|Mom|Flared} W{25|26|27|28|29|30|31|32} L{30|32|34}',
      '{High|Medium} waist, stretch denim.',
      4_990,
      8_990,
      'denim',
    ],
    [
      'Women’s Leggings {XS|S|M|L|XL|XXL}, {black|wine|forest}',
      'Opaque, with a wide waistband.',
      1_990,
      3_490,
    ],
    ['Palazzo Trousers {34|36|38|40|42|44}', 'Flowing crêpe.', 3_990, 4_990],
  ],
  'Women > Knitwear': [
    [
      'Women’s {Merino|Cashmere} {Cardigan|Pullover} {S|M|L|XL}',
      'Fine knit, washable by hand.',
      5_990,
      17_990,
    ],
    ['Roll Neck Pullover {XS|S|M|L}, {cream|charcoal}', 'Wool blend.', 3_990, 5_490],
  ],
  'Women > Sportswear': [
    ['Women’s Running Tights {XS|S|M|L|XL} {7/8|long}', 'With a pocket for keys.', 2_990, 4_990, 'sport'],
    ['Women’s Hoodie {XS|S|M|L|XL}, {grey|rose|sand|black}', 'Soft fleece.', 2_990, 4_490, 'organic'],
    ['Women’s Joggers {XS|S|M|L|XL} {grey|black|lilac}', 'Cuffs at the ankles.', 2_490, 3_990],
    ['Women’s Fleece Jacket {XS|S|M|L|XL}', 'Recycled polyester.', 3_990, 5_990, 'recycled'],
  ],
  'Women > Jackets': [
    [
      'Women’s Rain Jacket {XS|S|M|L|XL} {yellow|petrol}',
      'Taped seams, adjustable hood.',
      6_990,
      11_990,
      'waterproof',
    ],
    ['Trench Coat {34|36|38|40|42}', 'Double-breasted, with a belt.', 9_990, 14_990],
    ['Quilted Gilet {S|M|L|XL}', 'Light filling, two pockets.', 3_990, 5_490],
  ],
  'Women > Underwear and swimwear': [
    ['Sports Bra {70|75|80|85}{A|B|C|D}', 'High support.', 2_490, 4_490, 'sport'],
    ['Women’s Briefs {3-pack|5-pack} {S|M|L|XL}', 'Cotton.', 1_290, 2_490, 'organic'],
    ['Swimsuit {36|38|40|42|44} {black|coral}', 'Cross back, resists chlorine.', 2_990, 4_990],
    ['Tights {20|40|60} den {S|M|L}', 'Matt.', 390, 990],
  ],
  'Women > Shoes': [
    [
      'Women’s Running Shoes EU {36|37|37.5|38|38.5|39|40|40.5|41} {coral|white}',
      'Drop of 8 mm, 230 g.',
      7_990,
      13_990,
    ],
    ['Women’s Hiking Boots EU {36|37|38|39|40|41}', 'Suede with a membrane.', 11_990, 15_990, 'waterproof'],
    ['Women’s Sandals EU {36|37|38|39|40|41} {tan|black|silver}', 'Cork footbed.', 3_990, 6_490],
    ['Ballet Flats EU {36|37|38|39|40|41} {black|nude}', 'Soft leather.', 3_990, 5_990],
    ['Chelsea Boots EU {36|37|38|38,5|39|40|41}', 'Elastic sides.', 7_990, 9_990],
  ],
};
