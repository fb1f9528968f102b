import java.io.IOException;
import java.io.Reader;
import java.io.StringReader;
import java.io.UncheckedIOException;
import java.text.ParseException;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import java.util.regex.Pattern;
import org.apache.lucene.analysis.Analyzer;
import org.apache.lucene.analysis.CharArraySet;
import org.apache.lucene.analysis.LowerCaseFilter;
import org.apache.lucene.analysis.TokenStream;
import org.apache.lucene.analysis.Tokenizer;
import org.apache.lucene.analysis.charfilter.HTMLStripCharFilter;
import org.apache.lucene.analysis.charfilter.MappingCharFilter;
import org.apache.lucene.analysis.charfilter.NormalizeCharMap;
import org.apache.lucene.analysis.core.DecimalDigitFilter;
import org.apache.lucene.analysis.core.FlattenGraphFilter;
import org.apache.lucene.analysis.core.KeywordTokenizer;
import org.apache.lucene.analysis.core.LetterTokenizer;
import org.apache.lucene.analysis.core.UpperCaseFilter;
import org.apache.lucene.analysis.core.WhitespaceTokenizer;
import org.apache.lucene.analysis.en.EnglishAnalyzer;
import org.apache.lucene.analysis.en.EnglishMinimalStemFilter;
import org.apache.lucene.analysis.en.EnglishPossessiveFilter;
import org.apache.lucene.analysis.en.KStemFilter;
import org.apache.lucene.analysis.en.PorterStemFilter;
import org.apache.lucene.analysis.miscellaneous.ASCIIFoldingFilter;
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
import org.apache.lucene.analysis.ngram.EdgeNGramTokenizer;
import org.apache.lucene.analysis.ngram.NGramTokenFilter;
import org.apache.lucene.analysis.ngram.NGramTokenizer;
import org.apache.lucene.analysis.path.PathHierarchyTokenizer;
import org.apache.lucene.analysis.pattern.PatternReplaceCharFilter;
import org.apache.lucene.analysis.pattern.PatternReplaceFilter;
import org.apache.lucene.analysis.pattern.PatternTokenizer;
import org.apache.lucene.analysis.reverse.ReverseStringFilter;
import org.apache.lucene.analysis.snowball.SnowballFilter;
import org.apache.lucene.analysis.synonym.SolrSynonymParser;
import org.apache.lucene.analysis.synonym.SynonymFilter;
import org.apache.lucene.analysis.synonym.SynonymGraphFilter;
import org.apache.lucene.analysis.synonym.SynonymMap;
import org.elasticsearch.common.settings.Settings;
import org.elasticsearch.env.Environment;
import org.elasticsearch.index.IndexSettings;
import org.elasticsearch.index.analysis.AbstractCharFilterFactory;
import org.elasticsearch.index.analysis.AbstractIndexAnalyzerProvider;
import org.elasticsearch.index.analysis.AbstractTokenFilterFactory;
import org.elasticsearch.index.analysis.AbstractTokenizerFactory;
import org.elasticsearch.index.analysis.Analysis;
import org.elasticsearch.index.analysis.AnalyzerProvider;
import org.elasticsearch.index.analysis.CharFilterFactory;
import org.elasticsearch.index.analysis.CustomAnalyzer;
import org.elasticsearch.index.analysis.NormalizingCharFilterFactory;
import org.elasticsearch.index.analysis.NormalizingTokenFilterFactory;
import org.elasticsearch.index.analysis.TokenFilterFactory;
import org.elasticsearch.index.analysis.TokenizerFactory;
import org.elasticsearch.indices.analysis.AnalysisModule.AnalysisProvider;
import org.elasticsearch.plugins.Plugin;

/**
 * For tests: Elasticsearch's module analysis-common is not published as a library, so the parts of it that a product
 * search needs are registered here, under the same names and with the same settings and defaults, on the same Lucene
 * classes. An unknown name is refused by Elasticsearch as it would refuse a misspelt one.
 */
public final class AnalysisPlugin extends Plugin implements org.elasticsearch.plugins.AnalysisPlugin {
  /** How a filter is made of its settings. */
  private interface FilterOf {
    UnaryOperator<TokenStream> of(Settings settings);
  }

  private interface TokenizerOf {
    Tokenizer of(Settings settings);
  }

  @Override
  public Map<String, AnalysisProvider<AnalyzerProvider<? extends Analyzer>>> getAnalyzers() {
    return Map.of("english", English::new);
  }

  @Override
  public Map<String, AnalysisProvider<TokenFilterFactory>> getTokenFilters() {
    Map<String, AnalysisProvider<TokenFilterFactory>> filters = new HashMap<>();
    // Those that also hold for terms that are not split, as of a keyword field's normalizer or a prefix query.
    filters.put("lowercase", normalizing(settings -> LowerCaseFilter::new));
    filters.put("uppercase", normalizing(settings -> UpperCaseFilter::new));
    filters.put("trim", normalizing(settings -> TrimFilter::new));
    filters.put("decimal_digit", normalizing(settings -> DecimalDigitFilter::new));
    filters.put("asciifolding", Folding::new);

    filters.put("stemmer", filter(AnalysisPlugin::stemmer));
    filters.put("porter_stem", filter(settings -> PorterStemFilter::new));
    filters.put("kstem", filter(settings -> KStemFilter::new));
    filters.put("snowball", filter(settings -> in -> new SnowballFilter(in, settings.get("language", "English"))));
    filters.put("stemmer_override", needsSettings(filter(AnalysisPlugin::stemmerOverride)));
    filters.put("keyword_marker", needsSettings(filter(AnalysisPlugin::keywordMarker)));
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
    filters.put("pattern_replace", needsSettings(filter(settings -> {
      Pattern pattern = Pattern.compile(required(settings, "pattern"));
      String replacement = settings.get("replacement", "");
      boolean all = settings.getAsBoolean("all", true);
      return in -> new PatternReplaceFilter(in, pattern, replacement, all);
    })));
    filters.put("word_delimiter_graph", filter(AnalysisPlugin::wordDelimiterGraph));
    filters.put("edge_ngram", (index, environment, name, settings) -> {
      int min = settings.getAsInt("min_gram", 1);
      int max = settings.getAsInt("max_gram", 2);
      boolean preserve = settings.getAsBoolean("preserve_original", false);
      return new NoSynonyms(index, name, settings, in -> new EdgeNGramTokenFilter(in, min, max, preserve));
    });
    filters.put("ngram", (index, environment, name, settings) -> {
      int min = settings.getAsInt("min_gram", 1);
      int max = settings.getAsInt("max_gram", 2);
      refuseWideGrams(index, min, max);
      boolean preserve = settings.getAsBoolean("preserve_original", false);
      return new NoSynonyms(index, name, settings, in -> new NGramTokenFilter(in, min, max, preserve));
    });
    filters.put("synonym", needsSettings((index, environment, name, settings) ->
        new Synonyms(index, environment, name, settings, SynonymFilter::new)));
    filters.put("synonym_graph", needsSettings((index, environment, name, settings) ->
        new Synonyms(index, environment, name, settings, SynonymGraphFilter::new)));
    return filters;
  }

  @Override
  public Map<String, AnalysisProvider<TokenizerFactory>> getTokenizers() {
    Map<String, AnalysisProvider<TokenizerFactory>> tokenizers = new HashMap<>();
    tokenizers.put("keyword", tokenizer(settings -> new KeywordTokenizer()));
    tokenizers.put("whitespace", tokenizer(settings -> new WhitespaceTokenizer()));
    tokenizers.put("letter", tokenizer(settings -> new LetterTokenizer()));
    tokenizers.put("pattern", tokenizer(settings ->
        new PatternTokenizer(Pattern.compile(settings.get("pattern", "\\W+")), settings.getAsInt("group", -1))));
    tokenizers.put("path_hierarchy", tokenizer(AnalysisPlugin::pathHierarchy));
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
      refuseWideGrams(index, min, max);
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

  @Override
  public Map<String, AnalysisProvider<CharFilterFactory>> getCharFilters() {
    Map<String, AnalysisProvider<CharFilterFactory>> filters = new HashMap<>();
    filters.put("html_strip", (index, environment, name, settings) ->
        new AbstractCharFilterFactory(index, name) {
          @Override
          public Reader create(Reader reader) {
            return new HTMLStripCharFilter(reader, java.util.Set.copyOf(settings.getAsList("escaped_tags")));
          }
        });
    filters.put("mapping", needsSettings(Mapping::new));
    filters.put("pattern_replace", needsSettings((index, environment, name, settings) -> {
      Pattern pattern = Pattern.compile(required(settings, "pattern"));
      String replacement = settings.get("replacement", "");
      return new NormalizingCharFilter(index, name, in -> new PatternReplaceCharFilter(pattern, replacement, in));
    }));
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

  private static Tokenizer pathHierarchy(Settings settings) {
    char delimiter = settings.get("delimiter", "/").charAt(0);
    char replacement = settings.get("replacement", String.valueOf(delimiter)).charAt(0);
    return new PathHierarchyTokenizer(delimiter, replacement, settings.getAsInt("skip", 0));
  }

  private static void refuseWideGrams(IndexSettings index, int min, int max) {
    if (max - min > index.getMaxNgramDiff())
      throw new IllegalArgumentException(
          "The difference between max_gram and min_gram in NGram Tokenizer must be less than or equal to: ["
              + index.getMaxNgramDiff() + "] but was [" + (max - min) + "]. This limit can be set by changing the ["
              + IndexSettings.MAX_NGRAM_DIFF_SETTING.getKey() + "] index level setting.");
  }

  private static String required(Settings settings, String name) {
    String value = settings.get(name);
    if (value == null) throw new IllegalArgumentException(name + " is missing");
    return value;
  }

  private static AnalysisProvider<TokenFilterFactory> filter(FilterOf filterOf) {
    return (index, environment, name, settings) -> new Filter(index, name, settings, filterOf.of(settings));
  }

  private static AnalysisProvider<TokenFilterFactory> normalizing(FilterOf filterOf) {
    return (index, environment, name, settings) -> new Normalizing(index, name, settings, filterOf.of(settings));
  }

  private static AnalysisProvider<TokenizerFactory> tokenizer(TokenizerOf tokenizerOf) {
    return (index, environment, name, settings) -> new AbstractTokenizerFactory(index, settings, name) {
      @Override
      public Tokenizer create() {
        return tokenizerOf.of(settings);
      }
    };
  }

  private static <T> AnalysisProvider<T> needsSettings(AnalysisProvider<T> provider) {
    return org.elasticsearch.plugins.AnalysisPlugin.requiresAnalysisSettings(provider);
  }

  private static class Filter extends AbstractTokenFilterFactory {
    private final UnaryOperator<TokenStream> wrap;

    Filter(IndexSettings index, String name, Settings settings, UnaryOperator<TokenStream> wrap) {
      super(index, name, settings);
      this.wrap = wrap;
    }

    @Override
    public TokenStream create(TokenStream in) {
      return wrap.apply(in);
    }
  }

  private static final class Normalizing extends Filter implements NormalizingTokenFilterFactory {
    Normalizing(IndexSettings index, String name, Settings settings, UnaryOperator<TokenStream> wrap) {
      super(index, name, settings, wrap);
    }
  }

  /** A filter that may not stand before synonyms: one token becomes several at one place. */
  private static final class NoSynonyms extends Filter {
    NoSynonyms(IndexSettings index, String name, Settings settings, UnaryOperator<TokenStream> wrap) {
      super(index, name, settings, wrap);
    }

    @Override
    public TokenFilterFactory getSynonymFilter() {
      throw new IllegalArgumentException("Token filter [" + name() + "] cannot be used to parse synonyms");
    }
  }

  /** Keeps the original beside the folded token if told so, but neither in a normalizer nor in synonyms. */
  private static final class Folding extends AbstractTokenFilterFactory implements NormalizingTokenFilterFactory {
    private final boolean preserve;

    Folding(IndexSettings index, Environment environment, String name, Settings settings) {
      super(index, name, settings);
      preserve = settings.getAsBoolean("preserve_original", false);
    }

    @Override
    public TokenStream create(TokenStream in) {
      return new ASCIIFoldingFilter(in, preserve);
    }

    @Override
    public TokenStream normalize(TokenStream in) {
      return new ASCIIFoldingFilter(in, false);
    }

    @Override
    public TokenFilterFactory getSynonymFilter() {
      if (!preserve) return this;
      return new TokenFilterFactory() {
        @Override
        public String name() {
          return Folding.this.name();
        }

        @Override
        public TokenStream create(TokenStream in) {
          return new ASCIIFoldingFilter(in, false);
        }
      };
    }
  }

  private interface SynonymFilterOf {
    TokenStream of(TokenStream in, SynonymMap synonyms, boolean ignoreCase);
  }

  /** Synonyms in Solr's notation; they are read through the tokenizer and the filters that stand before this one. */
  private static final class Synonyms extends AbstractTokenFilterFactory {
    private final List<String> rules;
    private final boolean expand;
    private final boolean lenient;
    private final SynonymFilterOf filterOf;

    Synonyms(
        IndexSettings index, Environment environment, String name, Settings settings, SynonymFilterOf filterOf) {
      super(index, name, settings);
      List<String> given = Analysis.getWordList(environment, settings, "synonyms");
      if (given == null)
        throw new IllegalArgumentException("synonym requires either `synonyms` or `synonyms_path` to be configured");
      rules = given;
      expand = settings.getAsBoolean("expand", true);
      lenient = settings.getAsBoolean("lenient", false);
      this.filterOf = filterOf;
    }

    @Override
    public TokenStream create(TokenStream in) {
      throw new IllegalStateException("synonyms depend on what stands before them: getChainAwareTokenFilterFactory");
    }

    @Override
    public TokenFilterFactory getChainAwareTokenFilterFactory(
        TokenizerFactory tokenizer, List<CharFilterFactory> charFilters, List<TokenFilterFactory> before,
        Function<String, TokenFilterFactory> all) {
      Analyzer analyzer = new CustomAnalyzer(tokenizer, charFilters.toArray(CharFilterFactory[]::new),
          before.stream().map(TokenFilterFactory::getSynonymFilter).toArray(TokenFilterFactory[]::new));
      SynonymMap synonyms = read(analyzer);
      String name = name();
      return new TokenFilterFactory() {
        @Override
        public String name() {
          return name;
        }

        @Override
        public TokenStream create(TokenStream in) {
          return synonyms.fst == null ? in : filterOf.of(in, synonyms, false);
        }

        @Override
        public TokenFilterFactory getSynonymFilter() {
          return IDENTITY_FILTER;
        }
      };
    }

    private SynonymMap read(Analyzer analyzer) {
      try {
        // A parser keeps what it has read, so a rule that lenient passes over is tried on one of its own first.
        SolrSynonymParser parser = new SolrSynonymParser(true, expand, analyzer);
        for (String rule : rules) if (!lenient || isReadable(rule, analyzer)) parser.parse(new StringReader(rule));
        return parser.build();
      } catch (ParseException | IOException error) {
        throw new IllegalArgumentException("failed to build synonyms", error);
      }
    }

    private boolean isReadable(String rule, Analyzer analyzer) throws IOException {
      try {
        new SolrSynonymParser(true, expand, analyzer).parse(new StringReader(rule));
        return true;
      } catch (ParseException error) {
        return false;
      }
    }
  }

  private static final class English extends AbstractIndexAnalyzerProvider<EnglishAnalyzer> {
    private final EnglishAnalyzer analyzer;

    English(IndexSettings index, Environment environment, String name, Settings settings) {
      super(index, name, settings);
      analyzer = new EnglishAnalyzer(
          Analysis.parseStopWords(environment, settings, EnglishAnalyzer.getDefaultStopSet()),
          Analysis.parseStemExclusion(settings, CharArraySet.EMPTY_SET));
    }

    @Override
    public EnglishAnalyzer get() {
      return analyzer;
    }
  }

  private static class NormalizingCharFilter extends AbstractCharFilterFactory implements NormalizingCharFilterFactory {
    private final UnaryOperator<Reader> wrap;

    NormalizingCharFilter(IndexSettings index, String name, UnaryOperator<Reader> wrap) {
      super(index, name);
      this.wrap = wrap;
    }

    @Override
    public Reader create(Reader reader) {
      return wrap.apply(reader);
    }
  }

  private static final class Mapping extends NormalizingCharFilter {
    Mapping(IndexSettings index, Environment environment, String name, Settings settings) {
      super(index, name, wrap(environment, settings));
    }

    private static UnaryOperator<Reader> wrap(Environment environment, Settings settings) {
      List<String> rules = Analysis.getWordList(environment, settings, "mappings");
      if (rules == null)
        throw new IllegalArgumentException("mapping requires either `mappings` or `mappings_path` to be configured");
      NormalizeCharMap.Builder builder = new NormalizeCharMap.Builder();
      for (String rule : rules) {
        String[] sides = rule.split("=>", -1);
        if (sides.length != 2) throw new IllegalArgumentException("Invalid Mapping Rule : [" + rule + "]");
        builder.add(sides[0].trim(), sides[1].trim());
      }
      NormalizeCharMap map = builder.build();
      return in -> new MappingCharFilter(map, in);
    }
  }

  /** What a tokenizer of n-grams keeps together; without `token_chars` everything. */
  private static final class TokenChars {
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
}
