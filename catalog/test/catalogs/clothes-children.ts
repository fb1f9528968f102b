import type { Shelves } from './product-templates.ts';

export const CHILDREN: Shelves = {
  'Children > Girls': [
    [
      'Girls’ Dress {98/104|110/116|122/128|134/140} {dots|stars|plain}',
      'Jersey with a wide skirt.',
      1_490,
      2_490,
    ],
    ['Girls’ Leggings {98|104|110|116|122|128|134|140}', 'Cotton with elastane.', 690, 1_290, 'organic'],
    ['Girls’ Skirt {104|116|128|140} {tulle|denim}', 'Elastic waist.', 1_290, 1_990],
    ['Girls’ Winter Coat {104|116|128|140|152}', 'Warm lining, reflective trim.', 3_990, 5_990, 'winter'],
  ],
  'Children > Boys': [
    ['Boys’ Shorts {98|104|110|116|122|128|134|140}', 'Drawstring, two pockets.', 890, 1_490],
    ['Boys’ Jeans {104|110|116|122|128|134|140|146|152|158|164}', 'Adjustable waist.', 1_990, 2_990, 'denim'],
    ['Boys’ Parka {104|116|128|140|152}', 'With a hood.', 3_990, 5_990, 'winter'],
  ],
  'Children > Kids': [
    [
      'Kids’ Hoodie {92|98|104|110|116|122|128|134|140|146|152|164} {navy|mustard}',
      'Brushed inside, kangaroo pocket.',
      1_690,
      2_990,
    ],
    [
      'Kids’ T-Shirt {dinosaur|rocket|unicorn|whale|tractor} {92|104|116|128|140}',
      'Printed jersey.',
      790,
      1_290,
      'organic',
    ],
    [
      'Kids’ Rain Jacket {98|110|122|134|146} {red|yellow|blue}',
      'With a reflective strip.',
      1_990,
      3_490,
      'waterproof',
    ],
    ['Kids’ Socks {5-pack|10-pack} {23-26|27-30|31-34}', 'Cotton in bright colours.', 490, 1_290],
    ['Kids’ Snowsuit {86|92|98|104|110|116}', 'Padded, in one piece.', 4_990, 6_990, 'winter'],
    ['Kids’ Rain Boots EU {22|24|26|28|30|32}', 'Natural rubber.', 1_490, 2_290, 'waterproof'],
    ['Kids’ Trainers EU {26|27|28|29|30|31|32|33|34|35}', 'Two straps.', 2_490, 3_990],
    ['Kids’ Pyjamas {92|104|116|128|140} {moon|foxes}', 'Two pieces.', 1_490, 2_290],
  ],
  'Children > Baby': [
    [
      'Baby Bodysuit {50/56|62/68|74/80|86/92} {short|long} sleeve, {3-pack|5-pack}',
      'Press studs.',
      990,
      2_490,
      'organic',
    ],
    ['Baby Sleepsuit {50|56|62|68|74|80}', 'With feet.', 990, 1_490, 'organic'],
    ['Sleeping Bag Baby {70 cm|90 cm|110 cm} {1.0|2.5} tog', 'Two-way zip.', 2_490, 4_490],
  ],
};
