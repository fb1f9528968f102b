import type { CatalogProduct } from './catalogs/catalog-product.ts';
import { CLOTHES } from './catalogs/clothes.ts';
import { HARDWARE } from './catalogs/hardware.ts';

/** A query of a shopper, and the names of all products that are a correct first hit. */
export interface JudgedQuery {
  readonly catalog: 'hardware' | 'clothes';
  readonly query: string;
  readonly expected: readonly string[];
}

type Judgement = readonly [query: string, ...expected: (string | RegExp)[]];

/** A pattern stands for all names that it matches. */
const judge = (
  catalog: JudgedQuery['catalog'],
  products: readonly CatalogProduct[],
  judgements: readonly Judgement[],
): JudgedQuery[] =>
  judgements.map(([query, ...expected]) => ({
    catalog,
    query,
    expected: expected.flatMap((name) =>
      typeof name === 'string'
        ? [name]
        : products.filter((product) => name.test(product.name)).map((product) => product.name),
    ),
  }));

const HARDWARE_QUERIES: readonly Judgement[] = [
  // Part numbers, with and without their separators.
  ['WD40EFPX', 'WD40EFPX 4 TB NAS drive'],
  ['wd 40 efpx', 'WD40EFPX 4 TB NAS drive'],
  ['ST-500', 'Lodestar ST-500 500 GB external drive'],
  ['st500 external', 'Lodestar ST-500 500 GB external drive'],
  ['DS-2CD2143G2-I', 'DS-2CD2143G2-I 2.8 mm', 'DS-2CD2143G2-I 4 mm'],
  ['ds2cd2143g2i 4mm', 'DS-2CD2143G2-I 4 mm'],
  ['74hc595', '74HC595 Shift Register SOIC', '74HC595 Shift Register DIP'],
  ['74 hc 595 dip', '74HC595 Shift Register DIP'],
  ['bc547b', /^BC547B Transistor/],
  ['1n4148 100 pieces', '1N4148 Diode, 100 pieces'],
  ['AB-CD-1234', 'Hinge AB-CD-1234'],
  ['abcd1234', 'Hinge AB-CD-1234'],
  ['123456', 'Gasket 12-34-56'],
  ['filter kx4410a', 'Filter KX/4410/A'],
  ['tn2420', 'Toner TN-2420'],
  // Models of computer parts.
  ['rtx 4090', /RTX[ -]4090/],
  ['rtx-4070 super', 'Founders RTX-4070 Super 12 GB'],
  ['palisade 4080 gaming', 'Palisade GeForce RTX 4080 16GB Gaming OC'],
  ['7900xtx', 'Radeon RX 7900 XTX', 'Ember RX7900XTX Pulse', 'Ember RX7900XTX Nitro'],
  ['rx 7900 xt', /RX ?7900 ?XT(?!X)/],
  ['14700k', 'Core i7-14700K tray', 'Core i7-14700K boxed'],
  ['boxed i7 14700k', 'Core i7-14700K boxed'],
  ['ryzen 7950x3d', 'Ryzen 9 7950X3D tray', 'Ryzen 9 7950X3D boxed'],
  ['ddr5 6000 32gb', /DDR5-6000 32GB/],
  ['32 GB ddr5-6000 cl30', /DDR5-6000 32GB \(2x16\) CL30/],
  ['ssd 500gb 2.5', /SSD 500 GB 2\.5"/],
  ['2,5 inch ssd 1tb', /SSD 1 TB 2\.5"/],
  ['nvme 1tb 2280', /M\.2 2280 NVMe 1TB/],
  ['650w power supply', /Power Supply 650 W/, /^Voltmark 650W/],
  ['fan 120 mm pwm', 'Zephyr Case Fan 120 mm PWM', 'Boreal Case Fan 120 mm PWM'],
  ['120mm fan', 'Zephyr Fan 120MM 12 V', /Case Fan 120 mm/],
  ['monitor 27 4k 144hz', 'Pallas Monitor 27" 4K 144 Hz', 'Orison Monitor 27" 4K 144 Hz'],
  ['screen 27 qhd 165 hz', 'Pallas Monitor 27" QHD 165 Hz', 'Orison Monitor 27" QHD 165 Hz'],
  ['graphics card 4090', /RTX[ -]4090/],
  ['wireles keybord uk', /^Pallas Wireless Keyboard .* UK layout/],
  ['thermal past 4 g', 'Thermal Paste 4 g'],
  // Cables and electronic parts.
  ['usb-c 3.2 gen 2 2m', 'USB-C 3.2 Gen 2 2 m', 'USB-C 3.2 Gen 2 2 m braided'],
  ['hdmi 2.1 1.5 m', 'HDMI 2.1 1.5m straight', 'HDMI 2.1 1.5m angled'],
  ['audio jack 3.5mm', 'Audio Jack 3.5 mm mono', 'Audio Jack 3.5 mm stereo'],
  ['6,3 mm jack', /Jack.*6\.3 ?mm/],
  ['cat6 patch cable 10m blue', 'Cat6 Patch Cable 10 m, blue'],
  ['blue cat 7 cable 5 m', 'Cat7 Patch Cable 5 m, blue'],
  ['4.7 kohm resistors', /^Resistor 4\.7 kOhm/],
  ['capacitor 100uf 25v', 'Electrolytic Capacitor 100 uF 25 V'],
  ['potentiometr 10 kohm', /^Potentiometer 10 kOhm/],
  ['cr2032 5 pack', 'CR2032 Button Cell, 5-pack'],
  ['aa battery 24', 'AA Batteries 24-pack'],
  // Screws and tools.
  ['m4 x 20', 'Machine Screw M4 x 20 zinc', 'Machine Screw M4 x 20 stainless'],
  ['M4x20 stainless screws', 'Machine Screw M4 x 20 stainless'],
  ['wood screw 4.5 x 50', 'Wood Screw 4,5 x 50 mm Pozidriv', 'Wood Screw 4,5 x 50 mm Torx'],
  ['torx 4,5x50', 'Wood Screw 4,5 x 50 mm Torx'],
  ['hexagon socket screw m5 x 30', 'Machine Screw M5 x 30 zinc', 'Machine Screw M5 x 30 stainless'],
  ['6.5 mm drill bit', 'HSS Drill Bit 6.5 mm', 'Cobalt Drill Bit 6.5 mm', 'Masonry Drill Bit 6,5 mm'],
  ['cobalt 5,5mm', 'Cobalt Drill Bit 5.5 mm'],
  ['masonry drill 5.5', 'Masonry Drill Bit 5,5 mm'],
  ['13mm spaner', 'Combination Spanner 13 mm', 'Ratchet Spanner 13 mm'],
  ['cordless drill 18v 5.0 ah', /Cordless Drill 18 V 5\.0 Ah/],
  ['1000 cable ties 2.5x100 black', 'Cable Tie 2.5 x 100 mm black, 1,000 pieces'],
  ['hamer 300 g claw', 'Claw Hammer 300 g'],
];

const CLOTHES_QUERIES: readonly Judgement[] = [
  // Tank tops are only for men.
  ['womens tank top', /Tank Top/],
  ['mens tank tops', /Tank Top/],
  ['tank top navy', /Tank Top, navy/],
  ['red training tank top', /Training Tank Top, red/],
  // Sizes of clothes and shoes.
  ['jeans w32 l34', /Jeans .*W32 L34/],
  ['womens jeans 28/32', /Women’s Jeans .*W28 L32/],
  ['chinos 32/34 navy', 'Chinos 32/34 navy'],
  ['xl polo shirt', 'Men’s Polo Shirt XL slim fit', 'Men’s Polo Shirt XL regular fit'],
  ['oxford shrit 42 white', 'Oxford Shirt slim, 42 white', 'Oxford Shirt regular, 42 white'],
  ['running shoes 38.5', /Running Shoes EU 38\.5/],
  ['mens running shoe 42,5', /^Men’s Running Shoes EU 42\.5/],
  ['chelsea boots 38.5', 'Chelsea Boots EU 38,5'],
  ['sandals women 38', /^Women’s Sandals EU 38 /],
  ['sports bra 75b', 'Sports Bra 75B'],
  ['girls dress 110', /^Girls’ Dress 110\/116/],
  ['hoodie kids 116', 'Kids’ Hoodie 116 navy', 'Kids’ Hoodie 116 mustard'],
  ['6 pack socks', /^Socks 6-pack/],
  ['socks 43-46 black 6-pack', 'Socks 6-pack 43-46, black'],
  // Kinds of clothes.
  ['womens rain jaket', /^Women’s Rain Jacket/],
  ['waterproof boots', /(?:Hiking|Rain) Boots/],
  ['organic bodysuits', /^Baby Bodysuit/],
  ['merino cardigan', /Merino Cardigan/],
  ['palazzo pants 38', 'Palazzo Trousers 38'],
  ['mens winter jacket', /^Men’s Down Jacket/],
  ['unicorn tshirt 104', 'Kids’ T-Shirt unicorn 104'],
  // Sports.
  ['25 kg bumper plate', 'Bumper Plate 25 kg', 'Competition Bumper Plate 25KG'],
  ['competition bumper plates 25 kg', 'Competition Bumper Plate 25KG'],
  ['65mm skateboard wheels', /^Skateboard Wheels 65 mm/],
  ['inline wheels 80 mm', 'Inline Wheels 80MM, 4-pack'],
  ['kettlebell 16kg', 'Kettlebell 16 kg'],
  ['dumbbells 2x5kg', 'Hex Dumbbells 2 x 5 kg'],
  ['rucksack 45l', /Backpack 45 L/],
  ['hydration pack 2.5 l', 'Hydration Pack 2,5 L'],
  ['2 person tent', 'Ridge Tent 2-person', 'Dune Tent 2-person'],
  // Bulk goods and the home.
  ['water 12 x 1 l', /^Mineral Water 12 x 1 l/],
  ['orange juice 12x1l', 'Orange Juice 12 x 1 l'],
  ['detergent 2.5 l', /^Laundry Detergent .* 2,5 L/],
  ['water bottle 500ml', /^Water Bottle 500 ml/],
  ['thermos 0.75l', 'Thermos Flask 0,75 l'],
  ['rice 25kg', /Rice 25 kg/],
  ['1000 napkins white', 'Paper Napkins 1,000 pieces, white'],
  ['toilet paper 24', /^Toilet Paper 24 rolls/],
  ['fitted sheet 90x200', /^Fitted Sheet 90 x 200/],
  ['90 x 200 mattress protector', 'Mattress Protector 90x200'],
  ['bath towel 70x140', /^Bath Towel 70 x 140/],
  ['coffe beans 1kg', /^Coffee Beans 1 kg/],
  // Dutch.
  ['24 inch fiets', /fiets 24 inch/],
  ['meisjesfiets 24 inch', /^Meisjesfiets 24 inch/],
  ['jongens fiets 20', /^Jongensfiets 20 inch/],
  ['overhemd heren', /^Herenoverhemd/],
  ['wit herenoverhemd', 'Herenoverhemd wit'],
  ['kastje wasmachine', /^Wasmachinekastje/],
  ['stoel', /stoel/],
  ['stoel kinder', /^Kinderstoel/],
  ['handdoek 70x140', /^Badhanddoek 70 x 140/],
  ['regenjas dames', 'Regenjas dames'],
  ['hoeslaken 90 x 200', 'Hoeslaken 90x200'],
  ['spijkerbroek 32/34', 'Spijkerbroek heren 32/34'],
  ['fietshlem wit', /^Fietshelm . wit/],
  ['schoenen 42', /schoenen maat 42$/],
];

export const JUDGED_QUERIES: readonly JudgedQuery[] = [
  ...judge('hardware', HARDWARE, HARDWARE_QUERIES),
  ...judge('clothes', CLOTHES, CLOTHES_QUERIES),
];
