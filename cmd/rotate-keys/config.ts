import { tokenSettings } from '#cmd/token/config.ts';

/** The settings of `make rotate-keys`. */
export const rotateKeysSettings = {
  FRITZY_DATA: tokenSettings.FRITZY_DATA,
  TOKEN_KEYS: tokenSettings.TOKEN_KEYS,
};
