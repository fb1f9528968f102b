import type { GoldenShop } from './golden-shops/golden-shop.ts';
import { NUMBERS } from './golden-shops/numbers.ts';
import { PART_NUMBERS } from './golden-shops/part-numbers.ts';
import { ALPHABETS } from './golden-shops/alphabets.ts';
import { ASIAN_SCRIPTS } from './golden-shops/asian-scripts.ts';
import { WORDS } from './golden-shops/words.ts';

export const GOLDEN_SHOPS: readonly GoldenShop[] = [
  ...PART_NUMBERS,
  ...NUMBERS,
  ...ALPHABETS,
  ...ASIAN_SCRIPTS,
  ...WORDS,
];
