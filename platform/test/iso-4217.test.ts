import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { currencyOf, settingsFor } from '#platform/currency.ts';
import { ISO_4217_DECIMALS } from '#platform/iso-4217.ts';

/** All currencies of List One whose minor unit is not 2, and those for which `Intl` differs from ISO 4217. */
const PINNED = {
  0: 'BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF',
  2: 'AFN ALL COP EUR HUF IDR IRR KPW LAK LBP MGA MMK MRU PKR RSD SOS SYP USD XAD XCG YER ZWG',
  3: 'BHD IQD JOD KWD LYD OMR TND',
  4: 'CLF UYW',
};

type Decimals = (code: string) => number | undefined;
const ofTable: Decimals = (code) => ISO_4217_DECIMALS[code];
/** Known-bad twin: earlier releases stored amounts with these decimals. */
const ofIntl: Decimals = (code) =>
  new Intl.NumberFormat('en', { style: 'currency', currency: code }).resolvedOptions().maximumFractionDigits;

/** The pinned codes for which the decimals differ. */
function wrong(decimalsOf: Decimals): string[] {
  return Object.entries(PINNED).flatMap(([decimals, codes]) =>
    codes.split(' ').filter((code) => decimalsOf(code) !== Number(decimals)),
  );
}

suite('the currency table', () => {
  test('has the decimals of ISO 4217', () => assert.deepEqual(wrong(ofTable), []));

  test('known-bad twin: the decimals of Intl are not those of ISO 4217', () => {
    assert.ok(wrong(ofIntl).includes('IQD'));
  });

  test('has 0, 3 or 4 decimals for the pinned codes only', () => {
    const special = Object.entries(ISO_4217_DECIMALS).filter(([, decimals]) => decimals !== 2);
    const pinned = `${PINNED[0]} ${PINNED[3]} ${PINNED[4]}`.split(' ');
    assert.deepEqual(special.map(([code]) => code).toSorted(), pinned.toSorted());
  });

  test('has the 165 codes of List One that have a minor unit', () => {
    const codes = Object.keys(ISO_4217_DECIMALS);
    assert.equal(codes.length, 165);
    for (const code of codes) assert.match(code, /^[A-Z]{3}$/);
  });

  test('has no code without a minor unit and no withdrawn code', () => {
    for (const code of 'XAU XAG XDR XTS XXX ANG BGN HRK SLL ZWL'.split(' ')) {
      assert.equal(ISO_4217_DECIMALS[code], undefined, code);
      assert.throws(() => currencyOf({ code, decimals: undefined }), /is not an ISO 4217 currency/);
    }
  });

  test('settings always name the decimals', () => {
    assert.equal(settingsFor({ code: 'HUF', decimals: 2 }), 'CURRENCY=HUF CURRENCY_DECIMALS=2');
    assert.equal(settingsFor({ code: 'HUF', decimals: 0 }), 'CURRENCY=HUF CURRENCY_DECIMALS=0');
  });
});
