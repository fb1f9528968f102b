/**
 * The decimals of each currency, from ISO 4217 List One, "Current currency & funds code list", published 2026-01-01 by
 * the maintenance agency
 * (https://www.six-group.com/dam/download/financial-information/data-center/iso-currrency/lists/list-one.xml). Codes
 * whose minor unit is "N.A." (metals, units of account, XTS and XXX) are omitted.
 *
 * Stored amounts depend on this table. Add codes; never change the decimals of a code.
 */
export const ISO_4217_DECIMALS: Readonly<Record<string, number>> = {
  ...codes(0, 'BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF'),
  ...codes(2, 'AED AFN ALL AMD AOA ARS AUD AWG AZN'),
  ...codes(2, 'BAM BBD BDT BMD BND BOB BOV BRL BSD BTN BWP BYN BZD'),
  ...codes(2, 'CAD CDF CHE CHF CHW CNY COP COU CRC CUP CVE CZK'),
  ...codes(2, 'DKK DOP DZD EGP ERN ETB EUR FJD FKP'),
  ...codes(2, 'GBP GEL GHS GIP GMD GTQ GYD HKD HNL HTG HUF'),
  ...codes(2, 'IDR ILS INR IRR JMD KES KGS KHR KPW KYD KZT'),
  ...codes(2, 'LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MXV MYR MZN'),
  ...codes(2, 'NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB'),
  ...codes(2, 'SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL'),
  ...codes(2, 'THB TJS TMT TOP TRY TTD TWD TZS UAH USD USN UYU UZS'),
  ...codes(2, 'VED VES WST XAD XCD XCG YER ZAR ZMW ZWG'),
  ...codes(3, 'BHD IQD JOD KWD LYD OMR TND'),
  ...codes(4, 'CLF UYW'),
};

function codes(decimals: number, text: string): Record<string, number> {
  return Object.fromEntries(text.split(' ').map((code) => [code, decimals]));
}
