import { LINKS } from '#testkit/shop.ts';
import { testPublicApi } from './public-api.ts';

for (const link of LINKS) testPublicApi(`services linked ${link}`, () => ({ link }));
