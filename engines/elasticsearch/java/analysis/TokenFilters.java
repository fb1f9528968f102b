package analysis;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.UnaryOperator;
import java.util.regex.Pattern;
import org.apache.lucene.analysis.CharArraySet;
import org.apache.lucene.analysis.LowerCaseFilter;
import org.apache.lucene.analysis.TokenStream;
import org.apache.lucene.analysis.core.DecimalDigitFilter;
import org.apache.lucene.analysis.core.FlattenGraphFilter;
import org.apache.lucene.analysis.core.UpperCaseFilter;
import org.apache.lucene.analysis.en.EnglishMinimalStemFilter;
import org.apache.lucene.analysis.en.EnglishPossessiveFilter;
import org.apache.lucene.analysis.en.KStemFilter;
import org.apache.lucene.analysis.en.PorterStemFilter;
import org.apache.lucene.analysis.miscellaneous.KeywordRepeatFilter;
import org.apache.lucene.analysis.miscellaneous.LengthFilter;
import org.apache.lucene.analysis.miscellaneous.LimitTokenCountFilter;
import org.apache.lucene.analysis.miscellaneous.PatternKeywordMarkerFilter;
import org.apache.lucene.analysis.miscellaneous.RemoveDuplicatesTokenFilter;
import org.apache.lucene.analysis.miscellaneous.SetKeywordMarkerFilter;
import org.apache.lucene.analysis.miscellaneous.StemmerOverrideFilter;
import org.apache.lucene.analysis.miscellaneous.TrimFilter;
import org.apache.lucene.analysis.miscellaneous.TruncateTokenFilter;
import org.apache.lucene.analysis.miscellaneous.WordDelimiterGraphFilter;
import org.apache.lucene.analysis.ngram.EdgeNGramTokenFilter;
import org.apache.lucene.analysis.ngram.NGramTokenFilter;
import org.apache.lucene.analysis.pattern.PatternReplaceFilter;
import org.apache.lucene.analysis.reverse.ReverseStringFilter;
import org.apache.lucene.analysis.snowball.SnowballFilter;
import org.apache.lucene.analysis.synonym.SynonymFilter;
import org.apache.lucene.analysis.synonym.SynonymGraphFilter;
import org.elasticsearch.common.settings.Settings;
import org.elasticsearch.index.IndexSettings;
import org.elasticsearch.index.analysis.AbstractTokenFilterFactory;
import org.elasticsearch.index.analysis.NormalizingTokenFilterFactory;
import org.elasticsearch.index.analysis.TokenFilterFactory;
import org.elasticsearch.indices.analysis.AnalysisModule.AnalysisProvider;

/** The token filters by their names in the settings of an index. */
final class TokenFilters {
  private TokenFilters() {}

  /** Creates a filter from its settings. */
  private interface FilterOf {
    UnaryOperator<TokenStream> of(Settings settings);
  }

  static Map<String, AnalysisProvider<TokenFilterFactory>> all() {
    Map<String, AnalysisProvider<TokenFilterFactory>> filters = new HashMap<>();
    // These also apply to terms that are not tokenized, e.g. in the normalizer of a keyword field or in a prefix query.
    filters.put("lowercase", normalizing(settings -> LowerCaseFilter::new));
    filters.put("uppercase", normalizing(settings -> UpperCaseFilter::new));
    filters.put("trim", normalizing(settings -> TrimFilter::new));
    filters.put("decimal_digit", normalizing(settings -> DecimalDigitFilter::new));
    filters.put("asciifolding", FoldingFilterFactory::new);

    filters.put("stemmer", filter(TokenFilters::stemmer));
    filters.put("porter_stem", filter(settings -> PorterStemFilter::new));
    filters.put("kstem", filter(settings -> KStemFilter::new));
    filters.put("snowball", filter(settings -> in -> new SnowballFilter(in, settings.get("language", "English"))));
    filters.put("stemmer_override", SettingChecks.needsSettings(filter(TokenFilters::stemmerOverride)));
    filters.put("keyword_marker", SettingChecks.needsSettings(filter(TokenFilters::keywordMarker)));
    filters.put("keyword_repeat", filter(settings -> KeywordRepeatFilter::new));
    filters.put("remove_duplicates", filter(settings -> RemoveDuplicatesTokenFilter::new));
    filters.put("unique", filter(settings -> {
      boolean onlyOnSamePosition = settings.getAsBoolean("only_on_same_position", false);
      return in -> new UniqueFilter(in, onlyOnSamePosition);
    }));
    filters.put("flatten_graph", filter(settings -> FlattenGraphFilter::new));
    filters.put("reverse", filter(settings -> ReverseStringFilter::new));
    filters.put("truncate", filter(settings -> in -> new TruncateTokenFilter(in, settings.getAsInt("length", 10))));
    filters.put("length", filter(settings ->
        in -> new LengthFilter(in, settings.getAsInt("min", 0), settings.getAsInt("max", Integer.MAX_VALUE))));
    filters.put("limit", filter(settings -> in -> new LimitTokenCountFilter(
        in, settings.getAsInt("max_token_count", 1), settings.getAsBoolean("consume_all_tokens", false))));
    filters.put("pattern_replace", SettingChecks.needsSettings(filter(settings -> {
      Pattern pattern = Pattern.compile(SettingChecks.required(settings, "pattern"));
      String replacement = settings.get("replacement", "");
      boolean all = settings.getAsBoolean("all", true);
      return in -> new PatternReplaceFilter(in, pattern, replacement, all);
    })));
    filters.put("word_delimiter_graph", filter(TokenFilters::wordDelimiterGraph));
    filters.put("edge_ngram", (index, environment, name, settings) -> {
      int min = settings.getAsInt("min_gram", 1);
      int max = settings.getAsInt("max_gram", 2);
      boolean preserve = settings.getAsBoolean("preserve_original", false);
      return new NoSynonymsFilter(index, name, settings, in -> new EdgeNGramTokenFilter(in, min, max, preserve));
    });
    filters.put("ngram", (index, environment, name, settings) -> {
      int min = settings.getAsInt("min_gram", 1);
      int max = settings.getAsInt("max_gram", 2);
      SettingChecks.refuseWideGrams(index, min, max);
      boolean preserve = settings.getAsBoolean("preserve_original", false);
      return new NoSynonymsFilter(index, name, settings, in -> new NGramTokenFilter(in, min, max, preserve));
    });
    filters.put("synonym", SettingChecks.needsSettings((index, environment, name, settings) ->
        new SynonymFilterFactory(index, environment, name, settings, SynonymFilter::new)));
    filters.put("synonym_graph", SettingChecks.needsSettings((index, environment, name, settings) ->
        new SynonymFilterFactory(index, environment, name, settings, SynonymGraphFilter::new)));
    return filters;
  }

  private static UnaryOperator<TokenStream> stemmer(Settings settings) {
    String language = settings.get("language", settings.get("name", "porter")).toLowerCase(Locale.ROOT);
    return switch (language) {
      case "english", "porter" -> PorterStemFilter::new;
      case "light_english", "kstem" -> KStemFilter::new;
      case "minimal_english" -> EnglishMinimalStemFilter::new;
      case "possessive_english" -> EnglishPossessiveFilter::new;
      case "porter2" -> in -> new SnowballFilter(in, "English");
      default -> throw new IllegalArgumentException(
          "the stemmers of this test engine are english, light_english, minimal_english, possessive_english, porter2");
    };
  }

  private static UnaryOperator<TokenStream> stemmerOverride(Settings settings) {
    StemmerOverrideFilter.Builder builder = new StemmerOverrideFilter.Builder(false);
    for (String rule : settings.getAsList("rules")) {
      String[] sides = rule.split("=>", -1);
      if (sides.length != 2) throw new IllegalArgumentException("Invalid Keyword Override Rule:" + rule);
      for (String word : sides[0].split(",")) builder.add(word.trim(), sides[1].trim());
    }
    try {
      StemmerOverrideFilter.StemmerOverrideMap map = builder.build();
      return in -> new StemmerOverrideFilter(in, map);
    } catch (IOException error) {
      throw new UncheckedIOException(error);
    }
  }

  private static UnaryOperator<TokenStream> keywordMarker(Settings settings) {
    String pattern = settings.get("keywords_pattern");
    if (pattern != null) {
      Pattern compiled = Pattern.compile(pattern);
      return in -> new PatternKeywordMarkerFilter(in, compiled);
    }
    List<String> keywords = settings.getAsList("keywords");
    if (keywords.isEmpty())
      throw new IllegalArgumentException("keyword filter requires either `keywords` or `keywords_pattern` to be set");
    CharArraySet set = new CharArraySet(keywords, settings.getAsBoolean("ignore_case", false));
    return in -> new SetKeywordMarkerFilter(in, set);
  }

  private static UnaryOperator<TokenStream> wordDelimiterGraph(Settings settings) {
    int flags = flag(settings, "generate_word_parts", true, WordDelimiterGraphFilter.GENERATE_WORD_PARTS)
        | flag(settings, "generate_number_parts", true, WordDelimiterGraphFilter.GENERATE_NUMBER_PARTS)
        | flag(settings, "catenate_words", false, WordDelimiterGraphFilter.CATENATE_WORDS)
        | flag(settings, "catenate_numbers", false, WordDelimiterGraphFilter.CATENATE_NUMBERS)
        | flag(settings, "catenate_all", false, WordDelimiterGraphFilter.CATENATE_ALL)
        | flag(settings, "split_on_case_change", true, WordDelimiterGraphFilter.SPLIT_ON_CASE_CHANGE)
        | flag(settings, "preserve_original", false, WordDelimiterGraphFilter.PRESERVE_ORIGINAL)
        | flag(settings, "split_on_numerics", true, WordDelimiterGraphFilter.SPLIT_ON_NUMERICS)
        | flag(settings, "stem_english_possessive", true, WordDelimiterGraphFilter.STEM_ENGLISH_POSSESSIVE)
        | flag(settings, "ignore_keywords", false, WordDelimiterGraphFilter.IGNORE_KEYWORDS);
    List<String> words = settings.getAsList("protected_words");
    CharArraySet protectedWords = words.isEmpty() ? null : new CharArraySet(words, false);
    return in -> new WordDelimiterGraphFilter(in, flags, protectedWords);
  }

  private static int flag(Settings settings, String name, boolean isDefault, int bit) {
    return settings.getAsBoolean(name, isDefault) ? bit : 0;
  }

  private static AnalysisProvider<TokenFilterFactory> filter(FilterOf filterOf) {
    return (index, environment, name, settings) -> new PlainFilter(index, name, settings, filterOf.of(settings));
  }

  private static AnalysisProvider<TokenFilterFactory> normalizing(FilterOf filterOf) {
    return (index, environment, name, settings) -> new NormalizingFilter(index, name, settings, filterOf.of(settings));
  }

  private static class PlainFilter extends AbstractTokenFilterFactory {
    private final UnaryOperator<TokenStream> wrap;

    PlainFilter(IndexSettings index, String name, Settings settings, UnaryOperator<TokenStream> wrap) {
      super(index, name, settings);
      this.wrap = wrap;
    }

    @Override
    public TokenStream create(TokenStream in) {
      return wrap.apply(in);
    }
  }

  private static final class NormalizingFilter extends PlainFilter implements NormalizingTokenFilterFactory {
    NormalizingFilter(IndexSettings index, String name, Settings settings, UnaryOperator<TokenStream> wrap) {
      super(index, name, settings, wrap);
    }
  }

  /** A filter that must not precede synonyms, because it emits several tokens at one position. */
  private static final class NoSynonymsFilter extends PlainFilter {
    NoSynonymsFilter(IndexSettings index, String name, Settings settings, UnaryOperator<TokenStream> wrap) {
      super(index, name, settings, wrap);
    }

    @Override
    public TokenFilterFactory getSynonymFilter() {
      throw new IllegalArgumentException("Token filter [" + name() + "] cannot be used to parse synonyms");
    }
  }
}
