/**
 * Folds the spellings that readers of a script treat as equal into one. Products and queries are folded by this function
 * alone, so that all backends agree. `fold(fold(text)) === fold(text)`.
 */

/** Readers of these scripts search for a letter with and without its marks: é, ά, ё, niqqud, harakat. */
const MARKED_SCRIPTS =
  /[\p{Script=Latin}\p{Script=Greek}\p{Script=Cyrillic}\p{Script=Hebrew}\p{Script=Arabic}]/u;
/** й, ї and ў are letters of their own. Marks of other scripts (Devanagari, Thai, Hangul, kana) are parts of their letters. */
const OWN_LETTERS = new Set(['и\u0306', 'і\u0308', 'у\u0306']);
const MARKED_LETTER = /(.)(\p{M}+)/gsu;
const BEYOND_ASCII = /[\u0080-\u{10ffff}]/u;

/** Letters and signs without a decomposition that are typed as others. Sources: Unicode CLDR Latin-ASCII; Lucene's ArabicNormalizer. */
const LETTERS: Readonly<Record<string, string>> = {
  æ: 'ae',
  œ: 'oe',
  ø: 'o',
  đ: 'd',
  ð: 'd',
  þ: 'th',
  ł: 'l',
  ħ: 'h',
  ŧ: 't',
  ŋ: 'n',
  ĸ: 'k',
  ς: 'σ',
  ى: 'ي',
  ی: 'ي',
  ک: 'ك',
  ة: 'ه',
  '٫': '.',
  '٬': '',
  '×': 'x',
};
const LETTER = new RegExp(`[${Object.keys(LETTERS).join('')}]`, 'gu');
const DIGIT = /(?![0-9])\p{Nd}/gu;
/** Characters without a width, which separate nothing: soft hyphen, joiners, direction marks; and the Arabic tatweel. */
const INVISIBLE = /[\p{Default_Ignorable_Code_Point}\p{Cf}ـ]/gu;

export function fold(text: string): string {
  if (!BEYOND_ASCII.test(text)) return text.toLowerCase();
  return (
    foldCase(foldCase(text.normalize('NFKD')).normalize('NFKD'))
      .replace(INVISIBLE, '')
      // Again: removed characters no longer separate marks from their letters.
      .normalize('NFKD')
      .replace(DIGIT, asciiDigit)
      .replace(MARKED_LETTER, dropMarks)
      .replace(LETTER, (letter) => LETTERS[letter] ?? letter)
      .normalize('NFC')
  );
}

/** Upper case first: it is the same for all forms of a letter (ς and σ, ß and ss, ı and i, ᾳ and αι). */
function foldCase(text: string): string {
  return text.replaceAll('\u0345', 'ι').toUpperCase().toLowerCase();
}

function dropMarks(whole: string, letter: string, marks: string): string {
  if (!MARKED_SCRIPTS.test(letter)) return whole;
  return OWN_LETTERS.has(letter + marks) ? whole : letter;
}

/** Unicode has the decimal digits of a script in sequence, from 0 to 9. */
function asciiDigit(digit: string): string {
  const code = digit.codePointAt(0) ?? 0;
  let first = code;
  while (/\p{Nd}/u.test(String.fromCodePoint(first - 1))) first -= 1;
  return String((code - first) % 10);
}
