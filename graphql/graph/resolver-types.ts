import type { Cursor as CursorValue } from './cursor.ts';
import type { Timestamp } from './scalars.ts';
import type { GraphQLResolveInfo, GraphQLScalarType, GraphQLScalarTypeConfig } from 'graphql';
import type { Account as AccountMessage } from '../../account/pb/account_pb.js';
import type { Product as ProductMessage, Category as CategoryMessage, Facets as FacetsMessage, PriceCount as PriceCountMessage, CategoryCount as CategoryCountMessage } from '../../catalog/pb/catalog_pb.js';
import type { ProductSearch } from './product-search.ts';
import type { NodeOrError } from './node.ts';
import type { Order as OrderMessage, OrderLine as OrderLineMessage } from '../../order/pb/order_pb.js';
import type { Context } from './context.ts';
export type Maybe<T> = T | null;
export type InputMaybe<T> = Maybe<T>;
export type Omit<T, K extends keyof T> = Pick<T, Exclude<keyof T, K>>;
export type RequireFields<T, K extends keyof T> = Omit<T, K> & { [P in K]-?: NonNullable<T[P]> };
/** All built-in and custom scalars, mapped to their actual values */
export type Scalars = {
  ID: { input: string; output: string; }
  String: { input: string; output: string; }
  Boolean: { input: boolean; output: boolean; }
  Int: { input: number; output: number; }
  Float: { input: number; output: number; }
  /** An opaque cursor: pass it back unchanged, to the same list with the same filter, order and parent. At most 200 characters. */
  Cursor: { input: string; output: CursorValue; }
  /** A moment in UTC, e.g. 2026-01-31T12:00:00.000Z (RFC 3339). Input may have another offset, such as +02:00. More than three decimal places of a second are rounded up. */
  DateTime: { input: number; output: Timestamp; }
  /** An exact amount in the shop's currency, e.g. 1199.99. More decimal places than the currency has are refused. At most 15 digits. */
  Money: { input: number; output: bigint; }
};

/** Who buys. */
export type Account = Node & {
  createdAt: Scalars['DateTime']['output'];
  id: Scalars['ID']['output'];
  name: Scalars['String']['output'];
  /** The newest 100 orders, newest first. Null, with an error, while orders cannot be reached. */
  orders: Maybe<Array<Order>>;
  /** All orders, newest first. first or last: 1 to 100, 20 if neither is given. */
  ordersConnection: Maybe<OrderConnection>;
};


/** Who buys. */
export type AccountOrdersConnectionArgs = {
  after?: InputMaybe<Scalars['Cursor']['input']>;
  before?: InputMaybe<Scalars['Cursor']['input']>;
  first?: InputMaybe<Scalars['Int']['input']>;
  last?: InputMaybe<Scalars['Int']['input']>;
};

export type AccountConnection = {
  edges: Array<AccountEdge>;
  nodes: Array<Account>;
  pageInfo: PageInfo;
};

export type AccountEdge = {
  cursor: Scalars['Cursor']['output'];
  node: Account;
};

export type AccountInput = {
  /** 1 to 200 characters. */
  name: Scalars['String']['input'];
};

/** Where products belong: a node of a tree of at most 8 levels. */
export type Category = Node & {
  /** From the top down to the parent. */
  ancestors: Array<Category>;
  /** By name; at most 100. */
  children: Array<Category>;
  id: Scalars['ID']['output'];
  name: Scalars['String']['output'];
  /** Null at the top. */
  parent: Maybe<Category>;
};

export type CategoryCount = {
  category: Category;
  count: Scalars['Int']['output'];
};

export type CategoryInput = {
  /** 1 to 100 characters. */
  name: Scalars['String']['input'];
  /** The category to put it into; left out or null: the top. */
  parentId?: InputMaybe<Scalars['ID']['input']>;
};

/** Write operations. The fields of one request run one after the other. */
export type Mutation = {
  /** Takes a product off sale for good; a second time changes nothing. Errors: INVALID_ARGUMENT, NOT_FOUND. */
  archiveProduct: Product;
  /** Opens an account. Errors: INVALID_ARGUMENT. */
  createAccount: Account;
  /** Adds a category. Errors: INVALID_ARGUMENT, CATEGORY_NOT_FOUND, CATEGORY_LIMIT_EXCEEDED. */
  createCategory: Category;
  /** Places an order at today's names and prices. Errors: INVALID_ARGUMENT, ACCOUNT_NOT_FOUND, PRODUCT_NOT_FOUND, PRODUCT_ARCHIVED. */
  createOrder: Order;
  /** Adds a product. Errors: INVALID_ARGUMENT, CATEGORY_NOT_FOUND. */
  createProduct: Product;
  /** Gives an account another name. Errors: INVALID_ARGUMENT, NOT_FOUND. */
  renameAccount: Account;
  /** Gives a category another name. Errors: INVALID_ARGUMENT, NOT_FOUND. */
  renameCategory: Category;
  /** Changes what is given, unless somebody else changed the product since the expected version. Errors: INVALID_ARGUMENT, NOT_FOUND, CATEGORY_NOT_FOUND, PRODUCT_ARCHIVED, VERSION_CONFLICT. */
  updateProduct: Product;
};


/** Write operations. The fields of one request run one after the other. */
export type MutationArchiveProductArgs = {
  id: Scalars['ID']['input'];
};


/** Write operations. The fields of one request run one after the other. */
export type MutationCreateAccountArgs = {
  account: AccountInput;
};


/** Write operations. The fields of one request run one after the other. */
export type MutationCreateCategoryArgs = {
  category: CategoryInput;
};


/** Write operations. The fields of one request run one after the other. */
export type MutationCreateOrderArgs = {
  order: OrderInput;
};


/** Write operations. The fields of one request run one after the other. */
export type MutationCreateProductArgs = {
  product: ProductInput;
};


/** Write operations. The fields of one request run one after the other. */
export type MutationRenameAccountArgs = {
  id: Scalars['ID']['input'];
  name: Scalars['String']['input'];
};


/** Write operations. The fields of one request run one after the other. */
export type MutationRenameCategoryArgs = {
  id: Scalars['ID']['input'];
  name: Scalars['String']['input'];
};


/** Write operations. The fields of one request run one after the other. */
export type MutationUpdateProductArgs = {
  expectedVersion: Scalars['Int']['input'];
  id: Scalars['ID']['input'];
  product: ProductChangeInput;
};

/** An object that has an id of its own (https://relay.dev/graphql/objectidentification.htm). */
export type Node = {
  /** A UUID that no other object of any type has. */
  id: Scalars['ID']['output'];
};

/** What was bought, by whom, at which price. */
export type Order = Node & {
  /** Null, with an error, while accounts cannot be reached. */
  account: Maybe<Account>;
  accountId: Scalars['ID']['output'];
  createdAt: Scalars['DateTime']['output'];
  id: Scalars['ID']['output'];
  products: Array<OrderedProduct>;
  status: OrderStatus;
  totalPrice: Scalars['Money']['output'];
  /** Grows by one with every change, from 1. */
  version: Scalars['Int']['output'];
};

export type OrderConnection = {
  edges: Array<OrderEdge>;
  nodes: Array<Order>;
  pageInfo: PageInfo;
};

export type OrderEdge = {
  cursor: Scalars['Cursor']['output'];
  node: Order;
};

/** Omitted or null fields are ignored. An order has to match all others. */
export type OrderFilterInput = {
  /** The accounts that placed the orders: 1 to 100. */
  accountIds?: InputMaybe<Array<Scalars['ID']['input']>>;
  /** The first moment of the period in which the orders were placed. */
  createdFrom?: InputMaybe<Scalars['DateTime']['input']>;
  /** The end of that period; this moment itself is not included. */
  createdTo?: InputMaybe<Scalars['DateTime']['input']>;
  /** The highest total price. */
  totalPriceMax?: InputMaybe<Scalars['Money']['input']>;
  /** The lowest total price. */
  totalPriceMin?: InputMaybe<Scalars['Money']['input']>;
};

export type OrderInput = {
  accountId: Scalars['ID']['input'];
  /** 1 to 100 items; items of the same product are added up. */
  products: Array<OrderProductInput>;
};

export type OrderProductInput = {
  productId: Scalars['ID']['input'];
  /** 1 to 10,000. */
  quantity: Scalars['Int']['input'];
};

/** Where an order is in its life. */
export type OrderStatus =
  /** The order is stored. */
  | 'PLACED';

/** A line of an order: a product as it was when the order was placed. */
export type OrderedProduct = {
  /** At most 500 characters: a longer one is cut and ends in an ellipsis. */
  description: Scalars['String']['output'];
  /** The id of the line. No other line of this or another order has it. */
  id: Scalars['ID']['output'];
  name: Scalars['String']['output'];
  /** The price of one. */
  price: Scalars['Money']['output'];
  /** The product as it is now. Null if it no longer exists; null with an error while the catalog cannot be reached. */
  product: Maybe<Product>;
  productId: Scalars['ID']['output'];
  quantity: Scalars['Int']['output'];
};

/** Where a page of a connection lies in its list (https://relay.dev/graphql/connections.htm). */
export type PageInfo = {
  endCursor: Maybe<Scalars['Cursor']['output']>;
  hasNextPage: Scalars['Boolean']['output'];
  hasPreviousPage: Scalars['Boolean']['output'];
  startCursor: Maybe<Scalars['Cursor']['output']>;
};

/** A part of a list, for short lists and first pages. Use a connection to walk a long list. */
export type PaginationInput = {
  /** How many items to pass over: 0 to 10,000. */
  skip: Scalars['Int']['input'];
  /** How many items to take at the most: 1 to 100. */
  take: Scalars['Int']['input'];
};

export type PriceBucket = {
  count: Scalars['Int']['output'];
  from: Scalars['Money']['output'];
  /** Not included; null: no end. */
  to: Maybe<Scalars['Money']['output']>;
};

/** What is sold. */
export type Product = Node & {
  /** When it was taken off sale; null while it is sold. */
  archivedAt: Maybe<Scalars['DateTime']['output']>;
  /** Null if it is in none. */
  category: Maybe<Category>;
  createdAt: Scalars['DateTime']['output'];
  description: Scalars['String']['output'];
  id: Scalars['ID']['output'];
  name: Scalars['String']['output'];
  price: Scalars['Money']['output'];
  /** In lower case, each once. */
  tags: Array<Scalars['String']['output']>;
  /** Grows by one with every change; updateProduct wants to know which one you saw. */
  version: Scalars['Int']['output'];
};

/** What is left out stays as it is. */
export type ProductChangeInput = {
  /** The category to put it in; null takes it out of its category. */
  categoryId?: InputMaybe<Scalars['ID']['input']>;
  /** At most 10,000 characters. */
  description?: InputMaybe<Scalars['String']['input']>;
  /** 1 to 200 characters. */
  name?: InputMaybe<Scalars['String']['input']>;
  /** Not negative. */
  price?: InputMaybe<Scalars['Money']['input']>;
  /** All of its tags from now on; null takes them away. */
  tags?: InputMaybe<Array<Scalars['String']['input']>>;
};

export type ProductConnection = {
  edges: Array<ProductEdge>;
  nodes: Array<Product>;
  pageInfo: PageInfo;
};

export type ProductEdge = {
  cursor: Scalars['Cursor']['output'];
  node: Product;
};

export type ProductFacets = {
  /** How many are in or below a category, whatever category the filter names; the 20 largest, largest first. */
  categories: Array<CategoryCount>;
  /** How many cost so much, whatever price the filter names; lowest first, without empty ranges. */
  priceBuckets: Array<PriceBucket>;
};

/** What is left out or null does not matter. */
export type ProductFilterInput = {
  /** In this category or below it. */
  categoryId?: InputMaybe<Scalars['ID']['input']>;
  /** The highest price. */
  priceMax?: InputMaybe<Scalars['Money']['input']>;
  /** The lowest price. */
  priceMin?: InputMaybe<Scalars['Money']['input']>;
  /** All of these: at most 20. */
  tags?: InputMaybe<Array<Scalars['String']['input']>>;
};

export type ProductInput = {
  /** The category to put it in. */
  categoryId?: InputMaybe<Scalars['ID']['input']>;
  /** At most 10,000 characters. */
  description: Scalars['String']['input'];
  /** 1 to 200 characters. */
  name: Scalars['String']['input'];
  /** Not negative. */
  price: Scalars['Money']['input'];
  /** At most 20 of 1 to 40 characters; kept in lower case. */
  tags?: InputMaybe<Array<Scalars['String']['input']>>;
};

export type ProductSearchConnection = {
  /** The query as it was probably meant, if nothing fits it as it stands; nodes are then near misses. */
  didYouMean: Maybe<Scalars['String']['output']>;
  edges: Array<ProductEdge>;
  facets: ProductFacets;
  nodes: Array<Product>;
  pageInfo: PageInfo;
  /** Exact up to 10,000, which stands for anything above it. */
  totalCount: Scalars['Int']['output'];
};

export type ProductSort =
  | 'NEWEST'
  | 'PRICE_ASC'
  | 'PRICE_DESC'
  /** Best first; newest first where there is no query. */
  | 'RELEVANCE';

export type ProductSuggestion = {
  product: Product;
  /** The product's name. */
  text: Scalars['String']['output'];
};

/** Read operations. */
export type Query = {
  /** One account, or null if there is none with this id. */
  account: Maybe<Account>;
  /** Accounts, newest first; with an id, that one or none. */
  accounts: Array<Account>;
  /** All accounts, newest first. first or last: 1 to 100, 20 if neither is given. */
  accountsConnection: AccountConnection;
  /** Products on sale that were ordered most, most first; a new order counts within about a second. first: 1 to 100. */
  bestSellers: Array<Product>;
  /** The categories at the top, or the children of one, by name; at most 100. */
  categories: Array<Category>;
  /** One category, or null if there is none with this id. */
  category: Maybe<Category>;
  /** One object by its id, or null if there is none with this id. */
  node: Maybe<Node>;
  /** Objects by their ids, in the order of the ids: null where there is none with this id. Null with an error where that cannot be found out. */
  nodes: Maybe<Array<Maybe<Node>>>;
  /** One order, or null if there is none with this id. */
  order: Maybe<Order>;
  /** Orders that match a filter, newest first. first or last: 1 to 100, 20 if neither is given. A page can have fewer orders than that although pageInfo says that there are more: at most 10,000 orders are searched for one page. */
  orders: Maybe<OrderConnection>;
  /** One product, also when it is archived, or null if there is none with this id. */
  product: Maybe<Product>;
  /** Products on sale: newest first, or the best match first when there is a query; with an id, that one or none. */
  products: Array<Product>;
  /** Products on sale that match a filter. first or last: 1 to 100, 20 if neither is given. */
  productsConnection: ProductConnection;
  /** Products on sale that match a query and a filter. first: 1 to 100. */
  searchProducts: ProductSearchConnection;
  /** Products on sale with a word in their name that begins so, of each name one: those whose name begins so first. first: 1 to 20. */
  suggestProducts: Array<ProductSuggestion>;
};


/** Read operations. */
export type QueryAccountArgs = {
  id: Scalars['ID']['input'];
};


/** Read operations. */
export type QueryAccountsArgs = {
  id?: InputMaybe<Scalars['ID']['input']>;
  pagination?: InputMaybe<PaginationInput>;
};


/** Read operations. */
export type QueryAccountsConnectionArgs = {
  after?: InputMaybe<Scalars['Cursor']['input']>;
  before?: InputMaybe<Scalars['Cursor']['input']>;
  first?: InputMaybe<Scalars['Int']['input']>;
  last?: InputMaybe<Scalars['Int']['input']>;
};


/** Read operations. */
export type QueryBestSellersArgs = {
  first: Scalars['Int']['input'];
};


/** Read operations. */
export type QueryCategoriesArgs = {
  parentId?: InputMaybe<Scalars['ID']['input']>;
};


/** Read operations. */
export type QueryCategoryArgs = {
  id: Scalars['ID']['input'];
};


/** Read operations. */
export type QueryNodeArgs = {
  id: Scalars['ID']['input'];
};


/** Read operations. */
export type QueryNodesArgs = {
  ids: Array<Scalars['ID']['input']>;
};


/** Read operations. */
export type QueryOrderArgs = {
  id: Scalars['ID']['input'];
};


/** Read operations. */
export type QueryOrdersArgs = {
  after?: InputMaybe<Scalars['Cursor']['input']>;
  before?: InputMaybe<Scalars['Cursor']['input']>;
  filter?: InputMaybe<OrderFilterInput>;
  first?: InputMaybe<Scalars['Int']['input']>;
  last?: InputMaybe<Scalars['Int']['input']>;
};


/** Read operations. */
export type QueryProductArgs = {
  id: Scalars['ID']['input'];
};


/** Read operations. */
export type QueryProductsArgs = {
  id?: InputMaybe<Scalars['ID']['input']>;
  pagination?: InputMaybe<PaginationInput>;
  query?: InputMaybe<Scalars['String']['input']>;
};


/** Read operations. */
export type QueryProductsConnectionArgs = {
  after?: InputMaybe<Scalars['Cursor']['input']>;
  before?: InputMaybe<Scalars['Cursor']['input']>;
  filter?: InputMaybe<ProductFilterInput>;
  first?: InputMaybe<Scalars['Int']['input']>;
  last?: InputMaybe<Scalars['Int']['input']>;
  sort: ProductSort;
};


/** Read operations. */
export type QuerySearchProductsArgs = {
  after?: InputMaybe<Scalars['Cursor']['input']>;
  filter?: InputMaybe<ProductFilterInput>;
  first: Scalars['Int']['input'];
  query?: InputMaybe<Scalars['String']['input']>;
  sort: ProductSort;
};


/** Read operations. */
export type QuerySuggestProductsArgs = {
  first: Scalars['Int']['input'];
  prefix: Scalars['String']['input'];
};



export type ResolverTypeWrapper<T> = Promise<T> | T;


export type ResolverWithResolve<TResult, TParent, TContext, TArgs> = {
  resolve: ResolverFn<TResult, TParent, TContext, TArgs>;
};
export type Resolver<TResult, TParent = Record<PropertyKey, never>, TContext = Record<PropertyKey, never>, TArgs = Record<PropertyKey, never>> = ResolverFn<TResult, TParent, TContext, TArgs> | ResolverWithResolve<TResult, TParent, TContext, TArgs>;

export type ResolverFn<TResult, TParent, TContext, TArgs> = (
  parent: TParent,
  args: TArgs,
  context: TContext,
  info: GraphQLResolveInfo
) => Promise<TResult> | TResult;

export type SubscriptionSubscribeFn<TResult, TParent, TContext, TArgs> = (
  parent: TParent,
  args: TArgs,
  context: TContext,
  info: GraphQLResolveInfo
) => AsyncIterable<TResult> | Promise<AsyncIterable<TResult>>;

export type SubscriptionResolveFn<TResult, TParent, TContext, TArgs> = (
  parent: TParent,
  args: TArgs,
  context: TContext,
  info: GraphQLResolveInfo
) => TResult | Promise<TResult>;

export interface SubscriptionSubscriberObject<TResult, TKey extends string, TParent, TContext, TArgs> {
  subscribe: SubscriptionSubscribeFn<{ [key in TKey]: TResult }, TParent, TContext, TArgs>;
  resolve?: SubscriptionResolveFn<TResult, { [key in TKey]: TResult }, TContext, TArgs>;
}

export interface SubscriptionResolverObject<TResult, TParent, TContext, TArgs> {
  subscribe: SubscriptionSubscribeFn<any, TParent, TContext, TArgs>;
  resolve: SubscriptionResolveFn<TResult, any, TContext, TArgs>;
}

export type SubscriptionObject<TResult, TKey extends string, TParent, TContext, TArgs> =
  | SubscriptionSubscriberObject<TResult, TKey, TParent, TContext, TArgs>
  | SubscriptionResolverObject<TResult, TParent, TContext, TArgs>;

export type SubscriptionResolver<TResult, TKey extends string, TParent = Record<PropertyKey, never>, TContext = Record<PropertyKey, never>, TArgs = Record<PropertyKey, never>> =
  | ((...args: any[]) => SubscriptionObject<TResult, TKey, TParent, TContext, TArgs>)
  | SubscriptionObject<TResult, TKey, TParent, TContext, TArgs>;

export type TypeResolveFn<TTypes, TParent = Record<PropertyKey, never>, TContext = Record<PropertyKey, never>> = (
  parent: TParent,
  context: TContext,
  info: GraphQLResolveInfo
) => Maybe<TTypes> | Promise<Maybe<TTypes>>;

export type IsTypeOfResolverFn<T = Record<PropertyKey, never>, TContext = Record<PropertyKey, never>> = (obj: T, context: TContext, info: GraphQLResolveInfo) => boolean | Promise<boolean>;

export type NextResolverFn<T> = () => Promise<T>;

export type DirectiveResolverFn<TResult = Record<PropertyKey, never>, TParent = Record<PropertyKey, never>, TContext = Record<PropertyKey, never>, TArgs = Record<PropertyKey, never>> = (
  next: NextResolverFn<TResult>,
  parent: TParent,
  args: TArgs,
  context: TContext,
  info: GraphQLResolveInfo
) => TResult | Promise<TResult>;





/** Mapping between all available schema types and the resolvers types */
export type ResolversTypes = {
  Account: ResolverTypeWrapper<AccountMessage>;
  AccountConnection: ResolverTypeWrapper<Omit<AccountConnection, 'edges' | 'nodes'> & { edges: Array<ResolversTypes['AccountEdge']>, nodes: Array<ResolversTypes['Account']> }>;
  AccountEdge: ResolverTypeWrapper<Omit<AccountEdge, 'node'> & { node: ResolversTypes['Account'] }>;
  AccountInput: AccountInput;
  Boolean: ResolverTypeWrapper<Scalars['Boolean']['output']>;
  Category: ResolverTypeWrapper<CategoryMessage>;
  CategoryCount: ResolverTypeWrapper<CategoryCountMessage>;
  CategoryInput: CategoryInput;
  Cursor: ResolverTypeWrapper<Scalars['Cursor']['output']>;
  DateTime: ResolverTypeWrapper<Scalars['DateTime']['output']>;
  ID: ResolverTypeWrapper<Scalars['ID']['output']>;
  Int: ResolverTypeWrapper<Scalars['Int']['output']>;
  Money: ResolverTypeWrapper<Scalars['Money']['output']>;
  Mutation: ResolverTypeWrapper<Record<PropertyKey, never>>;
  Node: ResolverTypeWrapper<NodeOrError>;
  Order: ResolverTypeWrapper<OrderMessage>;
  OrderConnection: ResolverTypeWrapper<Omit<OrderConnection, 'edges' | 'nodes'> & { edges: Array<ResolversTypes['OrderEdge']>, nodes: Array<ResolversTypes['Order']> }>;
  OrderEdge: ResolverTypeWrapper<Omit<OrderEdge, 'node'> & { node: ResolversTypes['Order'] }>;
  OrderFilterInput: OrderFilterInput;
  OrderInput: OrderInput;
  OrderProductInput: OrderProductInput;
  OrderStatus: OrderStatus;
  OrderedProduct: ResolverTypeWrapper<OrderLineMessage>;
  PageInfo: ResolverTypeWrapper<PageInfo>;
  PaginationInput: PaginationInput;
  PriceBucket: ResolverTypeWrapper<PriceCountMessage>;
  Product: ResolverTypeWrapper<ProductMessage>;
  ProductChangeInput: ProductChangeInput;
  ProductConnection: ResolverTypeWrapper<Omit<ProductConnection, 'edges' | 'nodes'> & { edges: Array<ResolversTypes['ProductEdge']>, nodes: Array<ResolversTypes['Product']> }>;
  ProductEdge: ResolverTypeWrapper<Omit<ProductEdge, 'node'> & { node: ResolversTypes['Product'] }>;
  ProductFacets: ResolverTypeWrapper<FacetsMessage>;
  ProductFilterInput: ProductFilterInput;
  ProductInput: ProductInput;
  ProductSearchConnection: ResolverTypeWrapper<ProductSearch>;
  ProductSort: ProductSort;
  ProductSuggestion: ResolverTypeWrapper<Omit<ProductSuggestion, 'product'> & { product: ResolversTypes['Product'] }>;
  Query: ResolverTypeWrapper<Record<PropertyKey, never>>;
  String: ResolverTypeWrapper<Scalars['String']['output']>;
};

/** Mapping between all available schema types and the resolvers parents */
export type ResolversParentTypes = {
  Account: AccountMessage;
  AccountConnection: Omit<AccountConnection, 'edges' | 'nodes'> & { edges: Array<ResolversParentTypes['AccountEdge']>, nodes: Array<ResolversParentTypes['Account']> };
  AccountEdge: Omit<AccountEdge, 'node'> & { node: ResolversParentTypes['Account'] };
  AccountInput: AccountInput;
  Boolean: Scalars['Boolean']['output'];
  Category: CategoryMessage;
  CategoryCount: CategoryCountMessage;
  CategoryInput: CategoryInput;
  Cursor: Scalars['Cursor']['output'];
  DateTime: Scalars['DateTime']['output'];
  ID: Scalars['ID']['output'];
  Int: Scalars['Int']['output'];
  Money: Scalars['Money']['output'];
  Mutation: Record<PropertyKey, never>;
  Node: NodeOrError;
  Order: OrderMessage;
  OrderConnection: Omit<OrderConnection, 'edges' | 'nodes'> & { edges: Array<ResolversParentTypes['OrderEdge']>, nodes: Array<ResolversParentTypes['Order']> };
  OrderEdge: Omit<OrderEdge, 'node'> & { node: ResolversParentTypes['Order'] };
  OrderFilterInput: OrderFilterInput;
  OrderInput: OrderInput;
  OrderProductInput: OrderProductInput;
  OrderedProduct: OrderLineMessage;
  PageInfo: PageInfo;
  PaginationInput: PaginationInput;
  PriceBucket: PriceCountMessage;
  Product: ProductMessage;
  ProductChangeInput: ProductChangeInput;
  ProductConnection: Omit<ProductConnection, 'edges' | 'nodes'> & { edges: Array<ResolversParentTypes['ProductEdge']>, nodes: Array<ResolversParentTypes['Product']> };
  ProductEdge: Omit<ProductEdge, 'node'> & { node: ResolversParentTypes['Product'] };
  ProductFacets: FacetsMessage;
  ProductFilterInput: ProductFilterInput;
  ProductInput: ProductInput;
  ProductSearchConnection: ProductSearch;
  ProductSuggestion: Omit<ProductSuggestion, 'product'> & { product: ResolversParentTypes['Product'] };
  Query: Record<PropertyKey, never>;
  String: Scalars['String']['output'];
};

export type CostDirectiveArgs = {
  weight: Scalars['String']['input'];
};

export type CostDirectiveResolver<Result, Parent, ContextType = Context, Args = CostDirectiveArgs> = DirectiveResolverFn<Result, Parent, ContextType, Args>;

export type ListSizeDirectiveArgs = {
  assumedSize?: Maybe<Scalars['Int']['input']>;
  sizedFields?: Maybe<Array<Scalars['String']['input']>>;
  slicingArguments?: Maybe<Array<Scalars['String']['input']>>;
};

export type ListSizeDirectiveResolver<Result, Parent, ContextType = Context, Args = ListSizeDirectiveArgs> = DirectiveResolverFn<Result, Parent, ContextType, Args>;

export type AccountResolvers<ContextType = Context, ParentType extends ResolversParentTypes['Account'] = ResolversParentTypes['Account']> = {
  createdAt?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
  id?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  name?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  orders?: Resolver<Maybe<Array<ResolversTypes['Order']>>, ParentType, ContextType>;
  ordersConnection?: Resolver<Maybe<ResolversTypes['OrderConnection']>, ParentType, ContextType, Partial<AccountOrdersConnectionArgs>>;
  __isTypeOf?: IsTypeOfResolverFn<ParentType, ContextType>;
};

export type AccountConnectionResolvers<ContextType = Context, ParentType extends ResolversParentTypes['AccountConnection'] = ResolversParentTypes['AccountConnection']> = {
  edges?: Resolver<Array<ResolversTypes['AccountEdge']>, ParentType, ContextType>;
  nodes?: Resolver<Array<ResolversTypes['Account']>, ParentType, ContextType>;
  pageInfo?: Resolver<ResolversTypes['PageInfo'], ParentType, ContextType>;
};

export type AccountEdgeResolvers<ContextType = Context, ParentType extends ResolversParentTypes['AccountEdge'] = ResolversParentTypes['AccountEdge']> = {
  cursor?: Resolver<ResolversTypes['Cursor'], ParentType, ContextType>;
  node?: Resolver<ResolversTypes['Account'], ParentType, ContextType>;
};

export type CategoryResolvers<ContextType = Context, ParentType extends ResolversParentTypes['Category'] = ResolversParentTypes['Category']> = {
  ancestors?: Resolver<Array<ResolversTypes['Category']>, ParentType, ContextType>;
  children?: Resolver<Array<ResolversTypes['Category']>, ParentType, ContextType>;
  id?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  name?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  parent?: Resolver<Maybe<ResolversTypes['Category']>, ParentType, ContextType>;
  __isTypeOf?: IsTypeOfResolverFn<ParentType, ContextType>;
};

export type CategoryCountResolvers<ContextType = Context, ParentType extends ResolversParentTypes['CategoryCount'] = ResolversParentTypes['CategoryCount']> = {
  category?: Resolver<ResolversTypes['Category'], ParentType, ContextType>;
  count?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
};

export interface CursorScalarConfig extends GraphQLScalarTypeConfig<ResolversTypes['Cursor'], any> {
  name: 'Cursor';
}

export interface DateTimeScalarConfig extends GraphQLScalarTypeConfig<ResolversTypes['DateTime'], any> {
  name: 'DateTime';
}

export interface MoneyScalarConfig extends GraphQLScalarTypeConfig<ResolversTypes['Money'], any> {
  name: 'Money';
}

export type MutationResolvers<ContextType = Context, ParentType extends ResolversParentTypes['Mutation'] = ResolversParentTypes['Mutation']> = {
  archiveProduct?: Resolver<ResolversTypes['Product'], ParentType, ContextType, RequireFields<MutationArchiveProductArgs, 'id'>>;
  createAccount?: Resolver<ResolversTypes['Account'], ParentType, ContextType, RequireFields<MutationCreateAccountArgs, 'account'>>;
  createCategory?: Resolver<ResolversTypes['Category'], ParentType, ContextType, RequireFields<MutationCreateCategoryArgs, 'category'>>;
  createOrder?: Resolver<ResolversTypes['Order'], ParentType, ContextType, RequireFields<MutationCreateOrderArgs, 'order'>>;
  createProduct?: Resolver<ResolversTypes['Product'], ParentType, ContextType, RequireFields<MutationCreateProductArgs, 'product'>>;
  renameAccount?: Resolver<ResolversTypes['Account'], ParentType, ContextType, RequireFields<MutationRenameAccountArgs, 'id' | 'name'>>;
  renameCategory?: Resolver<ResolversTypes['Category'], ParentType, ContextType, RequireFields<MutationRenameCategoryArgs, 'id' | 'name'>>;
  updateProduct?: Resolver<ResolversTypes['Product'], ParentType, ContextType, RequireFields<MutationUpdateProductArgs, 'expectedVersion' | 'id' | 'product'>>;
};

export type NodeResolvers<ContextType = Context, ParentType extends ResolversParentTypes['Node'] = ResolversParentTypes['Node']> = {
  __resolveType: TypeResolveFn<'Account' | 'Category' | 'Order' | 'Product', ParentType, ContextType>;
};

export type OrderResolvers<ContextType = Context, ParentType extends ResolversParentTypes['Order'] = ResolversParentTypes['Order']> = {
  account?: Resolver<Maybe<ResolversTypes['Account']>, ParentType, ContextType>;
  accountId?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  createdAt?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
  id?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  products?: Resolver<Array<ResolversTypes['OrderedProduct']>, ParentType, ContextType>;
  status?: Resolver<ResolversTypes['OrderStatus'], ParentType, ContextType>;
  totalPrice?: Resolver<ResolversTypes['Money'], ParentType, ContextType>;
  version?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  __isTypeOf?: IsTypeOfResolverFn<ParentType, ContextType>;
};

export type OrderConnectionResolvers<ContextType = Context, ParentType extends ResolversParentTypes['OrderConnection'] = ResolversParentTypes['OrderConnection']> = {
  edges?: Resolver<Array<ResolversTypes['OrderEdge']>, ParentType, ContextType>;
  nodes?: Resolver<Array<ResolversTypes['Order']>, ParentType, ContextType>;
  pageInfo?: Resolver<ResolversTypes['PageInfo'], ParentType, ContextType>;
};

export type OrderEdgeResolvers<ContextType = Context, ParentType extends ResolversParentTypes['OrderEdge'] = ResolversParentTypes['OrderEdge']> = {
  cursor?: Resolver<ResolversTypes['Cursor'], ParentType, ContextType>;
  node?: Resolver<ResolversTypes['Order'], ParentType, ContextType>;
};

export type OrderedProductResolvers<ContextType = Context, ParentType extends ResolversParentTypes['OrderedProduct'] = ResolversParentTypes['OrderedProduct']> = {
  description?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  id?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  name?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  price?: Resolver<ResolversTypes['Money'], ParentType, ContextType>;
  product?: Resolver<Maybe<ResolversTypes['Product']>, ParentType, ContextType>;
  productId?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  quantity?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
};

export type PageInfoResolvers<ContextType = Context, ParentType extends ResolversParentTypes['PageInfo'] = ResolversParentTypes['PageInfo']> = {
  endCursor?: Resolver<Maybe<ResolversTypes['Cursor']>, ParentType, ContextType>;
  hasNextPage?: Resolver<ResolversTypes['Boolean'], ParentType, ContextType>;
  hasPreviousPage?: Resolver<ResolversTypes['Boolean'], ParentType, ContextType>;
  startCursor?: Resolver<Maybe<ResolversTypes['Cursor']>, ParentType, ContextType>;
};

export type PriceBucketResolvers<ContextType = Context, ParentType extends ResolversParentTypes['PriceBucket'] = ResolversParentTypes['PriceBucket']> = {
  count?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  from?: Resolver<ResolversTypes['Money'], ParentType, ContextType>;
  to?: Resolver<Maybe<ResolversTypes['Money']>, ParentType, ContextType>;
};

export type ProductResolvers<ContextType = Context, ParentType extends ResolversParentTypes['Product'] = ResolversParentTypes['Product']> = {
  archivedAt?: Resolver<Maybe<ResolversTypes['DateTime']>, ParentType, ContextType>;
  category?: Resolver<Maybe<ResolversTypes['Category']>, ParentType, ContextType>;
  createdAt?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
  description?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  id?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  name?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  price?: Resolver<ResolversTypes['Money'], ParentType, ContextType>;
  tags?: Resolver<Array<ResolversTypes['String']>, ParentType, ContextType>;
  version?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  __isTypeOf?: IsTypeOfResolverFn<ParentType, ContextType>;
};

export type ProductConnectionResolvers<ContextType = Context, ParentType extends ResolversParentTypes['ProductConnection'] = ResolversParentTypes['ProductConnection']> = {
  edges?: Resolver<Array<ResolversTypes['ProductEdge']>, ParentType, ContextType>;
  nodes?: Resolver<Array<ResolversTypes['Product']>, ParentType, ContextType>;
  pageInfo?: Resolver<ResolversTypes['PageInfo'], ParentType, ContextType>;
};

export type ProductEdgeResolvers<ContextType = Context, ParentType extends ResolversParentTypes['ProductEdge'] = ResolversParentTypes['ProductEdge']> = {
  cursor?: Resolver<ResolversTypes['Cursor'], ParentType, ContextType>;
  node?: Resolver<ResolversTypes['Product'], ParentType, ContextType>;
};

export type ProductFacetsResolvers<ContextType = Context, ParentType extends ResolversParentTypes['ProductFacets'] = ResolversParentTypes['ProductFacets']> = {
  categories?: Resolver<Array<ResolversTypes['CategoryCount']>, ParentType, ContextType>;
  priceBuckets?: Resolver<Array<ResolversTypes['PriceBucket']>, ParentType, ContextType>;
};

export type ProductSearchConnectionResolvers<ContextType = Context, ParentType extends ResolversParentTypes['ProductSearchConnection'] = ResolversParentTypes['ProductSearchConnection']> = {
  didYouMean?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  edges?: Resolver<Array<ResolversTypes['ProductEdge']>, ParentType, ContextType>;
  facets?: Resolver<ResolversTypes['ProductFacets'], ParentType, ContextType>;
  nodes?: Resolver<Array<ResolversTypes['Product']>, ParentType, ContextType>;
  pageInfo?: Resolver<ResolversTypes['PageInfo'], ParentType, ContextType>;
  totalCount?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
};

export type ProductSuggestionResolvers<ContextType = Context, ParentType extends ResolversParentTypes['ProductSuggestion'] = ResolversParentTypes['ProductSuggestion']> = {
  product?: Resolver<ResolversTypes['Product'], ParentType, ContextType>;
  text?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
};

export type QueryResolvers<ContextType = Context, ParentType extends ResolversParentTypes['Query'] = ResolversParentTypes['Query']> = {
  account?: Resolver<Maybe<ResolversTypes['Account']>, ParentType, ContextType, RequireFields<QueryAccountArgs, 'id'>>;
  accounts?: Resolver<Array<ResolversTypes['Account']>, ParentType, ContextType, Partial<QueryAccountsArgs>>;
  accountsConnection?: Resolver<ResolversTypes['AccountConnection'], ParentType, ContextType, Partial<QueryAccountsConnectionArgs>>;
  bestSellers?: Resolver<Array<ResolversTypes['Product']>, ParentType, ContextType, RequireFields<QueryBestSellersArgs, 'first'>>;
  categories?: Resolver<Array<ResolversTypes['Category']>, ParentType, ContextType, Partial<QueryCategoriesArgs>>;
  category?: Resolver<Maybe<ResolversTypes['Category']>, ParentType, ContextType, RequireFields<QueryCategoryArgs, 'id'>>;
  node?: Resolver<Maybe<ResolversTypes['Node']>, ParentType, ContextType, RequireFields<QueryNodeArgs, 'id'>>;
  nodes?: Resolver<Maybe<Array<Maybe<ResolversTypes['Node']>>>, ParentType, ContextType, RequireFields<QueryNodesArgs, 'ids'>>;
  order?: Resolver<Maybe<ResolversTypes['Order']>, ParentType, ContextType, RequireFields<QueryOrderArgs, 'id'>>;
  orders?: Resolver<Maybe<ResolversTypes['OrderConnection']>, ParentType, ContextType, Partial<QueryOrdersArgs>>;
  product?: Resolver<Maybe<ResolversTypes['Product']>, ParentType, ContextType, RequireFields<QueryProductArgs, 'id'>>;
  products?: Resolver<Array<ResolversTypes['Product']>, ParentType, ContextType, Partial<QueryProductsArgs>>;
  productsConnection?: Resolver<ResolversTypes['ProductConnection'], ParentType, ContextType, RequireFields<QueryProductsConnectionArgs, 'sort'>>;
  searchProducts?: Resolver<ResolversTypes['ProductSearchConnection'], ParentType, ContextType, RequireFields<QuerySearchProductsArgs, 'first' | 'sort'>>;
  suggestProducts?: Resolver<Array<ResolversTypes['ProductSuggestion']>, ParentType, ContextType, RequireFields<QuerySuggestProductsArgs, 'first' | 'prefix'>>;
};

export type Resolvers<ContextType = Context> = {
  Account?: AccountResolvers<ContextType>;
  AccountConnection?: AccountConnectionResolvers<ContextType>;
  AccountEdge?: AccountEdgeResolvers<ContextType>;
  Category?: CategoryResolvers<ContextType>;
  CategoryCount?: CategoryCountResolvers<ContextType>;
  Cursor?: GraphQLScalarType;
  DateTime?: GraphQLScalarType;
  Money?: GraphQLScalarType;
  Mutation?: MutationResolvers<ContextType>;
  Node?: NodeResolvers<ContextType>;
  Order?: OrderResolvers<ContextType>;
  OrderConnection?: OrderConnectionResolvers<ContextType>;
  OrderEdge?: OrderEdgeResolvers<ContextType>;
  OrderedProduct?: OrderedProductResolvers<ContextType>;
  PageInfo?: PageInfoResolvers<ContextType>;
  PriceBucket?: PriceBucketResolvers<ContextType>;
  Product?: ProductResolvers<ContextType>;
  ProductConnection?: ProductConnectionResolvers<ContextType>;
  ProductEdge?: ProductEdgeResolvers<ContextType>;
  ProductFacets?: ProductFacetsResolvers<ContextType>;
  ProductSearchConnection?: ProductSearchConnectionResolvers<ContextType>;
  ProductSuggestion?: ProductSuggestionResolvers<ContextType>;
  Query?: QueryResolvers<ContextType>;
};

export type DirectiveResolvers<ContextType = Context> = {
  cost?: CostDirectiveResolver<any, any, ContextType>;
  listSize?: ListSizeDirectiveResolver<any, any, ContextType>;
};
