/** A kind of product: its name, the lowest and the highest usual price, and what it is good for. */
export type Kind = readonly [name: string, priceLow: number, priceHigh: number, about: string];

/** A top category: its brands (cheapest first), qualities and finishes apply to all kinds below it. */
export interface Department {
  readonly name: string;
  readonly brands: readonly string[];
  /** A word of the product's name, and a sentence of its description. */
  readonly qualities: readonly (readonly [name: string, about: string])[];
  /** The end of the product's name, whose words are tags. */
  readonly finishes: readonly string[];
  /** Kinds by the path of their category below this one: `Appliances > Coffee`. */
  readonly shelves: Readonly<Record<string, readonly Kind[]>>;
}
