/** The topics of the account service. The JSON Schema of each is the file of its name in this folder. */
export const ACCOUNT_EVENTS = 'account.events';
