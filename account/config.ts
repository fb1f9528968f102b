import { commonSettings, str, urlOf } from '#platform/config.ts';

/** The settings of the account service. */
export const accountSettings = {
  NODE_ENV: commonSettings.NODE_ENV,
  ACCOUNT_DATABASE_URL: urlOf('postgres', 'postgresql')({ desc: "The account service's own database." }),
  TOKEN_KEYS: str({
    default: undefined,
    desc: 'A folder with the RSA keys of access tokens in PEM files, of which the last one by name signs; an empty folder gets a key; unset: a key that ends with the process.',
  }),
  MAIL_URL: urlOf(
    'smtp',
    'smtps',
    'log',
  )({
    default: undefined,
    desc: 'The mail server: smtp://user:password@host:587, or log: to write e-mails to the log; unset: log:.',
  }),
  MAIL_FROM: str({ default: 'Fritzy <shop@localhost>', desc: 'The sender of e-mails.' }),
  SHOP_URL: urlOf(
    'http',
    'https',
  )({
    default: 'http://localhost:8000',
    desc: 'The URL of the shop front, which has the pages /verify-email, /reset-password and /change-email that e-mails link to.',
  }),
};
