import type { Cursor as CursorValue } from './cursor.ts';
import type { Timestamp } from './scalars.ts';
import type { GraphQLResolveInfo, GraphQLScalarType, GraphQLScalarTypeConfig } from 'graphql';
import type { Tokens as TokensMessage, Session as SessionMessage, Account as AccountMessage } from '../../account/pb/account_pb.js';
import type { Product as ProductMessage, Category as CategoryMessage, Facets as FacetsMessage, PriceCount as PriceCountMessage, TagCount as TagCountMessage, CategoryCount as CategoryCountMessage } from '../../catalog/pb/catalog_pb.js';
import type { Shop as ShopModel } from '../shop.ts';
import type { ProductSearch } from './product-search.ts';
import type { NodeOrError } from './node-message.ts';
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
  /** An opaque cursor of at most 200 characters: pass it back unchanged, to the same list with the same query, filter, sort and parent. */
  Cursor: { input: string; output: CursorValue; }
  /** A time in UTC, e.g. 2026-01-31T12:00:00.000Z (RFC 3339). Input can have another offset, e.g. +02:00. More than three decimals of a second are rounded up. */
  DateTime: { input: number; output: Timestamp; }
  /** An exact amount in the currency of the shop (`shop { currency }`), e.g. 1199.99: a JSON number of at most 15 digits, with no more decimals than the currency has. Input can also be a string, e.g. "1199.99". */
  Money: { input: number; output: bigint; }
};

/** A customer account. */
export type Account = Node & {
  /** The time at which the account was created. */
  createdAt: Scalars['DateTime']['output'];
  /** The id of the account, a UUID. */
  id: Scalars['ID']['output'];
  /** The name of the customer: 1 to 200 characters. */
  name: Scalars['String']['output'];
  /** The newest 100 orders of the account, newest first. Null with an error while orders are unavailable. */
  orders: Maybe<Array<Order>>;
  /** All orders of the account, newest first. Null with an error while orders are unavailable. */
  ordersConnection: Maybe<OrderConnection>;
};


/** A customer account. */
export type AccountOrdersConnectionArgs = {
  after?: InputMaybe<Scalars['Cursor']['input']>;
  before?: InputMaybe<Scalars['Cursor']['input']>;
  first?: InputMaybe<Scalars['Int']['input']>;
  last?: InputMaybe<Scalars['Int']['input']>;
};

/** A page of accounts. */
export type AccountConnection = {
  /** The items of the page with their cursors. */
  edges: Array<AccountEdge>;
  /** The items of the page. */
  nodes: Array<Account>;
  /** The position of the page in the list. */
  pageInfo: PageInfo;
};

/** An account and its position in the list. */
export type AccountEdge = {
  /** The cursor of the item. */
  cursor: Scalars['Cursor']['output'];
  /** The item. */
  node: Account;
};

/** An account to create. */
export type AccountInput = {
  /** The name of the customer: 1 to 200 characters. */
  name: Scalars['String']['input'];
};

/** The input of archiveProduct. */
export type ArchiveProductInput = {
  /** The id of the product to archive. */
  id: Scalars['ID']['input'];
};

/** The result of archiveProduct. */
export type ArchiveProductPayload = {
  /** The archived product. Null if there are user errors. */
  product: Maybe<Product>;
  /** The mistakes in the input. Empty if the mutation succeeded. */
  userErrors: Array<UserError>;
};

/** A kind of caller. All but PUBLIC and OWNER are roles in the access token. */
export type Caller =
  /** Staff that may do everything. */
  | 'ADMIN'
  /** Staff that maintains products and categories. */
  | 'CATALOG_MANAGER'
  /** A customer who is signed in, for the own account and its orders. Those of others do not exist for this caller. */
  | 'OWNER'
  /** Everybody, signed in or not. */
  | 'PUBLIC'
  /** A program of the shop. */
  | 'SERVICE'
  /** Staff that helps customers. */
  | 'SUPPORT';

/** A category of products. Categories form a tree of at most 8 levels. */
export type Category = Node & {
  /** The categories above this one, from the top-level category to the parent. Empty for a top-level category. */
  ancestors: Maybe<Array<Category>>;
  /** The child categories, sorted by name. */
  children: Maybe<Array<Category>>;
  /** The id of the category, a UUID. */
  id: Scalars['ID']['output'];
  /** The name of the category: 1 to 100 characters. */
  name: Scalars['String']['output'];
  /** The parent category. Null for a top-level category. */
  parent: Maybe<Category>;
};


/** A category of products. Categories form a tree of at most 8 levels. */
export type CategoryChildrenArgs = {
  first: Scalars['Int']['input'];
};

/** A category and the number of found products in it and below it. */
export type CategoryCount = {
  /** The category. Null with an error while categories are unavailable. */
  category: Maybe<Category>;
  /** The number of products. */
  count: Scalars['Int']['output'];
};

/** A change of the caller's password. */
export type ChangePasswordInput = {
  /** The password that is replaced. */
  currentPassword: Scalars['String']['input'];
  /** 8 to 128 characters of any kind. */
  newPassword: Scalars['String']['input'];
};

/** The result of changePassword. */
export type ChangePasswordPayload = {
  /** Mistakes in the input. Empty if the password was changed. */
  userErrors: Array<UserError>;
};

/** A token that confirms a new e-mail address. */
export type ConfirmEmailChangeInput = {
  /** The token in the e-mail. */
  token: Scalars['String']['input'];
};

/** The result of confirmEmailChange. */
export type ConfirmEmailChangePayload = {
  /** Mistakes in the input. Empty if the address was changed. */
  userErrors: Array<UserError>;
};

/** The input of createCategory. */
export type CreateCategoryInput = {
  /** The name of the category: 1 to 100 characters. It must differ from the names of its siblings in more than case and accents. */
  name: Scalars['String']['input'];
  /** The id of the parent category. Omitted or null: a top-level category. */
  parentId?: InputMaybe<Scalars['ID']['input']>;
};

/** The result of createCategory. */
export type CreateCategoryPayload = {
  /** The new category. Null if there are user errors. */
  category: Maybe<Category>;
  /** The mistakes in the input. Empty if the mutation succeeded. */
  userErrors: Array<UserError>;
};

/** A currency of ISO 4217. */
export type Currency = {
  /** The three-letter code of ISO 4217, e.g. USD. */
  code: Scalars['String']['output'];
  /** The maximum number of decimals of an amount, e.g. 2 for USD and 0 for JPY. */
  decimals: Scalars['Int']['output'];
};

/** The password of an account to delete. */
export type DeleteMyAccountInput = {
  /** The password of the caller. */
  password: Scalars['String']['input'];
};

/** The result of deleteMyAccount. */
export type DeleteMyAccountPayload = {
  /** Mistakes in the input. Empty if the account was deleted. */
  userErrors: Array<UserError>;
};

/** Every code that an error can have, in `extensions.code` of an error or in `UserError.code`. */
export type ErrorCode =
  /** An order names an account that does not exist. Choose another account. */
  | 'ACCOUNT_NOT_FOUND'
  /** The HTTP request is malformed, e.g. its body is not JSON. Correct the client. */
  | 'BAD_REQUEST'
  /** The HTTP body has more bytes than the gateway accepts. Send less in one request. */
  | 'BODY_TOO_LARGE'
  /** The client closed the request before the response was ready. Clients do not receive this code; it appears in logs and metrics of services. */
  | 'CANCELLED'
  /** The tree of categories has reached its maximum depth, width or size. Use another parent. */
  | 'CATEGORY_LIMIT_EXCEEDED'
  /** A category with the same parent has this name; case and accents are ignored. Choose another name. */
  | 'CATEGORY_NAME_TAKEN'
  /** A product or a category names a category that does not exist. Choose another category. */
  | 'CATEGORY_NOT_FOUND'
  /** The response was not ready in time, or the request did not arrive in time. A mutation may or may not have taken effect: retry it with the same idempotency key, or read the entity first. */
  | 'DEADLINE_EXCEEDED'
  /** The HTTP request has an Expect header other than 100-continue. Remove the header. */
  | 'EXPECTATION_FAILED'
  /** The document is too long, too deep or too expensive. The message names the limit. Ask for smaller pages or fewer fields. */
  | 'GRAPHQL_LIMIT_EXCEEDED'
  /** The document is not valid GraphQL syntax. Correct the document. */
  | 'GRAPHQL_PARSE_FAILED'
  /** The document does not match the schema, e.g. it selects an unknown field. Correct the document. */
  | 'GRAPHQL_VALIDATION_FAILED'
  /** The HTTP headers have more bytes than the gateway accepts. Send fewer or shorter headers. */
  | 'HEADERS_TOO_LARGE'
  /** Another request with the same idempotency key is in progress. Wait a moment, then retry with the same key. */
  | 'IDEMPOTENCY_IN_PROGRESS'
  /** The idempotency key belongs to a request of the last 24 hours with another input. Use a new key for each new entity. */
  | 'IDEMPOTENCY_KEY_REUSED'
  /** An internal error of the server. Report it with the `requestId`. */
  | 'INTERNAL'
  /** A value is missing, has the wrong type or is out of bounds. `field` names it, the message names the bound. */
  | 'INVALID_ARGUMENT'
  /** The e-mail address or the password is wrong. Ask for them again. */
  | 'INVALID_CREDENTIALS'
  /** The cursor is damaged, or it belongs to another list or to the same list with another query, filter, sort or parent. Start again without a cursor. */
  | 'INVALID_CURSOR'
  /** The token of an e-mail or the refresh token is unknown, expired or used. Request a new e-mail, or sign in again. */
  | 'INVALID_TOKEN'
  /** The HTTP method is not allowed, e.g. a mutation with GET. Use POST. */
  | 'METHOD_NOT_ALLOWED'
  /** The Host header names a host that the gateway does not serve. Correct the URL, or add the name to ALLOWED_HOSTS. */
  | 'MISDIRECTED_REQUEST'
  /** The Accept header allows no media type of GraphQL over HTTP. Accept `application/graphql-response+json` or `application/json`. */
  | 'NOT_ACCEPTABLE'
  /** The entity that `field` names does not exist. Check the id. */
  | 'NOT_FOUND'
  /** The document has no operation with this `operationName`, or several operations and no `operationName`. The message lists the names. */
  | 'OPERATION_NOT_FOUND'
  /** The caller lacks the role that the field requires (`@access` in the schema). Sign in with another account. */
  | 'PERMISSION_DENIED'
  /** The request contains the hash of a document but not the document. Send the document; Apollo Client does this automatically. */
  | 'PERSISTED_QUERY_NOT_SUPPORTED'
  /** The order would have another total price than `expectedTotal`. Show `extensions.totalPrice` to the buyer, then retry with it. */
  | 'PRICE_CHANGED'
  /** The product is no longer sold: it cannot be ordered or changed. Remove it. */
  | 'PRODUCT_ARCHIVED'
  /** An order names a product that does not exist. Remove the item. */
  | 'PRODUCT_NOT_FOUND'
  /** The caller has sent too many requests. Wait for the seconds in the Retry-After header. */
  | 'RATE_LIMITED'
  /** A limit of work in progress is reached, or the data is too much to read at once. Wait before you retry, or ask for less. */
  | 'RESOURCE_EXHAUSTED'
  /** The response would have too many bytes or items. Ask for smaller pages or fewer fields. */
  | 'RESPONSE_TOO_LARGE'
  /** There were too many attempts. Wait for `extensions.retryAfterSeconds`. */
  | 'TOO_MANY_ATTEMPTS'
  /** The access token is missing, invalid, expired or revoked. Refresh it, or sign in again. */
  | 'UNAUTHENTICATED'
  /** A service or engine cannot be reached. Retry later. */
  | 'UNAVAILABLE'
  /** The HTTP body has a media type other than `application/json`, a charset other than UTF-8, or a content coding. Send plain JSON. */
  | 'UNSUPPORTED_MEDIA_TYPE'
  /** The entity has changed since you read it. Read it again, then retry with its new version. */
  | 'VERSION_CONFLICT';

/** The e-mail address and the password of an account. */
export type LoginInput = {
  /** Whether the refresh token is set as a cookie for browsers (`__Host-refresh`: HttpOnly, Secure, SameSite=Strict) instead of being returned. */
  cookie: Scalars['Boolean']['input'];
  /** The e-mail address of the account. */
  email: Scalars['String']['input'];
  /** The password of the account. */
  password: Scalars['String']['input'];
};

/** The result of login. */
export type LoginPayload = {
  /** The tokens of the new session. Null if there are user errors. */
  tokens: Maybe<Tokens>;
  /** Mistakes in the input. Empty if the account has signed in. */
  userErrors: Array<UserError>;
};

/** The result of logout. */
export type LogoutPayload = {
  /** Always empty. */
  userErrors: Array<UserError>;
};

/** Write operations. The fields of one request run one after the other. */
export type Mutation = {
  /** Takes a product off sale permanently. Archiving it again has no effect. User errors: INVALID_ARGUMENT, NOT_FOUND. */
  archiveProduct: Maybe<ArchiveProductPayload>;
  /** Changes the password of the caller and ends the caller's other sessions. User errors: INVALID_ARGUMENT, INVALID_CREDENTIALS. Errors: UNAUTHENTICATED, TOO_MANY_ATTEMPTS, RESOURCE_EXHAUSTED. */
  changePassword: Maybe<ChangePasswordPayload>;
  /** Sets the new e-mail address of the caller, and tells the old address. User errors: INVALID_TOKEN. Errors: UNAUTHENTICATED. */
  confirmEmailChange: Maybe<ConfirmEmailChangePayload>;
  /** Creates an account. Errors: INVALID_ARGUMENT, IDEMPOTENCY_KEY_REUSED, IDEMPOTENCY_IN_PROGRESS. */
  createAccount: Maybe<Account>;
  /** Creates a category. User errors: INVALID_ARGUMENT, CATEGORY_NOT_FOUND, CATEGORY_NAME_TAKEN, CATEGORY_LIMIT_EXCEEDED. Errors: IDEMPOTENCY_KEY_REUSED, IDEMPOTENCY_IN_PROGRESS. */
  createCategory: Maybe<CreateCategoryPayload>;
  /** Places an order with the current names and prices of the products. Errors: INVALID_ARGUMENT, ACCOUNT_NOT_FOUND, PRODUCT_NOT_FOUND, PRODUCT_ARCHIVED, PRICE_CHANGED, IDEMPOTENCY_KEY_REUSED, IDEMPOTENCY_IN_PROGRESS. */
  createOrder: Maybe<Order>;
  /** Creates a product. Errors: INVALID_ARGUMENT, CATEGORY_NOT_FOUND, IDEMPOTENCY_KEY_REUSED, IDEMPOTENCY_IN_PROGRESS. */
  createProduct: Maybe<Product>;
  /** Deletes the account of the caller: erases its e-mail address, name and password, and ends its sessions. Its orders stay without this data. User errors: INVALID_CREDENTIALS. Errors: UNAUTHENTICATED, TOO_MANY_ATTEMPTS, RESOURCE_EXHAUSTED. */
  deleteMyAccount: Maybe<DeleteMyAccountPayload>;
  /** Signs in. User errors: INVALID_ARGUMENT, INVALID_CREDENTIALS. Errors: TOO_MANY_ATTEMPTS, RESOURCE_EXHAUSTED. */
  login: Maybe<LoginPayload>;
  /** Ends the session of the caller. Its access token is refused after at most two seconds. Errors: UNAUTHENTICATED. */
  logout: Maybe<LogoutPayload>;
  /** Replaces the tokens of a session. A refresh token can be used once; if it is used again, the session is revoked. User errors: INVALID_TOKEN. */
  refreshSession: Maybe<RefreshSessionPayload>;
  /** Renames an account. User errors: INVALID_ARGUMENT, NOT_FOUND. */
  renameAccount: Maybe<RenameAccountPayload>;
  /** Renames a category. User errors: INVALID_ARGUMENT, NOT_FOUND, CATEGORY_NAME_TAKEN. */
  renameCategory: Maybe<RenameCategoryPayload>;
  /** Sends an e-mail with a token for confirmEmailChange to a new address of the caller. The answer is the same if the address has an account. User errors: INVALID_ARGUMENT, INVALID_CREDENTIALS. Errors: UNAUTHENTICATED, TOO_MANY_ATTEMPTS, RESOURCE_EXHAUSTED. */
  requestEmailChange: Maybe<RequestEmailChangePayload>;
  /** Sends an e-mail with a token for resetPassword. The answer is the same if the address has no account. User errors: INVALID_ARGUMENT. Errors: TOO_MANY_ATTEMPTS. */
  requestPasswordReset: Maybe<RequestPasswordResetPayload>;
  /** Sets a new password and ends all sessions of the account. User errors: INVALID_ARGUMENT, INVALID_TOKEN. Errors: RESOURCE_EXHAUSTED. */
  resetPassword: Maybe<ResetPasswordPayload>;
  /** Ends a session of the caller. Its access token is refused after at most two seconds. User errors: INVALID_ARGUMENT, NOT_FOUND. Errors: UNAUTHENTICATED. */
  revokeSession: Maybe<RevokeSessionPayload>;
  /** Starts the creation of an account: sends an e-mail with a token for verifyEmail. The answer is the same if the address has an account. User errors: INVALID_ARGUMENT. Errors: TOO_MANY_ATTEMPTS, RESOURCE_EXHAUSTED. */
  signUp: Maybe<SignUpPayload>;
  /** Changes the given fields of a product if its version is the expected one. User errors: INVALID_ARGUMENT, NOT_FOUND, CATEGORY_NOT_FOUND, PRODUCT_ARCHIVED, VERSION_CONFLICT. */
  updateProduct: Maybe<UpdateProductPayload>;
  /** Creates the account of a sign-up and signs in. User errors: INVALID_TOKEN, INVALID_CREDENTIALS. Errors: TOO_MANY_ATTEMPTS, RESOURCE_EXHAUSTED. */
  verifyEmail: Maybe<VerifyEmailPayload>;
};


/** Write operations. The fields of one request run one after the other. */
export type MutationArchiveProductArgs = {
  input: ArchiveProductInput;
};


/** Write operations. The fields of one request run one after the other. */
export type MutationChangePasswordArgs = {
  input: ChangePasswordInput;
};


/** Write operations. The fields of one request run one after the other. */
export type MutationConfirmEmailChangeArgs = {
  input: ConfirmEmailChangeInput;
};


/** Write operations. The fields of one request run one after the other. */
export type MutationCreateAccountArgs = {
  account: AccountInput;
  idempotencyKey?: InputMaybe<Scalars['String']['input']>;
};


/** Write operations. The fields of one request run one after the other. */
export type MutationCreateCategoryArgs = {
  idempotencyKey?: InputMaybe<Scalars['String']['input']>;
  input: CreateCategoryInput;
};


/** Write operations. The fields of one request run one after the other. */
export type MutationCreateOrderArgs = {
  idempotencyKey?: InputMaybe<Scalars['String']['input']>;
  order: OrderInput;
};


/** Write operations. The fields of one request run one after the other. */
export type MutationCreateProductArgs = {
  idempotencyKey?: InputMaybe<Scalars['String']['input']>;
  product: ProductInput;
};


/** Write operations. The fields of one request run one after the other. */
export type MutationDeleteMyAccountArgs = {
  input: DeleteMyAccountInput;
};


/** Write operations. The fields of one request run one after the other. */
export type MutationLoginArgs = {
  input: LoginInput;
};


/** Write operations. The fields of one request run one after the other. */
export type MutationRefreshSessionArgs = {
  input: RefreshSessionInput;
};


/** Write operations. The fields of one request run one after the other. */
export type MutationRenameAccountArgs = {
  input: RenameAccountInput;
};


/** Write operations. The fields of one request run one after the other. */
export type MutationRenameCategoryArgs = {
  input: RenameCategoryInput;
};


/** Write operations. The fields of one request run one after the other. */
export type MutationRequestEmailChangeArgs = {
  input: RequestEmailChangeInput;
};


/** Write operations. The fields of one request run one after the other. */
export type MutationRequestPasswordResetArgs = {
  input: RequestPasswordResetInput;
};


/** Write operations. The fields of one request run one after the other. */
export type MutationResetPasswordArgs = {
  input: ResetPasswordInput;
};


/** Write operations. The fields of one request run one after the other. */
export type MutationRevokeSessionArgs = {
  input: RevokeSessionInput;
};


/** Write operations. The fields of one request run one after the other. */
export type MutationSignUpArgs = {
  input: SignUpInput;
};


/** Write operations. The fields of one request run one after the other. */
export type MutationUpdateProductArgs = {
  input: UpdateProductInput;
};


/** Write operations. The fields of one request run one after the other. */
export type MutationVerifyEmailArgs = {
  input: VerifyEmailInput;
};

/** An object with an id (https://relay.dev/graphql/objectidentification.htm). */
export type Node = {
  /** The id of the object, a UUID that is unique across all types. */
  id: Scalars['ID']['output'];
};

/** An order of an account. */
export type Order = Node & {
  /** The account that placed the order. Null with an error while accounts are unavailable. */
  account: Maybe<Account>;
  /** The id of the account that placed the order. */
  accountId: Scalars['ID']['output'];
  /** The time at which the order was placed. */
  createdAt: Scalars['DateTime']['output'];
  /** The id of the order, a UUID. */
  id: Scalars['ID']['output'];
  /** The lines of the order. Null with an error if the lines cannot be read. */
  products: Maybe<Array<OrderedProduct>>;
  /** The status of the order. */
  status: OrderStatus;
  /** The sum of price × quantity over all lines. */
  totalPrice: Scalars['Money']['output'];
  /** The version of the order. It starts at 1 and increases by 1 with every change. */
  version: Scalars['Int']['output'];
};

/** A page of orders. */
export type OrderConnection = {
  /** The items of the page with their cursors. */
  edges: Array<OrderEdge>;
  /** The items of the page. */
  nodes: Array<Order>;
  /** The position of the page in the list. */
  pageInfo: PageInfo;
};

/** An order and its position in the list. */
export type OrderEdge = {
  /** The cursor of the item. */
  cursor: Scalars['Cursor']['output'];
  /** The item. */
  node: Order;
};

/** Conditions for orders. An order must meet all of them. Omitted or null conditions are ignored. */
export type OrderFilterInput = {
  /** The ids of 1 to 100 accounts, one of which placed the order. */
  accountIds?: InputMaybe<Array<Scalars['ID']['input']>>;
  /** The start of the period in which the order was placed, inclusive. */
  createdFrom?: InputMaybe<Scalars['DateTime']['input']>;
  /** The end of the period in which the order was placed, exclusive. */
  createdTo?: InputMaybe<Scalars['DateTime']['input']>;
  /** The highest total price, inclusive. */
  totalPriceMax?: InputMaybe<Scalars['Money']['input']>;
  /** The lowest total price, inclusive. */
  totalPriceMin?: InputMaybe<Scalars['Money']['input']>;
};

/** An order to place. */
export type OrderInput = {
  /** The id of the account that places the order. */
  accountId: Scalars['ID']['input'];
  /** The total price that the buyer has agreed to. With another total, the order is not placed: PRICE_CHANGED, with the current total in `extensions.totalPrice`. Omitted or null: any total. */
  expectedTotal?: InputMaybe<Scalars['Money']['input']>;
  /** 1 to 100 items. Items with the same product become one line with the sum of their quantities. */
  products: Array<OrderProductInput>;
};

/** A product to order. */
export type OrderProductInput = {
  /** The id of the product. */
  productId: Scalars['ID']['input'];
  /** The number of units: 1 to 10,000. */
  quantity: Scalars['Int']['input'];
};

/** The status of an order. */
export type OrderStatus =
  /** The order is stored. */
  | 'PLACED';

/** A line of an order: a product as it was when the order was placed. */
export type OrderedProduct = Node & {
  /** The description of the product at the time of the order. A text of more than 500 characters is truncated and ends in an ellipsis. */
  description: Scalars['String']['output'];
  /** The id of the line, unique across all orders. */
  id: Scalars['ID']['output'];
  /** The name of the product at the time of the order. */
  name: Scalars['String']['output'];
  /** The price of one unit at the time of the order. */
  price: Scalars['Money']['output'];
  /** The product as it is now. Null if it no longer exists; null with an error while the catalog is unavailable. */
  product: Maybe<Product>;
  /** The id of the product. */
  productId: Scalars['ID']['output'];
  /** The number of units: at least 1. */
  quantity: Scalars['Int']['output'];
};

/** The position of a page in its list (https://relay.dev/graphql/connections.htm). */
export type PageInfo = {
  /** The cursor of the last item. Null if the page is empty. */
  endCursor: Maybe<Scalars['Cursor']['output']>;
  /** Whether there are items after this page. */
  hasNextPage: Scalars['Boolean']['output'];
  /** Whether there are items before this page. */
  hasPreviousPage: Scalars['Boolean']['output'];
  /** The cursor of the first item. Null if the page is empty. */
  startCursor: Maybe<Scalars['Cursor']['output']>;
};

/** A part of a list, for short lists and first pages. Use a connection to read a long list. */
export type PaginationInput = {
  /** The number of items to skip: 0 to 10,000. */
  skip: Scalars['Int']['input'];
  /** The maximum number of items to return: 1 to 100. */
  take: Scalars['Int']['input'];
};

/** A price range and the number of found products in it. */
export type PriceBucket = {
  /** The number of products in the range. */
  count: Scalars['Int']['output'];
  /** The lowest price of the range, inclusive. */
  from: Scalars['Money']['output'];
  /** The highest price of the range, exclusive. Null: no limit. */
  to: Maybe<Scalars['Money']['output']>;
};

/** A product of the catalog. */
export type Product = Node & {
  /** The time at which the product was archived. Null while the product is on sale. */
  archivedAt: Maybe<Scalars['DateTime']['output']>;
  /** The category of the product. Null if it has none. */
  category: Maybe<Category>;
  /** The time at which the product was created. */
  createdAt: Scalars['DateTime']['output'];
  /** The description of the product: at most 10,000 characters. */
  description: Scalars['String']['output'];
  /** The id of the product, a UUID. */
  id: Scalars['ID']['output'];
  /** The name of the product: 1 to 200 characters. */
  name: Scalars['String']['output'];
  /** The price of one unit. */
  price: Scalars['Money']['output'];
  /** The tags of the product, in lower case and without duplicates. */
  tags: Array<Scalars['String']['output']>;
  /** The version of the product. It increases by 1 with every change; pass it to updateProduct as expectedVersion. */
  version: Scalars['Int']['output'];
};

/** A page of products. */
export type ProductConnection = {
  /** The items of the page with their cursors. */
  edges: Array<ProductEdge>;
  /** The items of the page. */
  nodes: Array<Product>;
  /** The position of the page in the list. */
  pageInfo: PageInfo;
};

/** A product and its position in the list. */
export type ProductEdge = {
  /** The cursor of the item. */
  cursor: Scalars['Cursor']['output'];
  /** The item. */
  node: Product;
};

/** The number of found products by price, by category and by tag. */
export type ProductFacets = {
  /** The number of products in each category and below it, largest first: at most 20 categories. The category condition of the filter does not apply. */
  categories: Array<CategoryCount>;
  /** The number of products in each price range, lowest range first and without empty ranges. The price conditions of the filter do not apply. */
  priceBuckets: Array<PriceBucket>;
  /** The number of products with each tag, largest first, and tags of equal size in alphabetical order: at most 20 tags. The tags of the filter do not apply. */
  tags: Array<TagCount>;
};

/** Conditions for products. A product must meet all of them. Omitted or null conditions are ignored. */
export type ProductFilterInput = {
  /**
   * The id of a category: the product is in this category or in one below it. Not together with categoryIds.
   * @deprecated Use categoryIds.
   */
  categoryId?: InputMaybe<Scalars['ID']['input']>;
  /** The ids of 1 to 20 categories: the product is in one of these categories or in one below it. Unknown categories have no products. */
  categoryIds?: InputMaybe<Array<Scalars['ID']['input']>>;
  /** The highest price, inclusive. */
  priceMax?: InputMaybe<Scalars['Money']['input']>;
  /** The lowest price, inclusive. */
  priceMin?: InputMaybe<Scalars['Money']['input']>;
  /** At most 20 tags: the product has all of them. */
  tags?: InputMaybe<Array<Scalars['String']['input']>>;
};

/** A product to create. */
export type ProductInput = {
  /** The id of the category of the product. Omitted or null: no category. */
  categoryId?: InputMaybe<Scalars['ID']['input']>;
  /** The description of the product: at most 10,000 characters. */
  description: Scalars['String']['input'];
  /** The name of the product: 1 to 200 characters. */
  name: Scalars['String']['input'];
  /** The price of one unit: 0 or more. */
  price: Scalars['Money']['input'];
  /** At most 20 tags of 1 to 40 characters. They are stored in lower case. */
  tags?: InputMaybe<Array<Scalars['String']['input']>>;
};

/** A page of found products, with facets of all found products. */
export type ProductSearchConnection = {
  /** The query with its typing errors corrected, if no product on sale matches the query as given; the found products then match the corrected query, or most of its words. Otherwise null. */
  didYouMean: Maybe<Scalars['String']['output']>;
  /** The items of the page with their cursors. */
  edges: Array<ProductEdge>;
  /** The number of found products by price, by category and by tag. */
  facets: ProductFacets;
  /** What the found products match. It depends on the products on sale and not on the filter. */
  matched: SearchMatch;
  /** The items of the page. */
  nodes: Array<Product>;
  /** The position of the page in the list. */
  pageInfo: PageInfo;
  /** The number of found products: exact up to 10,000, and 10,000 if there are more. */
  totalCount: Scalars['Int']['output'];
};

/** The order of a list of products. */
export type ProductSort =
  /** Alphabetically by the words of the name. Case, accents and punctuation are ignored; digits come before letters. */
  | 'NAME_ASC'
  /** The reverse of NAME_ASC. */
  | 'NAME_DESC'
  /** Newest first. */
  | 'NEWEST'
  /** Lowest price first. */
  | 'PRICE_ASC'
  /** Highest price first. */
  | 'PRICE_DESC'
  /** Best match first. Without a query: newest first. */
  | 'RELEVANCE';

/** A suggested product name. */
export type ProductSuggestion = {
  /** The product. */
  product: Product;
  /** The name of the product. */
  text: Scalars['String']['output'];
};

/** Read operations. */
export type Query = {
  /** The account with this id, or null if there is none. */
  account: Maybe<Account>;
  /** Accounts, newest first. With an id, the list contains only that account, or is empty. */
  accounts: Maybe<Array<Account>>;
  /** All accounts, newest first. */
  accountsConnection: Maybe<AccountConnection>;
  /** The products on sale with the most units ordered, most first. A new order counts within about one second. */
  bestSellers: Maybe<Array<Product>>;
  /** Top-level categories, or the children of one category, sorted by name. Errors: INVALID_ARGUMENT, CATEGORY_NOT_FOUND. */
  categories: Maybe<Array<Category>>;
  /** The category with this id, or null if there is none. */
  category: Maybe<Category>;
  /** The account of the caller. Null if the caller is not signed in. */
  me: Maybe<Account>;
  /** The sessions in which the caller is signed in, newest first, at most 100. Errors: UNAUTHENTICATED. */
  mySessions: Maybe<Array<Session>>;
  /** The object with this id, or null if there is none. Null with an error if a service that may have it is unavailable. */
  node: Maybe<Node>;
  /** The objects with these ids, in the order of the ids. An item is null if no object has the id, and null with an error if a service that may have it is unavailable. */
  nodes: Maybe<Array<Maybe<Node>>>;
  /** The order with this id, or null if there is none. */
  order: Maybe<Order>;
  /** Orders that match a filter, newest first. One request searches at most 10,000 orders, so a page can have fewer items than requested even if there are more pages. Errors: INVALID_ARGUMENT, INVALID_CURSOR. */
  orders: Maybe<OrderConnection>;
  /** The product with this id, or null if there is none. Archived products are included. */
  product: Maybe<Product>;
  /** Products on sale: newest first, or best match first if there is a query. With an id, the list contains only that product, or is empty. */
  products: Maybe<Array<Product>>;
  /** Products on sale that match a filter. */
  productsConnection: Maybe<ProductConnection>;
  /** Products on sale that match a query and a filter, with facets. */
  searchProducts: Maybe<ProductSearchConnection>;
  /** The shop. */
  shop: Maybe<Shop>;
  /** Products on sale whose name has a word that starts with the prefix, one product per name. Names that start with the prefix come first. */
  suggestProducts: Maybe<Array<ProductSuggestion>>;
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
  categoryId?: InputMaybe<Scalars['ID']['input']>;
  first: Scalars['Int']['input'];
};


/** Read operations. */
export type QueryCategoriesArgs = {
  first: Scalars['Int']['input'];
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

/** A refresh token to use. */
export type RefreshSessionInput = {
  /** The last refresh token of the session. Omitted or null: the one in the cookie, which is replaced. */
  refreshToken?: InputMaybe<Scalars['String']['input']>;
};

/** The result of refreshSession. */
export type RefreshSessionPayload = {
  /** The new tokens of the session. Null if there are user errors. */
  tokens: Maybe<Tokens>;
  /** Mistakes in the input. Empty if the tokens were replaced. */
  userErrors: Array<UserError>;
};

/** The input of renameAccount. */
export type RenameAccountInput = {
  /** The id of the account to rename. */
  id: Scalars['ID']['input'];
  /** The new name: 1 to 200 characters. */
  name: Scalars['String']['input'];
};

/** The result of renameAccount. */
export type RenameAccountPayload = {
  /** The renamed account. Null if there are user errors. */
  account: Maybe<Account>;
  /** The mistakes in the input. Empty if the mutation succeeded. */
  userErrors: Array<UserError>;
};

/** The input of renameCategory. */
export type RenameCategoryInput = {
  /** The id of the category to rename. */
  id: Scalars['ID']['input'];
  /** The new name: 1 to 100 characters. It must differ from the names of its siblings in more than case and accents. */
  name: Scalars['String']['input'];
};

/** The result of renameCategory. */
export type RenameCategoryPayload = {
  /** The renamed category. Null if there are user errors. */
  category: Maybe<Category>;
  /** The mistakes in the input. Empty if the mutation succeeded. */
  userErrors: Array<UserError>;
};

/** A new e-mail address. */
export type RequestEmailChangeInput = {
  /** An e-mail address of at most 254 characters. */
  email: Scalars['String']['input'];
  /** The password of the caller. */
  password: Scalars['String']['input'];
};

/** The result of requestEmailChange. */
export type RequestEmailChangePayload = {
  /** Mistakes in the input. Empty if an e-mail will be sent. */
  userErrors: Array<UserError>;
};

/** A request for a new password. */
export type RequestPasswordResetInput = {
  /** The e-mail address of the account. */
  email: Scalars['String']['input'];
};

/** The result of requestPasswordReset. */
export type RequestPasswordResetPayload = {
  /** Mistakes in the input. Empty if an e-mail will be sent, provided that the address has an account. */
  userErrors: Array<UserError>;
};

/** A new password with the token that permits it. */
export type ResetPasswordInput = {
  /** 8 to 128 characters of any kind. */
  newPassword: Scalars['String']['input'];
  /** The token in the e-mail. */
  token: Scalars['String']['input'];
};

/** The result of resetPassword. */
export type ResetPasswordPayload = {
  /** Mistakes in the input. Empty if the password was set. */
  userErrors: Array<UserError>;
};

/** A session to end. */
export type RevokeSessionInput = {
  /** The id of a session of the caller. */
  id: Scalars['ID']['input'];
};

/** The result of revokeSession. */
export type RevokeSessionPayload = {
  /** Mistakes in the input. Empty if the session has ended. */
  userErrors: Array<UserError>;
};

/** What found products match. */
export type SearchMatch =
  /** All words of the query. Also if there is no query, or if no product is found. */
  | 'ALL_WORDS'
  /** All words of `didYouMean`, the corrected query: no product on sale matches all words of the query. */
  | 'CORRECTED'
  /** Most words of the query, or of `didYouMean` if it is not null: no product on sale matches all of them. */
  | 'MOST_WORDS';

/** A session of an account. It ends 90 days after its start, or 30 days after its tokens were last refreshed. */
export type Session = {
  /** The time at which the account signed in. */
  createdAt: Scalars['DateTime']['output'];
  /** The id of the session, a UUID. */
  id: Scalars['ID']['output'];
  /** Whether it is the session of this request. */
  isCurrent: Scalars['Boolean']['output'];
  /** The time at which the tokens were last refreshed. */
  refreshedAt: Scalars['DateTime']['output'];
};

/** Properties of the shop that its operator sets. */
export type Shop = {
  /** The currency of all amounts. */
  currency: Currency;
  /** The name of the shop. */
  name: Scalars['String']['output'];
};

/** A person who signs up. */
export type SignUpInput = {
  /** An e-mail address of at most 254 characters. */
  email: Scalars['String']['input'];
  /** The name of the customer: 1 to 200 characters. */
  name: Scalars['String']['input'];
  /** 8 to 128 characters of any kind. */
  password: Scalars['String']['input'];
};

/** The result of signUp. */
export type SignUpPayload = {
  /** Mistakes in the input. Empty if an e-mail will be sent. */
  userErrors: Array<UserError>;
};

/** A tag and the number of found products with it. */
export type TagCount = {
  /** The number of products. */
  count: Scalars['Int']['output'];
  /** The tag, in lower case. */
  tag: Scalars['String']['output'];
};

/** The tokens of a session. */
export type Tokens = {
  /** A JWT (RFC 9068) for the header `Authorization: Bearer …`. */
  accessToken: Scalars['String']['output'];
  /** The account that has signed in. */
  account: Maybe<Account>;
  /** The lifetime of the access token, in seconds. */
  expiresIn: Scalars['Int']['output'];
  /** An opaque token for refreshSession. It can be used once, within 30 days. Null if it is in the cookie. */
  refreshToken: Maybe<Scalars['String']['output']>;
};

/** The input of updateProduct. Omitted fields keep their values. */
export type UpdateProductInput = {
  /** The id of the new category. Null removes the product from its category. */
  categoryId?: InputMaybe<Scalars['ID']['input']>;
  /** The new description: at most 10,000 characters. Must not be null. */
  description?: InputMaybe<Scalars['String']['input']>;
  /** The `version` of the product that the caller read. If the product has another version, the mutation fails with VERSION_CONFLICT. */
  expectedVersion: Scalars['Int']['input'];
  /** The id of the product to change. */
  id: Scalars['ID']['input'];
  /** The new name: 1 to 200 characters. Must not be null. */
  name?: InputMaybe<Scalars['String']['input']>;
  /** The new price of one unit: 0 or more. Must not be null. */
  price?: InputMaybe<Scalars['Money']['input']>;
  /** The new tags, which replace all previous ones: at most 20 of 1 to 40 characters. Null removes all tags. */
  tags?: InputMaybe<Array<Scalars['String']['input']>>;
};

/** The result of updateProduct. */
export type UpdateProductPayload = {
  /** The changed product. Null if there are user errors. */
  product: Maybe<Product>;
  /** The mistakes in the input. Empty if the mutation succeeded. */
  userErrors: Array<UserError>;
};

/** A mistake in the input of a mutation that the caller can correct. A mutation with user errors changes nothing. */
export type UserError = {
  /** The kind of mistake. */
  code: ErrorCode;
  /** The path of the value in the arguments, e.g. `input.tags[3]`. Null if the error is not about one value. */
  field: Maybe<Scalars['String']['output']>;
  /** One sentence in English that can be shown next to the form field. */
  message: Scalars['String']['output'];
};

/** A token and a password with which a sign-up is completed. */
export type VerifyEmailInput = {
  /** Whether the refresh token is set as a cookie for browsers (`__Host-refresh`: HttpOnly, Secure, SameSite=Strict) instead of being returned. */
  cookie: Scalars['Boolean']['input'];
  /** The password of the sign-up. */
  password: Scalars['String']['input'];
  /** The token in the e-mail. */
  token: Scalars['String']['input'];
};

/** The result of verifyEmail. */
export type VerifyEmailPayload = {
  /** The tokens of the new session. Null if there are user errors. */
  tokens: Maybe<Tokens>;
  /** Mistakes in the input. Empty if the account was created. */
  userErrors: Array<UserError>;
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
  ArchiveProductInput: ArchiveProductInput;
  ArchiveProductPayload: ResolverTypeWrapper<Omit<ArchiveProductPayload, 'product'> & { product?: Maybe<ResolversTypes['Product']> }>;
  Boolean: ResolverTypeWrapper<Scalars['Boolean']['output']>;
  Caller: Caller;
  Category: ResolverTypeWrapper<CategoryMessage>;
  CategoryCount: ResolverTypeWrapper<CategoryCountMessage>;
  ChangePasswordInput: ChangePasswordInput;
  ChangePasswordPayload: ResolverTypeWrapper<ChangePasswordPayload>;
  ConfirmEmailChangeInput: ConfirmEmailChangeInput;
  ConfirmEmailChangePayload: ResolverTypeWrapper<ConfirmEmailChangePayload>;
  CreateCategoryInput: CreateCategoryInput;
  CreateCategoryPayload: ResolverTypeWrapper<Omit<CreateCategoryPayload, 'category'> & { category?: Maybe<ResolversTypes['Category']> }>;
  Currency: ResolverTypeWrapper<Currency>;
  Cursor: ResolverTypeWrapper<Scalars['Cursor']['output']>;
  DateTime: ResolverTypeWrapper<Scalars['DateTime']['output']>;
  DeleteMyAccountInput: DeleteMyAccountInput;
  DeleteMyAccountPayload: ResolverTypeWrapper<DeleteMyAccountPayload>;
  ErrorCode: ErrorCode;
  ID: ResolverTypeWrapper<Scalars['ID']['output']>;
  Int: ResolverTypeWrapper<Scalars['Int']['output']>;
  LoginInput: LoginInput;
  LoginPayload: ResolverTypeWrapper<Omit<LoginPayload, 'tokens'> & { tokens?: Maybe<ResolversTypes['Tokens']> }>;
  LogoutPayload: ResolverTypeWrapper<LogoutPayload>;
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
  ProductConnection: ResolverTypeWrapper<Omit<ProductConnection, 'edges' | 'nodes'> & { edges: Array<ResolversTypes['ProductEdge']>, nodes: Array<ResolversTypes['Product']> }>;
  ProductEdge: ResolverTypeWrapper<Omit<ProductEdge, 'node'> & { node: ResolversTypes['Product'] }>;
  ProductFacets: ResolverTypeWrapper<FacetsMessage>;
  ProductFilterInput: ProductFilterInput;
  ProductInput: ProductInput;
  ProductSearchConnection: ResolverTypeWrapper<ProductSearch>;
  ProductSort: ProductSort;
  ProductSuggestion: ResolverTypeWrapper<Omit<ProductSuggestion, 'product'> & { product: ResolversTypes['Product'] }>;
  Query: ResolverTypeWrapper<Record<PropertyKey, never>>;
  RefreshSessionInput: RefreshSessionInput;
  RefreshSessionPayload: ResolverTypeWrapper<Omit<RefreshSessionPayload, 'tokens'> & { tokens?: Maybe<ResolversTypes['Tokens']> }>;
  RenameAccountInput: RenameAccountInput;
  RenameAccountPayload: ResolverTypeWrapper<Omit<RenameAccountPayload, 'account'> & { account?: Maybe<ResolversTypes['Account']> }>;
  RenameCategoryInput: RenameCategoryInput;
  RenameCategoryPayload: ResolverTypeWrapper<Omit<RenameCategoryPayload, 'category'> & { category?: Maybe<ResolversTypes['Category']> }>;
  RequestEmailChangeInput: RequestEmailChangeInput;
  RequestEmailChangePayload: ResolverTypeWrapper<RequestEmailChangePayload>;
  RequestPasswordResetInput: RequestPasswordResetInput;
  RequestPasswordResetPayload: ResolverTypeWrapper<RequestPasswordResetPayload>;
  ResetPasswordInput: ResetPasswordInput;
  ResetPasswordPayload: ResolverTypeWrapper<ResetPasswordPayload>;
  RevokeSessionInput: RevokeSessionInput;
  RevokeSessionPayload: ResolverTypeWrapper<RevokeSessionPayload>;
  SearchMatch: SearchMatch;
  Session: ResolverTypeWrapper<SessionMessage>;
  Shop: ResolverTypeWrapper<ShopModel>;
  SignUpInput: SignUpInput;
  SignUpPayload: ResolverTypeWrapper<SignUpPayload>;
  String: ResolverTypeWrapper<Scalars['String']['output']>;
  TagCount: ResolverTypeWrapper<TagCountMessage>;
  Tokens: ResolverTypeWrapper<TokensMessage>;
  UpdateProductInput: UpdateProductInput;
  UpdateProductPayload: ResolverTypeWrapper<Omit<UpdateProductPayload, 'product'> & { product?: Maybe<ResolversTypes['Product']> }>;
  UserError: ResolverTypeWrapper<UserError>;
  VerifyEmailInput: VerifyEmailInput;
  VerifyEmailPayload: ResolverTypeWrapper<Omit<VerifyEmailPayload, 'tokens'> & { tokens?: Maybe<ResolversTypes['Tokens']> }>;
};

/** Mapping between all available schema types and the resolvers parents */
export type ResolversParentTypes = {
  Account: AccountMessage;
  AccountConnection: Omit<AccountConnection, 'edges' | 'nodes'> & { edges: Array<ResolversParentTypes['AccountEdge']>, nodes: Array<ResolversParentTypes['Account']> };
  AccountEdge: Omit<AccountEdge, 'node'> & { node: ResolversParentTypes['Account'] };
  AccountInput: AccountInput;
  ArchiveProductInput: ArchiveProductInput;
  ArchiveProductPayload: Omit<ArchiveProductPayload, 'product'> & { product?: Maybe<ResolversParentTypes['Product']> };
  Boolean: Scalars['Boolean']['output'];
  Category: CategoryMessage;
  CategoryCount: CategoryCountMessage;
  ChangePasswordInput: ChangePasswordInput;
  ChangePasswordPayload: ChangePasswordPayload;
  ConfirmEmailChangeInput: ConfirmEmailChangeInput;
  ConfirmEmailChangePayload: ConfirmEmailChangePayload;
  CreateCategoryInput: CreateCategoryInput;
  CreateCategoryPayload: Omit<CreateCategoryPayload, 'category'> & { category?: Maybe<ResolversParentTypes['Category']> };
  Currency: Currency;
  Cursor: Scalars['Cursor']['output'];
  DateTime: Scalars['DateTime']['output'];
  DeleteMyAccountInput: DeleteMyAccountInput;
  DeleteMyAccountPayload: DeleteMyAccountPayload;
  ID: Scalars['ID']['output'];
  Int: Scalars['Int']['output'];
  LoginInput: LoginInput;
  LoginPayload: Omit<LoginPayload, 'tokens'> & { tokens?: Maybe<ResolversParentTypes['Tokens']> };
  LogoutPayload: LogoutPayload;
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
  ProductConnection: Omit<ProductConnection, 'edges' | 'nodes'> & { edges: Array<ResolversParentTypes['ProductEdge']>, nodes: Array<ResolversParentTypes['Product']> };
  ProductEdge: Omit<ProductEdge, 'node'> & { node: ResolversParentTypes['Product'] };
  ProductFacets: FacetsMessage;
  ProductFilterInput: ProductFilterInput;
  ProductInput: ProductInput;
  ProductSearchConnection: ProductSearch;
  ProductSuggestion: Omit<ProductSuggestion, 'product'> & { product: ResolversParentTypes['Product'] };
  Query: Record<PropertyKey, never>;
  RefreshSessionInput: RefreshSessionInput;
  RefreshSessionPayload: Omit<RefreshSessionPayload, 'tokens'> & { tokens?: Maybe<ResolversParentTypes['Tokens']> };
  RenameAccountInput: RenameAccountInput;
  RenameAccountPayload: Omit<RenameAccountPayload, 'account'> & { account?: Maybe<ResolversParentTypes['Account']> };
  RenameCategoryInput: RenameCategoryInput;
  RenameCategoryPayload: Omit<RenameCategoryPayload, 'category'> & { category?: Maybe<ResolversParentTypes['Category']> };
  RequestEmailChangeInput: RequestEmailChangeInput;
  RequestEmailChangePayload: RequestEmailChangePayload;
  RequestPasswordResetInput: RequestPasswordResetInput;
  RequestPasswordResetPayload: RequestPasswordResetPayload;
  ResetPasswordInput: ResetPasswordInput;
  ResetPasswordPayload: ResetPasswordPayload;
  RevokeSessionInput: RevokeSessionInput;
  RevokeSessionPayload: RevokeSessionPayload;
  Session: SessionMessage;
  Shop: ShopModel;
  SignUpInput: SignUpInput;
  SignUpPayload: SignUpPayload;
  String: Scalars['String']['output'];
  TagCount: TagCountMessage;
  Tokens: TokensMessage;
  UpdateProductInput: UpdateProductInput;
  UpdateProductPayload: Omit<UpdateProductPayload, 'product'> & { product?: Maybe<ResolversParentTypes['Product']> };
  UserError: UserError;
  VerifyEmailInput: VerifyEmailInput;
  VerifyEmailPayload: Omit<VerifyEmailPayload, 'tokens'> & { tokens?: Maybe<ResolversParentTypes['Tokens']> };
};

export type AccessDirectiveArgs = {
  to: Array<Caller>;
};

export type AccessDirectiveResolver<Result, Parent, ContextType = Context, Args = AccessDirectiveArgs> = DirectiveResolverFn<Result, Parent, ContextType, Args>;

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

export type ReadsDirectiveArgs = {
  count: Scalars['Int']['input'];
};

export type ReadsDirectiveResolver<Result, Parent, ContextType = Context, Args = ReadsDirectiveArgs> = DirectiveResolverFn<Result, Parent, ContextType, Args>;

export type TextLengthDirectiveArgs = {
  max: Scalars['Int']['input'];
};

export type TextLengthDirectiveResolver<Result, Parent, ContextType = Context, Args = TextLengthDirectiveArgs> = DirectiveResolverFn<Result, Parent, ContextType, Args>;

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

export type ArchiveProductPayloadResolvers<ContextType = Context, ParentType extends ResolversParentTypes['ArchiveProductPayload'] = ResolversParentTypes['ArchiveProductPayload']> = {
  product?: Resolver<Maybe<ResolversTypes['Product']>, ParentType, ContextType>;
  userErrors?: Resolver<Array<ResolversTypes['UserError']>, ParentType, ContextType>;
};

export type CategoryResolvers<ContextType = Context, ParentType extends ResolversParentTypes['Category'] = ResolversParentTypes['Category']> = {
  ancestors?: Resolver<Maybe<Array<ResolversTypes['Category']>>, ParentType, ContextType>;
  children?: Resolver<Maybe<Array<ResolversTypes['Category']>>, ParentType, ContextType, RequireFields<CategoryChildrenArgs, 'first'>>;
  id?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  name?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  parent?: Resolver<Maybe<ResolversTypes['Category']>, ParentType, ContextType>;
  __isTypeOf?: IsTypeOfResolverFn<ParentType, ContextType>;
};

export type CategoryCountResolvers<ContextType = Context, ParentType extends ResolversParentTypes['CategoryCount'] = ResolversParentTypes['CategoryCount']> = {
  category?: Resolver<Maybe<ResolversTypes['Category']>, ParentType, ContextType>;
  count?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
};

export type ChangePasswordPayloadResolvers<ContextType = Context, ParentType extends ResolversParentTypes['ChangePasswordPayload'] = ResolversParentTypes['ChangePasswordPayload']> = {
  userErrors?: Resolver<Array<ResolversTypes['UserError']>, ParentType, ContextType>;
};

export type ConfirmEmailChangePayloadResolvers<ContextType = Context, ParentType extends ResolversParentTypes['ConfirmEmailChangePayload'] = ResolversParentTypes['ConfirmEmailChangePayload']> = {
  userErrors?: Resolver<Array<ResolversTypes['UserError']>, ParentType, ContextType>;
};

export type CreateCategoryPayloadResolvers<ContextType = Context, ParentType extends ResolversParentTypes['CreateCategoryPayload'] = ResolversParentTypes['CreateCategoryPayload']> = {
  category?: Resolver<Maybe<ResolversTypes['Category']>, ParentType, ContextType>;
  userErrors?: Resolver<Array<ResolversTypes['UserError']>, ParentType, ContextType>;
};

export type CurrencyResolvers<ContextType = Context, ParentType extends ResolversParentTypes['Currency'] = ResolversParentTypes['Currency']> = {
  code?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  decimals?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
};

export interface CursorScalarConfig extends GraphQLScalarTypeConfig<ResolversTypes['Cursor'], any> {
  name: 'Cursor';
}

export interface DateTimeScalarConfig extends GraphQLScalarTypeConfig<ResolversTypes['DateTime'], any> {
  name: 'DateTime';
}

export type DeleteMyAccountPayloadResolvers<ContextType = Context, ParentType extends ResolversParentTypes['DeleteMyAccountPayload'] = ResolversParentTypes['DeleteMyAccountPayload']> = {
  userErrors?: Resolver<Array<ResolversTypes['UserError']>, ParentType, ContextType>;
};

export type LoginPayloadResolvers<ContextType = Context, ParentType extends ResolversParentTypes['LoginPayload'] = ResolversParentTypes['LoginPayload']> = {
  tokens?: Resolver<Maybe<ResolversTypes['Tokens']>, ParentType, ContextType>;
  userErrors?: Resolver<Array<ResolversTypes['UserError']>, ParentType, ContextType>;
};

export type LogoutPayloadResolvers<ContextType = Context, ParentType extends ResolversParentTypes['LogoutPayload'] = ResolversParentTypes['LogoutPayload']> = {
  userErrors?: Resolver<Array<ResolversTypes['UserError']>, ParentType, ContextType>;
};

export interface MoneyScalarConfig extends GraphQLScalarTypeConfig<ResolversTypes['Money'], any> {
  name: 'Money';
}

export type MutationResolvers<ContextType = Context, ParentType extends ResolversParentTypes['Mutation'] = ResolversParentTypes['Mutation']> = {
  archiveProduct?: Resolver<Maybe<ResolversTypes['ArchiveProductPayload']>, ParentType, ContextType, RequireFields<MutationArchiveProductArgs, 'input'>>;
  changePassword?: Resolver<Maybe<ResolversTypes['ChangePasswordPayload']>, ParentType, ContextType, RequireFields<MutationChangePasswordArgs, 'input'>>;
  confirmEmailChange?: Resolver<Maybe<ResolversTypes['ConfirmEmailChangePayload']>, ParentType, ContextType, RequireFields<MutationConfirmEmailChangeArgs, 'input'>>;
  createAccount?: Resolver<Maybe<ResolversTypes['Account']>, ParentType, ContextType, RequireFields<MutationCreateAccountArgs, 'account'>>;
  createCategory?: Resolver<Maybe<ResolversTypes['CreateCategoryPayload']>, ParentType, ContextType, RequireFields<MutationCreateCategoryArgs, 'input'>>;
  createOrder?: Resolver<Maybe<ResolversTypes['Order']>, ParentType, ContextType, RequireFields<MutationCreateOrderArgs, 'order'>>;
  createProduct?: Resolver<Maybe<ResolversTypes['Product']>, ParentType, ContextType, RequireFields<MutationCreateProductArgs, 'product'>>;
  deleteMyAccount?: Resolver<Maybe<ResolversTypes['DeleteMyAccountPayload']>, ParentType, ContextType, RequireFields<MutationDeleteMyAccountArgs, 'input'>>;
  login?: Resolver<Maybe<ResolversTypes['LoginPayload']>, ParentType, ContextType, RequireFields<MutationLoginArgs, 'input'>>;
  logout?: Resolver<Maybe<ResolversTypes['LogoutPayload']>, ParentType, ContextType>;
  refreshSession?: Resolver<Maybe<ResolversTypes['RefreshSessionPayload']>, ParentType, ContextType, RequireFields<MutationRefreshSessionArgs, 'input'>>;
  renameAccount?: Resolver<Maybe<ResolversTypes['RenameAccountPayload']>, ParentType, ContextType, RequireFields<MutationRenameAccountArgs, 'input'>>;
  renameCategory?: Resolver<Maybe<ResolversTypes['RenameCategoryPayload']>, ParentType, ContextType, RequireFields<MutationRenameCategoryArgs, 'input'>>;
  requestEmailChange?: Resolver<Maybe<ResolversTypes['RequestEmailChangePayload']>, ParentType, ContextType, RequireFields<MutationRequestEmailChangeArgs, 'input'>>;
  requestPasswordReset?: Resolver<Maybe<ResolversTypes['RequestPasswordResetPayload']>, ParentType, ContextType, RequireFields<MutationRequestPasswordResetArgs, 'input'>>;
  resetPassword?: Resolver<Maybe<ResolversTypes['ResetPasswordPayload']>, ParentType, ContextType, RequireFields<MutationResetPasswordArgs, 'input'>>;
  revokeSession?: Resolver<Maybe<ResolversTypes['RevokeSessionPayload']>, ParentType, ContextType, RequireFields<MutationRevokeSessionArgs, 'input'>>;
  signUp?: Resolver<Maybe<ResolversTypes['SignUpPayload']>, ParentType, ContextType, RequireFields<MutationSignUpArgs, 'input'>>;
  updateProduct?: Resolver<Maybe<ResolversTypes['UpdateProductPayload']>, ParentType, ContextType, RequireFields<MutationUpdateProductArgs, 'input'>>;
  verifyEmail?: Resolver<Maybe<ResolversTypes['VerifyEmailPayload']>, ParentType, ContextType, RequireFields<MutationVerifyEmailArgs, 'input'>>;
};

export type NodeResolvers<ContextType = Context, ParentType extends ResolversParentTypes['Node'] = ResolversParentTypes['Node']> = {
  __resolveType: TypeResolveFn<'Account' | 'Category' | 'Order' | 'OrderedProduct' | 'Product', ParentType, ContextType>;
};

export type OrderResolvers<ContextType = Context, ParentType extends ResolversParentTypes['Order'] = ResolversParentTypes['Order']> = {
  account?: Resolver<Maybe<ResolversTypes['Account']>, ParentType, ContextType>;
  accountId?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  createdAt?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
  id?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  products?: Resolver<Maybe<Array<ResolversTypes['OrderedProduct']>>, ParentType, ContextType>;
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
  __isTypeOf?: IsTypeOfResolverFn<ParentType, ContextType>;
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
  tags?: Resolver<Array<ResolversTypes['TagCount']>, ParentType, ContextType>;
};

export type ProductSearchConnectionResolvers<ContextType = Context, ParentType extends ResolversParentTypes['ProductSearchConnection'] = ResolversParentTypes['ProductSearchConnection']> = {
  didYouMean?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  edges?: Resolver<Array<ResolversTypes['ProductEdge']>, ParentType, ContextType>;
  facets?: Resolver<ResolversTypes['ProductFacets'], ParentType, ContextType>;
  matched?: Resolver<ResolversTypes['SearchMatch'], ParentType, ContextType>;
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
  accounts?: Resolver<Maybe<Array<ResolversTypes['Account']>>, ParentType, ContextType, Partial<QueryAccountsArgs>>;
  accountsConnection?: Resolver<Maybe<ResolversTypes['AccountConnection']>, ParentType, ContextType, Partial<QueryAccountsConnectionArgs>>;
  bestSellers?: Resolver<Maybe<Array<ResolversTypes['Product']>>, ParentType, ContextType, RequireFields<QueryBestSellersArgs, 'first'>>;
  categories?: Resolver<Maybe<Array<ResolversTypes['Category']>>, ParentType, ContextType, RequireFields<QueryCategoriesArgs, 'first'>>;
  category?: Resolver<Maybe<ResolversTypes['Category']>, ParentType, ContextType, RequireFields<QueryCategoryArgs, 'id'>>;
  me?: Resolver<Maybe<ResolversTypes['Account']>, ParentType, ContextType>;
  mySessions?: Resolver<Maybe<Array<ResolversTypes['Session']>>, ParentType, ContextType>;
  node?: Resolver<Maybe<ResolversTypes['Node']>, ParentType, ContextType, RequireFields<QueryNodeArgs, 'id'>>;
  nodes?: Resolver<Maybe<Array<Maybe<ResolversTypes['Node']>>>, ParentType, ContextType, RequireFields<QueryNodesArgs, 'ids'>>;
  order?: Resolver<Maybe<ResolversTypes['Order']>, ParentType, ContextType, RequireFields<QueryOrderArgs, 'id'>>;
  orders?: Resolver<Maybe<ResolversTypes['OrderConnection']>, ParentType, ContextType, Partial<QueryOrdersArgs>>;
  product?: Resolver<Maybe<ResolversTypes['Product']>, ParentType, ContextType, RequireFields<QueryProductArgs, 'id'>>;
  products?: Resolver<Maybe<Array<ResolversTypes['Product']>>, ParentType, ContextType, Partial<QueryProductsArgs>>;
  productsConnection?: Resolver<Maybe<ResolversTypes['ProductConnection']>, ParentType, ContextType, RequireFields<QueryProductsConnectionArgs, 'sort'>>;
  searchProducts?: Resolver<Maybe<ResolversTypes['ProductSearchConnection']>, ParentType, ContextType, RequireFields<QuerySearchProductsArgs, 'first' | 'sort'>>;
  shop?: Resolver<Maybe<ResolversTypes['Shop']>, ParentType, ContextType>;
  suggestProducts?: Resolver<Maybe<Array<ResolversTypes['ProductSuggestion']>>, ParentType, ContextType, RequireFields<QuerySuggestProductsArgs, 'first' | 'prefix'>>;
};

export type RefreshSessionPayloadResolvers<ContextType = Context, ParentType extends ResolversParentTypes['RefreshSessionPayload'] = ResolversParentTypes['RefreshSessionPayload']> = {
  tokens?: Resolver<Maybe<ResolversTypes['Tokens']>, ParentType, ContextType>;
  userErrors?: Resolver<Array<ResolversTypes['UserError']>, ParentType, ContextType>;
};

export type RenameAccountPayloadResolvers<ContextType = Context, ParentType extends ResolversParentTypes['RenameAccountPayload'] = ResolversParentTypes['RenameAccountPayload']> = {
  account?: Resolver<Maybe<ResolversTypes['Account']>, ParentType, ContextType>;
  userErrors?: Resolver<Array<ResolversTypes['UserError']>, ParentType, ContextType>;
};

export type RenameCategoryPayloadResolvers<ContextType = Context, ParentType extends ResolversParentTypes['RenameCategoryPayload'] = ResolversParentTypes['RenameCategoryPayload']> = {
  category?: Resolver<Maybe<ResolversTypes['Category']>, ParentType, ContextType>;
  userErrors?: Resolver<Array<ResolversTypes['UserError']>, ParentType, ContextType>;
};

export type RequestEmailChangePayloadResolvers<ContextType = Context, ParentType extends ResolversParentTypes['RequestEmailChangePayload'] = ResolversParentTypes['RequestEmailChangePayload']> = {
  userErrors?: Resolver<Array<ResolversTypes['UserError']>, ParentType, ContextType>;
};

export type RequestPasswordResetPayloadResolvers<ContextType = Context, ParentType extends ResolversParentTypes['RequestPasswordResetPayload'] = ResolversParentTypes['RequestPasswordResetPayload']> = {
  userErrors?: Resolver<Array<ResolversTypes['UserError']>, ParentType, ContextType>;
};

export type ResetPasswordPayloadResolvers<ContextType = Context, ParentType extends ResolversParentTypes['ResetPasswordPayload'] = ResolversParentTypes['ResetPasswordPayload']> = {
  userErrors?: Resolver<Array<ResolversTypes['UserError']>, ParentType, ContextType>;
};

export type RevokeSessionPayloadResolvers<ContextType = Context, ParentType extends ResolversParentTypes['RevokeSessionPayload'] = ResolversParentTypes['RevokeSessionPayload']> = {
  userErrors?: Resolver<Array<ResolversTypes['UserError']>, ParentType, ContextType>;
};

export type SessionResolvers<ContextType = Context, ParentType extends ResolversParentTypes['Session'] = ResolversParentTypes['Session']> = {
  createdAt?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
  id?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  isCurrent?: Resolver<ResolversTypes['Boolean'], ParentType, ContextType>;
  refreshedAt?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
};

export type ShopResolvers<ContextType = Context, ParentType extends ResolversParentTypes['Shop'] = ResolversParentTypes['Shop']> = {
  currency?: Resolver<ResolversTypes['Currency'], ParentType, ContextType>;
  name?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
};

export type SignUpPayloadResolvers<ContextType = Context, ParentType extends ResolversParentTypes['SignUpPayload'] = ResolversParentTypes['SignUpPayload']> = {
  userErrors?: Resolver<Array<ResolversTypes['UserError']>, ParentType, ContextType>;
};

export type TagCountResolvers<ContextType = Context, ParentType extends ResolversParentTypes['TagCount'] = ResolversParentTypes['TagCount']> = {
  count?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  tag?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
};

export type TokensResolvers<ContextType = Context, ParentType extends ResolversParentTypes['Tokens'] = ResolversParentTypes['Tokens']> = {
  accessToken?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  account?: Resolver<Maybe<ResolversTypes['Account']>, ParentType, ContextType>;
  expiresIn?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  refreshToken?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
};

export type UpdateProductPayloadResolvers<ContextType = Context, ParentType extends ResolversParentTypes['UpdateProductPayload'] = ResolversParentTypes['UpdateProductPayload']> = {
  product?: Resolver<Maybe<ResolversTypes['Product']>, ParentType, ContextType>;
  userErrors?: Resolver<Array<ResolversTypes['UserError']>, ParentType, ContextType>;
};

export type UserErrorResolvers<ContextType = Context, ParentType extends ResolversParentTypes['UserError'] = ResolversParentTypes['UserError']> = {
  code?: Resolver<ResolversTypes['ErrorCode'], ParentType, ContextType>;
  field?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  message?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
};

export type VerifyEmailPayloadResolvers<ContextType = Context, ParentType extends ResolversParentTypes['VerifyEmailPayload'] = ResolversParentTypes['VerifyEmailPayload']> = {
  tokens?: Resolver<Maybe<ResolversTypes['Tokens']>, ParentType, ContextType>;
  userErrors?: Resolver<Array<ResolversTypes['UserError']>, ParentType, ContextType>;
};

export type Resolvers<ContextType = Context> = {
  Account?: AccountResolvers<ContextType>;
  AccountConnection?: AccountConnectionResolvers<ContextType>;
  AccountEdge?: AccountEdgeResolvers<ContextType>;
  ArchiveProductPayload?: ArchiveProductPayloadResolvers<ContextType>;
  Category?: CategoryResolvers<ContextType>;
  CategoryCount?: CategoryCountResolvers<ContextType>;
  ChangePasswordPayload?: ChangePasswordPayloadResolvers<ContextType>;
  ConfirmEmailChangePayload?: ConfirmEmailChangePayloadResolvers<ContextType>;
  CreateCategoryPayload?: CreateCategoryPayloadResolvers<ContextType>;
  Currency?: CurrencyResolvers<ContextType>;
  Cursor?: GraphQLScalarType;
  DateTime?: GraphQLScalarType;
  DeleteMyAccountPayload?: DeleteMyAccountPayloadResolvers<ContextType>;
  LoginPayload?: LoginPayloadResolvers<ContextType>;
  LogoutPayload?: LogoutPayloadResolvers<ContextType>;
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
  RefreshSessionPayload?: RefreshSessionPayloadResolvers<ContextType>;
  RenameAccountPayload?: RenameAccountPayloadResolvers<ContextType>;
  RenameCategoryPayload?: RenameCategoryPayloadResolvers<ContextType>;
  RequestEmailChangePayload?: RequestEmailChangePayloadResolvers<ContextType>;
  RequestPasswordResetPayload?: RequestPasswordResetPayloadResolvers<ContextType>;
  ResetPasswordPayload?: ResetPasswordPayloadResolvers<ContextType>;
  RevokeSessionPayload?: RevokeSessionPayloadResolvers<ContextType>;
  Session?: SessionResolvers<ContextType>;
  Shop?: ShopResolvers<ContextType>;
  SignUpPayload?: SignUpPayloadResolvers<ContextType>;
  TagCount?: TagCountResolvers<ContextType>;
  Tokens?: TokensResolvers<ContextType>;
  UpdateProductPayload?: UpdateProductPayloadResolvers<ContextType>;
  UserError?: UserErrorResolvers<ContextType>;
  VerifyEmailPayload?: VerifyEmailPayloadResolvers<ContextType>;
};

export type DirectiveResolvers<ContextType = Context> = {
  access?: AccessDirectiveResolver<any, any, ContextType>;
  cost?: CostDirectiveResolver<any, any, ContextType>;
  listSize?: ListSizeDirectiveResolver<any, any, ContextType>;
  reads?: ReadsDirectiveResolver<any, any, ContextType>;
  textLength?: TextLengthDirectiveResolver<any, any, ContextType>;
};
