import { ROLES } from '#platform/auth/roles.ts';
import { oneOf, str } from '#platform/config.ts';

/** The settings of `make token`. */
export const tokenSettings = {
  FRITZY_DATA: str({ default: '.fritzy', desc: 'The data folder of the shop.' }),
  TOKEN_KEYS: str({
    default: undefined,
    desc: 'The folder with the keys of access tokens; unset: token-keys in FRITZY_DATA.',
  }),
  ROLE: oneOf(...ROLES)({ default: 'admin', desc: 'The role that the token has.' }),
};
