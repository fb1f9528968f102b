import type { CatalogProduct } from './catalog-product.ts';
import { COMPUTER_PARTS } from './hardware-computers.ts';
import { ELECTRONICS } from './hardware-electronics.ts';
import { TOOLS } from './hardware-tools.ts';
import { productsOf } from './product-templates.ts';

/** A shop for computer parts, electronics and tools: part numbers, measures and units in many spellings. */
export const HARDWARE: readonly CatalogProduct[] = [COMPUTER_PARTS, ELECTRONICS, TOOLS].flatMap(productsOf);
