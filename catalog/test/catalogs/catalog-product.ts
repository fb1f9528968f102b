/** A product of a generated catalogue. */
export interface CatalogProduct {
  readonly name: string;
  readonly description: string;
  readonly priceMinor: number;
  /** The names of its category and those above it, from the top. */
  readonly category: readonly string[];
  readonly tags: readonly string[];
}
