import { UNKNOWN_ID } from '../fuzz-input.ts';
import { categoryId, type Operation } from './operation.ts';

/** Searches and their errors. */
export const SEARCH_OPERATIONS: readonly Operation[] = [
  { name: 'products-search', query: () => '{ products(query: "phone") { name } }' },
  { name: 'products-search-typo', query: () => '{ products(query: "ihpone pro") { name } }' },
  { name: 'products-search-without-words', query: () => '{ products(query: "?!") { name } }' },
  {
    name: 'search-products',
    query: () =>
      '{ searchProducts(query: "phone", first: 1) { nodes { name } edges { cursor } pageInfo { hasNextPage hasPreviousPage startCursor endCursor } totalCount facets { priceBuckets { from to count } categories { category { name } count } tags { tag count } } matched didYouMean } }',
  },
  {
    name: 'search-products-next-page',
    query: () =>
      'query($after: Cursor) { searchProducts(query: "phone", first: 1, after: $after) { nodes { name } pageInfo { hasNextPage hasPreviousPage } } }',
    variables: (answers) => ({ after: answers['search-products'].searchProducts.pageInfo.endCursor }),
  },
  {
    name: 'search-products-filter-and-sort',
    query: (answers) =>
      `{ searchProducts(filter: { priceMin: 5, priceMax: "7.50" }, sort: PRICE_DESC) { nodes { name price } } inCategory: searchProducts(filter: { categoryIds: ["${categoryId(answers)}", "${UNKNOWN_ID}"], tags: ["5G"] }, sort: NEWEST) { totalCount } }`,
  },
  {
    name: 'search-products-did-you-mean',
    query: () => '{ searchProducts(query: "iphnoe", first: 1) { nodes { name } matched didYouMean } alone: searchProducts(query: "phone flagship usb") { matched } }',
  },
  {
    name: 'search-products-cursor-of-another-sort',
    query: () =>
      'query($after: Cursor) { searchProducts(query: "phone", sort: NEWEST, after: $after) { nodes { name } } }',
    variables: (answers) => ({ after: answers['search-products'].searchProducts.pageInfo.endCursor }),
  },
  {
    name: 'suggest-products',
    query: () => '{ suggestProducts(prefix: "iph") { text product { price } } }',
  },
  {
    name: 'best-sellers',
    query: () => '{ bestSellers(first: 3) { name price } }',
    isSettled: ({ bestSellers }) => bestSellers.length === 2,
  },
  {
    name: 'best-sellers-in-category',
    query: (answers) => `{ bestSellers(categoryId: "${categoryId(answers)}") { name } }`,
  },
];
