/** The topics of the account service. The JSON Schema of a topic is the file with its name in this folder. */
export const ACCOUNT_EVENTS = 'account.events';
