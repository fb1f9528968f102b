package analysis;

import java.io.IOException;
import java.io.StringReader;
import java.text.ParseException;
import java.util.List;
import java.util.function.Function;
import org.apache.lucene.analysis.Analyzer;
import org.apache.lucene.analysis.TokenStream;
import org.apache.lucene.analysis.synonym.SolrSynonymParser;
import org.apache.lucene.analysis.synonym.SynonymMap;
import org.elasticsearch.common.settings.Settings;
import org.elasticsearch.env.Environment;
import org.elasticsearch.index.IndexSettings;
import org.elasticsearch.index.analysis.AbstractTokenFilterFactory;
import org.elasticsearch.index.analysis.Analysis;
import org.elasticsearch.index.analysis.CharFilterFactory;
import org.elasticsearch.index.analysis.CustomAnalyzer;
import org.elasticsearch.index.analysis.TokenFilterFactory;
import org.elasticsearch.index.analysis.TokenizerFactory;

/** Synonyms in Solr's notation. They are analyzed with the tokenizer and the filters that precede this one. */
final class SynonymFilterFactory extends AbstractTokenFilterFactory {
  interface SynonymFilterOf {
    TokenStream of(TokenStream in, SynonymMap synonyms, boolean ignoreCase);
  }

  private final List<String> rules;
  private final boolean expand;
  private final boolean lenient;
  private final SynonymFilterOf filterOf;

  SynonymFilterFactory(
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
    throw new IllegalStateException("synonyms depend on the preceding filters: use getChainAwareTokenFilterFactory");
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
      // A parser keeps the parts of a rule that it read before an error. With `lenient`, a separate parser tries each
      // rule first.
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
