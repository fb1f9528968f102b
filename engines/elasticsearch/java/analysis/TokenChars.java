package analysis;

import java.util.Arrays;
import java.util.List;
import org.elasticsearch.common.settings.Settings;

/** The characters that an n-gram tokenizer includes in tokens; without `token_chars`, all characters. */
final class TokenChars {
  private final List<String> classes;
  private final String custom;

  TokenChars(Settings settings) {
    classes = settings.getAsList("token_chars");
    custom = settings.get("custom_token_chars", "");
    List<String> known = Arrays.asList("letter", "digit", "whitespace", "punctuation", "symbol", "custom");
    for (String name : classes)
      if (!known.contains(name)) throw new IllegalArgumentException("Unknown token type: '" + name + "'");
  }

  boolean include(int codePoint) {
    return classes.isEmpty() || classes.stream().anyMatch(name -> is(name, codePoint));
  }

  private boolean is(String name, int codePoint) {
    return switch (name) {
      case "letter" -> Character.isLetter(codePoint);
      case "digit" -> Character.isDigit(codePoint);
      case "whitespace" -> Character.isWhitespace(codePoint);
      case "punctuation" -> isOneOf(codePoint, Character.START_PUNCTUATION, Character.END_PUNCTUATION,
          Character.OTHER_PUNCTUATION, Character.CONNECTOR_PUNCTUATION, Character.DASH_PUNCTUATION,
          Character.INITIAL_QUOTE_PUNCTUATION, Character.FINAL_QUOTE_PUNCTUATION);
      case "symbol" -> isOneOf(codePoint, Character.CURRENCY_SYMBOL, Character.MATH_SYMBOL,
          Character.OTHER_SYMBOL, Character.MODIFIER_SYMBOL);
      default -> custom.indexOf(codePoint) >= 0;
    };
  }

  private static boolean isOneOf(int codePoint, byte... types) {
    for (byte type : types) if (Character.getType(codePoint) == type) return true;
    return false;
  }
}
