import { LINKS } from '#testkit/shop.ts';
import { publicApi } from './public-api.ts';

for (const link of LINKS) publicApi(`services linked ${link}`, () => ({ link }));
