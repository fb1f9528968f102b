package analysis;

import java.util.HashMap;
import java.util.Map;
import java.util.regex.Pattern;
import org.apache.lucene.analysis.Tokenizer;
import org.apache.lucene.analysis.core.KeywordTokenizer;
import org.apache.lucene.analysis.core.LetterTokenizer;
import org.apache.lucene.analysis.core.WhitespaceTokenizer;
import org.apache.lucene.analysis.ngram.EdgeNGramTokenizer;
import org.apache.lucene.analysis.ngram.NGramTokenizer;
import org.apache.lucene.analysis.path.PathHierarchyTokenizer;
import org.apache.lucene.analysis.pattern.PatternTokenizer;
import org.elasticsearch.common.settings.Settings;
import org.elasticsearch.index.analysis.AbstractTokenizerFactory;
import org.elasticsearch.index.analysis.TokenizerFactory;
import org.elasticsearch.indices.analysis.AnalysisModule.AnalysisProvider;

/** The tokenizers by their names in the settings of an index. */
final class Tokenizers {
  private Tokenizers() {}

  private interface TokenizerOf {
    Tokenizer of(Settings settings);
  }

  static Map<String, AnalysisProvider<TokenizerFactory>> all() {
    Map<String, AnalysisProvider<TokenizerFactory>> tokenizers = new HashMap<>();
    tokenizers.put("keyword", tokenizer(settings -> new KeywordTokenizer()));
    tokenizers.put("whitespace", tokenizer(settings -> new WhitespaceTokenizer()));
    tokenizers.put("letter", tokenizer(settings -> new LetterTokenizer()));
    tokenizers.put("pattern", tokenizer(settings ->
        new PatternTokenizer(Pattern.compile(settings.get("pattern", "\\W+")), settings.getAsInt("group", -1))));
    tokenizers.put("path_hierarchy", tokenizer(Tokenizers::pathHierarchy));
    tokenizers.put("edge_ngram", tokenizer(settings -> {
      TokenChars chars = new TokenChars(settings);
      return new EdgeNGramTokenizer(settings.getAsInt("min_gram", 1), settings.getAsInt("max_gram", 2)) {
        @Override
        protected boolean isTokenChar(int codePoint) {
          return chars.include(codePoint);
        }
      };
    }));
    tokenizers.put("ngram", (index, environment, name, settings) -> {
      int min = settings.getAsInt("min_gram", 1);
      int max = settings.getAsInt("max_gram", 2);
      SettingChecks.refuseWideGrams(index, min, max);
      TokenChars chars = new TokenChars(settings);
      return new AbstractTokenizerFactory(index, settings, name) {
        @Override
        public Tokenizer create() {
          return new NGramTokenizer(min, max) {
            @Override
            protected boolean isTokenChar(int codePoint) {
              return chars.include(codePoint);
            }
          };
        }
      };
    });
    return tokenizers;
  }

  private static Tokenizer pathHierarchy(Settings settings) {
    char delimiter = settings.get("delimiter", "/").charAt(0);
    char replacement = settings.get("replacement", String.valueOf(delimiter)).charAt(0);
    return new PathHierarchyTokenizer(delimiter, replacement, settings.getAsInt("skip", 0));
  }

  private static AnalysisProvider<TokenizerFactory> tokenizer(TokenizerOf tokenizerOf) {
    return (index, environment, name, settings) -> new AbstractTokenizerFactory(index, settings, name) {
      @Override
      public Tokenizer create() {
        return tokenizerOf.of(settings);
      }
    };
  }
}
