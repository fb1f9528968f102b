/** A kind of product: its name, its lowest and highest usual price, and a description. */
export type Kind = readonly [name: string, priceLow: number, priceHigh: number, about: string];

/** A top-level category. Its brands (cheapest first), qualities and finishes apply to all kinds of products in it. */
export interface Department {
  readonly name: string;
  readonly brands: readonly string[];
  /** A word of the product name and a sentence of the description. */
  readonly qualities: readonly (readonly [name: string, about: string])[];
  /** The end of the product name; its words become tags. */
  readonly finishes: readonly string[];
  /** The kinds of products by the path of their category relative to this one: `Appliances > Coffee`. */
  readonly kindsByCategory: Readonly<Record<string, readonly Kind[]>>;
}
