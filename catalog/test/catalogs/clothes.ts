import type { CatalogProduct } from './catalog-product.ts';
import { CHILDREN } from './clothes-children.ts';
import { DUTCH } from './clothes-dutch.ts';
import { GOODS } from './clothes-goods.ts';
import { MEN } from './clothes-men.ts';
import { WOMEN } from './clothes-women.ts';
import { productsOf } from './product-templates.ts';

/** A shop for clothes, shoes, sports and bulk goods with sizes in many spellings; about 300 names are Dutch. */
export const CLOTHES: readonly CatalogProduct[] = [MEN, WOMEN, CHILDREN, GOODS, DUTCH].flatMap(productsOf);
