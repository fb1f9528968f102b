/** A product of a golden shop; a string is a name without any other text. */
export type GoldenProduct =
  | string
  | {
      readonly name: string;
      readonly description?: string;
      readonly tags?: readonly string[];
      /** The names of its category and those above it, from the top. */
      readonly category?: readonly string[];
    };

/** A small shop that contains only these products, oldest first, and queries with the expected first hit. */
export interface GoldenShop {
  readonly why: string;
  readonly products: readonly GoldenProduct[];
  /** `first` is null if no product may be found. `also` are other products that must be found, in any order. */
  readonly queries: readonly (readonly [query: string, first: string | null, also?: readonly string[]])[];
}
