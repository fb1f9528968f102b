export interface Operation {
  /** The name of its record in this folder, without `.md`. */
  readonly name: string;
  /** `answers` holds the data of earlier operations, by name. */
  readonly query: (answers: Answers) => string;
  readonly variables?: (answers: Answers) => Record<string, unknown>;
  /** Whether the answer reflects all events. Until then, the query is repeated. */
  readonly isSettled?: (data: Answers) => boolean;
}

// oxlint-disable-next-line typescript/no-explicit-any -- answers of unknown shape
export type Answers = Readonly<Record<string, any>>;

export const accountId = (answers: Answers): string => answers['create-account'].createAccount.id;
export const phoneId = (answers: Answers): string => answers['create-product'].createProduct.id;
export const cableId = (answers: Answers): string => answers['create-product-defaults'].createProduct.id;
export const categoryId = (answers: Answers): string => answers['create-category'].createCategory.category.id;
export const orderId = (answers: Answers): string => answers['create-order'].createOrder.id;
export const lineId = (answers: Answers): string => answers['order'].order.products[0].id;
