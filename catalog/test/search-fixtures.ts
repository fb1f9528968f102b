import type { ProductQuery } from '#catalog/search/search-index.ts';

/** Categories with their parents. */
export const CATEGORIES: readonly (readonly [name: string, parent: string])[] = [
  ['Devices', ''],
  ['Phones', 'Devices'],
  ['Kitchen', ''],
  ['Books', ''],
  ['Music', ''],
];

/** The products of a small shop, oldest first. Prices are in minor units. */
export const PRODUCTS: readonly (readonly [
  name: string,
  description: string,
  price: number,
  category: string,
  tags: string,
])[] = [
  ['Smart Bulb', 'Changes colour, fits common lampholders', 2_237, '', 'led,smart,dimmable'],
  ['Sofa Bed', 'Seats three, sleeps two', 2_374, '', ''],
  ['Smart TV 55', 'Wide picture with rich colours', 2_511, '', ''],
  ['Refrigerator', 'Keeps food cool without frost', 2_648, '', ''],
  ['iPhone 15 Pro', 'Latest flagship phone with a titanium frame', 119_999, 'Phones', ''],
  ['iPhone 15', 'Phone with a 48 megapixel camera', 89_999, 'Phones', ''],
  ['iPhone SE', 'Small and affordable phone with a home button', 47_999, 'Phones', ''],
  ['Samsung Galaxy S24 Ultra', 'Android phone with a stylus', 129_999, 'Phones', ''],
  ['Google Pixel 8', 'Android phone that takes great pictures at night', 69_999, 'Phones', ''],
  ['Phone Case', 'Silicone case that protects your mobile', 1_500, '', ''],
  ['Car Phone Holder', 'Clips onto the air vent', 1_900, '', ''],
  ['Headphones WH-1000XM5', 'Over-ear, wireless, with noise cancelling', 3_744, 'Devices', ''],
  ['AirPods Pro', 'Wireless earbuds with noise cancelling', 3_881, 'Devices', 'wireless,bluetooth'],
  ['Gaming Headset', 'Headphones with a microphone for players', 4_018, 'Devices', ''],
  ['Microphone USB', 'For podcasts and calls', 4_155, 'Devices', ''],
  ['MacBook Air 13', 'Thin laptop with an M3 chip', 109_900, 'Devices', ''],
  ['ThinkPad X1 Carbon', 'Business laptop with a good keyboard', 159_900, 'Devices', ''],
  ['Laptop Sleeve', 'Padded sleeve for 13 inch computers', 4_566, '', ''],
  ['Mechanical Keyboard', 'Hot-swappable switches and a metal body', 4_703, 'Devices', ''],
  ['Wireless Mouse', 'Quiet clicks, two years on one battery', 4_840, 'Devices', ''],
  ['Mouse Pad XL', 'Smooth cloth surface', 1_600, '', ''],
  ['USB-C Charger 65W', 'Charges laptops and phones', 5_114, 'Devices', ''],
  ['USB-C Cable 2 m', 'Braided charging cable', 999, '', ''],
  ['Power Bank 20000', 'Portable battery that charges phones on the go', 5_388, 'Devices', ''],
  ['4K Monitor 27"', 'IPS display with USB-C', 5_525, 'Devices', ''],
  ['Webcam 1080p', 'For video meetings', 5_662, 'Devices', ''],
  ['Café Crème Coffee Beans', 'Arabica beans, medium roast', 5_799, 'Kitchen', ''],
  ['Espresso Machine', 'Makes coffee with 15 bar of pressure', 24_900, 'Kitchen', ''],
  ['French Press', 'Makes coffee for four without paper filters', 6_073, 'Kitchen', ''],
  ['Coffee Grinder', 'Grinds beans evenly', 6_210, 'Kitchen', ''],
  ['Tea Kettle', 'Whistles when the water boils', 1_750, 'Kitchen', ''],
  ['Jalapeño Chips', 'Crisps with a bite', 250, '', ''],
  ['Crème Brûlée Torch', 'Kitchen burner', 6_621, 'Kitchen', ''],
  ['Chef’s Knife', 'Forged steel blade of 20 cm', 6_758, 'Kitchen', ''],
  ['Knives Set', 'Five knives and a block', 6_895, 'Kitchen', ''],
  ['Cutting Board', 'Bamboo board with a juice groove', 7_032, 'Kitchen', ''],
  ['Cast Iron Skillet', 'Pan for searing', 7_169, 'Kitchen', ''],
  ['Batteries AA 12-pack', 'Alkaline cells', 1_100, '', ''],
  ['LED Desk Lamp', 'Dimmable light with a wireless charger', 7_443, '', 'led,dimmable'],
  ['Standing Desk', 'Adjustable height, oak top', 49_900, '', ''],
  ['Office Chair', 'Ergonomic chair with lumbar support', 7_717, '', ''],
  ['Bookshelf', 'Five shelves of solid pine', 7_854, '', ''],
  ['Organization Box', 'Keeps drawers tidy', 7_991, '', ''],
  ['Running Shoes', 'Light trainers for long runs', 8_128, '', ''],
  ['Hiking Boots', 'Waterproof leather shoes for the mountains', 8_265, '', ''],
  ['Winter Jacket', 'Down filling, warm to -20 °C', 8_402, '', ''],
  ['Rain Jacket', 'Waterproof and breathable', 8_539, '', ''],
  ['Men’s T-Shirt', 'Organic cotton', 8_676, '', ''],
  ['Women’s Running Shirt', 'Breathable fabric', 8_813, '', ''],
  ['Children’s Backpack', 'For school and trips', 8_950, '', ''],
  ['Travel Backpack 40L', 'Fits under the seat', 9_087, '', ''],
  ['Yoga Mat', 'Non-slip, 6 mm', 9_224, '', ''],
  ['Dumbbells 2 x 5 kg', 'Rubber coated weights', 9_361, '', ''],
  ['Mountain Bike', 'Front suspension and 29 inch wheels', 64_900, '', ''],
  ['Bicycle Helmet', 'Light, with a visor', 9_635, '', ''],
  ['Bike Lock', 'Hardened steel chain', 9_772, '', ''],
  ['The Lord of the Rings', 'Novel by J. R. R. Tolkien in three volumes', 9_909, 'Books', ''],
  ['Harry Potter and the Philosopher’s Stone', 'Novel by J. K. Rowling', 10_046, 'Books', ''],
  ['C++ Primer', 'A book about programming', 10_183, 'Books', ''],
  ['Learning SQL', 'A book about databases, queries & joins', 10_320, 'Books', ''],
  ['Notebook A5', 'Dotted paper, 120 pages', 899, '', ''],
  ['Fountain Pen', 'With a fine nib and blue ink', 10_594, '', ''],
  ['Smart Watch 9', 'Counts steps and measures the pulse', 10_731, 'Devices', ''],
  ['Wall Clock', 'Silent movement', 10_868, '', ''],
  ['Garden Hose 25 m', 'With a spray nozzle', 11_005, '', ''],
  ['Dog Food', 'With chicken and rice', 11_142, '', ''],
  ['Cat Toy Mouse', 'With catnip inside', 11_279, '', ''],
  // Pairs that differ only in the order of words; in the newer product the words are not adjacent.
  ['Camp Burner', 'A steady flame for long evenings', 11_416, '', ''],
  ['Moss Candle', 'A flame for long steady evenings', 11_553, '', ''],
  ['Lemonade Bar', 'With a folding table and a red roof', 11_690, '', ''],
  ['Puppet Stage', 'With a red table and a folding roof', 11_827, '', 'α,β,γ,δ,ε,ζ,η,θ,ι,κ,λ,μ,ν,ξ,é,ｚ,𠀀'],
];

/** What the query tests, its text, and the product that must come first; null: no product is found. */
export interface GoldenQuery {
  readonly why: string;
  readonly query: string;
  readonly first: string | null;
}

const golden = (
  why: string,
  ...pairs: readonly (readonly [query: string, first: string | null])[]
): GoldenQuery[] => pairs.map(([query, first]) => ({ why, query, first }));

/** Many products have this name and equal fields; they are the newest. */
export const REPEATED_NAME = 'Zither';

export const GOLDEN: readonly GoldenQuery[] = [
  ...golden(
    'exact name',
    ['iphone 15', 'iPhone 15'],
    ['iphone 15 pro', 'iPhone 15 Pro'],
    ['standing desk', 'Standing Desk'],
  ),
  ...golden('upper case', ['IPHONE SE', 'iPhone SE'], ['WATERPROOF JACKET', 'Rain Jacket']),
  ...golden(
    'stemming',
    ['batteries', 'Batteries AA 12-pack'],
    ['keyboards', 'Mechanical Keyboard'],
    ['running shoe', 'Running Shoes'],
    ['chargers', 'USB-C Charger 65W'],
    ['airpod', 'AirPods Pro'],
    ['knife', 'Chef’s Knife'],
    ['bikes', 'Bike Lock'],
    ['organize', 'Organization Box'],
  ),
  ...golden(
    'prefix',
    ['lapt', 'Laptop Sleeve'],
    ['organiza', 'Organization Box'],
    ['wireless head', 'Headphones WH-1000XM5'],
    ['samsung gal', 'Samsung Galaxy S24 Ultra'],
    ['thinkp', 'ThinkPad X1 Carbon'],
  ),
  ...golden(
    'typo',
    ['headpones', 'Headphones WH-1000XM5'],
    ['keybord', 'Mechanical Keyboard'],
    ['macbok', 'MacBook Air 13'],
    ['espresso machne', 'Espresso Machine'],
    ['skilet', 'Cast Iron Skillet'],
    ['clok', 'Wall Clock'],
    ['bord', 'Cutting Board'],
    ['harry poter', 'Harry Potter and the Philosopher’s Stone'],
    ['samsungg galaxy', 'Samsung Galaxy S24 Ultra'],
    ['yoga matt', 'Yoga Mat'],
    ['dumbbbells', 'Dumbbells 2 x 5 kg'],
    ['labtop', 'Laptop Sleeve'],
    ['samsung glaaxy', 'Samsung Galaxy S24 Ultra'],
    ['montior 4k', '4K Monitor 27"'],
    ['iphnoe se', 'iPhone SE'],
    ['jaket', 'Rain Jacket'],
  ),
  ...golden(
    'accents',
    ['cafe creme', 'Café Crème Coffee Beans'],
    ['creme brulee', 'Crème Brûlée Torch'],
    ['jalapeno', 'Jalapeño Chips'],
    ['CAFÉ', 'Café Crème Coffee Beans'],
  ),
  ...golden('apostrophe', ["chef's knife", 'Chef’s Knife'], ['chefs knife', 'Chef’s Knife']),
  ...golden(
    'several words',
    ['lord rings', 'The Lord of the Rings'],
    ['lamp desk', 'LED Desk Lamp'],
    ['noise canceling headphones', 'Headphones WH-1000XM5'],
    ['phone for children', 'Phone Case'],
    ['waterproof shoes', 'Hiking Boots'],
    ['noise cancelling', 'AirPods Pro'],
    ['philosopher’s stone', 'Harry Potter and the Philosopher’s Stone'],
  ),
  ...golden(
    'compound words',
    ['smartwatch', 'Smart Watch 9'],
    ['powerbank', 'Power Bank 20000'],
    ['book shelf', 'Bookshelf'],
    ['tshirt', 'Men’s T-Shirt'],
    ['iphone15', 'iPhone 15'],
  ),
  ...golden(
    'name first',
    ['headphone', 'Headphones WH-1000XM5'],
    ['laptop', 'Laptop Sleeve'],
    ['phone', 'Phone Case'],
    ['microphone', 'Microphone USB'],
  ),
  ...golden(
    'description',
    ['tolkien', 'The Lord of the Rings'],
    ['earbuds', 'AirPods Pro'],
    ['wireless charger', 'LED Desk Lamp'],
  ),
  ...golden('stop words', ['the lord of the rings', 'The Lord of the Rings']),
  ...golden(
    'operators',
    ['queries & joins', 'Learning SQL'],
    ['joins | !sql', 'Learning SQL'],
    ["usb-c':* <-> (cable)", 'USB-C Cable 2 m'],
    ['27"', '4K Monitor 27"'],
    ['\\tea\\ ; DROP', 'Tea Kettle'],
  ),
  ...golden(
    'synonyms',
    ['television', 'Smart TV 55'],
    ['couch', 'Sofa Bed'],
    ['fridge', 'Refrigerator'],
    ['travel rucksack', 'Travel Backpack 40L'],
    ['sneakers', 'Running Shoes'],
    ['frying pan', 'Cast Iron Skillet'],
    ['portable charger', 'Power Bank 20000'],
    ['4k screen', '4K Monitor 27"'],
    ['mountain bicycle', 'Mountain Bike'],
  ),
  ...golden('phrases', ['steady flame', 'Camp Burner'], ['folding table', 'Lemonade Bar']),
  ...golden('plural', ['lamps', 'LED Desk Lamp'], ['mouse pads', 'Mouse Pad XL']),
  ...golden('tags', ['dimmable smart', 'Smart Bulb'], ['bluetooth', 'AirPods Pro']),
  ...golden('empty', ['', REPEATED_NAME]),
  ...golden('symbols', ['!!!', null]),
  ...golden('1,000 characters', [
    'harry potter '.repeat(77).slice(0, 1_000),
    'Harry Potter and the Philosopher’s Stone',
  ]),
];

/** A query for the first hit. */
export function firstHitOf(text: string): ProductQuery {
  const filter = { id: null, priceMin: null, priceMax: null, categoryIds: [], tags: [] };
  const include = { hits: true, total: false, facets: false, didYouMean: false };
  return {
    text,
    filter,
    sort: 'relevance',
    size: 1,
    skip: 0,
    backward: false,
    after: null,
    until: null,
    include,
  };
}
